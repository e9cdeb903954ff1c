"""Receiving the bytes of upload sessions, for the ECR API and the data plane alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from wharfside.api.limits import ON_THE_LOOP
from wharfside.api.node import Node, Scope
from wharfside.blobs.base import BlobWriter, DigestMismatch, Progress, StoredBlob, UploadBusy
from wharfside.core.digests import Digest
from wharfside.core.errors import RegistryError, invalid_layer, layer_too_large
from wharfside.registry import layers
from wharfside.registry.audit import Event
from wharfside.registry.context import Unit
from wharfside.registry.layers import MAXIMUM_LAYER_BYTES, Completed
from wharfside.store.uploads import Upload, is_current

T = TypeVar("T")

BATCH = 1024 * 1024
"""Bytes per thread hop while several uploads run."""
PIECES = 64
"""Pieces per thread hop at most: what comes in byte by byte takes far more room than its bytes."""

_receiving = 0


def _still(node: Node, upload: Upload) -> Callable[[], bool]:
    return lambda: node.db.look(lambda connection: is_current(connection, upload))


def _take_whole(
    node: Node, upload: Upload, content: bytes, last: Callable[[BlobWriter], T], still: Callable[[], bool]
) -> tuple[BlobWriter, T]:
    """Append bytes that are here already to a session, and do `last` with it; for a thread."""
    _require_room(upload.size + len(content))
    writer = node.blobs.write(upload.id, Progress(upload.size, upload.sha256), still, upload.domain)
    try:
        writer.write(content)
    except BaseException:
        writer.abandon()
        raise
    return writer, last(writer)


async def _take(
    node: Node,
    upload: Upload,
    incoming: bytes | AsyncIterator[bytes],
    last: Callable[[BlobWriter], T],
    *,
    fresh: bool,
) -> tuple[BlobWriter, T]:
    """Append what comes in to a session, then do `last` with it. Bytes that are there already take one thread hop.

    Raises UploadBusy, UploadGone, LimitExceededException; the session is then as it was.
    """
    still = (lambda: True) if fresh else _still(node, upload)
    if isinstance(incoming, bytes):
        content = incoming
        return await node.on_disk(lambda: _take_whole(node, upload, content, last, still))
    start = Progress(upload.size, upload.sha256)
    writer = await node.on_disk(lambda: node.blobs.write(upload.id, start, still, upload.domain))
    try:
        await _receive(node, writer, incoming)
    except BaseException:
        await node.on_disk(writer.abandon)
        raise
    return writer, await node.on_disk(lambda: last(writer))


def _require_room(size: int) -> None:
    if size > MAXIMUM_LAYER_BYTES:
        raise layer_too_large(MAXIMUM_LAYER_BYTES // 1024 // 1024)


async def _receive(node: Node, writer: BlobWriter, pieces: AsyncIterator[bytes]) -> None:
    """Append a body as it arrives.

    A lone upload is hashed where it arrives. When several run, the next pieces arrive while a thread hashes the last.
    """
    global _receiving
    _receiving += 1
    hashing: asyncio.Future[None] | None = None
    try:
        pending: list[bytes] = []
        size, whole = 0, writer.size
        async for piece in pieces:
            whole += len(piece)
            _require_room(whole)
            if hashing is None and not pending and _receiving == 1 and len(piece) <= ON_THE_LOOP:
                writer.write(piece)
                continue
            pending.append(piece)
            size += len(piece)
            if size >= BATCH or len(pending) == PIECES:
                if hashing is not None:
                    await hashing
                hashing = node.hashing(_writing(writer, pending))
                pending, size = [], 0
        if hashing is not None:
            await hashing
            hashing = None
        if pending:
            await node.hashing(_writing(writer, pending))
    finally:
        _receiving -= 1
        if hashing is not None:
            # Something else has failed already, which is what the client is told.
            await asyncio.wait([hashing])
            if not hashing.cancelled():
                hashing.exception()


def _writing(writer: BlobWriter, pieces: list[bytes]) -> Callable[[], None]:
    def write() -> None:
        for piece in pieces:
            writer.write(piece)

    return write


async def save(
    node: Node,
    scope: Scope,
    upload: Upload,
    incoming: bytes | AsyncIterator[bytes],
    event: Callable[[Upload], Event | None] | None,
) -> Upload:
    """Receive and acknowledge a part: it survives from here on, and the session goes on after it.

    `event`, here and below, says what to record in the audit trail (`Node.start_write`).

    Raises UploadBusy, UploadGone, LimitExceededException.
    """
    writer, progress = await _take(node, upload, incoming, lambda writer: writer.save(), fresh=False)
    saved = replace(upload, size=progress.size, sha256=progress.sha256)

    def record(unit: Unit) -> Upload:
        layers.record_progress(unit, saved)
        return saved

    await _record(node, scope, writer, record, event)
    if saved.size == 0 or upload.size > 0:
        await node.on_disk(writer.confirm)
    else:
        writer.confirm()  # only closes a file
    return saved


async def commit(
    node: Node,
    scope: Scope,
    upload: Upload,
    incoming: bytes | AsyncIterator[bytes],
    expected: Collection[Digest],
    event: Callable[[Completed], Event | None] | None,
    *,
    session: bool = True,
) -> Completed:
    """Receive the rest, verify the whole, and make it visible to the repository. `session`: there is one to end.

    Raises UploadBusy, UploadGone, LimitExceededException, InvalidLayerException.
    """
    try:
        writer, stored = await _take(node, upload, incoming, lambda writer: writer.commit(expected), fresh=not session)
    except DigestMismatch as error:
        raise invalid_layer() from error
    verified = Verified(upload, writer, stored)
    done = await _record(node, scope, writer, _completing(verified, session=session), event)
    await _finish(node, verified, done)
    return done


@dataclass(frozen=True, slots=True)
class Verified:
    """The whole of a session, which has its place among the blobs, and is not recorded yet."""

    upload: Upload
    writer: BlobWriter
    stored: StoredBlob


def verify_whole(node: Node, upload: Upload, content: bytes, expected: Collection[Digest]) -> Verified:
    """Store the rest of a session, which is here already; for the thread of `commit_whole`.

    Raises UploadBusy, UploadGone, LimitExceededException, InvalidLayerException.
    """
    try:
        writer, stored = _take_whole(
            node, upload, content, lambda writer: writer.commit(expected), _still(node, upload)
        )
    except DigestMismatch as error:
        raise invalid_layer() from error
    return Verified(upload, writer, stored)


async def commit_whole(
    node: Node, scope: Scope, verify: Callable[[], Verified], event: Callable[[Upload, Completed], Event | None]
) -> Completed:
    """`commit` of bytes that are here already. The thread that runs `verify` has the result recorded, too.

    Going back to the event loop in between would cost a small blob more than recording it.
    """
    begun: list[tuple[Verified, Future[Completed]]] = []
    left = False

    def verify_and_record() -> Future[Completed]:
        verified = verify()
        recording = node.start_write(
            scope, _completing(verified, session=True), lambda done: event(verified.upload, done)
        )
        begun.append((verified, recording))
        recording.add_done_callback(lambda _: verified.writer.release() if left else None)
        return recording

    try:
        done = await node.on_disk_first(verify_and_record)
    except RegistryError:
        for verified, _ in begun:  # none if it was refused before that
            await node.on_disk(verified.writer.abandon)
        raise
    except BaseException:
        # Maybe only this request has ended: nobody may touch the bytes before the write has.
        left = True
        for verified, recording in begun:
            if recording.done():
                verified.writer.release()
        raise
    await _finish(node, begun[0][0], done)
    return done


def _completing(verified: Verified, *, session: bool) -> Callable[[Unit], Completed]:
    upload = verified.upload
    return lambda unit: layers.complete_upload(unit, upload.repository_id, upload if session else None, verified.stored)


async def _finish(node: Node, verified: Verified, done: Completed) -> None:
    """Let go of a blob's session, once it is recorded."""
    writer = verified.writer
    if done.spare is not None or verified.upload.size > 0 or verified.stored.size == 0:
        await node.on_disk(lambda: _tidy(node, writer, done.spare))
    else:
        writer.confirm()  # only closes a file


async def _record(
    node: Node,
    scope: Scope,
    writer: BlobWriter,
    work: Callable[[Unit], T],
    event: Callable[[T], Event | None] | None,
) -> T:
    """Record what the writer has saved or committed. A refusal undoes it; after anything else nobody can be sure."""
    recording = node.start_write(scope, work, event)
    try:
        return await asyncio.wrap_future(recording)
    except RegistryError:
        await node.on_disk(writer.abandon)
        raise
    except BaseException:
        # Maybe only this request has ended, and not the write: nobody may touch the bytes before that has.
        recording.add_done_callback(lambda _: writer.release())
        raise


def _tidy(node: Node, writer: BlobWriter, spare: str | None) -> None:
    """Remove what is not needed once a blob is recorded: staged bytes, and bytes that were stored already."""
    writer.confirm()
    if spare is not None:
        with suppress(OSError):  # all is recorded: bytes that stay are found as strays
            node.blobs.delete(spare)


async def cancel(node: Node, scope: Scope, upload: Upload, event: Callable[[None], Event | None] | None) -> None:
    """End a session without a blob."""
    await node.write(scope, lambda unit: layers.end_upload(unit, upload), event)
    with suppress(UploadBusy):  # its bytes are found as strays
        await node.on_disk(lambda: node.blobs.discard(upload.id))
