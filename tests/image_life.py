"""Images with layers in a node without HTTP: pushed, archived, restored and deleted, and the jobs that follow."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from running_node import Clock
from wharfside.api import uploads
from wharfside.api.node import Node, Scope
from wharfside.core.digests import Digest, sha256_of
from wharfside.core.manifests import OCI_INDEX, OCI_MANIFEST, parse_manifest
from wharfside.core.mutability import TagMutability
from wharfside.jobs.engine import Engine
from wharfside.jobs.handlers import HANDLERS
from wharfside.registry import image_batches, images, layers, repositories, storage_classes
from wharfside.registry.context import Unit
from wharfside.registry.image_batches import ImageId
from wharfside.registry.images import Push
from wharfside.store import images as stored_images
from wharfside.store import jobs
from wharfside.store.images import Image
from wharfside.store.layers import Blob

T = TypeVar("T")
SCOPE = Scope("000000000000", "us-east-1")


def manifest_of(*contents: bytes, **members: Any) -> bytes:
    """The manifest of an image whose layers are these."""
    blobs = [{"mediaType": "application/x-layer", "digest": sha256_of(each), "size": len(each)} for each in contents]
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": blobs[0], "layers": blobs[1:], **members}
    return json.dumps(document).encode()


def index_of(*children: bytes) -> bytes:
    """An index that names these manifests."""
    named = [{"mediaType": OCI_MANIFEST, "digest": sha256_of(each), "size": len(each)} for each in children]
    return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": named}).encode()


@dataclass
class Life:
    """What is done to the images of a node, whose jobs run only when told to."""

    node: Node
    clock: Clock
    data: Path
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = Engine(self.node, HANDLERS)

    def write(self, work: Callable[[Unit], T]) -> T:
        return self.node.db.write(lambda c: work(Unit(c, *SCOPE, self.clock.now))).result(30)

    def read(self, work: Callable[[Unit], T]) -> T:
        return self.node.db.read(lambda c: work(Unit(c, *SCOPE, self.clock.now)))

    def create(self, *names: str) -> None:
        for name in names:
            self.write(lambda unit, name=name: repositories.create_repository(unit, name, TagMutability(), {}))

    async def upload(self, name: str, content: bytes) -> None:
        upload = self.read(lambda unit: layers.start_upload(unit, self.node.upload_key, name))
        await uploads.commit(self.node, SCOPE, upload, content, [sha256_of(content)], None)

    def put(self, name: str, manifest: bytes, *tags: str, sparse: bool = False) -> Digest:
        push = Push(manifest, parse_manifest(manifest, None), tags, sparse=sparse)
        return self.write(lambda unit: images.put_image(unit, name, push)).digest

    async def push(self, name: str, *contents: bytes, tag: str = "", **members: object) -> Digest:
        """Push an image as clients do: only those layers that the repository does not see."""
        for content in contents:
            if self.blob(name, content) is None:
                await self.upload(name, content)
        return self.put(name, manifest_of(*contents, **members), *([tag] if tag else []))

    def change(self, name: str, digest: str, target: str) -> str:
        """UpdateImageStorageClass; the status that it answers."""
        assert target in ("STANDARD", "ARCHIVE")
        return self.write(
            lambda unit: storage_classes.update_image_storage_class(unit, name, ImageId(digest, None), target)
        ).status

    def delete(self, name: str, digest: str) -> None:
        self.write(lambda unit: image_batches.batch_delete_image(unit, name, [ImageId(digest, None)]))

    def image(self, name: str, digest: str) -> Image | None:
        def find(unit: Unit) -> Image | None:
            repository = repositories.get_repository(unit, name)
            return stored_images.find_image(unit.connection, repository.id, digest)

        return self.read(find)

    def status(self, name: str, digest: str) -> str | None:
        image = self.image(name, digest)
        return None if image is None else image.status

    def blob(self, name: str, content: bytes) -> Blob | None:
        """The blob, if the repository sees it."""
        return self.read(lambda unit: layers.find_layer(unit, name, sha256_of(content)))

    def readable(self, name: str, content: bytes) -> bool:
        """Whether the repository sees the blob; it is then as it was pushed."""
        blob = self.blob(name, content)
        if blob is None:
            return False
        with self.node.blobs.open(blob.location, blob.size, blob.domain) as file:
            assert file.read() == content
        return True

    def availability(self, name: str, content: bytes) -> str:
        ((layer,), _) = self.read(lambda unit: layers.check_availability(unit, name, [sha256_of(content)]))
        return "ARCHIVED" if layer.archived else "AVAILABLE" if layer.blob is not None else "UNAVAILABLE"

    def places(self, content: bytes) -> list[str]:
        """The folders of the data folder that have a file with these bytes: none, `blobs`, `archive`, or both."""
        name = sha256_of(content).partition(":")[2]
        return sorted(
            top for top in ("blobs", "archive") for path in (self.data / top).rglob(f"{name}.*") if path.is_file()
        )

    async def work(self, *kinds: str, seconds: float = 1.0) -> None:
        """Let time go by, and do what is due then; jobs of these kinds besides."""
        self.clock.now += seconds
        for kind in kinds:
            self.write(lambda unit, kind=kind: jobs.enqueue(unit.connection, kind, "", {}, unit.now))
        while await self.engine.turn():
            await self.engine.settle()


Drive = Callable[[Life], Awaitable[None]]
"""What a test does to images."""
