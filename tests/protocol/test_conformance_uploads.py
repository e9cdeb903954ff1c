"""Every way to upload a blob (OCI distribution specification, "Pushing blobs"), with both digest algorithms."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from oci_client import BYTES, OciClient, Reply, digest_of

pytestmark = pytest.mark.parametrize("algorithm", ["sha256", "sha512"])

CHUNK = 1024
SIZE = 3 * CHUNK - 5


def assert_stored(oci: OciClient, repository: str, reply: Reply, digest: str, content: bytes) -> None:
    """The closing reply names the blob; the blob is there, is the same, can be deleted, and then is gone."""
    assert reply.status == 201, (reply.status, reply.body)
    assert reply.headers["Docker-Content-Digest"] == digest
    assert oci.request("GET", reply.location).body == content
    head = oci.get_blob(repository, digest, "HEAD")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, str(len(content)), b"")
    assert head.headers["Docker-Content-Digest"] == digest
    got = oci.get_blob(repository, digest)
    assert (got.status, got.headers["Content-Length"], got.body) == (200, str(len(content)), content)
    assert got.headers["Docker-Content-Digest"] == digest
    assert oci.request("DELETE", f"/v2/{repository}/blobs/{digest}").status == 202
    assert oci.get_blob(repository, digest, "HEAD").status == 404
    assert oci.get_blob(repository, digest).status == 404


def assert_refused(oci: OciClient, repository: str, reply: Reply, digest: str) -> None:
    """Content that is not what the digest says: 400 with an OCI error, and nothing is stored."""
    assert reply.status == 400, (reply.status, reply.body)
    assert reply.error()["code"] in {"DIGEST_INVALID", "BLOB_UPLOAD_INVALID"}
    assert oci.get_blob(repository, digest, "HEAD").status == 404


def test_missing_blob(oci: OciClient, repository: str, algorithm: str) -> None:
    digest = digest_of(secrets.token_bytes(16), algorithm)
    reply = oci.get_blob(repository, digest)
    assert (reply.status, reply.error()["code"]) == (404, "BLOB_UNKNOWN")
    head = oci.get_blob(repository, digest, "HEAD")
    assert (head.status, head.body) == (404, b"")


def test_post_only(oci: OciClient, repository: str, algorithm: str) -> None:
    content = secrets.token_bytes(512)
    digest = digest_of(content, algorithm)
    path = f"/v2/{repository}/blobs/uploads/"
    reply = oci.request("POST", path, content, {"Content-Type": BYTES}, query={"digest": digest})
    assert_stored(oci, repository, reply, digest, content)


def test_post_then_put(oci: OciClient, repository: str, algorithm: str) -> None:
    content = secrets.token_bytes(512)
    digest = digest_of(content, algorithm)
    reply = oci.put_upload(oci.start_upload(repository), digest, content)
    assert_stored(oci, repository, reply, digest, content)


def test_stream(oci: OciClient, repository: str, algorithm: str) -> None:
    """One PATCH without Content-Range, as docker sends it."""
    content = secrets.token_bytes(SIZE)
    digest = digest_of(content, algorithm)
    patched = oci.patch_upload(oci.start_upload(repository), content)
    assert patched.status == 202
    assert patched.headers["Range"] == f"0-{SIZE - 1}"
    assert_stored(oci, repository, oci.put_upload(patched.location, digest), digest, content)


def test_stream_of_unknown_length(oci: OciClient, repository: str, algorithm: str) -> None:
    """One PATCH with `Transfer-Encoding: chunked`."""
    content = secrets.token_bytes(SIZE)
    digest = digest_of(content, algorithm)

    def pieces() -> Iterator[bytes]:
        for start in range(0, SIZE, 700):
            yield content[start : start + 700]

    patched = oci.patch_upload(oci.start_upload(repository), pieces())
    assert patched.status == 202
    assert_stored(oci, repository, oci.put_upload(patched.location, digest), digest, content)


def test_single_chunk(oci: OciClient, repository: str, algorithm: str) -> None:
    content = secrets.token_bytes(512)
    digest = digest_of(content, algorithm)
    patched = oci.patch_upload(oci.start_upload(repository), content, 0)
    assert (patched.status, patched.headers["Range"]) == (202, "0-511")
    assert_stored(oci, repository, oci.put_upload(patched.location, digest), digest, content)


@pytest.mark.parametrize("last_with_put", [False, True], ids=["patches", "last-with-put"])
def test_chunks(oci: OciClient, repository: str, algorithm: str, last_with_put: bool) -> None:
    content = secrets.token_bytes(SIZE)
    digest = digest_of(content, algorithm)
    reply = send_chunks(oci, repository, content, digest, last_with_put)
    assert_stored(oci, repository, reply, digest, content)


def send_chunks(oci: OciClient, repository: str, content: bytes, digest: str, last_with_put: bool) -> Reply:
    location = oci.start_upload(repository)
    for first in range(0, SIZE, CHUNK):
        chunk = content[first : first + CHUNK]
        last = first + len(chunk) - 1
        if last_with_put and last == SIZE - 1:
            return oci.put_upload(location, digest, chunk, Content_Range=f"{first}-{last}")
        reply = oci.patch_upload(location, chunk, first)
        assert (reply.status, reply.headers["Range"]) == (202, f"0-{last}")
        location = reply.location
    return oci.put_upload(location, digest)


@pytest.mark.parametrize("last_with_put", [False, True], ids=["patches", "last-with-put"])
def test_chunks_out_of_order(oci: OciClient, repository: str, algorithm: str, last_with_put: bool) -> None:
    """Before each right chunk comes a wrong one: 416, then the session says where it stands and goes on."""
    content = secrets.token_bytes(SIZE)
    digest = digest_of(content, algorithm)
    location = oci.start_upload(repository)
    reply = None
    for first in range(0, SIZE, CHUNK):
        location = send_wrong_chunk(oci, location, content, first, digest, last_with_put)
        chunk = content[first : first + CHUNK]
        if last_with_put and first + CHUNK > SIZE:
            reply = oci.put_upload(location, digest, chunk, Content_Range=f"{first}-{first + len(chunk) - 1}")
        else:
            patched = oci.patch_upload(location, chunk, first)
            assert patched.status == 202
            location = patched.location
    assert_stored(oci, repository, reply or oci.put_upload(location, digest), digest, content)


def send_wrong_chunk(
    oci: OciClient, location: str, content: bytes, expected: int, digest: str, last_with_put: bool
) -> str:
    """Send the chunk after the expected one, or the first one again; the session's location afterwards."""
    first = expected + CHUNK if expected + CHUNK < SIZE else 0
    chunk = content[first : first + CHUNK]
    if last_with_put and first + CHUNK > SIZE:
        refused = oci.put_upload(location, digest, chunk, Content_Range=f"{first}-{first + len(chunk) - 1}")
    else:
        refused = oci.patch_upload(location, chunk, first)
    assert refused.status == 416, (refused.status, refused.body)
    assert refused.error()["code"] == "BLOB_UPLOAD_INVALID"
    assert refused.error()["message"] == f"First byte of the layer part is {first} instead of {expected}"
    state = oci.request("GET", location)
    assert state.status == 204
    assert state.headers["Range"] == f"0-{max(expected - 1, 0)}"
    return state.location


def test_repeated_chunk(oci: OciClient, repository: str, algorithm: str) -> None:
    content = secrets.token_bytes(SIZE)
    digest = digest_of(content, algorithm)
    location = oci.patch_upload(oci.start_upload(repository), content[:CHUNK], 0).location
    assert oci.patch_upload(location, content[:CHUNK], 0).status == 416
    state = oci.request("GET", location)
    assert (state.status, state.headers["Range"]) == (204, f"0-{CHUNK - 1}")
    patched = oci.patch_upload(state.location, content[CHUNK:], CHUNK)
    assert (patched.status, patched.headers["Range"]) == (202, f"0-{SIZE - 1}")
    assert_stored(oci, repository, oci.put_upload(patched.location, digest), digest, content)


def test_cancel(oci: OciClient, repository: str, algorithm: str) -> None:
    content = secrets.token_bytes(512)
    digest = digest_of(content, algorithm)
    location = oci.start_upload(repository)
    assert oci.request("DELETE", location).status == 204
    assert oci.request("GET", location).error()["code"] == "BLOB_UPLOAD_UNKNOWN"
    assert oci.put_upload(location, digest, content).status == 404
    assert oci.get_blob(repository, digest, "HEAD").status == 404


def test_cancel_with_bytes(oci: OciClient, repository: str, algorithm: str) -> None:
    content = secrets.token_bytes(512)
    location = oci.patch_upload(oci.start_upload(repository), content).location
    assert oci.request("DELETE", location).status == 204
    assert oci.request("GET", location).status == 404
    assert oci.put_upload(location, digest_of(content, algorithm)).status == 404


def test_wrong_digest_post_only(oci: OciClient, repository: str, algorithm: str) -> None:
    content = secrets.token_bytes(SIZE)
    digest = digest_of(content, algorithm)
    path = f"/v2/{repository}/blobs/uploads/"
    reply = oci.request("POST", path, content + b"oh no", {"Content-Type": BYTES}, query={"digest": digest})
    assert_refused(oci, repository, reply, digest)


def test_wrong_digest_post_then_put(oci: OciClient, repository: str, algorithm: str) -> None:
    content = secrets.token_bytes(SIZE)
    digest = digest_of(content, algorithm)
    reply = oci.put_upload(oci.start_upload(repository), digest, content + b"oh no")
    assert_refused(oci, repository, reply, digest)


@pytest.mark.parametrize("last_with_put", [False, True], ids=["patches", "last-with-put"])
def test_wrong_digest_chunks(oci: OciClient, repository: str, algorithm: str, last_with_put: bool) -> None:
    digest = digest_of(secrets.token_bytes(SIZE), algorithm)
    reply = send_chunks(oci, repository, secrets.token_bytes(SIZE), digest, last_with_put)
    assert_refused(oci, repository, reply, digest)


def test_wrong_digest_stream(oci: OciClient, repository: str, algorithm: str) -> None:
    digest = digest_of(secrets.token_bytes(SIZE), algorithm)
    patched = oci.patch_upload(oci.start_upload(repository), secrets.token_bytes(SIZE))
    assert patched.status == 202
    assert_refused(oci, repository, oci.put_upload(patched.location, digest), digest)


@pytest.mark.parametrize("content", [b"", b"{}"], ids=["empty", "emptyJSON"])
def test_well_known_content(oci: OciClient, repository: str, algorithm: str, content: bytes) -> None:
    digest = digest_of(content, algorithm)
    reply = oci.put_upload(oci.start_upload(repository), digest, content)
    assert_stored(oci, repository, reply, digest, content)


def test_empty_blob_in_one_post(oci: OciClient, repository: str, algorithm: str) -> None:
    digest = digest_of(b"", algorithm)
    path = f"/v2/{repository}/blobs/uploads/"
    reply = oci.request("POST", path, b"", {"Content-Length": "0"}, query={"digest": digest})
    assert_stored(oci, repository, reply, digest, b"")
