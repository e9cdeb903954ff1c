"""What sending needs of threads and sockets, besides what asyncio has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import ParamSpec, TypeVar

from aiohttp import web

_P = ParamSpec("_P")
_T = TypeVar("_T")


class FileTooShort(Exception):
    """A file ended before the length that its response had promised."""


async def in_thread(readers: Executor, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Run `work` in a thread; when cancelled, wait until it has left the descriptors that the caller then closes."""
    future = asyncio.get_running_loop().run_in_executor(readers, lambda: work(*args, **kwargs))
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise


async def writable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_writer(descriptor, lambda: ready.done() or ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_writer(descriptor)


def transport_of(raw: web.BaseRequest) -> asyncio.Transport:
    transport = raw.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the client has gone")
    return transport


async def flushed(raw: web.BaseRequest) -> None:
    """Wait until the transport has nothing left to send, so that a thread may write to its socket."""
    transport = transport_of(raw)
    transport.set_write_buffer_limits(high=0)
    try:
        await raw.writer.drain()
    finally:
        transport.set_write_buffer_limits()
