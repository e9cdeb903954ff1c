"""A server that answers the two measured operations at once, so that what a call costs is what its client costs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

from benchmarks.sdk.payloads import ANSWERS


def _serve(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = b""
    with connection:
        while chunk := connection.recv(65536):
            buffer += chunk
            head, found, rest = buffer.partition(b"\r\n\r\n")
            if not found:
                continue
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            if len(rest) < int(fields.get(b"content-length", 0)):
                continue
            operation = fields[b"x-amz-target"].rpartition(b".")[2].decode()
            answer = next(body for name, body in ANSWERS.items() if name.lower() == operation)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
                b"x-amzn-RequestId: 00000000-0000-4000-8000-000000000000\r\n"
                b"Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer
            )
            buffer = b""


@contextmanager
def stub_server() -> Generator[str, None, None]:
    """The URL of a stub that runs in a process of its own."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.sdk.stub"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        listener.settimeout(1)
        parent = os.getppid()
        while os.getppid() == parent:
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                threading.Thread(target=_serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
