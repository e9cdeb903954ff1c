"""Upload sessions on the data plane (OCI distribution specification, "Pushing blobs")."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

from wharfside.api import uploads
from wharfside.api.limits import ON_THE_LOOP
from wharfside.api.messages import BodyIncomplete, Response
from wharfside.api.oci import events
from wharfside.api.oci.errors import API_VERSION
from wharfside.api.oci.exchange import Exchange
from wharfside.api.oci.references import require_digest
from wharfside.blobs.base import UploadBusy, UploadGone
from wharfside.core.digests import Digest, is_digest
from wharfside.core.errors import RegistryError, upload_not_found
from wharfside.core.names import is_repository_name
from wharfside.registry import layers, settings
from wharfside.registry.context import Unit
from wharfside.store.uploads import Upload

T = TypeVar("T")
_CONTENT_RANGE = re.compile(r"(?:bytes )?([0-9]{1,19})-([0-9]{1,19})(?:/(?:[0-9]{1,19}|\*))?")
MOUNT_CANDIDATES = 100
"""How many repositories are asked for a blob that is mounted from anywhere."""


def _progress_headers(exchange: Exchange, upload: Upload) -> dict[str, str]:
    return {
        "Location": f"/v2/{exchange.name}/blobs/uploads/{upload.id}",
        "Docker-Upload-UUID": upload.id,
        "Range": f"0-{max(upload.size - 1, 0)}",
        **API_VERSION,
    }


def _created(exchange: Exchange, digest: str) -> Response:
    headers = {"Location": f"/v2/{exchange.name}/blobs/{digest}", "Docker-Content-Digest": digest, **API_VERSION}
    return Response(201, headers)


def new_session(exchange: Exchange, unit: Unit) -> Upload:
    """A session that nothing was sent to yet."""
    return layers.start_upload(unit, exchange.node.upload_key, exchange.name)


def session(exchange: Exchange, unit: Unit) -> Upload:
    """The session that the path names. Raises UploadNotFoundException."""
    return layers.find_upload(unit, exchange.node.upload_key, exchange.name, exchange.reference)


async def start(exchange: Exchange, upload: Upload) -> Response:
    """POST: a new session, a mount from another repository, or a whole blob at once."""
    query = exchange.request.query()
    if "mount" in query and is_digest(query["mount"]):
        digest = query["mount"]
        source = query.get("from")
        if await exchange.write(
            lambda unit: _mount(exchange, unit, digest, source),
            lambda mounted: events.mounted(exchange, digest, source) if mounted else None,
        ):
            return _created(exchange, digest)
    elif "digest" in query:
        whole = require_digest(query["digest"])
        return await _complete(exchange, upload, whole, session=False)
    # Nothing is stored of a session before its first byte.
    exchange.node.trail.read(lambda: events.event_of(exchange, {"uploadId": upload.id}))
    return Response(202, _progress_headers(exchange, upload))


def _mount(exchange: Exchange, unit: Unit, digest: str, source: str | None) -> bool:
    principal = exchange.admit(unit)
    if not settings.mounts_blobs(unit):
        return False
    if source is None:
        sources = layers.repositories_with(unit, exchange.name, digest, MOUNT_CANDIDATES)
    else:
        sources = [source] if is_repository_name(source) else []
    action = "ecr:GetDownloadUrlForLayer"
    readable = [each for each in sources if exchange.may(unit, principal, action, each)]
    return layers.mount(unit, exchange.name, digest, readable)


def _require_in_order(exchange: Exchange, upload: Upload) -> None:
    """Raises the 416 of a chunk that does not start where the session ends, and refuses a Content-Range that lies."""
    header = exchange.request.headers.get("Content-Range")
    if header is None:
        return
    match = _CONTENT_RANGE.fullmatch(header.strip())
    length = exchange.request.body.length
    if match is None:
        raise _out_of_order(exchange, upload, "The Content-Range is malformed")
    first, last = int(match[1]), int(match[2])
    if first != upload.size:
        raise _out_of_order(exchange, upload, f"First byte of the layer part is {first} instead of {upload.size}")
    if last < first or (length is not None and length != last - first + 1):
        raise _out_of_order(exchange, upload, "The Content-Range does not agree with the length of the chunk")


def _out_of_order(exchange: Exchange, upload: Upload, message: str) -> RegistryError:
    return RegistryError("ChunkOutOfOrder", message, members=_progress_headers(exchange, upload))


async def _pieces(exchange: Exchange, upload: Upload) -> AsyncIterator[bytes]:
    """The body; a chunk must have as many bytes as its Content-Range says."""
    received = 0
    async for piece in exchange.request.body.pieces():
        received += len(piece)
        yield piece
    match = _CONTENT_RANGE.fullmatch(exchange.request.headers.get("Content-Range", "").strip())
    if match is not None and received != int(match[2]) - int(match[1]) + 1:
        raise _out_of_order(exchange, upload, "The Content-Range does not agree with the length of the chunk")


async def _incoming(exchange: Exchange, upload: Upload) -> bytes | AsyncIterator[bytes]:
    """The body: whole when it is small and its size is known, else piece by piece."""
    length = exchange.request.body.length
    if length is None or length > ON_THE_LOOP:
        return _pieces(exchange, upload)
    return b"".join([piece async for piece in _pieces(exchange, upload)])


@contextmanager
def _upload_errors(exchange: Exchange, upload: Upload) -> Generator[None]:
    try:
        yield
    except UploadBusy as error:
        message = "Another request is writing to this upload"
        raise RegistryError("UploadBusy", message, members=_progress_headers(exchange, upload)) from error
    except UploadGone as error:
        raise upload_not_found(exchange.name, exchange.scope.account, upload.id) from error
    except BodyIncomplete as error:
        raise RegistryError("RequestIncomplete", "The body did not arrive whole") from error


async def _receive(
    exchange: Exchange, upload: Upload, take: Callable[[bytes | AsyncIterator[bytes]], Awaitable[T]]
) -> T:
    """Give the body to `take`. Whatever goes wrong, the session is as it was before."""
    with _upload_errors(exchange, upload):
        return await take(await _incoming(exchange, upload))


async def _complete(exchange: Exchange, upload: Upload, digest: Digest, *, session: bool) -> Response:
    node, scope = exchange.node, exchange.scope
    done = await _receive(
        exchange,
        upload,
        lambda body: uploads.commit(
            node,
            scope,
            upload,
            body,
            [digest],
            lambda done: events.completed(exchange, upload, done),
            session=session,
        ),
    )
    return _created(exchange, done.blob.digest)


async def patch(exchange: Exchange, upload: Upload) -> Response:
    """PATCH: a chunk, or the whole as a stream."""
    _require_in_order(exchange, upload)
    node, scope = exchange.node, exchange.scope
    saved = await _receive(
        exchange,
        upload,
        lambda body: uploads.save(node, scope, upload, body, lambda saved: events.took_part(exchange, upload, saved)),
    )
    return Response(202, _progress_headers(exchange, saved))


def _expected(exchange: Exchange) -> Digest:
    query = exchange.request.query()
    if "digest" not in query:
        raise RegistryError("DigestInvalid", "The digest parameter is missing")
    return require_digest(query["digest"])


async def put(exchange: Exchange, upload: Upload) -> Response:
    """PUT: the end of a session, with the last chunk or without."""
    digest = _expected(exchange)
    _require_in_order(exchange, upload)
    return await _complete(exchange, upload, digest, session=True)


async def put_small(exchange: Exchange, content: bytes) -> Response:
    """`put` with a small body, which is here already: one hop to a thread, from there to the database, and back."""
    node, scope = exchange.node, exchange.scope

    def verify() -> uploads.Verified:
        upload = exchange.look_up(lambda unit: session(exchange, unit))
        digest = _expected(exchange)
        _require_in_order(exchange, upload)
        with _upload_errors(exchange, upload):
            return uploads.verify_whole(node, upload, content, [digest])

    done = await uploads.commit_whole(
        node, scope, verify, lambda upload, done: events.completed(exchange, upload, done)
    )
    return _created(exchange, done.blob.digest)


async def status(exchange: Exchange, upload: Upload) -> Response:
    """GET: how far the session has come."""
    exchange.node.trail.read(lambda: events.event_of(exchange))
    return Response(204, _progress_headers(exchange, upload))


async def cancel(exchange: Exchange, upload: Upload) -> Response:
    """DELETE: end the session."""
    await uploads.cancel(exchange.node, exchange.scope, upload, lambda _: events.event_of(exchange))
    return Response(204, API_VERSION)
