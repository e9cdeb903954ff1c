"""What is removed because it is old, beside a push that goes on with it at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
import sqlalchemy as sa

from concurrent_writes import beside
from registry_use_cases import ACCOUNT, NOW, REGION, Registry
from wharfside.blobs.base import StoredBlob
from wharfside.core.digests import Digest
from wharfside.core.errors import RegistryError
from wharfside.registry import layers
from wharfside.registry.context import Unit
from wharfside.store import layers as stored_layers
from wharfside.store import uploads
from wharfside.store.db import Db
from wharfside.store.layers import GRACE_SECONDS
from wharfside.store.uploads import Upload

LATER = NOW + GRACE_SECONDS + 1


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


@pytest.mark.parametrize("push_first", [True, False])
def test_a_blob_that_is_pushed_again_while_its_link_is_collected_stays(registry: Registry, push_first: bool) -> None:
    repository = registry.repository()
    digest = registry.blob(repository.id, b"pushed twice")
    pushed = push(repository.id, b"pushed twice", digest)
    beside(registry.db, *((pushed, collect) if push_first else (collect, pushed))).result()
    registry.now = LATER
    assert registry.read(lambda unit: layers.find_layer(unit, "app", digest)) is not None
    assert registry.read(lambda unit: stored_layers.unlinked_blobs(unit.connection, 0, 10)) == []


@pytest.fixture
def session(registry: Registry) -> Upload:
    """Of the repository `app`, with ten bytes."""
    begun = Upload("0b5f64a2-0000-4000-8000-000000000000", registry.repository().id, 10, "a" * 64)
    registry.write(lambda unit: layers.record_progress(unit, begun))
    return begun


def go_on(session: Upload) -> Callable[[sa.Connection], object]:
    """Record ten bytes more."""
    further = replace(session, size=20)
    return lambda connection: layers.record_progress(Unit(connection, ACCOUNT, REGION, LATER), further)


def expire(connection: sa.Connection) -> list[str]:
    return uploads.delete_old_uploads(connection, LATER - 1, 100)


def test_a_session_that_goes_on_before_it_expires_stays(registry: Registry, session: Upload) -> None:
    beside(registry.db, go_on(session), expire).result()
    found = registry.read(lambda unit: uploads.find_upload(unit.connection, session.id))
    assert found is not None
    assert found.size == 20


def test_what_is_acknowledged_of_a_session_that_expires_first_stays(registry: Registry, session: Upload) -> None:
    acknowledged = None
    with suppress(RegistryError):
        beside(registry.db, expire, go_on(session)).result()
        acknowledged = 20
    found = registry.read(lambda unit: uploads.find_upload(unit.connection, session.id))
    assert (found.size if found is not None else None) == acknowledged


def test_a_session_that_is_cancelled_first_stays_ended(registry: Registry, session: Upload) -> None:
    def cancel(connection: sa.Connection) -> None:
        layers.end_upload(Unit(connection, ACCOUNT, REGION, LATER), session)

    with pytest.raises(RegistryError) as refusal:
        beside(registry.db, cancel, go_on(session)).result()
    assert refusal.value.code == "UploadNotFoundException"
    found = registry.read(lambda unit: uploads.find_upload(unit.connection, session.id))
    assert found is not None
    assert found.ended
