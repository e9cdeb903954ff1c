"""Deletes and refusals (OCI distribution specification, "Content Management" and "Error Codes")."""

from __future__ import annotations

import json
import secrets

import pytest

from image_content import Content
from oci_client import OciClient, digest_of

# OCI distribution specification, "Error Codes".
CODES = {
    "BLOB_UNKNOWN",
    "BLOB_UPLOAD_INVALID",
    "BLOB_UPLOAD_UNKNOWN",
    "DIGEST_INVALID",
    "MANIFEST_BLOB_UNKNOWN",
    "MANIFEST_INVALID",
    "MANIFEST_UNKNOWN",
    "NAME_INVALID",
    "NAME_UNKNOWN",
    "SIZE_INVALID",
    "UNAUTHORIZED",
    "DENIED",
    "UNSUPPORTED",
    "TOOMANYREQUESTS",
}


def push_image(oci: OciClient, repository: str, *tags: str) -> tuple[str, Content]:
    content = Content()
    digest = content.image(*tags)["digest"]
    content.push(oci, repository)
    return digest, content


def test_deleting_a_tag_leaves_the_others(oci: OciClient, repository: str) -> None:
    digest, content = push_image(oci, repository, "test0", "test1", "test2", "test3")
    assert oci.delete_manifest(repository, "test0").status == 202
    assert oci.get_manifest(repository, "test0").status == 404
    assert oci.list_tags(repository).json()["tags"] == ["test1", "test2", "test3"]
    assert oci.get_manifest(repository, digest).body == content.manifests[digest]


def test_deleting_the_last_tag_leaves_the_manifest(oci: OciClient, repository: str) -> None:
    """Where ECR deletes the image with its last tag, the OCI specification deletes the tag alone."""
    digest, content = push_image(oci, repository, "only")
    assert oci.delete_manifest(repository, "only").status == 202
    reply = oci.get_manifest(repository, digest)
    assert (reply.status, reply.body) == (200, content.manifests[digest])


def test_deleting_a_manifest_deletes_its_tags(oci: OciClient, repository: str) -> None:
    digest, _ = push_image(oci, repository, "test0", "test1")
    push_image(oci, repository, "other")
    assert oci.delete_manifest(repository, digest).status == 202
    for reference in (digest, "test0", "test1"):
        assert oci.get_manifest(repository, reference).status == 404
        assert oci.get_manifest(repository, reference, "HEAD").status == 404
    assert oci.list_tags(repository).json()["tags"] == ["other"]
    assert oci.delete_manifest(repository, digest).error()["code"] == "MANIFEST_UNKNOWN"


def test_deleting_a_blob(oci: OciClient, repository: str) -> None:
    digest, content = push_image(oci, repository, "test0")
    assert oci.delete_manifest(repository, digest).status == 202
    for blob in content.blobs:
        path = f"/v2/{repository}/blobs/{blob}"
        assert oci.request("DELETE", path).status == 202
        assert oci.get_blob(repository, blob).status == 404
        again = oci.request("DELETE", path)
        assert (again.status, again.error()["code"]) == (404, "BLOB_UNKNOWN")


def test_deleting_a_blob_in_use(oci: OciClient, repository: str) -> None:
    """A blob that a manifest names may be kept (405) or deleted, but never half of it."""
    _, content = push_image(oci, repository, "test0")
    for blob, expected in content.blobs.items():
        status = oci.request("DELETE", f"/v2/{repository}/blobs/{blob}").status
        assert status in {202, 405}
        reply = oci.get_blob(repository, blob)
        assert (reply.status, reply.body == expected) == ((404, False) if status == 202 else (200, True))


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_missing_manifest(oci: OciClient, repository: str, method: str) -> None:
    digest = digest_of(secrets.token_bytes(8))
    for reference in (digest, "no-such-tag", digest_of(b"", "sha512")):
        reply = oci.get_manifest(repository, reference, method)
        assert reply.status == 404
        if method == "HEAD":
            assert reply.body == b""
        else:
            assert reply.error() == {"code": "MANIFEST_UNKNOWN", "message": "Requested image not found"}


@pytest.mark.parametrize("name", [".INVALID_MANIFEST_NAME", "-dash", "a" * 129])
def test_reference_that_is_no_tag(oci: OciClient, repository: str, name: str) -> None:
    assert oci.get_manifest(repository, name).status == 404
    assert oci.get_manifest(repository, name, "HEAD").status in {400, 404}


MALFORMED = [
    "sha256:baddigeststring",
    "sha256:totallywrong",
    "sha256:" + "g" * 64,
    "sha256:" + "A" * 64,
    "sha256:" + "a" * 63,
    "md5:" + "a" * 32,
    "sha256:",
]


@pytest.mark.parametrize("digest", MALFORMED)
def test_malformed_digest_of_manifest(oci: OciClient, repository: str, digest: str) -> None:
    _, content = push_image(oci, repository)
    (manifest,) = content.manifests.values()
    for body in (manifest, b"blablabla"):
        reply = oci.put_manifest(repository, digest, body, "application/vnd.oci.image.manifest.v1+json")
        assert reply.status == 400
        assert reply.error()["code"] == "DIGEST_INVALID"
    for method in ("GET", "HEAD", "DELETE"):
        assert oci.get_manifest(repository, digest, method).status in {400, 404}


@pytest.mark.parametrize("digest", MALFORMED)
def test_malformed_digest_of_blob(oci: OciClient, repository: str, digest: str) -> None:
    assert oci.get_blob(repository, digest).status in {400, 404}
    assert oci.get_blob(repository, digest, "HEAD").status in {400, 404}
    reply = oci.put_upload(oci.start_upload(repository), digest, b"content")
    assert (reply.status, reply.error()["code"]) == (400, "DIGEST_INVALID")
    reply = oci.request("POST", f"/v2/{repository}/blobs/uploads/", b"content", query={"digest": digest})
    assert (reply.status, reply.error()["code"]) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_manifest_of_another_digest(oci: OciClient, repository: str, algorithm: str) -> None:
    content = Content(algorithm)
    digest = content.image()["digest"]
    for blob in content.blobs.values():
        oci.push_blob(repository, blob, algorithm)
    reply = oci.put_manifest(repository, digest, content.manifests[digest] + b"  ")
    assert reply.status == 400
    assert reply.error()["code"] in {"DIGEST_INVALID", "MANIFEST_INVALID"}
    assert oci.get_manifest(repository, digest).status == 404
    assert not oci.list_tags(repository).json()["tags"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"blablabla",
        b"[]",
        b'"text"',
        b"null",
        b"{}",
        b'{"schemaVersion": 2',
        b'{"schemaVersion": 2, "schemaVersion": 2, "config": {}, "layers": []}',
        b'{"schemaVersion": NaN, "config": {}, "layers": []}',
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"layers":' + b"[" * 100_000,
        json.dumps({"schemaVersion": 2, "config": "text", "layers": []}).encode(),
        json.dumps({"schemaVersion": 2, "config": {"digest": "../../etc", "size": 1}, "layers": []}).encode(),
        json.dumps({"schemaVersion": 2, "layers": [{"digest": digest_of(b""), "size": -1}]}).encode(),
    ],
    ids=range(15),
)
def test_manifest_that_is_none(oci: OciClient, repository: str, body: bytes) -> None:
    reply = oci.put_manifest(repository, "bad", body, "application/vnd.oci.image.manifest.v1+json")
    assert reply.status in {400, 405}
    assert reply.error()["code"] in CODES
    assert oci.get_manifest(repository, "bad").status == 404


def test_manifest_that_is_too_large(oci: OciClient, repository: str) -> None:
    content = Content()
    content.image(annotations={"large": "A" * 4_194_304})
    for blob in content.blobs.values():
        oci.push_blob(repository, blob)
    (manifest,) = content.manifests.values()
    reply = oci.put_manifest(repository, "large", manifest)
    assert reply.status in {400, 413}
    assert reply.error()["code"] in CODES
    assert oci.get_manifest(repository, "large").status == 404


def test_media_type_of_a_manifest_must_be_the_one_it_names(oci: OciClient, repository: str) -> None:
    _, content = push_image(oci, repository)
    (manifest,) = content.manifests.values()
    reply = oci.put_manifest(repository, "mismatch", manifest, "application/vnd.oci.image.index.v1+json")
    assert reply.status in {400, 405}
    assert oci.get_manifest(repository, "mismatch").status == 404
