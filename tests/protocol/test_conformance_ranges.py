"""Ranges of a blob (OCI distribution specification, "Pulling blobs"; RFC 9110, section 14)."""

from __future__ import annotations

import secrets

import pytest

from oci_client import OciClient

SIZE = 2048


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("500-1499", 500, 1499),
        ("500-", 500, SIZE - 1),
        ("-500", SIZE - 500, SIZE - 1),
        ("2000-5000", 2000, SIZE - 1),
        ("0-0", 0, 0),
        ("-5000", 0, SIZE - 1),
    ],
)
def test_range(oci: OciClient, repository: str, algorithm: str, asked: str, first: int, last: int) -> None:
    content = secrets.token_bytes(SIZE)
    digest = oci.push_blob(repository, content, algorithm)
    reply = oci.get_blob(repository, digest, Range=f"bytes={asked}")
    assert reply.status == 206
    assert reply.body == content[first : last + 1]
    assert reply.headers["Content-Length"] == str(last - first + 1)
    assert reply.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("asked", ["500-0", "5000-10000", "2048-", "-0"])
def test_range_that_cannot_be_satisfied(oci: OciClient, repository: str, algorithm: str, asked: str) -> None:
    digest = oci.push_blob(repository, secrets.token_bytes(SIZE), algorithm)
    reply = oci.get_blob(repository, digest, Range=f"bytes={asked}")
    assert reply.status == 416
    assert reply.headers["Content-Range"] == f"bytes */{SIZE}"
    assert oci.get_blob(repository, digest, "HEAD").status == 200


@pytest.mark.parametrize("asked", ["lines=1-2", "bytes=abc", "bytes=--5", "bytes=1-2-3"])
def test_range_that_is_not_understood_is_ignored(oci: OciClient, repository: str, asked: str) -> None:
    content = secrets.token_bytes(SIZE)
    digest = oci.push_blob(repository, content)
    reply = oci.get_blob(repository, digest, Range=asked)
    assert (reply.status, reply.body) in {(200, content)} or reply.status == 416


def test_range_of_an_empty_blob(oci: OciClient, repository: str) -> None:
    digest = oci.push_blob(repository, b"")
    assert oci.get_blob(repository, digest, Range="bytes=0-").status in {200, 416}


def test_ranges_say_that_they_are_accepted(oci: OciClient, repository: str) -> None:
    digest = oci.push_blob(repository, secrets.token_bytes(16))
    assert oci.get_blob(repository, digest, "HEAD").headers["Accept-Ranges"] == "bytes"
