"""The schema: as the tables say, upgraded from every version that was ever used, refused when newer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedIndex

from databases import new_postgresql_database
from wharfside.core.iam import ADMINISTRATOR_POLICY
from wharfside.store import schema
from wharfside.store.db import open_engine
from wharfside.store.principals import find_access_key
from wharfside.store.tables import access_key, image, metadata, repository, tag

KEPT = sorted((Path(__file__).parent / "schemas").glob("*.sql"))


@pytest.fixture
def empty(engine: sa.Engine, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A database of the same kind as the other one, in which there is nothing."""
    if engine.dialect.name == "postgresql":
        url = new_postgresql_database(request.getfixturevalue("postgresql_server"), empty=True)
    else:
        url = f"sqlite:///{tmp_path / 'empty.db'}"
    made = open_engine(url)
    yield made
    made.dispose()


def structure(engine: sa.Engine) -> dict[str, Any]:
    """All that the database knows of its tables. Their columns may be in any order, as later ones are the last.

    What a column is by default counts only where the tables say it: rows that were there before a column got a value
    so, and all others are written with one.
    """
    inspector = sa.inspect(engine)

    def column(table: str, described: ReflectedColumn) -> tuple[Any, ...]:
        wanted = table in metadata.tables and metadata.tables[table].c[described["name"]].server_default is not None
        default = described["default"] if wanted else None
        return described["name"], str(described["type"]), described["nullable"], default

    def sorted_by_name(described: Iterable[Any]) -> list[Any]:
        return sorted(described, key=lambda each: each["name"])

    return {
        table: {
            "columns": sorted(column(table, each) for each in inspector.get_columns(table)),
            "key": inspector.get_pk_constraint(table),
            "foreign": sorted_by_name(inspector.get_foreign_keys(table)),
            "unique": sorted_by_name(inspector.get_unique_constraints(table)),
            "indexes": sorted_by_name(map(index, inspector.get_indexes(table))),
            "checks": inspector.get_check_constraints(table),
            "options": inspector.get_table_options(table),
        }
        for table in inspector.get_table_names()
    }


def index(described: ReflectedIndex) -> dict[str, Any]:
    """With its condition as text."""
    options = {name: str(option) for name, option in described.get("dialect_options", {}).items()}
    return {**described, "dialect_options": options}


def test_the_migrations_make_what_the_tables_say(empty: sa.Engine, engine: sa.Engine) -> None:
    with empty.begin() as connection:
        schema.migrate(connection)
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert schema.current_revision(connection) == schema.HEAD
    assert structure(empty) == structure(engine)


def test_nodes_that_start_for_the_first_time_at_once_make_the_tables_once(empty: sa.Engine) -> None:
    with ThreadPoolExecutor(4) as nodes:
        for done in [nodes.submit(schema.upgrade, empty) for _ in range(4)]:
            done.result(30)
    with empty.connect() as connection:
        assert schema.current_revision(connection) == schema.HEAD


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(engine: sa.Engine) -> None:
    schema.upgrade(engine)
    with engine.connect() as connection:
        assert schema.current_revision(connection) == schema.HEAD


def test_data_of_a_newer_version_is_refused(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(schema.SchemaTooNew, match="newer version of Wharfside"):
        schema.upgrade(engine)


def test_a_database_that_was_never_used_is_told_apart(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(schema.SchemaOutdated, match="wharfside serve"):
        schema.require_current(engine)
    engine.dispose()


def test_a_kept_database_has_something_in_every_newer_table() -> None:
    newest = KEPT[-1].read_text()
    principals = ("principal", "principal_policy", "access_key", "policy", "identity_provider")
    for table in (
        *principals,
        "repository_policy",
        "registry_policy",
        "account_setting",
        "audit_record",
        "event",
        "webhook",
        "webhook_delivery",
        "job",
        "lifecycle_policy",
        "lifecycle_preview",
        "lifecycle_preview_image",
        "schedule",
        "repository_creation_template",
        "pull_time_exclusion",
        "master_key",
        "kms_key",
        "kms_key_version",
        "kms_alias",
        "absent_blob",
    ):
        assert f'INSERT INTO "{table}"' in newest, table


def test_there_is_a_kept_database_of_this_version() -> None:
    assert f"{schema.HEAD}.sql" in {kept.name for kept in KEPT}


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.stem)
def test_a_kept_database_is_upgraded_with_all_that_is_in_it(kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "registry.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(kept.read_text())
    connection.close()
    engine = open_engine(f"sqlite:///{file}")
    schema.upgrade(engine)
    schema.require_current(engine)
    with engine.connect() as connection:
        assert connection.execute(select(repository.c.name)).scalars().all() == ["kept/one"]
        tags = select(tag.c.name, image.c.media_type).join(image, image.c.id == tag.c.image_id)
        assert connection.execute(tags).all() == [("v1", "application/vnd.oci.image.manifest.v1+json")]
        key = connection.scalars(select(access_key.c.id)).one()
        found = find_access_key(connection, key)
        assert found is not None
        assert (found.principal.kind, found.principal.name) == ("user", "admin")
        assert found.principal.policies == (("AdministratorAccess", ADMINISTRATOR_POLICY),)
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    engine.dispose()
