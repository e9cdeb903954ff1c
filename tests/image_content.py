"""Images, indexes and artifacts of random content, made in memory for tests of the data plane."""

from __future__ import annotations

import gzip
import io
import json
import secrets
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from oci_client import OCI_INDEX, OCI_MANIFEST, OciClient, digest_of

CONFIG = "application/vnd.oci.image.config.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"

Descriptor = dict[str, Any]


def layer(size: int = 64) -> bytes:
    """A tar archive with one file of random text."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo(f"{secrets.token_hex(4)}.txt")
        member.size = size * 2
        tar.addfile(member, io.BytesIO(secrets.token_hex(size).encode()))
    return archive.getvalue()


@dataclass
class Content:
    """What one test pushes: blobs, then manifests (each names only earlier ones), then tags."""

    algorithm: str = "sha256"
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    unpushed: set[str] = field(default_factory=set)
    """Blobs that are named but never uploaded."""
    _uncompressed: dict[str, str] = field(default_factory=dict)

    def blob(self, content: bytes, media_type: str) -> Descriptor:
        digest = digest_of(content, self.algorithm)
        self.blobs[digest] = content
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def layer(self, compressed: bool = True) -> Descriptor:
        archive = layer()
        stored = self.blob(gzip.compress(archive), LAYER_GZIP) if compressed else self.blob(archive, LAYER)
        self._uncompressed[stored["digest"]] = digest_of(archive)
        return stored

    def config(self, architecture: str = "amd64", layers: Iterable[Descriptor] = (), **members: Any) -> Descriptor:
        differences = [self._uncompressed[each["digest"]] for each in layers]
        image = {"architecture": architecture, "os": "linux", "rootfs": {"type": "layers", "diff_ids": differences}}
        image["config"] = {"Labels": {"made": "here"}, "Cmd": ["/wharfside"]}
        return self.blob(json.dumps(image | {"author": secrets.token_hex(8)} | members).encode(), CONFIG)

    def manifest(self, document: dict[str, Any], *tags: str) -> Descriptor:
        """Add a manifest or an index under each of `tags`; its descriptor."""
        content = json.dumps(document).encode()
        digest = digest_of(content, self.algorithm)
        self.manifests[digest] = content
        self.tags.update(dict.fromkeys(tags, digest))
        return {"mediaType": document["mediaType"], "digest": digest, "size": len(content)}

    def image(self, *tags: str, layers: int = 2, architecture: str = "amd64", **members: Any) -> Descriptor:
        stored = [self.layer() for _ in range(layers)]
        document = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": self.config(architecture, stored),
            "layers": stored,
        }
        return self.manifest(document | members, *tags)

    def artifact(self, artifact_type: str, *tags: str, **members: Any) -> Descriptor:
        document = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": artifact_type,
            "config": self.blob(b"{}", EMPTY),
            "layers": [self.blob(secrets.token_bytes(256), artifact_type)],
            "annotations": {"org.example.unique": secrets.token_hex(8)},
        }
        return self.manifest(document | members, *tags)

    def index(self, children: list[Descriptor], *tags: str, **members: Any) -> Descriptor:
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children}
        return self.manifest(document | members, *tags)

    def platforms(self, *tags: str, **members: Any) -> Descriptor:
        """An index of two images."""
        children = []
        for architecture in ("amd64", "arm64"):
            platform = {"os": "linux", "architecture": architecture}
            children.append(self.image(architecture=architecture) | {"platform": platform})
        return self.index(children, *tags, **members)

    def push(self, client: OciClient, repository: str) -> None:
        """Push all of it: blobs, manifests by digest, then tags."""
        for digest, content in self.blobs.items():
            if digest not in self.unpushed:
                assert client.push_blob(repository, content, self.algorithm) == digest
        for digest, content in self.manifests.items():
            reply = client.put_manifest(repository, digest, content)
            assert reply.status == 201, (reply.status, reply.body[:500])
        for tag, digest in self.tags.items():
            reply = client.put_manifest(repository, tag, self.manifests[digest])
            assert reply.status == 201, (reply.status, reply.body[:500])
