"""Responses on their way out: the head, then bytes or a part of a file, without ever holding the event loop for long.

A stalled reader needs no timer here: TCP_USER_TIMEOUT on the socket makes the kernel drop a connection whose peer takes
nothing, also while a file is sent past Python or after the transport was closed with data left in it.
"""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import Executor
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from io import FileIO

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict

from wharfside.api.bodies import PIECE
from wharfside.api.limits import MIB
from wharfside.api.messages import FileRange, Response
from wharfside.api.sending_sealed import send_sealed
from wharfside.api.sockets import FileTooShort, in_thread, transport_of, writable
from wharfside.blobs.sealed import SealedFile

_SLICE = 1 * MIB
_IN_THREADS_ABOVE = 4 * MIB
_BURST = 16 * MIB
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}" for status in HTTPStatus}
CAREFUL = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What a browser is told of any answer; an answer that may be kept says so itself."""
_SECURE = {**CAREFUL, "Strict-Transport-Security": "max-age=31536000"}


async def send_head(raw: web.BaseRequest, response: Response, *, keep: bool, secure: bool) -> int:
    """Buffer the head of `response`; it leaves with the first bytes of the body. Returns the body's length to send.

    `secure`: the client speaks https. Raises ValueError when a header value holds a control character.
    """
    headers = CIMultiDict(_SECURE if secure else CAREFUL)
    headers.update(response.headers)
    for name, value in response.repeated:
        headers.add(name, value)
    body = response.body
    length = body.length if isinstance(body, FileRange) else len(body)
    declared = length if response.content_length is None else response.content_length
    if response.status not in (204, 304):
        headers["Content-Length"] = str(declared)
    headers["Date"] = _date(int(time.time()))
    if not keep:
        headers["Connection"] = "close"
    elif raw.version < (1, 1):
        headers["Connection"] = "keep-alive"
    line = _STATUS_LINES.get(response.status) or f"HTTP/1.1 {response.status} "
    await raw.writer.write_headers(line, headers)
    return 0 if raw.method == "HEAD" else length


async def send_bytes(raw: web.BaseRequest, body: bytes) -> None:
    """Send `body` together with the buffered head. Raises OSError when the client has gone."""
    writer = raw.writer
    if body:
        await writer.write(body)
    else:
        writer.send_headers()
    # Nothing to wait for, unless the client takes more slowly than it asks.
    await writer.drain()


async def send_file(raw: web.BaseRequest, part: FileRange, readers: Executor, *, encrypted: bool) -> None:
    """Send the buffered head and a part of a file. Raises OSError when the client has gone, FileTooShort, Tampered."""
    if isinstance(part.file, SealedFile):
        await send_sealed(raw, part.file.content, (part.offset, part.length), readers, encrypted=encrypted)
        return
    raw.writer.send_headers()
    sent = 0
    if not encrypted:
        # The first slice goes through the transport, which flushes what it has buffered before it.
        sent = await _send_slices(raw, part, _SLICE if part.length > _IN_THREADS_ABOVE else part.length)
        if sent and part.length > _IN_THREADS_ABOVE:
            sent = await _send_bursts(raw, part, sent, readers)
    if sent < part.length:
        await _copy(raw.writer, part, sent, readers)
    transport_of(raw)


async def _send_slices(raw: web.BaseRequest, part: FileRange, length: int) -> int:
    """Slices, because the loop's sendfile neither yields nor caps a call while the peer keeps up.

    Returns less than `length` when the kernel would not send this file, or when the client has gone: asyncio reports
    both alike, and a write tells them apart.
    """
    loop = asyncio.get_running_loop()
    file = part.file
    assert isinstance(file, FileIO)
    sent = 0
    while sent < length:
        size = min(_SLICE, length - sent)
        try:
            if await loop.sendfile(transport_of(raw), file, part.offset + sent, size, fallback=False) < size:
                raise FileTooShort
        except asyncio.SendfileNotAvailableError:
            break
        sent += size
        await asyncio.sleep(0)
    return sent


async def _send_bursts(raw: web.BaseRequest, part: FileRange, sent: int, readers: Executor) -> int:
    """Sendfile in a thread while the socket takes data, so that a cold disk does not block the loop.

    We wait for a full socket on the loop, so that a stalled reader holds no thread. Returns how much was sent: all.
    """
    # A duplicate, since the loop lets nobody else watch the descriptor of a transport.
    out = os.dup(transport_of(raw).get_extra_info("socket").fileno())
    source = part.file.fileno()
    offset, end = part.offset + sent, part.offset + part.length
    try:
        while offset < end:
            target = min(offset + _BURST, end)
            reached = await in_thread(readers, _burst, out, source, offset, target)
            if reached < target:
                transport_of(raw)
                await writable(out)
            offset = reached
    finally:
        os.close(out)
    return part.length


def _burst(out: int, source: int, offset: int, end: int) -> int:
    """Send until the socket is full; returns the offset that was reached."""
    while offset < end:
        try:
            sent = os.sendfile(out, source, offset, min(_SLICE, end - offset))
        except BlockingIOError:
            break
        if not sent:
            raise FileTooShort
        offset += sent
    return offset


async def _copy(writer: AbstractStreamWriter, part: FileRange, sent: int, readers: Executor) -> None:
    """Read and write: under TLS the loop's sendfile would read 16 KiB at a time through a thread."""
    descriptor = part.file.fileno()
    offset, end = part.offset + sent, part.offset + part.length
    while offset < end:
        size = min(PIECE, end - offset)
        if part.length <= _IN_THREADS_ABOVE:
            piece = os.pread(descriptor, size, offset)
        else:
            piece = await in_thread(readers, os.pread, descriptor, size, offset)
        if not piece:
            raise FileTooShort
        await writer.write(piece)
        offset += len(piece)
        await asyncio.sleep(0)


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
