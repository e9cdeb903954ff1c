"""One HTTP connection: aiohttp's parser and request loop, with what a server on the open Internet needs besides.

A handler sees only `messages.Request` and returns a `messages.Response`. Added to aiohttp's connection are a bound on
the time of a request's head, bodies that may be refused before they are sent, and an end that cuts no request short.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_protocol import RequestHandler
from multidict import CIMultiDict

from wharfside.api.bodies import NO_BODY, ArrivingBody
from wharfside.api.forwarding import Origin, TrustedProxies
from wharfside.api.limits import Limits
from wharfside.api.messages import BodyIncomplete, BodyTooLarge, FileRange, Request, Response
from wharfside.api.sending import CAREFUL, send_bytes, send_file, send_head
from wharfside.api.sockets import FileTooShort
from wharfside.blobs.base import Tampered

_log = logging.getLogger(__name__)
_OF_THE_DISK = frozenset((errno.EIO, errno.ESTALE))
"""What a file fails with, and no socket: the administrator has to know."""
_MALFORMED_BODY = b"This is not a valid HTTP request.\n"
_CAREFUL_LINES = "".join(f"{name}: {value}\r\n" for name, value in CAREFUL.items()).encode()
_MALFORMED = Response(400, {"Content-Type": "text/plain"}, _MALFORMED_BODY)


class Served(NamedTuple):
    """What is known of a request once it is over: enough for an access log, without query or credentials."""

    method: str
    """Empty when what came was no HTTP."""
    raw_path: str
    client: str
    user_agent: str
    status: int
    received: int
    """Bytes of the request's body."""
    sent: int
    """Bytes of the response's body; of one that broke off, none are counted."""
    seconds: float
    complete: bool
    """Whether the whole response left."""


Handler = Callable[[Request], Awaitable[Response]]


def plain_error(request: Request, failure: Exception) -> Response:
    """The answer to a failed request in plain text, which shows nothing of the failure."""
    if isinstance(failure, BodyTooLarge):
        return Response(413, {"Content-Type": "text/plain"}, b"The request body is too large.\n")
    if isinstance(failure, BodyIncomplete):
        return Response(408, {"Content-Type": "text/plain"}, b"The request body did not arrive.\n")
    _log.error("unhandled exception in %s %s", request.method, request.raw_path, exc_info=failure)
    return Response(500, {"Content-Type": "text/plain"}, b"Internal server error.\n")


@dataclass(slots=True)
class Exchanges:
    """What all connections of a server share: how a request is answered."""

    handler: Handler
    limits: Limits
    readers: Executor
    """Threads that read files."""
    encrypted: bool = False
    proxies: TrustedProxies | None = None
    on_error: Callable[[Request, Exception], Response] = plain_error
    on_done: Callable[[Served], None] | None = None
    stopping: bool = field(default=False, init=False)
    """Once set, every response is the last one of its connection."""

    async def answer(self, raw: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; what is returned tells aiohttp only whether the connection goes on."""
        clock = asyncio.get_running_loop().time
        began = clock()
        body = _arriving_body(raw, self.limits) if raw.body_exists else None
        request = self._request(raw, body)
        response = _MALFORMED if request is None else await self._handled(request)
        keep = request is not None and self._may_keep(raw, body)
        secure = request is not None and request.scheme == "https"
        sent = await self._send(raw, response, keep=keep, secure=secure)
        if self.on_done is not None:
            agent = raw.headers.get("User-Agent", "")
            method, path, client = ("", "", "") if request is None else (raw.method, request.raw_path, request.client)
            received = raw.content.total_bytes
            seconds = clock() - began
            facts = Served(method, path, client, agent, response.status, received, sent or 0, seconds, sent is not None)
            self.on_done(facts)
        if sent is None or (body is not None and body.failed):
            keep = False
        elif body is not None and not raw.content.at_eof():
            keep = await self._discard(raw, body, keep=keep)
        return _KEEP if keep else _CLOSE

    def _request(self, raw: web.BaseRequest, body: ArrivingBody | None) -> Request | None:
        """The request in our own type; None when it is not what HTTP allows, or is coded for the way."""
        target, headers = _target(raw), _joined(raw.headers)
        if target is None or headers is None or (body is not None and not _is_plain(raw)):
            return None
        path, _, query = target.path.partition("?")
        peer = raw.protocol.peername
        origin = Origin(peer[0] if isinstance(peer, tuple) else "")
        if self.proxies is not None:
            origin = self.proxies.origin(origin.client, headers)
        host = target.host
        if origin.host is not None and origin.host != host:
            # What the client signed is the host that it spoke to.
            host, headers = origin.host, CIMultiDict(headers)
            headers["Host"] = host
        scheme = origin.scheme or ("https" if self.encrypted else "http")
        arriving = NO_BODY if body is None else body
        return Request(raw.method, path, query, headers, arriving, scheme, host, origin.client)

    async def _handled(self, request: Request) -> Response:
        try:
            return await self.handler(request)
        except Exception as failure:
            return self.on_error(request, failure)

    def _may_keep(self, raw: web.BaseRequest, body: ArrivingBody | None) -> bool:
        """Whether the connection can serve another request after this one."""
        if self.stopping or not raw.keep_alive or "Upgrade" in raw.headers:
            return False
        if body is None:
            return True
        # A client that was never told to send its body may send it or not: only a new connection is unambiguous.
        return not (body.failed or body.unwelcome or (body.length or 0) > self.limits.refused_body)

    async def _send(self, raw: web.BaseRequest, response: Response, *, keep: bool, secure: bool) -> int | None:
        """Send the whole response; the number of body bytes, or None after it broke off and the connection with it."""
        part = response.body
        try:
            length = await send_head(raw, response, keep=keep, secure=secure)
            if isinstance(part, FileRange) and length:
                await send_file(raw, part, self.readers, encrypted=self.encrypted)
            else:
                await send_bytes(raw, part if isinstance(part, bytes) and length else b"")
        except OSError as failure:
            # The client has gone, or the disk failed within a file: the length that was promised cannot be kept.
            if failure.errno in _OF_THE_DISK:
                _log.error("the file for %s %s cannot be read: %s", raw.method, raw.path, failure.strerror)
            _abort(raw)
            return None
        except FileTooShort:
            _log.error("a file is shorter than the response for %s %s promised", raw.method, raw.path)
            _abort(raw)
            return None
        except Tampered as error:
            _log.error("the stored bytes for %s %s are not right: %s", raw.method, raw.path, error)
            _abort(raw)
            return None
        finally:
            if isinstance(part, FileRange):
                part.file.close()
        return length

    async def _discard(self, raw: web.BaseRequest, body: ArrivingBody, *, keep: bool) -> bool:
        """Throw away a body that nobody read, so that the answer is not lost; True when the connection stays usable."""
        transport = raw.transport
        if not keep and transport is not None and transport.can_write_eof():
            # Closing while the client still sends would reset the connection, and the client lose the answer.
            transport.write_eof()
        return await body.discard(self.limits.refused_body, self.limits.refused_body_time) and keep


def _abort(raw: web.BaseRequest) -> None:
    if raw.transport is not None:
        raw.transport.abort()


def _arriving_body(raw: web.BaseRequest, limits: Limits) -> ArrivingBody:
    transport = raw.transport
    expects = raw.headers.get("Expect", "").lower() == "100-continue" and raw.version >= (1, 1)

    def welcome() -> None:
        if transport is not None:
            transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    return ArrivingBody(raw.content, raw.content_length, limits, welcome if expects else None)


def _is_plain(raw: web.BaseRequest) -> bool:
    """Whether the body comes as it is, and not compressed for the way, which nobody here would undo."""
    return raw.headers.get("Transfer-Encoding", "chunked").strip().lower() == "chunked"


class _Target(NamedTuple):
    """What a request is for. `path` has the query."""

    path: str
    host: str


def _target(raw: web.BaseRequest) -> _Target | None:
    """The target; None when it is not what HTTP allows."""
    path = raw.raw_path
    host = raw.headers.get("Host", "")
    if not path.startswith("/"):
        # The absolute form, which names the host itself (RFC 9112, 3.2.2), `*` of OPTIONS, or CONNECT.
        _, separator, rest = path.partition("://")
        if not separator or raw.method == "CONNECT":
            return None
        host, slash, rest = rest.partition("/")
        path = slash + rest or "/"
    return _Target(path, host) if path.isascii() else None


def _joined(headers: Mapping[str, str]) -> Mapping[str, str] | None:
    """The headers with repeated fields in one; None when a value is no text, which no store or log could take."""
    values = "".join(headers.values())
    if not values.isascii() and any("\ud800" <= character <= "\udfff" for character in values):
        return None
    if len({name.lower() for name in headers}) == len(headers):
        return headers
    joined: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


class _Answered(web.StreamResponse):
    """For aiohttp: the response is already sent, and this is whether the connection goes on."""

    def __init__(self, *, keep: bool) -> None:
        super().__init__()
        self._goes_on = keep

    @property
    def keep_alive(self) -> bool:
        return self._goes_on

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        return None


_KEEP = _Answered(keep=True)
_CLOSE = _Answered(keep=False)


class Connection(RequestHandler):
    """aiohttp's connection with a bound on the time of a request's head, and quiet about malformed requests."""

    __slots__ = ("_head_timer", "_limits")

    ANSWERING: Final = RequestHandler._handle_request.__code__
    """What answers one request."""

    def __init__(self, server: web.Server, loop: asyncio.AbstractEventLoop, limits: Limits) -> None:
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=limits.idle,
            access_log=None,  # pyright: ignore[reportArgumentType]  # aiohttp takes None for no log
            max_line_size=limits.line,
            max_field_size=limits.line,
            max_headers=limits.fields,
            lingering_time=0,
            auto_decompress=False,
        )
        self._limits = limits
        self._head_timer: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether no request is being answered, nor waiting to be."""
        return self._waiter is not None and not self._waiter.done()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        opened = transport.get_extra_info("socket")
        if opened.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
            milliseconds = int(self._limits.write_stall * 1000)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        self._head_timer = self._loop.call_later(self._limits.head, self._head_late)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        seen, idle = self._request_count, self.idle
        super().data_received(data)
        if self._request_count != seen:
            self._stop_head_timer()
            current = self._current_request
            if current is not None and not current.content.is_eof():
                # Only an error can follow a body that has not ended; the parser does not tell who reads that body.
                current.content.set_exception(ConnectionError("the body is malformed"))
        elif idle and self._head_timer is None:
            self._head_timer = self._loop.call_later(self._limits.head, self._head_late)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_head_timer()
        super().connection_lost(exc)

    def _head_late(self) -> None:
        self._head_timer = None
        if self.idle:
            self.force_close()

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def close_if_idle(self) -> None:
        if self.idle and self.transport is not None:
            # Under TLS a close would wait for the peer's, and an idle peer does not send it.
            self.transport.abort()

    def abort(self) -> None:
        """End the connection now, whatever happens on it."""
        if self._task_handler is not None:
            self._task_handler.cancel()
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The end of a connection on which something came that is no HTTP; also aiohttp's net for our own mistakes."""
        if status != 400:
            _log.error("unhandled exception in the HTTP server", exc_info=exc)
        if request.writer.output_size or self.transport is None:
            raise ConnectionError("a response was sent already")
        reason = b"400 Bad Request" if status == 400 else b"500 Internal Server Error"
        text = _MALFORMED_BODY if status == 400 else b""
        head = b"HTTP/1.1 %s\r\n%sContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        self.transport.write(head % (reason, _CAREFUL_LINES, len(text)) + text)
        return _CLOSE


def answer_in_place(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Future[Any]:
    """For `set_task_factory`: aiohttp's connection answers each request itself, and not by a task made for it.

    The task is for those who give a request context variables of its own, and takes two turns of the event loop. From
    Python 3.12 on it takes none.
    """
    if getattr(coroutine, "cr_code", None) is Connection.ANSWERING:
        return coroutine  # awaited where it was made
    return asyncio.Task(coroutine, loop=loop, **options)


class ConnectionServer(web.Server):
    """Makes the connections of one listener, and ends them."""

    def __init__(self, exchanges: Exchanges) -> None:
        super().__init__(exchanges.answer)
        self.exchanges = exchanges
        self.held = 0
        """How many connections were accepted and have not ended."""
        self.on_held: Callable[[int], None] | None = None
        if sys.version_info < (3, 12):
            self._loop.set_task_factory(answer_in_place)

    def __call__(self) -> Connection:
        return Connection(self, self._loop, self.exchanges.limits)

    def hold(self, more: int) -> None:
        """Count connections that were accepted, or that ended."""
        self.held += more
        if self.on_held is not None:
            self.on_held(self.held)

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self.hold(-1)

    def open_connections(self) -> list[Connection]:
        """The connections, with those that a client has left while its request is still being worked on."""
        return [connection for connection in self.connections if isinstance(connection, Connection)]
