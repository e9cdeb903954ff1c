"""Load on a server: forked processes that each run a blocking client, and one epoll loop for many small requests."""

from __future__ import annotations

import math
import multiprocessing
import select
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.client import LAST_CHUNK, content_length
from benchmarks.peers import Server, ServerFailed

_FORK = multiprocessing.get_context("fork")
_TIMEOUT_SECONDS = 120

Work = Callable[[Callable[[], None]], Any]
"""What one process does: it prepares, calls the function it is given to wait for the start, and returns a result."""


class Crew:
    """`count` processes that all do the same work, started together."""

    def __init__(self, count: int, work: Work) -> None:
        """Forks them and returns when every one has prepared. Use as a context manager, so that none is left behind."""
        self._pipes: list[Connection] = []
        self._processes: list[Any] = []
        for _ in range(count):
            ours, theirs = _FORK.Pipe()
            process = _FORK.Process(target=_run, args=(work, theirs), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        self._collect()

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._processes:
            process.terminate()
            process.join()

    def start(self) -> None:
        for pipe in self._pipes:
            pipe.send("start")

    def results(self) -> list[Any]:
        """Waits for all and returns what they returned. Raises ServerFailed with the error of one that failed."""
        return self._collect()

    def _collect(self) -> list[Any]:
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        collected: list[Any] = []
        for pipe in self._pipes:
            if not pipe.poll(max(0.0, deadline - time.monotonic())):
                raise ServerFailed(f"A client had no result after {_TIMEOUT_SECONDS} seconds")
            result, error = pipe.recv()
            if error is not None:
                raise ServerFailed(error)
            collected.append(result)
        return collected


def _run(work: Work, pipe: Connection) -> None:
    def wait_for_start() -> None:
        pipe.send((None, None))
        pipe.recv()

    try:
        pipe.send((work(wait_for_start), None))
    except (ServerFailed, OSError) as error:
        pipe.send((None, f"{type(error).__name__}: {error}"))


def together(count: int, work: Work) -> list[Any]:
    """Runs a crew to its end."""
    with Crew(count, work) as crew:
        crew.start()
        return crew.results()


def percentile(values: list[float], percent: float) -> float:
    """The nearest-rank percentile; `values` must not be empty."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


class _Exchange:
    """One connection of the epoll loop: what came of the answer so far, and when its request left."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent = 0.0

    def ask(self, request: bytes) -> None:
        self.received = b""
        self.sent = time.perf_counter()
        self.socket.send(request)

    def is_complete(self, *, has_body: bool) -> bool:
        """Reads what has come. Raises ServerFailed when the answer is not a 200."""
        piece = self.socket.recv(65536)
        self.received += piece
        if not piece or not self.received.startswith(b"HTTP/1.1 200"[: len(self.received)]):
            raise ServerFailed(f"A small request was answered with {self.received[:300]!r}")
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return False
        length = content_length(self.received[: end + 2]) if has_body else 0
        return self.received.endswith(LAST_CHUNK) if length is None else len(self.received) >= end + 4 + length


def ask_repeatedly(server: Server, request: bytes, connections: int, seconds: float) -> list[float]:
    """Sends a request over and over on each connection; returns the seconds that each answer took.

    A connection sends its next request when the last is answered.
    """
    has_body = not request.startswith(b"HEAD ")
    exchanges = [_Exchange(server.port) for _ in range(connections)]
    by_file = {exchange.socket.fileno(): exchange for exchange in exchanges}
    latencies: list[float] = []
    with select.epoll() as poll:
        for file, exchange in by_file.items():
            poll.register(file, select.EPOLLIN)
            exchange.ask(request)
        end = time.perf_counter() + seconds
        waiting = len(exchanges)
        while waiting:
            ready = poll.poll(_TIMEOUT_SECONDS)
            if not ready:
                raise ServerFailed(f"{server.name} did not answer for {_TIMEOUT_SECONDS} seconds")
            for file, _ in ready:
                exchange = by_file[file]
                if exchange.is_complete(has_body=has_body):
                    now = time.perf_counter()
                    latencies.append(now - exchange.sent)
                    if now < end:
                        exchange.ask(request)
                    else:
                        waiting -= 1
    for exchange in exchanges:
        exchange.socket.close()
    return latencies
