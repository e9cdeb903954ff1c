"""The data plane as an HTTP service: conditional requests, methods, media types with parameters, order of checks."""

from __future__ import annotations

import pytest

from image_content import Content
from oci_client import OCI_MANIFEST, OciClient


@pytest.fixture
def image(oci: OciClient, repository: str) -> str:
    """The digest of a pushed manifest."""
    manifest = b'{"schemaVersion":2,"config":%s,"layers":[]}'
    content = Content()
    descriptor = content.blob(b"{}", "application/vnd.oci.empty.v1+json")
    oci.push_blob(repository, b"{}")
    config = b'{"mediaType":"%s","digest":"%s","size":2}' % (
        descriptor["mediaType"].encode(),
        descriptor["digest"].encode(),
    )
    reply = oci.put_manifest(repository, "v1", manifest % config, OCI_MANIFEST)
    assert reply.status == 201, reply
    return reply.headers["Docker-Content-Digest"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_whoever_has_the_content_is_not_sent_it_again(oci: OciClient, repository: str, image: str, method: str) -> None:
    blob = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    for path, digest in ((f"manifests/{image}", image), ("manifests/v1", image), (f"blobs/{blob}", blob)):
        for known in (f'"{digest}"', f'"x", "{digest}"', "*"):
            reply = oci.request(method, f"/v2/{repository}/{path}", headers={"If-None-Match": known})
            assert (reply.status, reply.body, reply.headers["ETag"]) == (304, b"", f'"{digest}"')
        reply = oci.request(method, f"/v2/{repository}/{path}", headers={"If-None-Match": '"other"'})
        assert reply.status == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "", "GET, HEAD"),
        ("OPTIONS", "", "GET, HEAD"),
        ("POST", "x-repo/manifests/v1", "GET, HEAD, PUT, DELETE"),
        ("PATCH", "x-repo/tags/list", "GET"),
        ("PUT", "x-repo/blobs/uploads/", "POST"),
    ],
)
def test_a_method_that_is_not_offered_is_refused_with_those_that_are(
    oci: OciClient, method: str, path: str, allowed: str
) -> None:
    reply = oci.request(method, f"/v2/{path}")
    assert (reply.status, reply.headers["Allow"]) == (405, allowed)
    assert reply.error()["code"] == "UNSUPPORTED"


def test_a_media_type_may_be_sent_with_parameters(oci: OciClient, repository: str, image: str) -> None:
    manifest = oci.get_manifest(repository, image).body
    reply = oci.put_manifest(repository, "v2", manifest, f"{OCI_MANIFEST}; charset=utf-8")
    assert (reply.status, reply.headers["Docker-Content-Digest"]) == (201, image)
    assert oci.get_manifest(repository, "v2").headers["Content-Type"] == OCI_MANIFEST


def test_a_missing_repository_is_told_before_what_is_wrong_with_the_manifest(oci: OciClient) -> None:
    reply = oci.put_manifest("no/such/repository", "v1", b"no manifest", OCI_MANIFEST)
    assert (reply.status, reply.error()["code"]) == (404, "NAME_UNKNOWN")
