"""OCI distribution specification, "Mounting a blob from another repository"."""

from __future__ import annotations

import secrets

import pytest

from oci_client import OciClient, digest_of

pytestmark = pytest.mark.parametrize("algorithm", ["sha256", "sha512"])


def test_mount(oci: OciClient, repository: str, other_repository: str, algorithm: str) -> None:
    content = secrets.token_bytes(512)
    digest = oci.push_blob(other_repository, content, algorithm)
    reply = oci.request("POST", f"/v2/{repository}/blobs/uploads/", query={"mount": digest, "from": other_repository})
    assert reply.status == 201
    assert reply.location == f"/v2/{repository}/blobs/{digest}"
    assert reply.headers["Docker-Content-Digest"] == digest
    assert oci.request("GET", reply.location).body == content
    assert oci.get_blob(repository, digest, "HEAD").headers["Content-Length"] == "512"


def test_mounted_blob_outlives_its_source(
    oci: OciClient, repository: str, other_repository: str, algorithm: str
) -> None:
    content = secrets.token_bytes(512)
    digest = oci.push_blob(other_repository, content, algorithm)
    assert oci.request(
        "POST", f"/v2/{repository}/blobs/uploads/", query={"mount": digest, "from": other_repository}
    ).status
    assert oci.request("DELETE", f"/v2/{other_repository}/blobs/{digest}").status == 202
    assert oci.get_blob(other_repository, digest).status == 404
    assert oci.get_blob(repository, digest).body == content
    assert oci.request("DELETE", f"/v2/{repository}/blobs/{digest}").status == 202
    assert oci.get_blob(repository, digest).status == 404


def test_mount_without_source(oci: OciClient, repository: str, other_repository: str, algorithm: str) -> None:
    """The registry finds the blob itself, or starts an ordinary upload."""
    content = secrets.token_bytes(512)
    digest = oci.push_blob(other_repository, content, algorithm)
    reply = oci.request("POST", f"/v2/{repository}/blobs/uploads/", query={"mount": digest})
    assert reply.status in {201, 202}
    if reply.status == 202:
        reply = oci.put_upload(reply.location, digest, content)
        assert reply.status == 201
    assert oci.request("GET", reply.location).body == content


@pytest.mark.parametrize("source", ["exists", "absent"])
def test_mount_of_missing_blob(
    oci: OciClient, repository: str, other_repository: str, algorithm: str, source: str
) -> None:
    content = secrets.token_bytes(512)
    digest = digest_of(content, algorithm)
    named = other_repository if source == "exists" else "tests/no-such-repository"
    reply = oci.request("POST", f"/v2/{repository}/blobs/uploads/", query={"mount": digest, "from": named})
    assert reply.status == 202
    assert reply.location.startswith(f"/v2/{repository}/blobs/uploads/")
    assert oci.get_blob(repository, digest, "HEAD").status == 404
    assert oci.put_upload(reply.location, digest, content).status == 201
    assert oci.get_blob(repository, digest).body == content


def test_blob_of_another_repository_is_not_visible(
    oci: OciClient, repository: str, other_repository: str, algorithm: str
) -> None:
    digest = oci.push_blob(other_repository, secrets.token_bytes(512), algorithm)
    assert oci.get_blob(repository, digest).status == 404
    assert oci.get_blob(repository, digest, "HEAD").status == 404


def test_mount_of_malformed_digest(oci: OciClient, repository: str, other_repository: str, algorithm: str) -> None:
    reply = oci.request(
        "POST", f"/v2/{repository}/blobs/uploads/", query={"mount": f"{algorithm}:baddigest", "from": other_repository}
    )
    assert reply.status in {202, 400}
