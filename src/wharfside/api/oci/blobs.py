"""Blobs on the data plane (OCI distribution specification, "Pulling blobs")."""

from __future__ import annotations

import json
import re
from io import FileIO

from wharfside.api.limits import ON_THE_LOOP
from wharfside.api.messages import FileRange, Request, Response
from wharfside.api.node import Node
from wharfside.api.oci.conditions import is_known, may_be_a_part
from wharfside.api.oci.errors import API_VERSION
from wharfside.api.oci.exchange import Exchange
from wharfside.api.oci.references import require_digest
from wharfside.blobs.sealed import SealedFile
from wharfside.core.errors import RegistryError
from wharfside.registry import layers
from wharfside.registry.context import Unit
from wharfside.store.layers import Blob
from wharfside.store.storage_classes import location_of

_RANGE = re.compile(r"bytes=(?:([0-9]{1,19})-([0-9]{1,19})?|-([0-9]{1,19}))")
IMMUTABLE = {"Cache-Control": "private, max-age=31536000, immutable"}
"""What a digest names never changes, and is only for whoever was allowed to see it."""


def require_layer(unit: Unit, name: str, reference: str) -> Blob:
    """The blob. Raises the data plane's errors for a malformed digest and for an unknown blob."""
    digest = require_digest(reference)
    blob = layers.find_layer(unit, name, digest)
    if blob is None:
        raise RegistryError("BlobUnknown", f"The layer with digest {digest} does not exist in the repository '{name}'")
    return blob


def _range(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and length of the one range that was asked for; None for the whole (RFC 9110, section 14.2)."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        length = min(int(suffix), size)
        start = size - length
    else:
        start = int(first)
        length = min(int(last), size - 1) + 1 - start if last is not None else size - start
    if length <= 0 or start >= size:
        raise RegistryError("RangeInvalid", "The range is outside of the blob")
    return start, length


def _open(node: Node, blob: Blob) -> FileIO | SealedFile:
    """The bytes of a blob, also if they were moved since its row was read."""
    try:
        return node.blobs.open(blob.location, blob.size, blob.domain)
    except FileNotFoundError:
        location = node.db.read_apart(lambda connection: location_of(connection, blob.id))
        if location is None:  # the repository or the layer was deleted since, and its bytes with it
            raise RegistryError("BlobUnknown", f"The layer with digest {blob.digest} was deleted") from None
        if location == blob.location:
            raise
        return node.blobs.open(location, blob.size, blob.domain)


def serve(node: Node, blob: Blob, request: Request) -> Response:
    """The answer to GET or HEAD of a blob. Opens the file, so it belongs in a thread."""
    headers = {
        "Content-Type": "application/octet-stream",
        "Docker-Content-Digest": blob.digest,
        "ETag": f'"{blob.digest}"',
        "Accept-Ranges": "bytes",
        **IMMUTABLE,
        **API_VERSION,
    }
    if is_known(request, blob.digest):
        return Response(304, headers)
    if request.method == "HEAD":
        return Response(200, headers, content_length=blob.size)
    try:
        wanted = request.headers.get("Range") if may_be_a_part(request, blob.digest) else None
        part = _range(wanted, blob.size)
    except RegistryError as error:
        headers["Content-Range"] = f"bytes */{blob.size}"
        headers["Content-Type"] = "application/json"
        errors = [{"code": "RANGE_INVALID", "message": error.message}]
        return Response(416, headers, json.dumps({"errors": errors}).encode() + b"\n")
    start, length = part or (0, blob.size)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{blob.size}"
    file = _open(node, blob)
    return Response(206 if part is not None else 200, headers, _body(FileRange(file, start, length)))


def _body(part: FileRange) -> bytes | FileRange:
    """A part of a file as a body. What is sealed and small is opened here, in a thread that is there anyway."""
    if not isinstance(part.file, SealedFile) or part.length > ON_THE_LOOP:
        return part
    with part.file:
        content = bytearray(part.length)
        part.file.content.read_into(part.offset, memoryview(content))
        return bytes(content)


def get_blob(exchange: Exchange, unit: Unit) -> Response:
    """GET and HEAD of a blob."""
    blob = require_layer(unit, exchange.name, exchange.reference)
    return serve(exchange.node, blob, exchange.request)


def delete_blob(exchange: Exchange, unit: Unit) -> Response:
    """DELETE of a blob: the repository does not see it any more."""
    blob = require_layer(unit, exchange.name, exchange.reference)
    layers.delete_layer(unit, exchange.name, blob.digest)
    return Response(202, API_VERSION)
