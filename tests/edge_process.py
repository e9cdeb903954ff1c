"""The program in edge_program.py, running, and what tests say to it through raw sockets."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

PROGRAM = Path(__file__).parent / "protocol" / "edge_program.py"
MIB = 1024 * 1024


def keep_lines(kept: list[str], stream) -> None:
    with stream:
        for line in stream:
            kept.append(line)


class Edge:
    """The program, running, and what it has printed."""

    def __init__(self, files: Path, **settings):
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), json.dumps(settings)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "EDGE_FILES": str(files)},
        )
        self.port = int(self.process.stdout.readline() or 0)
        self.lines: list[str] = []
        self.errors: list[str] = []
        self.readers = [
            threading.Thread(target=keep_lines, args=(kept, stream), daemon=True)
            for kept, stream in ((self.lines, self.process.stdout), (self.errors, self.process.stderr))
        ]
        for reader in self.readers:
            reader.start()

    def connect(self, timeout: float = 10) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def ask(self, sent: bytes) -> bytes:
        """Everything that comes back until the server closes."""
        with self.connect() as client:
            client.sendall(sent)
            return until_closed(client)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(15)
        for reader in self.readers:
            reader.join(5)
        return code

    def served(self) -> list[dict]:
        return [json.loads(line) for line in self.lines]


@contextlib.contextmanager
def running(files: Path, **settings):
    edge = Edge(files, **settings)
    try:
        yield edge
    finally:
        if edge.process.poll() is None:
            edge.process.kill()
        edge.ended()


def until_closed(client: socket.socket) -> bytes:
    arrived = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(MIB):
            arrived += piece
    return arrived


def response(client: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One response, read by its Content-Length."""
    arrived = b""
    while not arrived.endswith(b"\r\n\r\n"):
        # One by one, so as to take nothing of a response that follows.
        byte = client.recv(1)
        assert byte, f"closed after {arrived!r}"
        arrived += byte
    status, *fields = arrived.decode().strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    pieces, left = [], int(headers.get("content-length", 0))
    while left > 0:
        piece = client.recv(min(left, MIB))
        assert piece, "the body broke off"
        pieces.append(piece)
        left -= len(piece)
    return int(status.split()[1]), headers, b"".join(pieces)
