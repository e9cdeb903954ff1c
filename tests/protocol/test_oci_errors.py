"""ECR's refusals on the data plane: their statuses, codes and texts (ECR user guide and captured replies)."""

from __future__ import annotations

import json
import secrets

import pytest

from image_content import Content
from oci_client import OCI_MANIFEST, OciClient, Reply, digest_of
from registry_process import RegistryProcess


def assert_error(reply: Reply, status: int, code: str, message: str) -> None:
    assert reply.status == status, (reply.status, reply.body)
    assert reply.headers["Content-Type"].startswith("application/json")
    assert reply.headers["Docker-Distribution-Api-Version"] == "registry/2.0"
    error = reply.error()
    assert (error["code"], error["message"]) == (code, message)


def test_repository_that_does_not_exist(registry: RegistryProcess, oci: OciClient) -> None:
    name = f"tests/absent/{secrets.token_hex(4)}"
    message = f"The repository with name '{name}' does not exist in the registry with id '{registry.account}'"
    digest = digest_of(b"")
    manifest = json.dumps({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": {}, "layers": []}).encode()
    for reply in (
        oci.list_tags(name),
        oci.get_manifest(name, "latest"),
        oci.get_manifest(name, digest),
        oci.get_blob(name, digest),
        oci.request("POST", f"/v2/{name}/blobs/uploads/"),
        oci.request("POST", f"/v2/{name}/blobs/uploads/", b"", query={"digest": digest}),
        oci.delete_manifest(name, digest),
        oci.request("DELETE", f"/v2/{name}/blobs/{digest}"),
    ):
        assert_error(reply, 404, "NAME_UNKNOWN", message)
    assert oci.put_manifest(name, "latest", manifest).status in {400, 404, 405}
    for path in (f"/v2/{name}/manifests/latest", f"/v2/{name}/blobs/{digest}"):
        head = oci.request("HEAD", path)
        assert (head.status, head.body) == (404, b"")
    described = registry.client().describe_repositories()["repositories"]
    assert name not in {repository["repositoryName"] for repository in described}


def test_manifest_that_does_not_exist(oci: OciClient, repository: str) -> None:
    assert_error(oci.get_manifest(repository, "v1"), 404, "MANIFEST_UNKNOWN", "Requested image not found")


def test_manifest_with_absent_layers(registry: RegistryProcess, oci: OciClient, repository: str) -> None:
    content = Content()
    content.image("latest")
    present, *absent = content.blobs
    oci.push_blob(repository, content.blobs[present])
    (manifest,) = content.manifests.values()
    reply = oci.put_manifest(repository, "latest", manifest)
    assert reply.status == 404
    error = reply.error()
    assert error["code"] == "BLOB_UPLOAD_UNKNOWN"
    assert error["message"].startswith("Layers with digests '[")
    assert error["message"].endswith(
        f"]' required for pushing image into repository with name '{repository}'"
        f" in the registry with id '{registry.account}' do not exist"
    )
    assert all(digest in error["message"] for digest in absent)
    assert present not in error["message"]
    assert oci.get_manifest(repository, "latest").status == 404


def test_index_with_absent_children(registry: RegistryProcess, oci: OciClient, repository: str) -> None:
    absent = {"mediaType": OCI_MANIFEST, "digest": digest_of(secrets.token_bytes(8)), "size": 100}
    content = Content()
    content.index([absent], "latest")
    (index,) = content.manifests.values()
    assert_error(
        oci.put_manifest(repository, "latest", index),
        404,
        "MANIFEST_BLOB_UNKNOWN",
        f"Images with digests '[{absent['digest']}]' required for pushing image into repository with name"
        f" '{repository}' in the registry with id '{registry.account}' do not exist",
    )
    assert oci.get_manifest(repository, "latest").status == 404


def test_layer_of_another_repository_does_not_count(oci: OciClient, repository: str, other_repository: str) -> None:
    content = Content()
    content.image("latest")
    content.push(oci, other_repository)
    (manifest,) = content.manifests.values()
    assert oci.put_manifest(repository, "latest", manifest).error()["code"] == "BLOB_UPLOAD_UNKNOWN"


def test_immutable_tag(registry: RegistryProcess, oci: OciClient) -> None:
    name = registry.create_repository(f"tests/{secrets.token_hex(6)}", imageTagMutability="IMMUTABLE")
    first, second = Content(), Content()
    digest = first.image("v1")["digest"]
    other = second.image("v1")["digest"]
    first.push(oci, name)
    for blob in second.blobs.values():
        oci.push_blob(name, blob)
    assert_error(
        oci.put_manifest(name, "v1", second.manifests[other]),
        400,
        "TAG_INVALID",
        f"The image tag 'v1' already exists in the '{name}' repository and cannot be overwritten"
        " because the tag is immutable.",
    )
    assert oci.get_manifest(name, "v1").headers["Docker-Content-Digest"] == digest
    assert oci.get_manifest(name, other).status == 404
    assert oci.put_manifest(name, "v1", first.manifests[digest]).status == 201
    assert oci.put_manifest(name, "v2", second.manifests[other]).status == 201
    assert oci.delete_manifest(name, "v1").status == 202


def test_excluded_tags_stay_mutable(registry: RegistryProcess, oci: OciClient) -> None:
    filters = [{"filterType": "WILDCARD", "filter": text} for text in ("latest", "dev-*")]
    name = registry.create_repository(
        f"tests/{secrets.token_hex(6)}",
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=filters,
    )
    for tag, status in {"latest": 201, "dev-1": 201, "v1": 400, "Dev-1": 400}.items():
        first, second = Content(), Content()
        first.image(tag)
        second.image()
        first.push(oci, name)
        for blob in second.blobs.values():
            oci.push_blob(name, blob)
        (manifest,) = second.manifests.values()
        assert oci.put_manifest(name, tag, manifest).status == status


def test_child_of_an_index_is_kept(oci: OciClient, repository: str) -> None:
    content = Content()
    index = content.platforms("latest")["digest"]
    child = next(iter(content.manifests))
    content.push(oci, repository)
    assert_error(
        oci.delete_manifest(repository, child),
        405,
        "UNSUPPORTED",
        f"Requested image referenced by manifest list: [{index}]",
    )
    assert oci.get_manifest(repository, child).status == 200
    assert oci.delete_manifest(repository, index).status == 202
    assert oci.delete_manifest(repository, child).status == 202


def test_media_type_with_parameters_is_refused(oci: OciClient, repository: str) -> None:
    content = Content()
    content.artifact("application/vnd.dev.sigstore.bundle+json;version=0.2")
    for blob in content.blobs.values():
        oci.push_blob(repository, blob)
    (manifest,) = content.manifests.values()
    reply = oci.put_manifest(repository, "latest", manifest)
    assert reply.status in {400, 405}
    assert reply.error() == {
        "code": "UNSUPPORTED",
        "message": "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
    }


@pytest.mark.parametrize("tag", ["-dash", ".dot", "a" * 129, "pl+us", "sp%20ace", "%C3%A4"])
def test_tag_that_is_none(oci: OciClient, repository: str, tag: str) -> None:
    content = Content()
    content.image()
    content.push(oci, repository)
    (manifest,) = content.manifests.values()
    reply = oci.put_manifest(repository, tag, manifest)
    assert reply.status in {400, 405}
    assert reply.error()["code"] in {"UNSUPPORTED", "TAG_INVALID"}
    assert oci.list_tags(repository).json()["tags"] == []


def test_accept(oci: OciClient, repository: str) -> None:
    """Without Accept, or with one that fits, the stored bytes; a type that the client does not take is not there."""
    content = Content()
    digest = content.image("latest")["digest"]
    content.push(oci, repository)
    path = f"/v2/{repository}/manifests/latest"
    assert oci.request("GET", path).body == content.manifests[digest]
    for accept in ("*/*", "application/*", f"text/html, {OCI_MANIFEST};q=0.5", f"application/json,{OCI_MANIFEST}"):
        assert oci.get_manifest(repository, "latest", accept=accept).body == content.manifests[digest]
    docker = "application/vnd.docker.distribution.manifest.v2+json"
    reply = oci.get_manifest(repository, "latest", accept=docker)
    if reply.status == 200:
        # Converted, as ECR does for a pull by tag; never by digest.
        assert reply.json()["mediaType"] == docker
    else:
        assert (reply.status, reply.error()["code"]) == (404, "MANIFEST_UNKNOWN")


@pytest.mark.parametrize(
    ("method", "suffix"),
    [
        ("PATCH", "manifests/latest"),
        ("POST", "manifests/latest"),
        ("PUT", "tags/list"),
        ("POST", "blobs/sha256:" + "0" * 64),
        ("PUT", "referrers/sha256:" + "0" * 64),
        ("TRACE", "manifests/latest"),
        ("FROB", "manifests/latest"),
    ],
)
def test_method_that_is_none(oci: OciClient, repository: str, method: str, suffix: str) -> None:
    reply = oci.request(method, f"/v2/{repository}/{suffix}")
    assert reply.status in {400, 404, 405, 501}
    assert oci.request("GET", "/v2/").status == 200


def test_version_header_is_on_every_reply(oci: OciClient, repository: str) -> None:
    content = Content()
    digest = content.image("latest")["digest"]
    content.push(oci, repository)
    blob = next(iter(content.blobs))
    location = oci.start_upload(repository)
    for reply in (
        oci.get_manifest(repository, "latest"),
        oci.get_manifest(repository, "latest", "HEAD"),
        oci.put_manifest(repository, "v2", content.manifests[digest]),
        oci.get_blob(repository, blob),
        oci.get_blob(repository, blob, Range="bytes=0-1"),
        oci.get_blob(repository, blob, Range="bytes=99999-"),
        oci.request("POST", f"/v2/{repository}/blobs/uploads/"),
        oci.request("GET", location),
        oci.patch_upload(location, b"1"),
        oci.request("DELETE", location),
        oci.list_tags(repository),
        oci.list_referrers(repository, digest),
        oci.request("GET", "/v2/_catalog"),
        oci.delete_manifest(repository, "v2"),
        oci.request("GET", "/v2/no-such-route"),
    ):
        assert reply.headers["Docker-Distribution-Api-Version"] == "registry/2.0"
