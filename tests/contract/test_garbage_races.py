"""Garbage collection beside a push that takes a link up again at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

import pytest
import sqlalchemy as sa

from registry_use_cases import ACCOUNT, NOW, REGION, Registry
from wharfside.blobs.base import StoredBlob
from wharfside.core.digests import Digest
from wharfside.registry import layers
from wharfside.registry.context import Unit
from wharfside.store import layers as stored_layers
from wharfside.store.db import Db
from wharfside.store.layers import GRACE_SECONDS

WAIT = 60
LATER = NOW + GRACE_SECONDS + 1
_WAITING = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


@pytest.fixture
def registry(db: Db) -> Registry:
    return Registry(db)


def collect(connection: sa.Connection) -> int:
    return stored_layers.delete_old_orphans(connection, LATER, 100)


def push(repository_id: int, content: bytes, digest: Digest) -> Callable[[sa.Connection], object]:
    """Upload the blob once more, to another location."""

    def work(connection: sa.Connection) -> object:
        unit = Unit(connection, ACCOUNT, REGION, LATER)
        stored = StoredBlob(digest, len(content), "sha256/again")
        return layers.complete_upload(unit, repository_id, None, stored)

    return work


def await_lock(db: Db, other: Future[object]) -> None:
    """Until the other transaction waits for a lock, or has ended without."""
    ends = time.monotonic() + WAIT
    while time.monotonic() < ends and not other.done():
        if db.read(lambda connection: connection.execute(_WAITING).scalar_one()):
            return
        time.sleep(0.02)
    assert other.done()


def beside(db: Db, first: Callable[[sa.Connection], object], second: Callable[[sa.Connection], object]) -> None:
    """Run two units of work; the second begins before the first commits, where more than one thread writes."""
    done, may_end = threading.Event(), threading.Event()

    def work(connection: sa.Connection) -> None:
        first(connection)
        done.set()
        assert may_end.wait(WAIT)

    one = db.write(work)
    assert done.wait(WAIT)
    other = db.write(second)
    if db.engine.dialect.name != "sqlite":
        await_lock(db, other)
    may_end.set()
    one.result(WAIT)
    other.result(WAIT)


@pytest.mark.parametrize("push_first", [True, False])
def test_a_blob_that_is_pushed_again_while_its_link_is_collected_stays(registry: Registry, push_first: bool) -> None:
    repository = registry.repository()
    digest = registry.blob(repository.id, b"pushed twice")
    pushed = push(repository.id, b"pushed twice", digest)
    beside(registry.db, *((pushed, collect) if push_first else (collect, pushed)))
    registry.now = LATER
    assert registry.read(lambda unit: layers.find_layer(unit, "app", digest)) is not None
    assert registry.write(lambda unit: stored_layers.delete_unlinked_blobs(unit.connection, 10)) == []
