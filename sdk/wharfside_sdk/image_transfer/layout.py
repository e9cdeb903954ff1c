"""An OCI image layout in a folder: blobs under their digests, and `index.json`, which names the images.

Source: "Image Layout" of the OCI image specification.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

from wharfside_sdk.image_transfer.descriptors import (
    LARGEST_MANIFEST,
    Descriptor,
    ImageTransferError,
    check_digest,
    descriptors,
    parse_json,
)

REF_NAME: Final = "org.opencontainers.image.ref.name"
"""The annotation that names an image of a layout; its tag, mostly."""
_LARGEST_INDEX: Final = 16_777_216
_CHUNK: Final = 1_048_576


@dataclass(frozen=True, slots=True)
class Entry:
    """An image of a layout's index."""

    descriptor: Descriptor
    name: str | None


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout, which need not exist before something is written to it."""

    folder: Path

    def entries(self) -> list[Entry]:
        """What `index.json` names. Raises ImageTransferError."""
        file = self.folder / "index.json"
        if not file.is_file():
            raise ImageTransferError(f"{self.folder} is not an OCI image layout: it has no index.json")
        found: list[Any] = self._index().get("manifests", [])
        listed = descriptors(found, "index.json")
        return [Entry(each, _name(item)) for each, item in zip(listed, found, strict=True)]

    def blob_file(self, digest: str) -> Path:
        """Where a blob lies. Raises ImageTransferError for what is no digest."""
        return self.folder.joinpath("blobs", *check_digest(digest))

    def has(self, descriptor: Descriptor) -> bool:
        """Whether a file of the right size lies there."""
        try:
            return self.blob_file(descriptor.digest).stat().st_size == descriptor.size
        except OSError:
            return False

    def has_verified(self, descriptor: Descriptor) -> bool:
        """Whether the content itself lies there. Reads all of it."""
        if not self.has(descriptor):
            return False
        hashed = hashlib.new(check_digest(descriptor.digest)[0])
        with self.blob_file(descriptor.digest).open("rb") as file:
            while piece := file.read(_CHUNK):
                hashed.update(piece)
        return hashed.hexdigest() == descriptor.digest.partition(":")[2]

    def manifest(self, descriptor: Descriptor) -> bytes:
        """The content of a manifest, verified. Raises ImageTransferError."""
        if descriptor.size > LARGEST_MANIFEST:
            raise ImageTransferError(f"the manifest {descriptor.digest} is larger than {LARGEST_MANIFEST} bytes")
        if not self.has_verified(descriptor):
            raise ImageTransferError(f"the layout lacks the manifest {descriptor.digest}, or has another in its place")
        return self.blob_file(descriptor.digest).read_bytes()

    @contextmanager
    def writing(self, descriptor: Descriptor) -> Generator[VerifiedFile, None, None]:
        """A file that becomes the blob at the end of the block, when its content is right; else nothing changes.

        Raises ImageTransferError when it is not.
        """
        target = self.blob_file(descriptor.digest)
        with _replacing(target) as file:
            verified = VerifiedFile(descriptor, file)
            yield verified
            verified.check()

    def record(self, descriptor: Descriptor, name: str | None) -> None:
        """Names an image in `index.json`, in the place of the one that had the name, and makes it a layout."""
        self.folder.mkdir(parents=True, exist_ok=True)
        index: dict[str, Any] = {"schemaVersion": 2, "manifests": []}
        if (self.folder / "index.json").is_file():
            index |= self._index()
        item: dict[str, Any] = {
            "mediaType": descriptor.media_type,
            "digest": descriptor.digest,
            "size": descriptor.size,
        }
        if name is not None:
            item["annotations"] = {REF_NAME: name}
        same = (descriptor.digest, name)
        listed: list[dict[str, Any]] = index["manifests"]
        kept = [
            other
            for other in listed
            if (name is None or _name(other) != name) and (other.get("digest"), _name(other)) != same
        ]
        index["manifests"] = [*kept, item]
        with _replacing(self.folder / "oci-layout") as file:
            file.write(b'{"imageLayoutVersion": "1.0.0"}')
        with _replacing(self.folder / "index.json") as file:
            file.write(json.dumps(index).encode())

    def _index(self) -> dict[str, Any]:
        file = self.folder / "index.json"
        if file.stat().st_size > _LARGEST_INDEX:
            raise ImageTransferError(f"{file} is larger than {_LARGEST_INDEX} bytes")
        return parse_json(file.read_bytes(), str(file))


class VerifiedFile:
    """Takes the content of a blob piece by piece, and not a byte more than there is to be."""

    def __init__(self, descriptor: Descriptor, file: IO[bytes]):
        self._descriptor = descriptor
        self._file = file
        self._hash = hashlib.new(check_digest(descriptor.digest)[0])
        self.size: int = 0

    def write(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > self._descriptor.size:
            raise ImageTransferError(f"{self._descriptor.digest} is longer than {self._descriptor.size} bytes")
        self._hash.update(piece)
        self._file.write(piece)

    def check(self) -> None:
        """Raises ImageTransferError when this is not the content that was wanted."""
        wanted = self._descriptor
        if self.size != wanted.size or self._hash.hexdigest() != wanted.digest.partition(":")[2]:
            raise ImageTransferError(f"what came as {wanted.digest} is something else ({self.size} bytes)")


@contextmanager
def _replacing(target: Path) -> Generator[IO[bytes], None, None]:
    """A file that takes its place at the end of the block, and vanishes when the block fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".partial-{secrets.token_hex(8)}")
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _name(item: dict[str, Any]) -> str | None:
    annotations = cast("object", item.get("annotations"))
    name = cast("dict[str, object]", annotations).get(REF_NAME) if isinstance(annotations, dict) else None
    return name if isinstance(name, str) else None
