"""The version of the schema: brought up to date at start, refused when it is newer than this program."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from wharfside.store.tables import metadata

HEAD = "0015"
"""The revision that this program works with."""
_revisions = sa.MetaData()
_alembic_version = sa.Table(
    "alembic_version",
    _revisions,
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Alembic's own table, by which it knows what there is to do."""


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
        if current_revision(connection) == HEAD:
            return
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            # Nodes that start at the same time upgrade one after the other.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(8240233)")
        if current_revision(connection) is None:
            _create(connection)
        else:
            migrate(connection)
        connection.commit()


def _create(connection: sa.Connection) -> None:
    """Make everything in an empty database: a first start would wait ten times as long for the migrations."""
    metadata.create_all(connection, checkfirst=False)
    _revisions.create_all(connection, checkfirst=False)
    connection.execute(_alembic_version.insert().values(version_num=HEAD))


def migrate(connection: sa.Connection) -> None:
    """Bring a database up to date by every migration that it lacks. Raises SchemaTooNew."""
    # Costs an eighth of a second to import, and is needed only here.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    revision = current_revision(connection)
    if revision is not None and revision not in {
        script.revision for script in ScriptDirectory.from_config(config).walk_revisions()
    }:
        raise _too_new(revision)
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


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
