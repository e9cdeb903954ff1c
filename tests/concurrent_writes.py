"""Two units of work on one database at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import sqlalchemy as sa

from wharfside.store.db import Db

T = TypeVar("T")
WAIT = 60
"""Seconds after which a test fails rather than waits."""
_WAITING = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


def beside(db: Db, first: Callable[[sa.Connection], object], second: Callable[[sa.Connection], T]) -> Future[T]:
    """Run two units of work; the second begins before the first commits, where more than one thread writes.

    The first has succeeded, and the second has ended, by what the future says.
    """
    done, may_end = threading.Event(), threading.Event()

    def work(connection: sa.Connection) -> None:
        first(connection)
        done.set()
        assert may_end.wait(WAIT)

    one = db.write(work)
    assert done.wait(WAIT)
    other = db.write(second)
    if db.engine.dialect.name != "sqlite":
        _await_lock(db, other)
    may_end.set()
    one.result(WAIT)
    other.exception(WAIT)
    return other


def _await_lock(db: Db, other: Future[T]) -> None:
    """Until the other transaction waits for a lock, or has ended without."""
    ends = time.monotonic() + WAIT
    while time.monotonic() < ends and not other.done():
        if db.read(lambda connection: connection.execute(_WAITING).scalar_one()):
            return
        time.sleep(0.02)
    assert other.done()
