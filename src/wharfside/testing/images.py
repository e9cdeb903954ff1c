"""Small real images, for tests that need some image and do not care which."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import tarfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wharfside_sdk.ecr.client import ECRClient

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


def push_random_image(client: ECRClient, repository: str, tags: Sequence[str]) -> str:
    """Push an image of one layer with one file of random text, under each tag or, without any, by digest; its digest.

    The layer and the config go through the layer API, as ECR's own clients do it. Raises RepositoryNotFoundException,
    ImageTagAlreadyExistsException.
    """
    layer = _layer(secrets.token_hex(32).encode())
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _upload(client, repository, CONFIG, json.dumps(config).encode()),
        "layers": [_upload(client, repository, LAYER, layer)],
    }
    text = json.dumps(manifest)
    if not tags:
        client.put_image(repositoryName=repository, imageManifest=text)
    for tag in tags:
        client.put_image(repositoryName=repository, imageManifest=text, imageTag=tag)
    return _digest(text.encode())


def _layer(content: bytes) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("random.txt")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def _upload(client: ECRClient, repository: str, media_type: str, blob: bytes) -> dict[str, Any]:
    """Upload a blob in one part; its descriptor."""
    digest = _digest(blob)
    upload = client.initiate_layer_upload(repositoryName=repository)["uploadId"]
    client.upload_layer_part(
        repositoryName=repository, uploadId=upload, partFirstByte=0, partLastByte=len(blob) - 1, layerPartBlob=blob
    )
    client.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest])
    return {"mediaType": media_type, "digest": digest, "size": len(blob)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
