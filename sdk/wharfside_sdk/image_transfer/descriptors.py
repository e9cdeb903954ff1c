"""Descriptors and manifests, read from documents that anyone may have written.

Sources: "Content Descriptors", "Image Manifest" and "Image Index" of the OCI image specification. The kinds of Docker
(schema 2) have the same members.
"""

from __future__ import annotations

import json
import string
from dataclasses import dataclass
from typing import Any, Final, cast

from wharfside_sdk.errors import SdkError

DIGEST_LENGTHS: Final = {"sha256": 64, "sha512": 128}
"""Hexadecimal digits of a digest, by algorithm."""
LARGEST_MANIFEST: Final = 4_194_304
"""In bytes; the most that PutImage takes."""

_HEXADECIMAL = frozenset(string.hexdigits.lower())


class ImageTransferError(SdkError):
    """An image that cannot be moved: the layout or the registry lacks a part of it, or a part is not what it says."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What names a blob or a manifest."""

    media_type: str
    digest: str
    size: int
    """In bytes."""
    elsewhere: bool = False
    """Whether its content lies at URLs of its own, outside registries."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest or an index refers to."""

    media_type: str | None
    manifests: tuple[Descriptor, ...]
    """The manifests of an index."""
    blobs: tuple[Descriptor, ...]
    """The config and the layers of an image."""
    subject: str | None
    """The digest of the manifest that this one is a referrer of."""


def check_digest(digest: str) -> tuple[str, str]:
    """Algorithm and hexadecimal digits of a digest, which may then be parts of a path. Raises ImageTransferError."""
    algorithm, _, encoded = digest.partition(":")
    if len(encoded) != DIGEST_LENGTHS.get(algorithm, -1) or not _HEXADECIMAL.issuperset(encoded):
        raise ImageTransferError(f"{digest[:100]!r} is not a digest of SHA-256 or SHA-512")
    return algorithm, encoded


def parse_json(content: bytes, name: str) -> dict[str, Any]:
    """A JSON object. Raises ImageTransferError; `name` says of what."""
    try:
        document: Any = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ImageTransferError(f"{name} is not a JSON object")
    return cast("dict[str, Any]", document)


def parse_manifest(content: bytes, digest: str) -> Manifest:
    """What a manifest refers to. Raises ImageTransferError."""
    document = parse_json(content, f"the manifest {digest}")
    config = [document["config"]] if document.get("config") is not None else []
    media_type, subject = document.get("mediaType"), document.get("subject")
    return Manifest(
        media_type if isinstance(media_type, str) else None,
        descriptors(document.get("manifests", []), digest),
        descriptors([*config, *_items(document.get("layers", []), digest)], digest),
        None if subject is None else descriptors([subject], digest)[0].digest,
    )


def descriptors(value: object, where: str) -> tuple[Descriptor, ...]:
    """The descriptors of a list. Raises ImageTransferError; `where` says what has it."""
    return tuple(_descriptor(item, where) for item in _items(value, where))


def _items(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise ImageTransferError(f"{where} has something else where a list of descriptors belongs")
    return cast("list[object]", value)


def _descriptor(value: object, where: str) -> Descriptor:
    members = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    media_type, digest, size = members.get("mediaType"), members.get("digest"), members.get("size")
    if not isinstance(media_type, str) or not isinstance(digest, str) or type(size) is not int or size < 0:
        raise ImageTransferError(f"{where} has a descriptor without a mediaType, a digest or a size")
    check_digest(digest)
    return Descriptor(media_type, digest, size, bool(members.get("urls")))
