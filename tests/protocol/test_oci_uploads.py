"""Uploads when things go wrong: strangers, two writers, broken and slow connections, restarts."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

import pytest

from oci_client import BYTES, OciClient, digest_of
from registry_process import RegistryProcess


def state(oci: OciClient, location: str) -> int:
    """How many bytes an upload has."""
    reply = oci.request("GET", location)
    assert reply.status == 204, reply.body
    first, _, last = reply.headers["Range"].partition("-")
    assert first == "0"
    return int(last) + 1


def test_session_reply(registry: RegistryProcess, oci: OciClient, repository: str) -> None:
    reply = oci.request("POST", f"/v2/{repository}/blobs/uploads/")
    assert reply.status == 202
    assert reply.headers["Range"] == "0-0"
    assert reply.headers["Content-Length"] == "0"
    assert reply.headers["Docker-Upload-UUID"] in reply.location
    assert reply.location.startswith(f"/v2/{repository}/blobs/uploads/")


def test_upload_of_another_repository(oci: OciClient, repository: str, other_repository: str) -> None:
    content = secrets.token_bytes(1000)
    location = oci.patch_upload(oci.start_upload(repository), content).location
    stolen = location.replace(f"/v2/{repository}/", f"/v2/{other_repository}/")
    assert stolen != location
    assert oci.request("GET", stolen).error()["code"] == "BLOB_UPLOAD_UNKNOWN"
    assert oci.patch_upload(stolen, b"more").error()["code"] == "BLOB_UPLOAD_UNKNOWN"
    assert oci.put_upload(stolen, digest_of(content)).error()["code"] == "BLOB_UPLOAD_UNKNOWN"
    assert oci.request("DELETE", stolen).status == 404
    assert state(oci, location) == 1000
    assert oci.put_upload(location, digest_of(content)).status == 201


def test_unknown_upload(oci: OciClient, repository: str) -> None:
    path = f"/v2/{repository}/blobs/uploads/3fa85f64-5717-4562-b3fc-2c963f66afa6"
    for reply in (
        oci.request("GET", path),
        oci.patch_upload(path, b"x"),
        oci.put_upload(path, digest_of(b"x"), b"x"),
        oci.request("DELETE", path),
    ):
        assert (reply.status, reply.error()["code"]) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_finished_upload_is_over(oci: OciClient, repository: str) -> None:
    content = secrets.token_bytes(100)
    location = oci.start_upload(repository)
    assert oci.put_upload(location, digest_of(content), content).status == 201
    assert oci.request("GET", location).status == 404
    assert oci.patch_upload(location, b"more").status == 404


def test_closing_without_digest(oci: OciClient, repository: str) -> None:
    location = oci.patch_upload(oci.start_upload(repository), b"content").location
    reply = oci.request("PUT", location, b"", {"Content-Type": BYTES})
    assert (reply.status, reply.error()["code"]) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize(
    "value", ["bytes 0-9/10", "0-", "abc", "9-0", "-5", "0-99", "0-8", "1e1-20", "99999999999999999999-1"]
)
def test_content_range_that_does_not_fit(oci: OciClient, repository: str, value: str) -> None:
    """A Content-Range that is malformed, or is not as long as the body: refused, and nothing is taken."""
    location = oci.patch_upload(oci.start_upload(repository), b"first", 0).location
    reply = oci.request("PATCH", location, b"0123456789", {"Content-Type": BYTES, "Content-Range": value})
    assert reply.status in {400, 416}, (value, reply.status)
    assert state(oci, location) == 5


def test_overlapping_chunk(oci: OciClient, repository: str) -> None:
    location = oci.patch_upload(oci.start_upload(repository), b"0123456789", 0).location
    assert oci.patch_upload(location, b"56789abcde", 5).status == 416
    assert state(oci, location) == 10
    assert oci.patch_upload(location, b"abcde", 10).status == 202
    assert oci.put_upload(location, digest_of(b"0123456789abcde")).status == 201


def test_two_writers(registry: RegistryProcess, password: str, oci: OciClient, repository: str) -> None:
    """Of two clients that send the same chunk at once, each is told the truth; the blob is never mixed."""
    content = secrets.token_bytes(8 << 20)
    location = oci.start_upload(repository)
    statuses: list[int] = []

    def send(part: bytes) -> None:
        client = registry.oci_client(password)
        statuses.append(client.patch_upload(location, part, 0).status)
        client.close()

    writers = [threading.Thread(target=send, args=(content,)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert statuses.count(202) == 1
    assert set(statuses) <= {202, 409, 416}
    assert state(oci, location) == len(content)
    assert oci.put_upload(location, digest_of(content)).status == 201
    assert oci.get_blob(repository, digest_of(content)).body == content


def send_half(client: OciClient, location: str, content: bytes, sent: int) -> None:
    """Begin a PATCH of `content`, send the first bytes of it, and break the connection."""
    connection = client.connect()
    connection.putrequest("PATCH", location)
    for name, value in client.authorization().items():
        connection.putheader(name, value)
    connection.putheader("Content-Type", BYTES)
    connection.putheader("Content-Length", str(len(content)))
    connection.endheaders()
    connection.send(content[:sent])
    time.sleep(0.2)
    connection.close()


def wait_until_settled(oci: OciClient, location: str) -> int:
    """The bytes of an upload, once the server has noticed that the writer is gone."""
    deadline = time.monotonic() + 20
    before = -1
    while time.monotonic() < deadline:
        reply = oci.request("GET", location)
        now = int(reply.headers["Range"].removeprefix("0-")) if reply.status == 204 else -1
        if now == before and now >= 0:
            return now + 1 if now else 0
        before = now
        time.sleep(0.3)
    pytest.fail("the upload did not settle")


def test_broken_connection_then_resume(oci: OciClient, repository: str) -> None:
    """What arrived before the connection broke counts or not, but the server says which; the rest follows."""
    content = secrets.token_bytes(3 << 20)
    location = oci.start_upload(repository)
    send_half(oci, location, content, 2 << 20)
    arrived = wait_until_settled(oci, location)
    assert 0 <= arrived <= 2 << 20
    assert oci.get_blob(repository, digest_of(content), "HEAD").status == 404
    reply = oci.patch_upload(location, content[arrived:], arrived)
    assert reply.status == 202, reply.body
    assert oci.put_upload(reply.location, digest_of(content)).status == 201
    assert oci.get_blob(repository, digest_of(content)).body == content


def test_broken_single_post_stores_nothing(oci: OciClient, repository: str) -> None:
    content = secrets.token_bytes(1 << 20)
    digest = digest_of(content)
    connection = oci.connect()
    connection.putrequest("POST", f"/v2/{repository}/blobs/uploads/?digest={digest}")
    for name, value in oci.authorization().items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(content)))
    connection.endheaders()
    connection.send(content[: 1 << 19])
    connection.close()
    time.sleep(0.3)
    assert oci.get_blob(repository, digest, "HEAD").status == 404
    assert oci.push_blob(repository, content) == digest


def test_slow_client_does_not_hold_up_others(oci: OciClient, repository: str) -> None:
    location = oci.start_upload(repository)
    connection = oci.connect()
    connection.putrequest("PATCH", location)
    for name, value in oci.authorization().items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", "100")
    connection.endheaders()
    for number in range(5):
        connection.send(b"x")
        content = secrets.token_bytes(1000)
        assert oci.get_blob(repository, oci.push_blob(repository, content)).body == content, number
        time.sleep(0.1)
    connection.close()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_session_with_bytes_survives_a_restart(fresh_registry: Callable[..., RegistryProcess], end: str) -> None:
    server = fresh_registry()
    server.create_repository("restart")
    client = server.oci_client()
    content = secrets.token_bytes(300_000)
    stored = client.push_blob("restart", b"acknowledged")
    location = client.patch_upload(client.start_upload("restart"), content[:200_000], 0).location
    client.close()
    if end == "stop":
        server.stop()
    else:
        server.kill()
    server.start()
    client = server.oci_client(client.password)
    assert client.get_blob("restart", stored).body == b"acknowledged"
    arrived = state(client, location)
    assert arrived == 200_000
    reply = client.patch_upload(location, content[arrived:], arrived)
    assert reply.status == 202
    assert client.put_upload(reply.location, digest_of(content)).status == 201
    assert client.get_blob("restart", digest_of(content)).body == content
    client.close()


def test_same_blob_pushed_by_many(registry: RegistryProcess, password: str, repository: str, oci: OciClient) -> None:
    content = secrets.token_bytes(500_000)
    digest = digest_of(content)
    failures: list[BaseException] = []

    def push() -> None:
        client = registry.oci_client(password)
        try:
            client.push_blob(repository, content)
            assert client.get_blob(repository, digest).body == content
        except BaseException as error:
            failures.append(error)
        client.close()

    writers = [threading.Thread(target=push) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert failures == []
    assert oci.get_blob(repository, digest).body == content
