"""Names as a path: what is a repository, and tricks that must reach nothing."""

from __future__ import annotations

import secrets

import pytest

from image_content import Content
from oci_client import OciClient
from registry_process import RegistryProcess


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a/b",
        "0/1",
        "a.b/c_d/e__f/g-h/i---j",
        "blobs/uploads",
        "manifests/tags",
        "tags/list/x",
        "v2/manifests/a/blobs",
    ],
)
def test_names_that_are_repositories(registry: RegistryProcess, oci: OciClient, name: str) -> None:
    full = f"{secrets.token_hex(4)}/{name}"
    registry.create_repository(full)
    content = Content()
    digest = content.image("latest")["digest"]
    content.push(oci, full)
    assert oci.get_manifest(full, "latest").headers["Docker-Content-Digest"] == digest
    assert oci.list_tags(full).json() == {"name": full, "tags": ["latest"]}
    assert registry.client().describe_images(repositoryName=full)["imageDetails"][0]["imageDigest"] == digest


def test_longest_name(registry: RegistryProcess, oci: OciClient) -> None:
    name = secrets.token_hex(4) + "/" + "a" * 247
    assert len(name) == 256
    registry.create_repository(name)
    content = Content()
    content.image("t" * 128)
    content.push(oci, name)
    assert oci.list_tags(name).json()["tags"] == ["t" * 128]


HOSTILE = [
    "..",
    "../..",
    "a/../b",
    "%2e%2e",
    "%2e%2e%2f%2e%2e",
    "a%2f..%2fb",
    "..%2f..%2f..%2fetc",
    "a//b",
    "//",
    "/a",
    "a/",
    "A",
    "Upper/case",
    "a_-b",
    "a..b",
    "-a",
    "a-",
    "a b",
    "a%20b",
    "a%00b",
    "a%0d%0aX-Injected:%20yes",
    "%c3%a4",
    "a:b",
    "a@b",
    "a'b",
    "a;b",
    "a%3fb",
    "a%23b",
    "a\\b",
    "x" * 257,
    "x/" * 1000 + "x",
    "%zz",
    "%252e%252e",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_are_none(oci: OciClient, name: str) -> None:
    """They get an error of ours, and the server goes on."""
    sent = name.replace(" ", "%20") if " " in name else name
    for method, suffix in [("GET", "tags/list"), ("GET", "manifests/latest"), ("POST", "blobs/uploads/")]:
        reply = oci.request(method, f"/v2/{sent}/{suffix}")
        assert reply.status in {400, 404, 405, 414}, reply.body
        assert reply.headers["X-Injected"] is None
        if reply.status != 414:
            assert reply.error()["code"] in {"NAME_INVALID", "NAME_UNKNOWN", "UNSUPPORTED"}
    assert oci.request("GET", "/v2/").status == 200


@pytest.mark.parametrize(
    "reference", ["..", "%2e%2e", "../../admin.json", "a%2fb", "sha256:..%2f..%2fadmin.json", "a%00b"]
)
def test_references_that_are_none(oci: OciClient, repository: str, reference: str) -> None:
    for path in (f"/v2/{repository}/manifests/{reference}", f"/v2/{repository}/blobs/{reference}"):
        reply = oci.request("GET", path)
        assert reply.status in {400, 404}
        assert b"accessKey" not in reply.body


@pytest.mark.parametrize("upload", ["..", "%2e%2e%2f%2e%2e", "../../../admin.json", "a" * 5000, "%00", "1"])
def test_uploads_that_are_none(oci: OciClient, repository: str, upload: str) -> None:
    path = f"/v2/{repository}/blobs/uploads/{upload}"
    assert oci.request("GET", path).status in {400, 404, 414}
    assert oci.request("PATCH", path, b"content").status in {400, 404, 414}
    assert oci.request("DELETE", path).status in {400, 404, 405, 414}
    assert oci.request("GET", "/v2/").status == 200


def test_repository_cannot_be_made_by_a_push(oci: OciClient, registry: RegistryProcess) -> None:
    name = f"tests/{secrets.token_hex(6)}"
    assert oci.request("POST", f"/v2/{name}/blobs/uploads/").error()["code"] == "NAME_UNKNOWN"
    listed = registry.client().describe_repositories()["repositories"]
    assert name not in {repository["repositoryName"] for repository in listed}
