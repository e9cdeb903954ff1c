"""The HTTP edge, spoken to through raw sockets as clients do that err, stall, leave or attack."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import ssl
import sys
import time
from pathlib import Path

import pytest

import tls_certificate
from edge_process import MIB, Edge, response, running, until_closed

SHORT = {"head": 0.6, "idle": 1.0, "body_stall": 0.6, "body_grace": 0.8, "write_stall": 1.0, "drain": 5.0}
GET = b"GET /v2/ HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "small").write_bytes(os.urandom(3 * MIB + 17))
    (folder / "large").write_bytes(os.urandom(24 * MIB + 5))
    return folder


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> dict[str, str]:
    public, private = tls_certificate.certificate(tmp_path_factory.mktemp("tls"))
    return {"certificate": str(public), "key": str(private)}


@pytest.fixture(scope="module")
def edge(files):
    with running(files, limits=SHORT) as edge:
        yield edge


@pytest.fixture(scope="module")
def encrypted(files, certificate):
    with running(files, **certificate) as edge:
        yield edge


def post(path: str, body: bytes = b"", *, length: int | None = None, extra: str = "") -> bytes:
    size = len(body) if length is None else length
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n{extra}\r\n".encode() + body


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /v2/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v2/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST /v2/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc",
        b"POST /v2/ HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
        b"POST /v2/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"POST /v2/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST /v2/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"POST /v2/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n",
        b"POST /v2/ HTTP/1.1\r\nHost: a\r\nX-Folded: a\r\n Content-Length: 3\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /v2/ HTTP/1.1\nHost: a\n\n",
        b"GET /v2/ HTTP/1.1\r\nHost: a\r\nX-Big: " + b"x" * 70_000 + b"\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\nHost: a\r\n" + b"X-Many: 1\r\n" * 200 + b"\r\n",
        b"GET /v2/\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\nHost: a\r\nX-Text: \xff\r\n\r\n",
        b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["length-and-chunked", "two-lengths", "listed-lengths", "signed-length", "compressed-on-the-way",
         "unknown-coding", "space-before-colon", "chunk-bare-lf", "folded-field", "no-host", "two-hosts",
         "bare-lf", "70-kb-field", "200-fields", "target-no-text", "field-no-text", "connect", "tls-on-plain-port"],
)  # fmt: skip
def test_what_is_no_http_gets_one_400_and_the_end_of_the_connection(edge, sent):
    answer = edge.ask(sent)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert b"aiohttp" not in answer


def test_requests_arrive_as_sent(edge):
    with edge.connect() as client:
        client.sendall(
            b"GET /a%2e%2E/%2fb?x=%7e&y HTTP/1.1\r\nHost: reg.example:5000\r\nX-Repeated: 1\r\nx-repeated: 2\r\n\r\n"
        )
        facts = json.loads(response(client)[2])
        assert facts == {
            "path": "/a%2e%2E/%2fb",
            "query": "x=%7e&y",
            "host": "reg.example:5000",
            "scheme": "http",
            "client": "127.0.0.1",
            "repeated": "1,2",
        }
        client.sendall(b"GET http://other.example/c?d HTTP/1.1\r\nHost: a\r\n\r\n")
        facts = json.loads(response(client)[2])
        assert (facts["path"], facts["query"], facts["host"]) == ("/c", "d", "other.example")


def test_pipelined_requests_are_answered_in_order(edge):
    with edge.connect() as client:
        client.sendall(post("/read", b"one") + post("/read", b"two") + GET)
        wanted = [b"one", b"two", b"{}"]
        arrived = b""
        while arrived.count(b"HTTP/1.1 200") < 3 or not arrived.endswith(b"{}"):
            arrived += client.recv(MIB)
        assert [part.partition(b"\r\n\r\n")[2] for part in arrived.split(b"HTTP/1.1 200 OK")[1:]] == wanted


def test_http_1_0_is_answered_and_closed(edge):
    assert edge.ask(b"GET /v2/ HTTP/1.0\r\n\r\n").endswith(b"{}")


@pytest.mark.parametrize("sent", [b"", b"GET /v2/ HT", b"GET /v2/ HTTP/1.1\r\nHost: a\r\n"])
def test_a_head_that_does_not_come_ends_the_connection(edge, sent):
    began = time.monotonic()
    with edge.connect() as client:
        client.sendall(sent)
        assert until_closed(client) == b""
    assert time.monotonic() - began < 3


def test_a_dripping_head_ends_the_connection_also_on_a_used_one(edge):
    with edge.connect() as client:
        client.sendall(GET)
        response(client)
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            for byte in GET * 4:
                client.sendall(bytes([byte]))
                time.sleep(0.05)
        assert time.monotonic() - began < 4
        assert until_closed(client) == b""


def test_an_idle_connection_is_kept_and_then_closed(edge):
    with edge.connect() as client:
        client.sendall(GET)
        response(client)
        time.sleep(SHORT["head"] + 0.15)
        client.sendall(GET)
        assert response(client)[0] == 200
        assert until_closed(client) == b""


@pytest.mark.parametrize(
    "framing", ["Content-Length: 100\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"]
)
def test_a_stalled_body_gets_408(edge, framing):
    answer = edge.ask(f"POST /hash HTTP/1.1\r\nHost: a\r\n{framing}".encode())
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"Connection: close" in answer


def test_a_dripping_body_gets_408(edge):
    with edge.connect() as client:
        client.sendall(post("/hash", length=1000))
        client.settimeout(0.1)
        for _ in range(50):
            with contextlib.suppress(TimeoutError):
                assert response(client)[0] == 408
                return
            client.sendall(b"x")
    pytest.fail("one byte at a time was taken")


def test_a_broken_chunk_ends_the_body_at_once(edge):
    with edge.connect() as client:
        client.sendall(b"POST /hash HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        time.sleep(0.1)
        client.sendall(b"no number\r\n")
        began = time.monotonic()
        answer = until_closed(client)
    assert answer.startswith((b"HTTP/1.1 408 ", b"HTTP/1.1 400 "))
    assert answer.count(b"HTTP/1.1") == 1
    assert time.monotonic() - began < SHORT["body_stall"]


def test_a_large_body_arrives_whole(edge):
    body = os.urandom(5 * MIB)
    wanted = hashlib.sha256(body).hexdigest().encode()
    with edge.connect() as client:
        client.sendall(post("/hash", body))
        assert response(client)[2] == wanted
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:70_000], body[70_000:])) + b"0\r\n\r\n"
        client.sendall(b"POST /hash HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        assert response(client)[2] == wanted


def test_a_compressed_body_is_not_unpacked(edge):
    with edge.connect() as client:
        client.sendall(post("/read", b"not gzip at all", extra="Content-Encoding: gzip\r\n"))
        assert response(client)[2] == b"not gzip at all"


def test_a_body_above_the_limit_gets_413_and_the_connection_stays(edge):
    with edge.connect() as client:
        client.sendall(post("/read", b"x" * MIB) + GET)
        assert response(client)[0] == 413
        assert response(client)[0] == 200


def test_continue_is_sent_only_when_the_body_is_wanted(edge):
    expect = "Expect: 100-continue\r\n"
    with edge.connect() as client:
        client.sendall(post("/read", length=3, extra=expect))
        assert client.recv(MIB) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert response(client)[2] == b"abc"
    answer = edge.ask(post("/refuse", length=3, extra=expect))
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"Connection: close" in answer


def test_a_refused_body_is_thrown_away_and_the_connection_stays(edge):
    with edge.connect() as client:
        client.sendall(post("/refuse", b"x" * 3 * MIB) + GET)
        assert response(client)[0] == 401
        assert response(client)[0] == 200


def test_a_refused_body_that_is_too_large_ends_the_connection_after_the_answer(edge):
    with edge.connect() as client:
        client.sendall(post("/refuse", b"x" * MIB, length=1 << 40))
        status, headers, body = response(client)
        assert (status, headers["connection"], body) == (401, "close", b"no")


def test_a_client_that_leaves_within_a_body_is_recorded(files):
    with running(files) as edge:
        for framing in ("Content-Length: 100\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"):
            with edge.connect() as client:
                client.sendall(f"POST /hash?token=secret HTTP/1.1\r\nHost: a\r\n{framing}".encode())
                time.sleep(0.1)
        with edge.connect() as client:
            client.sendall(GET)
            response(client)
        assert edge.stop() == 0
        first, second, third = edge.served()
        for torn in (first, second):
            assert (torn["raw_path"], torn["status"], torn["received"], torn["complete"]) == ("/hash", 408, 3, False)
        assert (third["method"], third["status"], third["sent"], third["complete"]) == ("GET", 200, 2, True)
        assert "secret" not in "".join(edge.lines)
        assert "Traceback" not in "".join(edge.errors)


def test_a_failing_handler_shows_nothing(edge):
    with edge.connect() as client:
        client.sendall(GET.replace(b"/v2/", b"/fail"))
        status, _, body = response(client)
        assert (status, body) == (500, b"Internal server error.\n")


def test_a_header_cannot_be_split(edge):
    answer = edge.ask(GET.replace(b"/v2/", b"/inject?value=a%0d%0aSet-Cookie:%20b"))
    assert b"Set-Cookie" not in answer
    assert answer.startswith(b"HTTP/1.1 500 ")


def test_head_declares_the_length_without_a_body(edge, files):
    with edge.connect() as client:
        client.sendall(GET.replace(b"GET /v2/", b"HEAD /file/large") + GET)
        arrived = b""
        while not arrived.endswith(b"{}"):
            arrived += client.recv(MIB)
    assert f"Content-Length: {(files / 'large').stat().st_size}\r\n".encode() in arrived
    assert arrived.count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize("target", ["small", "large", "small?offset=5&length=0", "small?offset=1000&length=2000",
                                    "large?offset=4097&length=9000000"])  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_files_and_parts_of_them_arrive_exactly(edge, encrypted, files, certificate, target, scheme):
    name, _, query = target.partition("?")
    content = (files / name).read_bytes()
    asked = dict(part.split("=") for part in query.split("&")) if query else {}
    offset = int(asked.get("offset", 0))
    wanted = content[offset : offset + int(asked.get("length", len(content)))]
    with contextlib.ExitStack() as stack:
        client = stack.enter_context((edge if scheme == "http" else encrypted).connect())
        if scheme == "https":
            trust = ssl.create_default_context(cafile=certificate["certificate"])
            client = stack.enter_context(trust.wrap_socket(client, server_hostname="127.0.0.1"))
        for _ in range(2):
            client.sendall(GET.replace(b"/v2/", b"/file/" + target.encode()))
            status, headers, body = response(client)
            assert (status, headers["content-length"]) == (200, str(len(wanted)))
            assert body == wanted
        client.sendall(GET.replace(b"/v2/", b"/facts"))
        assert json.loads(response(client)[2])["scheme"] == scheme


@pytest.mark.parametrize("name", ["small", "large"])
def test_a_file_that_is_too_short_breaks_the_connection(edge, files, name):
    size = (files / name).stat().st_size
    with edge.connect() as client:
        client.sendall(GET.replace(b"/v2/", f"/file/{name}?length={size + 1}".encode()))
        head, _, body = until_closed(client).partition(b"\r\n\r\n")
    assert f"Content-Length: {size + 1}".encode() in head
    assert len(body) <= size


@pytest.mark.parametrize("name", ["small", "large"])
def test_a_reader_that_takes_nothing_is_dropped(files, name):
    with running(files, limits=SHORT) as edge, edge.connect() as client:
        client.sendall(GET.replace(b"/v2/", f"/file/{name}".encode()) * 8)
        wait_for(lambda: any(not served["complete"] for served in edge.served()))
        assert len(until_closed(client)) < 8 * (files / name).stat().st_size


def test_others_are_served_while_slow_readers_pull_large_files(edge):
    with contextlib.ExitStack() as stack:
        for _ in range(12):
            puller = stack.enter_context(edge.connect())
            puller.sendall(GET.replace(b"/v2/", b"/file/large") * 4)
        with edge.connect() as client:
            for _ in range(20):
                began = time.monotonic()
                client.sendall(GET)
                assert response(client)[0] == 200
                assert time.monotonic() - began < 0.5


def test_a_signal_to_stop_lets_requests_in_flight_finish(files):
    body = os.urandom(2 * MIB)
    with running(files, limits={"drain": 10.0}) as edge, contextlib.ExitStack() as stack:
        upload, download, idle, slow = (stack.enter_context(edge.connect()) for _ in range(4))
        idle.sendall(GET)
        response(idle)
        upload.sendall(post("/hash", body[:MIB], length=len(body)))
        download.sendall(GET.replace(b"/v2/", b"/file/large"))
        slow.sendall(GET.replace(b"/v2/", b"/slow"))
        time.sleep(0.2)
        edge.process.send_signal(signal.SIGTERM)
        # A service manager may signal the whole group: the same order twice is still one order.
        edge.process.send_signal(signal.SIGTERM)
        assert until_closed(idle) == b""
        with pytest.raises(ConnectionRefusedError):
            edge.connect()
        status, headers, answer = response(slow)
        assert (status, headers["connection"], answer) == (200, "close", b"slow")
        upload.sendall(body[MIB:])
        assert response(upload)[2] == hashlib.sha256(body).hexdigest().encode()
        assert response(download)[2] == (files / "large").read_bytes()
        assert edge.ended() == 0


def test_the_drain_time_and_a_second_signal_end_what_does_not_finish(files):
    for drain, again in ((0.5, False), (60.0, True)):
        with running(files, limits={"drain": drain}) as edge, edge.connect() as upload:
            upload.sendall(post("/hash", b"abc", length=100))
            time.sleep(0.2)
            edge.process.send_signal(signal.SIGTERM)
            if again:
                time.sleep(1.2)
                assert edge.process.poll() is None
                edge.process.send_signal(signal.SIGTERM)
            assert edge.ended() == 0


def worker_of(edge: Edge) -> int:
    with edge.connect() as client:
        client.sendall(GET.replace(b"/v2/", b"/pid"))
        return int(response(client)[2])


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads a file of /proc that cannot be read")
def test_a_disk_that_fails_within_a_file_is_told_to_the_administrator(files):
    with running(files) as edge:
        answer = edge.ask(b"GET /file//proc/self/mem?length=10 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert answer.partition(b"\r\n\r\n")[2] == b""
        wait_for(lambda: "cannot be read: Input/output error" in "".join(edge.errors), 20)
        assert response_to_get(edge) == 200


def response_to_get(edge: Edge) -> int:
    with edge.connect() as client:
        client.sendall(GET)
        return response(client)[0]


def wait_for(condition, seconds: float = 8) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_workers_share_connections_and_a_killed_one_is_replaced(files):
    with running(files, workers=2) as edge, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(edge.connect()) for _ in range(4)]
        for client in clients:
            client.sendall(GET.replace(b"/v2/", b"/pid"))
        holders = [int(response(client)[2]) for client in clients]
        assert edge.process.pid not in holders
        assert len(set(holders)) == 2
        os.kill(holders[0], signal.SIGKILL)
        others = {holders[0], next(holder for holder in holders if holder != holders[0])}
        # Held open, so that the new worker, with none, is the one to take the next.
        wait_for(lambda: worker_of(edge) not in others)
        assert edge.stop() == 0
        wait_for(lambda: not any(alive(holder) for holder in holders))


def test_a_worker_that_cannot_be_started_now_is_started_later(files):
    with running(files, workers=2, refused_forks=[1, 4]) as edge:
        workers = set()
        wait_for(lambda: workers.add(worker_of(edge)) or len(workers) == 2, 30)
        os.kill(min(workers), signal.SIGKILL)
        wait_for(lambda: worker_of(edge) not in workers, 30)
        assert alive(max(workers))
        assert edge.stop() == 0
        assert "".join(edge.errors).count("it is tried again") == 2


def test_workers_finish_their_requests_before_the_parent_leaves(files):
    with running(files, workers=2) as edge, edge.connect() as client:
        client.sendall(GET.replace(b"/v2/", b"/slow"))
        time.sleep(0.1)
        edge.process.send_signal(signal.SIGINT)
        assert response(client)[2] == b"slow"
        assert edge.ended() == 0


def test_workers_leave_when_the_parent_is_killed(files):
    with running(files, workers=2) as edge:
        workers = set()
        wait_for(lambda: workers.add(worker_of(edge)) or len(workers) == 2)
        edge.process.kill()
        wait_for(lambda: not any(alive(worker) for worker in workers))


def test_workers_that_cannot_start_end_the_program(files):
    with running(files, workers=2, broken=True) as edge:
        assert edge.ended() == 1
        assert "giving up" in "".join(edge.errors)
        assert "this worker cannot start" in "".join(edge.errors)
