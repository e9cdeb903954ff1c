"""What moving images to the archive and back does to the database, on both kinds of it."""

from __future__ import annotations

import pytest

from registry_use_cases import Registry
from wharfside.core.digests import Digest, sha256_of
from wharfside.registry import layers, storage_classes
from wharfside.store import images
from wharfside.store.db import Db
from wharfside.store.images import Image
from wharfside.store.repositories import Repository


@pytest.fixture
def registry(db: Db) -> Registry:
    return Registry(db)


def find(registry: Registry, repository: Repository, digest: Digest) -> Image:
    found = registry.read(lambda unit: images.find_image(unit.connection, repository.id, digest))
    assert found is not None
    return found


def archive(registry: Registry, repository: Repository, digest: Digest) -> Image:
    image = find(registry, repository, digest)
    return registry.write(lambda unit: storage_classes.archive_image(unit, repository, image))


def sees(registry: Registry, repository: Repository, content: bytes) -> bool:
    found = registry.read(lambda unit: layers.find_layer(unit, repository.name, sha256_of(content)))
    return found is not None


def test_an_archived_image_hides_the_blobs_that_only_it_needs(registry: Registry) -> None:
    repository = registry.repository()
    digest = registry.image(repository, b"config", "v1")
    registry.now += 5
    archived = archive(registry, repository, digest)
    assert (archived.status, archived.last_archived_at) == ("ARCHIVED", registry.now)
    assert find(registry, repository, digest) == archived
    assert not sees(registry, repository, b"config")
    registry.now += 5
    assert archive(registry, repository, digest) == archived  # as it was
