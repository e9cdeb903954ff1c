"""Every test of this folder runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from databases import new_postgresql_database, postgresql
from image_life import Drive, Life
from job_nodes import opened
from running_node import Clock
from wharfside.store import schema
from wharfside.store.db import Db, open_engine, use_write_ahead_log


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    with postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an up-to-date, empty database."""
    if request.param == "postgresql":
        return new_postgresql_database(request.getfixturevalue("postgresql_server"))
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    engine = open_engine(url)
    use_write_ahead_log(engine)
    schema.upgrade(engine)
    engine.dispose()
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    made = open_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def db(engine: sa.Engine) -> Iterator[Db]:
    made = Db(engine)
    yield made
    made.close()


@pytest.fixture
def lives(database_url: str, tmp_path: Path) -> Callable[[Drive], None]:
    """Run something on a node with the repositories `app` and `other`."""

    def run(drive: Drive) -> None:
        async def driven() -> None:
            clock = Clock(1_790_000_000.0)
            async with opened(database_url, tmp_path / "data", clock) as node:
                life = Life(node, clock, tmp_path / "data")
                life.create("app", "other")
                await drive(life)

        asyncio.run(driven())

    return run
