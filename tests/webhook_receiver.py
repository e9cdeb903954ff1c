"""A receiver of events on loopback that fails when a test says so."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

HANG, CLOSE = -1, -2
"""In place of a status: no answer at all until the receiver is closed, or a connection that is closed at once."""


@dataclass(frozen=True)
class Received:
    """A request: the event, and whether it was signed as it should be."""

    event: dict[str, Any]
    headers: dict[str, str]
    signed: bool
    status: int

    @property
    def id(self) -> str:
        return self.event["id"]

    @property
    def repository(self) -> str:
        return self.event["detail"]["repository-name"]

    @property
    def tag(self) -> str | None:
        return self.event["detail"].get("image-tag")


@dataclass
class Receiver(AbstractContextManager["Receiver"]):
    """Serves within `with`; `answer` gives the status for an event."""

    secret: str
    answer: Callable[[dict[str, Any]], int] = lambda event: 200
    received: list[Received] = field(default_factory=list)
    tolerance: float = 300.0
    """Seconds by which the moment of a signature may be off."""

    def __enter__(self) -> Receiver:
        self._closed = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook?key=of-the-receiver"

    def taken(self) -> list[Received]:
        return [each for each in list(self.received) if each.status == 200]

    def order(self) -> dict[str, list[str | None]]:
        """The tags of what was taken by repository, each event once, in the order in which it came first."""
        found: dict[str, list[str | None]] = defaultdict(list)
        seen: set[str] = set()
        for each in self.taken():
            if each.id not in seen:
                found[each.repository].append(each.tag)
                seen.add(each.id)
        return dict(found)

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        event = json.loads(body)
        parts = dict(part.split("=", 1) for part in headers["Wharfside-Signature"].split(","))
        expected = hmac.new(self.secret.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
        signed = hmac.compare_digest(expected, parts["v1"]) and abs(time.time() - int(parts["t"])) < self.tolerance
        status = self.answer(event)
        self.received.append(Received(event, headers, signed, status))
        return status

    def wait_until_closed(self) -> None:
        self._closed.wait(60)


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.take(body, dict(self.headers))
            if status == HANG:
                receiver.wait_until_closed()
            if status < 0:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", receiver.url)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
