"""What one client can take from the others: memory, turns and connections."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_process import Edge, response, running

GET = b"GET /v2/ HTTP/1.1\r\nHost: a\r\n\r\n"
MIB = 1024 * 1024


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    with running(tmp_path, limits={"head": 1.0}) as edge:
        yield edge


def resident(edge: Edge) -> int:
    return int(Path(f"/proc/{edge.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def answered_within(edge: Edge, seconds: float) -> bool:
    began = time.monotonic()
    with edge.connect() as client:
        client.sendall(GET)
        assert response(client)[0] == 200
    return time.monotonic() - began < seconds


def flood(client: socket.socket, content: bytes, seconds: float) -> int:
    """Send for so long as the server takes it; how many bytes it took."""
    client.setblocking(False)
    sent, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        _, writable, _ = select.select([], [client], [], 0.1)
        if writable:
            with contextlib.suppress(BlockingIOError):
                sent += client.send(content)
    return sent


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_requests_without_end_whose_answers_nobody_reads(edge: Edge) -> None:
    assert answered_within(edge, 5)
    before = resident(edge)
    with edge.connect() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        assert flood(client, GET * 5000, 3) > 1000 * len(GET)
        assert answered_within(edge, 5)
        assert resident(edge) - before < 32 * MIB


def test_heads_that_never_end_are_given_up_while_others_are_served(edge: Edge) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(edge.connect()) for _ in range(200)]
        for client in clients:
            client.sendall(GET[:-2] + b"X-More: ")
        assert answered_within(edge, 5)
        for client in clients:
            assert client.recv(100) == b""  # closed, and nothing said


def test_a_head_of_the_largest_size_is_taken_and_a_larger_one_refused(edge: Edge) -> None:
    def ask(fields: int, length: int) -> int:
        with edge.connect() as client:
            lines = b"".join(b"X-%d: %s\r\n" % (number, b"x" * length) for number in range(fields))
            with contextlib.suppress(ConnectionError):  # refused before all of it was sent
                client.sendall(GET[:-2] + lines + b"\r\n")
            return response(client)[0]

    assert ask(90, 8000) == 200
    assert ask(1, 9000) == 400
    assert ask(120, 10) == 400


def test_clients_that_idle_leave_descriptors_to_those_that_are_served(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"content")
    with running(tmp_path, descriptors=150, limits={"head": 60.0}) as edge, contextlib.ExitStack() as stack:
        first = stack.enter_context(edge.connect())
        first.sendall(GET)
        assert response(first)[0] == 200
        for _ in range(300):
            stack.enter_context(edge.connect())
        for _ in range(20):
            first.sendall(GET.replace(b"/v2/", b"/file/blob"))
            assert response(first)[2] == b"content"


def test_a_client_that_comes_when_the_server_is_full_is_served_when_another_leaves(tmp_path: Path) -> None:
    with running(tmp_path, limits={"connections": 3}) as edge, contextlib.ExitStack() as stack:
        others = [stack.enter_context(edge.connect()) for _ in range(3)]
        for other in others:
            other.sendall(GET)
            assert response(other)[0] == 200
        late = stack.enter_context(edge.connect(30))
        late.sendall(GET)
        assert select.select([late], [], [], 0.5)[0] == []
        others[0].close()
        assert response(late)[0] == 200
        others[1].sendall(GET)
        assert response(others[1])[0] == 200
        assert edge.stop() == 0
        assert "".join(edge.errors).count("further ones have to wait") == 1
