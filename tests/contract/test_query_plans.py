"""The statements of the hot paths find their rows by index: none reads a table, or all that a repository has."""

from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from wharfside.core.mutability import TagMutability
from wharfside.store import (
    absent_blobs,
    events,
    images,
    kms_keys,
    layers,
    lifecycle_policies,
    lifecycle_previews,
    policies,
    principals,
    pull_times,
    repositories,
    storage_classes,
    uploads,
    webhook_deliveries,
    webhooks,
)
from wharfside.store.db import open_engine
from wharfside.store.images import Chosen
from wharfside.store.prepared import Prepared
from wharfside.store.tables import metadata


@pytest.mark.parametrize(
    "module",
    [
        absent_blobs,
        events,
        images,
        kms_keys,
        layers,
        lifecycle_policies,
        lifecycle_previews,
        policies,
        principals,
        pull_times,
        repositories,
        storage_classes,
        uploads,
        webhook_deliveries,
        webhooks,
    ],
    ids=lambda each: each.__name__,
)
def test_prepared_statements_use_indexes(module: ModuleType) -> None:
    engine = open_engine("sqlite://")
    statements = {name: each for name, each in vars(module).items() if isinstance(each, Prepared)}
    assert statements
    with engine.connect() as connection:
        metadata.create_all(connection)
        for name, prepared in statements.items():
            sql = str(prepared.statement.compile(dialect=engine.dialect))
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", tuple(None for _ in range(sql.count("?"))))
            steps = [row[3] for row in plan]
            slow = [step for step in steps if step.startswith(("SCAN", "MATERIALIZE"))]
            assert not [step for step in slow if step != "SCAN CONSTANT ROW"], f"{name}: {steps}"
    engine.dispose()


def test_a_blob_is_looked_up_by_its_digest() -> None:
    engine = open_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        for name in ("_FIND", "_OF_REPOSITORY"):
            sql = str(vars(layers)[name].statement.compile(dialect=engine.dialect))
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", tuple(None for _ in range(sql.count("?"))))
            assert any("(encryption_domain=? AND digest=?)" in row[3] for row in plan), name
    engine.dispose()


def plans_of(engine: sa.Engine) -> list[list[str]]:
    """The steps of every SELECT that is executed from now on."""
    plans: list[list[str]] = []

    def explain(connection: sa.Connection, _cursor: Any, sql: str, parameters: Any, *_: object) -> None:
        if sql.startswith("SELECT"):
            rows = connection.connection.dbapi_connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
            plans.append([row[3] for row in rows])

    event.listen(engine, "before_cursor_execute", explain)
    return plans


@pytest.mark.parametrize("status", [None, "ACTIVE", "ARCHIVED"])
@pytest.mark.parametrize("tagged", [None, True, False])
def test_a_page_of_images_begins_where_the_last_one_ended(tagged: bool | None, status: images.Status | None) -> None:
    engine = open_engine("sqlite://")
    chosen = Chosen(tagged, status)
    with engine.connect() as connection:
        metadata.create_all(connection)
        plans = plans_of(engine)
        images.list_images(connection, 1, None, 100, chosen)
        images.list_images(connection, 1, 1000, 100, chosen)
        images.list_image_ids(connection, 1, (1000, "tag"), 100, chosen)
    first, *later = plans
    assert first[0].endswith("(repository_id=?)")
    assert len(later) == 2
    for steps in later:
        assert steps[0].startswith("SEARCH image USING")
        assert "(repository_id=? AND id" in steps[0]
    assert not [step for steps in plans for step in steps if step == "USE TEMP B-TREE FOR ORDER BY"]
    engine.dispose()


def test_what_few_rows_are_sought_for_reads_no_others() -> None:
    engine = open_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        plans = plans_of(engine)
        layers.repositories_with(connection, "0" * 12, "us-east-1", "plain", "sha256:0", 1.0, 10)
        storage_classes.activating_images(connection, (1, 2), 10)
    sources, activating = plans
    assert sources[0].endswith("(encryption_domain=? AND digest=?)")
    assert "SEARCH repository USING INTEGER PRIMARY KEY (rowid=?)" in sources
    assert activating[0].startswith("SEARCH image USING INDEX ix_image_not_active")
    engine.dispose()


def test_what_arrived_is_sought_by_what_is_absent() -> None:
    engine = open_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        plans = plans_of(engine)
        absent_blobs.images_with_arrived_blobs(connection, 10)
        repositories.insert_repository(connection, "0" * 12, "us-east-1", "app", TagMutability(), 1.0)
        absent_blobs.keep_arrived_blobs(connection, 1, [7])
    looked, kept = plans
    assert looked[0].startswith("SCAN absent_blob ")
    assert kept[0] == "SEARCH absent_blob USING INDEX sqlite_autoindex_absent_blob_1 (image_id=?)"
    assert [step for steps in (looked[1:], kept) for step in steps if step.startswith("SCAN")] == []
    engine.dispose()
