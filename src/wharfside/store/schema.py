"""The version of the schema: brought up to date at start, refused when it is newer than this program."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

HEAD = "0015"
"""The revision that this program works with."""


class SchemaTooNew(Exception):
    """The data was written by a newer version of the program."""


class SchemaOutdated(Exception):
    """The data was written by an older version, and nobody has brought it up to date yet."""


def current_revision(connection: sa.Connection) -> str | None:
    """The revision of a database; None when it is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()


def upgrade(engine: sa.Engine) -> None:
    """Bring a database up to date. Raises SchemaTooNew for one that a newer version has written."""
    with engine.connect() as connection:
        revision = current_revision(connection)
    if revision == HEAD:
        return
    # Costs a quarter of a second to import, and is needed only here.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise _too_new(revision)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            # Nodes that start at the same time upgrade one after the other.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(8240233)")
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
        connection.commit()


def require_current(engine: sa.Engine) -> None:
    """Raises SchemaOutdated or SchemaTooNew unless the database is at HEAD."""
    with engine.connect() as connection:
        revision = current_revision(connection)
    if revision is None:
        raise SchemaOutdated("There is no registry here yet. Start it once with `wharfside serve`.")
    if revision > HEAD:
        raise _too_new(revision)
    if revision != HEAD:
        raise SchemaOutdated(
            f"The data has schema {revision}, this version works with {HEAD}."
            " Start `wharfside serve` of this version, which brings the data up to date."
        )


def _too_new(revision: str) -> SchemaTooNew:
    return SchemaTooNew(
        f"This data was written by a newer version of Wharfside (schema {revision}, this version knows {HEAD})."
        " Start that version, or restore a backup from before the upgrade."
    )
