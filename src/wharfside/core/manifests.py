"""Manifests and indexes: what a registry has to know of them (OCI image specification; Docker manifest schema 2).

The bytes are never changed: the digest is over them, exactly as they came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from wharfside.core.digests import Digest, InvalidDigest, parse_digest

MAXIMUM_SIZE = 4_194_304
"""Bytes of a manifest (ECR quota; also what clients expect by the OCI distribution specification)."""
MAXIMUM_LAYERS = 4_096
"""Layers of one image manifest."""

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})
MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
ACCEPTED = INDEXES | MANIFESTS
_MEMBERS_OF_IMAGES = ("config", "layers")
_MEMBERS_OF_INDEXES = ("manifests",)

# RFC 6838, section 4.2; parameters are refused as ECR does.
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")
_NON_DISTRIBUTABLE = ("nondistributable", "rootfs.foreign")


class InvalidManifest(ValueError):
    """The bytes are no manifest that the registry accepts; the text is ECR's reason."""


class ManifestTooLarge(InvalidManifest):
    """The manifest has more than MAXIMUM_SIZE bytes."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A reference to content: media type, digest, size in bytes; `foreign` content may live elsewhere."""

    media_type: str
    digest: Digest
    size: int
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the registry has to know of a manifest or an index."""

    media_type: str
    blobs: tuple[Descriptor, ...]
    """The config, when there is one, and the layers."""
    children: tuple[Descriptor, ...]
    """The manifests that an index names."""
    subject: Digest | None
    artifact_type: str | None
    """`artifactType`, or else the config's media type (OCI distribution specification, "Listing Referrers")."""
    config_media_type: str | None
    annotations: dict[str, str]

    @property
    def declared_size(self) -> int:
        """Bytes of the config and of every layer, as declared; 0 for an index."""
        return sum(blob.size for blob in self.blobs)


def _no_constant(_: str) -> Any:
    raise InvalidManifest("Invalid JSON syntax")


def _object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidManifest("Invalid JSON syntax") from error
    if not isinstance(value, dict):
        raise InvalidManifest("Invalid JSON syntax")
    return cast("dict[str, Any]", value)


def _media_type(value: Any) -> str:
    if not isinstance(value, str) or _MEDIA_TYPE.fullmatch(value) is None:
        raise InvalidManifest("Invalid JSON syntax")
    return value


def _descriptor(value: Any) -> Descriptor:
    if not isinstance(value, dict):
        raise InvalidManifest("Invalid JSON syntax")
    fields = cast("dict[str, Any]", value)
    media_type, size, digest = _media_type(fields.get("mediaType")), fields.get("size"), fields.get("digest")
    if not isinstance(digest, str) or type(size) is not int or not 0 <= size < 1 << 63:
        raise InvalidManifest("Invalid JSON syntax")
    try:
        parsed = parse_digest(digest)
    except InvalidDigest as error:
        raise InvalidManifest("Invalid JSON syntax") from error
    foreign = bool(fields.get("urls")) or any(mark in media_type for mark in _NON_DISTRIBUTABLE)
    return Descriptor(media_type, parsed, size, foreign)


def _descriptors(document: dict[str, Any], member: str) -> Iterator[Descriptor]:
    values = document.get(member, ())
    if values is None:  # how Go writes an empty list
        values = []
    if not isinstance(values, list):
        raise InvalidManifest("Invalid JSON syntax")
    return (_descriptor(value) for value in cast("list[Any]", values))


def _annotations(document: dict[str, Any]) -> dict[str, str]:
    values: Any = document.get("annotations")
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise InvalidManifest("Invalid JSON syntax")
    annotations = cast("dict[str, Any]", values)
    if not all(isinstance(value, str) for value in annotations.values()):
        raise InvalidManifest("Invalid JSON syntax")
    return annotations


def parse_manifest(content: bytes, media_type: str | None) -> Manifest:
    """Read a manifest. `media_type` is what the client said it is; the document's own `mediaType` must agree with it.

    Raises InvalidManifest, ManifestTooLarge.
    """
    if len(content) > MAXIMUM_SIZE:
        raise ManifestTooLarge(f"Member must have length less than or equal to {MAXIMUM_SIZE}")
    document = _object(content)
    stated = document.get("mediaType")
    if stated is not None and media_type is not None and stated != media_type:
        raise InvalidManifest("Invalid JSON syntax")
    kind: Any = stated if stated is not None else media_type
    version: Any = document.get("schemaVersion")
    if not isinstance(kind, str) or kind not in ACCEPTED or type(version) is not int or version != 2:
        raise InvalidManifest("Invalid JSON syntax")
    config: Descriptor | None = None
    blobs: tuple[Descriptor, ...] = ()
    children: tuple[Descriptor, ...] = ()
    others = _MEMBERS_OF_IMAGES if kind in INDEXES else _MEMBERS_OF_INDEXES
    if any(document.get(member) is not None for member in others):
        # One client could take it for an image, and another one for an index (CVE-2021-41190).
        raise InvalidManifest("Invalid JSON syntax")
    if kind in INDEXES:
        children = tuple(_descriptors(document, "manifests"))
    else:
        config = _descriptor(document.get("config"))
        blobs = (config, *_descriptors(document, "layers"))
        if len(blobs) > MAXIMUM_LAYERS + 1:
            raise InvalidManifest("Limit on number of layers per image exceeded")
        if sum(blob.size for blob in blobs) >= 1 << 63:  # more than a column of the database holds
            raise InvalidManifest("Invalid JSON syntax")
    subject = document.get("subject")
    artifact_type = document.get("artifactType")
    stated_type = artifact_type is not None and artifact_type != ""
    return Manifest(
        media_type=kind,
        blobs=blobs,
        children=children,
        subject=_descriptor(subject).digest if subject is not None else None,
        artifact_type=_media_type(artifact_type) if stated_type else (config.media_type if config else None),
        config_media_type=config.media_type if config else None,
        annotations=_annotations(document),
    )
