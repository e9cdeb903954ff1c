"""Nodes for tests of background work: on any database, with a clock that the test sets, and effects that count."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from wharfside.api.node import Node
from wharfside.app import close_node, open_node
from wharfside.config import load_settings
from wharfside.folder import Folder
from wharfside.jobs.work import Effects

EFFECTS = sa.Table("effect", sa.MetaData(), sa.Column("name", sa.String(100)))
"""A row for each time that something had an effect."""


def make_effects(database_url: str) -> None:
    """Make the table of effects."""
    engine = sa.create_engine(database_url)
    EFFECTS.metadata.create_all(engine)
    engine.dispose()


def effect(name: str) -> Effects:
    """What has an effect each time that it is done."""
    return lambda connection: connection.execute(sa.insert(EFFECTS), {"name": name})


def effects(connection: Connection) -> Counter[str]:
    """How often each effect happened."""
    return Counter(connection.scalars(sa.select(EFFECTS.c.name)))


@asynccontextmanager
async def opened(database_url: str, data: Path, clock: Callable[[], float]) -> AsyncIterator[Node]:
    """A node on a database that is up to date."""
    folder = Folder(data)
    folder.make()
    node = replace(open_node(load_settings(None, data=data, database_url=database_url), folder), clock=clock)
    try:
        yield node
    finally:
        close_node(node)


async def until(ready: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait until it is so. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while True:
            if await ready():
                return
            await asyncio.sleep(0.01)
