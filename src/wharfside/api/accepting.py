"""Accept connections, so that workers which share a listening socket also share its connections evenly.

The kernel wakes every worker for every connection, and whoever wakes first may take them all: four clients on two
workers then meet one busy and one idle worker more often than not.
"""

from __future__ import annotations

import asyncio
import logging
import mmap
import socket

from wharfside.api.certificates import Certificate
from wharfside.api.connection import ConnectionServer

_log = logging.getLogger(__name__)
_ABSENT = 2**32 - 1
_STEP_BACK = 0.001
_STEPS = 5
_PAUSE_WITHOUT_DESCRIPTORS = 1.0
_PAUSE_WHEN_FULL = 0.1


class Shares:
    """How many connections each worker holds, in memory that processes forked from this one share.

    Every worker writes its own number only, so no lock is needed; a number that is a moment old does no harm.
    """

    def __init__(self, count: int) -> None:
        self._numbers = memoryview(mmap.mmap(-1, 4 * count)).cast("I")
        for index in range(count):
            self.leave(index)

    def hold(self, index: int, connections: int) -> None:
        self._numbers[index] = connections

    def leave(self, index: int) -> None:
        """Nobody waits for this worker to take a connection."""
        self._numbers[index] = _ABSENT

    def fewest(self) -> int:
        return min(self._numbers)


class Acceptor:
    """Takes connections from one listening socket; a worker that holds more than another steps back for a moment."""

    def __init__(
        self,
        server: ConnectionServer,
        listener: socket.socket,
        certificate: Certificate | None,
        share: tuple[Shares, int] | None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._server = server
        self._listener = listener
        self._certificate = certificate
        self._shares, self._index = share or (None, 0)
        self._steps = 0
        self._full = False
        self._resuming: asyncio.TimerHandle | None = None
        self._opening: set[asyncio.Task[None]] = set()
        listener.setblocking(False)
        self._watch()

    def close(self) -> None:
        """Stop listening; connections that were accepted go on."""
        if self._resuming is not None:
            self._resuming.cancel()
        self._loop.remove_reader(self._listener)
        self._listener.close()

    def _watch(self) -> None:
        self._resuming = None
        self._loop.add_reader(self._listener, self._readable)

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._listener)
        self._resuming = self._loop.call_later(seconds, self._watch)

    def _readable(self) -> None:
        held = self._server.held
        if self._is_full(held):
            self._pause(_PAUSE_WHEN_FULL)
            return
        if self._shares is not None and held > self._shares.fewest() and self._steps < _STEPS:
            # Not for ever: the other worker may be too busy to come.
            self._steps += 1
            self._pause(_STEP_BACK)
            return
        self._steps = 0
        try:
            accepted, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as failure:
            _log.error("cannot accept connections: %s", failure)
            self._pause(_PAUSE_WITHOUT_DESCRIPTORS)
            return
        self._server.hold(1)
        opening = self._loop.create_task(self._open(accepted))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    def _is_full(self, held: int) -> bool:
        """Whether a further connection would take the descriptors that those need which are there."""
        full = held >= self._server.exchanges.limits.connections
        if full and not self._full:
            _log.warning("%d connections are open, and further ones have to wait", held)
        self._full = full
        return full

    async def _open(self, accepted: socket.socket) -> None:
        tls = self._certificate.context if self._certificate else None
        patience = self._server.exchanges.limits.head if tls else None
        try:
            await self._loop.connect_accepted_socket(
                self._server, accepted, ssl=tls, ssl_handshake_timeout=patience, ssl_shutdown_timeout=patience
            )
        except (OSError, asyncio.CancelledError):
            # A handshake that failed is the client's affair; its transport has closed the socket.
            self._server.hold(-1)
