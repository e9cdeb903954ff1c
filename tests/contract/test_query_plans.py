"""The statements of the hot paths find their rows by index: none reads a table, or all that a repository has."""

from types import ModuleType

import pytest

from wharfside.store import (
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
from wharfside.store.prepared import Prepared
from wharfside.store.tables import metadata


@pytest.mark.parametrize(
    "module",
    [
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
