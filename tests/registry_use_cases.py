"""Use cases of the registry on one database, for tests of what they do there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from wharfside.blobs.base import StoredBlob
from wharfside.core.digests import Digest, sha256_of
from wharfside.core.manifests import OCI_MANIFEST, parse_manifest
from wharfside.core.mutability import TagMutability
from wharfside.registry import images, layers, repositories
from wharfside.registry.context import Unit
from wharfside.registry.images import Push
from wharfside.store.db import Db
from wharfside.store.repositories import Repository

T = TypeVar("T")
ACCOUNT, REGION = "000000000000", "us-east-1"
NOW = time.time()


class Registry:
    """Runs use cases on one database."""

    def __init__(self, db: Db) -> None:
        self.db = db
        self.now = NOW

    def write(self, work: Callable[[Unit], T]) -> T:
        return self.db.write(lambda c: work(Unit(c, ACCOUNT, REGION, self.now))).result(30)

    def read(self, work: Callable[[Unit], T]) -> T:
        return self.db.read(lambda c: work(Unit(c, ACCOUNT, REGION, self.now)))

    def repository(self, name: str = "app", mutability: TagMutability | None = None) -> Repository:
        mutability = mutability or TagMutability()
        return self.write(lambda unit: repositories.create_repository(unit, name, mutability, {}))

    def blob(self, repository_id: int, content: bytes, location: str | None = None) -> Digest:
        digest = sha256_of(content)
        stored = StoredBlob(digest, len(content), location or f"sha256/{digest}")
        self.write(lambda unit: layers.complete_upload(unit, repository_id, None, stored))
        return digest

    def image(self, repository: Repository, content: bytes, *tags: str) -> Digest:
        config = self.blob(repository.id, content)
        descriptor = f'{{"mediaType":"application/x-config","digest":"{config}","size":{len(content)}}}'
        manifest = f'{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{descriptor},"layers":[]}}'.encode()
        push = Push(manifest, parse_manifest(manifest, None), tags)
        return self.write(lambda unit: images.put_image(unit, repository.name, push)).digest
