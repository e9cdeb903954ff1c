"""Sealed blobs on their way out: opened in threads, a chunk at a time, as fast as the client takes them."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import Executor

from aiohttp import web

from wharfside.api.bodies import PIECE
from wharfside.api.limits import MIB
from wharfside.api.sockets import flushed, in_thread, transport_of, writable
from wharfside.blobs.sealed import CHUNK, SealedBytes

_BURST = 16 * MIB


class _Part:
    """A part of a sealed blob that is being sent. Holds one chunk of it, opened."""

    def __init__(self, content: SealedBytes, offset: int, length: int) -> None:
        self._content = content
        self._offset = offset
        self._end = offset + length
        self._room = memoryview(bytearray(min(CHUNK, length)))
        self._opened = self._room[:0]

    @property
    def sent(self) -> bool:
        """Whether all of it is."""
        return self._offset == self._end and not self._opened

    def burst(self, out: int) -> None:
        """Send until the socket is full, or a burst is sent. Raises OSError, Tampered."""
        left = _BURST
        while left > 0 and not self.sent:
            if not self._opened:
                upto = min(self._end, (self._offset // CHUNK + 1) * CHUNK)
                count = self._content.read_into(self._offset, self._room[: upto - self._offset])
                self._offset, self._opened = upto, self._room[:count]
            try:
                sent = os.write(out, self._opened)
            except BlockingIOError:
                return
            self._opened = self._opened[sent:]
            left -= sent


async def send_sealed(
    raw: web.BaseRequest, content: SealedBytes, part: tuple[int, int], readers: Executor, *, encrypted: bool
) -> None:
    """Send the buffered head and a part of a sealed blob: offset and length. Raises OSError, Tampered.

    `encrypted`: the connection is. No byte of a chunk leaves before all of the chunk was found to be right.
    """
    raw.writer.send_headers()
    await (_send_pieces if encrypted else _send_bursts)(raw, content, *part, readers)
    transport_of(raw)


async def _send_bursts(raw: web.BaseRequest, content: SealedBytes, offset: int, length: int, readers: Executor) -> None:
    """Past the transport, by the thread that opens the chunks. A full socket is waited for on the loop."""
    await flushed(raw)
    # A duplicate, since the loop lets nobody else watch the descriptor of a transport.
    out = os.dup(transport_of(raw).get_extra_info("socket").fileno())
    part = _Part(content, offset, length)
    try:
        while True:
            await in_thread(readers, part.burst, out)
            if part.sent:
                return
            transport_of(raw)
            await writable(out)
    finally:
        os.close(out)


async def _send_pieces(raw: web.BaseRequest, content: SealedBytes, offset: int, length: int, readers: Executor) -> None:
    """Through the transport, which encrypts."""
    end = offset + length
    while offset < end:
        upto = min(end, (offset // PIECE + 1) * PIECE)
        piece = bytearray(upto - offset)
        await in_thread(readers, content.read_into, offset, memoryview(piece))
        await raw.writer.write(piece)
        offset = upto
        await asyncio.sleep(0)
