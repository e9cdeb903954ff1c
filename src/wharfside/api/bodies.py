"""Request bodies: read in bounded pieces, from clients that may stall, drip or leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from aiohttp.streams import StreamReader

from wharfside.api.limits import KIB, Limits
from wharfside.api.messages import BodyIncomplete, BodyTooLarge

PIECE = 256 * KIB


class NoBody:
    """The body of a request that has none; one instance serves every such request."""

    __slots__ = ()

    @property
    def length(self) -> int | None:
        return 0

    async def read(self, limit: int) -> bytes:
        return b""

    async def pieces(self) -> AsyncIterator[bytes]:
        for piece in ():
            yield piece


NO_BODY = NoBody()


class ArrivingBody:
    """A body on its way. `failed` tells that the rest of it will never arrive, so the connection is lost with it."""

    __slots__ = ("_length", "_limits", "_stream", "_waited", "_welcome", "failed")

    def __init__(
        self, stream: StreamReader, length: int | None, limits: Limits, welcome: Callable[[], None] | None
    ) -> None:
        """`welcome` tells a client that waits for it to send the body; it is called once, before the first wait."""
        self._stream = stream
        self._length = length
        self._limits = limits
        self._welcome = welcome
        self._waited = 0.0
        self.failed = False

    @property
    def length(self) -> int | None:
        return self._length

    @property
    def unwelcome(self) -> bool:
        """Whether the client still waits to be told to send this body."""
        return self._welcome is not None

    async def read(self, limit: int) -> bytes:
        if self._length is not None and self._length > limit:
            raise BodyTooLarge(f"the body has {self._length} bytes, at most {limit} are taken")
        arrived: list[bytes] = []
        size = 0
        while piece := await self._next():
            size += len(piece)
            if size > limit:
                raise BodyTooLarge(f"the body has more than {limit} bytes")
            arrived.append(piece)
        return b"".join(arrived)

    async def pieces(self) -> AsyncIterator[bytes]:
        while piece := await self._next():
            yield piece

    async def discard(self, most: int, within: float) -> bool:
        """Throw away what still arrives, about `most` bytes for `within` seconds. True when the body has ended."""
        try:
            async with asyncio.timeout(within):
                while most >= 0 and (piece := await self._stream.read(PIECE)):
                    most -= len(piece)
        except Exception:
            self.failed = True
        return self._stream.at_eof()

    async def _next(self) -> bytes:
        """The next piece; empty at the end."""
        stream = self._stream
        try:
            if stream.is_eof():
                return stream.read_nowait(PIECE)
            if self._welcome is not None:
                self._welcome()
                self._welcome = None
            return await self._await_piece(stream)
        except TimeoutError as late:
            self.failed = True
            raise BodyIncomplete(f"no byte of the body arrived for {self._limits.body_stall:g} seconds") from late
        except BodyIncomplete:
            self.failed = True
            raise
        except Exception as broken:
            # The stream raises whatever ended the connection, or what the parser said about a broken chunk.
            self.failed = True
            raise BodyIncomplete("the connection ended, or broke the protocol, within the body") from broken

    async def _await_piece(self, stream: StreamReader) -> bytes:
        clock = asyncio.get_running_loop().time
        began = clock()
        async with asyncio.timeout(self._limits.body_stall):
            piece = await stream.read(PIECE)
        # Only our waiting counts: while the handler is busy, the client is held back by us.
        self._waited += clock() - began
        if self._waited > self._limits.body_grace and stream.total_bytes < self._limits.body_rate * self._waited:
            raise BodyIncomplete(f"the body arrived with less than {self._limits.body_rate} bytes per second")
        return piece
