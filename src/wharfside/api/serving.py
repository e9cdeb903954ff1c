"""Run the HTTP server in one process: listen, answer until a signal comes, and leave without cutting a request off."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from functools import partial

from wharfside.api.accepting import Acceptor, Shares
from wharfside.api.certificates import Certificate
from wharfside.api.connection import ConnectionServer, Exchanges, Handler, Served, plain_error
from wharfside.api.forwarding import TrustedProxies
from wharfside.api.limits import Limits
from wharfside.api.messages import Request, Response
from wharfside.api.processors import roam

_LIMITS = Limits()
_QUEUE = 1024
_READERS = 8
_GLANCE = 0.02
_CLEANING = 2.0
_SAME_ORDER = 1.0
"""Seconds within which a second signal is the same wish: a service manager and our own parent both send one."""


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on every address of `host`. Raises OSError, e.g. when the port is in use."""
    listeners: list[socket.socket] = []
    try:
        for family, kind, _, _, address in socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            # With port 0 the first address chooses, and the others follow.
            chosen = listeners[0].getsockname()[1] if listeners and not port else address[1]
            listener = socket.socket(family, kind)
            listeners.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((address[0], chosen, *address[2:]))
            listener.listen(_QUEUE)
    except OSError:
        for listener in listeners:
            listener.close()
        raise
    return listeners


async def serve(
    listeners: Sequence[socket.socket],
    open_handler: Callable[[], AbstractAsyncContextManager[Handler]],
    *,
    certificate: Certificate | None = None,
    proxies: TrustedProxies | None = None,
    limits: Limits = _LIMITS,
    on_error: Callable[[Request, Exception], Response] = plain_error,
    on_done: Callable[[Served], None] | None = None,
    on_ready: Callable[[], None] | None = None,
    share: tuple[Shares, int] | None = None,
) -> None:
    """Answer requests on `listeners` until SIGTERM or SIGINT, then finish what is in flight and return.

    `open_handler` is entered in the loop before the first request and left after the last. A second signal, at least a
    second after the first, cuts off what is still in flight. `certificate`: serves https. `proxies`: whose word counts
    about where requests come from. `share` is this worker's place among others on the same listeners (`Worker.share`).
    """
    orders = _Orders()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, orders.receive)
    readers = ThreadPoolExecutor(_READERS, thread_name_prefix="send-file", initializer=roam)
    renewing = loop.create_task(_keep_current(certificate, readers))
    try:
        async with open_handler() as handler:
            exchanges = Exchanges(handler, limits, readers, certificate is not None, proxies, on_error, on_done)
            server = ConnectionServer(exchanges)
            if share is not None:
                server.on_held = partial(share[0].hold, share[1])
                server.hold(0)
            acceptors = [Acceptor(server, listener, certificate, share) for listener in listeners]
            if on_ready is not None:
                on_ready()
            await orders.stop.wait()
            for acceptor in acceptors:
                acceptor.close()
            if share is not None:
                server.on_held = None
                share[0].leave(share[1])
            await _finish(server, orders.leave, limits.drain)
    finally:
        renewing.cancel()
        readers.shutdown(wait=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _keep_current(certificate: Certificate | None, readers: ThreadPoolExecutor) -> None:
    """Look at the certificate's files again and again, until cancelled."""
    while certificate is not None:
        await asyncio.sleep(certificate.every)
        await asyncio.get_running_loop().run_in_executor(readers, certificate.renew)


class _Orders:
    """What the signals said: to stop, and to leave at once."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.leave = asyncio.Event()
        self._first = 0.0

    def receive(self) -> None:
        now = asyncio.get_running_loop().time()
        if not self.stop.is_set():
            self._first = now
            self.stop.set()
        elif now - self._first >= _SAME_ORDER:
            self.leave.set()


async def _finish(server: ConnectionServer, leave: asyncio.Event, within: float) -> None:
    """Close idle connections, wait for the others to become idle, and cut off those that are still busy at the end."""
    server.exchanges.stopping = True
    clock = asyncio.get_running_loop().time
    end = clock() + within
    while server.connections and clock() < end and not leave.is_set():
        for connection in server.open_connections():
            connection.close_if_idle()
        await asyncio.sleep(_GLANCE)
    for connection in server.open_connections():
        connection.abort()
    # Their handlers clean up before what they work with is closed.
    end = clock() + _CLEANING
    while server.connections and clock() < end:  # noqa: ASYNC110 - aiohttp tells nobody that a connection has ended
        await asyncio.sleep(_GLANCE)
