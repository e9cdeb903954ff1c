"""Images, indexes and artifacts of every shape: pushed, listed, looked at, pulled and deleted.

OCI distribution specification, "Pull", "Push", "Content Discovery" and "Content Management"; OCI image specification.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from image_content import Content, Descriptor
from oci_client import ACCEPT, OCI_MANIFEST, OciClient, Reply, digest_of

TYPE_1 = "application/vnd.example.oci.conformance.v1"
TYPE_2 = "application/vnd.example.oci.conformance.v2"
NOTE = {"org.example.note": "hello conformance test"}


def image(content: Content) -> None:
    content.image("image")


def image_uncompressed(content: Content) -> None:
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": content.config()}
    content.manifest(document | {"layers": [content.layer(False), content.layer(False)]}, "image-uncompressed")


def large_manifest(content: Content) -> None:
    annotations = {f"large-annotation-{i}": "A" * 10_000 for i in range(390)}
    content.image("large-manifest", annotations=annotations)
    (manifest,) = content.manifests.values()
    assert len(manifest) > 3_900_000


def index(content: Content) -> None:
    content.platforms("index")


def nested_index(content: Content) -> None:
    content.index([content.platforms(), content.platforms()], "index-of-index")


def empty_index(content: Content) -> None:
    content.index([], "index", annotations={"org.example.unique": secrets.token_hex(8)})


def artifact(content: Content) -> None:
    content.artifact(TYPE_1, "artifact")


def artifact_index(content: Content) -> None:
    content.index([content.artifact(TYPE_1), content.artifact(TYPE_1)], "artifact-index", artifactType=TYPE_1)


def artifact_without_layers(content: Content) -> None:
    empty = content.blob(b"{}", "application/vnd.oci.empty.v1+json")
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": TYPE_1, "config": empty}
    content.manifest(document | {"layers": [empty]}, "artifact-without-layers")


def artifacts_with_subject(content: Content) -> None:
    subject = content.image("image")
    content.image(subject=subject)
    content.artifact(TYPE_1, "tagged-artifact1", subject=subject, annotations=NOTE | {"n": secrets.token_hex(4)})
    content.artifact(TYPE_2, "tagged-artifact2", subject=subject, annotations=NOTE | {"n": secrets.token_hex(4)})


def index_with_subject(content: Content) -> None:
    subject = content.platforms("index")
    children = [content.artifact(TYPE_1), content.artifact(TYPE_1)]
    content.index(children, "tagged-artifact", artifactType=TYPE_1, subject=subject, annotations=NOTE)


def missing_subject(content: Content) -> None:
    subject = {"mediaType": OCI_MANIFEST, "digest": digest_of(secrets.token_bytes(8)), "size": 123}
    content.artifact(TYPE_1, "tagged-artifact", subject=subject, annotations=NOTE)


def data_field(content: Content) -> None:
    def with_data(descriptor: Descriptor) -> Descriptor:
        return descriptor | {"data": base64.b64encode(content.blobs[descriptor["digest"]]).decode()}

    layers = [with_data(content.layer()), with_data(content.layer())]
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": with_data(content.config())}
    content.manifest(document | {"layers": layers}, "data-field")


def non_distributable_layers(content: Content) -> None:
    layers: list[Descriptor] = []
    for suffix in ("+gzip", ""):
        digest = digest_of(secrets.token_bytes(8))
        media_type = f"application/vnd.oci.image.layer.nondistributable.v1.tar{suffix}"
        url = f"https://store.example.com/blobs/{digest}"
        layers.append({"mediaType": media_type, "digest": digest, "size": 12345, "urls": [url]})
    layers.append(content.layer())
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": content.config(), "layers": layers}
    content.manifest(document, "non-distributable-image")


def custom_fields(content: Content) -> None:
    children = []
    for architecture in ("amd64", "arm64"):
        document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [content.layer(), content.layer()]}
        document |= {"config": content.config(architecture, x_custom=secrets.token_hex(4))}
        children.append(
            content.manifest(document | {"org.example.custom": {"deep": [1, 2.5, None, secrets.token_hex(4)]}})
        )
    content.index(children, "custom-fields", **{"org.example.custom": secrets.token_hex(4)})


def no_layers(content: Content) -> None:
    content.image("no-layers", layers=0)


def sha512(content: Content) -> None:
    content.algorithm = "sha512"
    content.platforms()


SHAPES: dict[str, Callable[[Content], None]] = {
    shape.__name__.replace("_", "-"): shape
    for shape in (
        image,
        image_uncompressed,
        large_manifest,
        index,
        nested_index,
        empty_index,
        artifact,
        artifact_index,
        artifact_without_layers,
        artifacts_with_subject,
        index_with_subject,
        missing_subject,
        data_field,
        non_distributable_layers,
        custom_fields,
        no_layers,
        sha512,
    )
}


@pytest.fixture(params=SHAPES)
def pushed(request: pytest.FixtureRequest, oci: OciClient, repository: str) -> Content:
    """Content of each shape, pushed to the repository."""
    content = Content()
    SHAPES[request.param](content)
    content.push(oci, repository)
    return content


def assert_is(reply: Reply, digest: str, manifest: bytes, body: bytes) -> None:
    assert (reply.status, reply.body) == (200, body)
    assert reply.headers["Content-Type"] == json.loads(manifest)["mediaType"]
    assert reply.headers["Content-Length"] == str(len(manifest))
    assert reply.headers["Docker-Content-Digest"] == digest


def test_push(oci: OciClient, repository: str, pushed: Content) -> None:
    """Pushing everything once more is as good as the first time, and each reply says what was stored and where."""
    for digest, content in pushed.blobs.items():
        reply = oci.put_upload(oci.start_upload(repository), digest, content)
        assert (reply.status, reply.headers["Docker-Content-Digest"]) == (201, digest)
        assert oci.request("GET", reply.location).body == content
    references = [*((d, d) for d in pushed.manifests), *pushed.tags.items()]
    for reference, digest in references:
        manifest = pushed.manifests[digest]
        reply = oci.put_manifest(repository, reference, manifest)
        assert (reply.status, reply.headers["Docker-Content-Digest"]) == (201, digest)
        subject: Any = json.loads(manifest).get("subject")
        assert reply.headers["OCI-Subject"] == (subject["digest"] if subject else None)
        assert_is(oci.request("GET", reply.location, headers={"Accept": ACCEPT}), digest, manifest, manifest)


def test_tag_list(oci: OciClient, repository: str, pushed: Content) -> None:
    listed = oci.list_tags(repository)
    assert (listed.status, sorted(listed.json()["tags"] or [])) == (200, sorted(pushed.tags))


def test_head(oci: OciClient, repository: str, pushed: Content) -> None:
    for reference, digest in [*((d, d) for d in pushed.manifests), *pushed.tags.items()]:
        assert_is(oci.get_manifest(repository, reference, "HEAD"), digest, pushed.manifests[digest], b"")
    for digest, content in pushed.blobs.items():
        reply = oci.get_blob(repository, digest, "HEAD")
        assert (reply.status, reply.headers["Content-Length"], reply.body) == (200, str(len(content)), b"")
        assert reply.headers["Docker-Content-Digest"] == digest


def test_pull(oci: OciClient, repository: str, pushed: Content) -> None:
    for reference, digest in [*((d, d) for d in pushed.manifests), *pushed.tags.items()]:
        manifest = pushed.manifests[digest]
        assert_is(oci.get_manifest(repository, reference), digest, manifest, manifest)
    for digest, content in pushed.blobs.items():
        reply = oci.get_blob(repository, digest)
        assert (reply.status, reply.body) == (200, content)
        assert reply.headers["Docker-Content-Digest"] == digest


def test_delete(oci: OciClient, repository: str, pushed: Content) -> None:
    """Tags, then manifests from the outermost in, then blobs; each is gone as soon as the reply is there."""
    for tag in pushed.tags:
        assert oci.delete_manifest(repository, tag).status == 202
        assert oci.get_manifest(repository, tag, "HEAD").status == 404
    for digest in reversed(pushed.manifests):
        assert oci.delete_manifest(repository, digest).status in {202, 404}
        assert oci.get_manifest(repository, digest, "HEAD").status == 404
    for digest in pushed.blobs:
        assert oci.request("DELETE", f"/v2/{repository}/blobs/{digest}").status == 202
        assert oci.get_blob(repository, digest, "HEAD").status == 404
    assert not oci.list_tags(repository).json()["tags"]


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_tag_parameters(oci: OciClient, repository: str, algorithm: str) -> None:
    """`?tag=` on a push by digest tags it as well; `OCI-Tag` tells which tags were set."""
    content = Content(algorithm)
    content.platforms()
    for digest, blob in content.blobs.items():
        assert oci.push_blob(repository, blob, algorithm) == digest
    tags = {digest: [f"tag-{number}", f"also-{number}"] for number, digest in enumerate(content.manifests)}
    for digest, manifest in content.manifests.items():
        reply = oci.put_manifest(repository, digest, manifest, tag=tags[digest])
        assert (reply.status, reply.headers["Docker-Content-Digest"]) == (201, digest)
        told = [tag.strip() for value in reply.headers.get_all("OCI-Tag", []) for tag in value.split(",")]
        assert sorted(told) == sorted(tags[digest])
    expected = sorted(tag for several in tags.values() for tag in several)
    assert sorted(oci.list_tags(repository).json()["tags"]) == expected
    for digest, manifest in content.manifests.items():
        for tag in tags[digest]:
            assert_is(oci.get_manifest(repository, tag), digest, manifest, manifest)
            assert oci.delete_manifest(repository, tag).status == 202
            assert oci.get_manifest(repository, tag, "HEAD").status == 404
    for digest in reversed(content.manifests):
        assert oci.delete_manifest(repository, digest).status in {202, 404}
        assert oci.get_manifest(repository, digest, "HEAD").status == 404


def test_sparse(fresh_registry: Callable[..., Any]) -> None:
    """With --allow-sparse-manifests, an image may lack a layer and an index may lack an image."""
    server = fresh_registry("--allow-sparse-manifests")
    client = server.oci_client()
    repository = server.create_repository("sparse")
    content = Content()
    content.image("sparse-image")
    content.unpushed = {next(digest for digest, blob in content.blobs.items() if blob[:2] == b"\x1f\x8b")}
    absent = {"mediaType": OCI_MANIFEST, "digest": digest_of(secrets.token_bytes(8)), "size": 1024}
    content.index([content.image(), absent], "sparse-index")
    content.push(client, repository)
    assert sorted(client.list_tags(repository).json()["tags"]) == ["sparse-image", "sparse-index"]
    for reference, digest in [*((d, d) for d in content.manifests), *content.tags.items()]:
        manifest = content.manifests[digest]
        assert_is(client.get_manifest(repository, reference), digest, manifest, manifest)
        assert_is(client.get_manifest(repository, reference, "HEAD"), digest, manifest, b"")
    (missing,) = content.unpushed
    assert client.get_blob(repository, missing).status == 404
    for reference in [*content.tags, *reversed(content.manifests)]:
        assert client.delete_manifest(repository, reference).status in {202, 404}
        assert client.get_manifest(repository, reference, "HEAD").status == 404
    client.close()
