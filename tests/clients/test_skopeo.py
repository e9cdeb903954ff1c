"""skopeo: copy in and out, many platforms, other compressions, inspect, list and delete."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sandbox import Layout, Sandbox

from oci_client import OCI_INDEX, OCI_MANIFEST, OciClient
from registry_process import RegistryProcess

Describe = Callable[[str], dict[str, Any]]


def push(sandbox: Sandbox, layout: Layout, tag: str, target: str, *options: str) -> None:
    source = f"oci:{layout.folder}:{tag}"
    sandbox.run("skopeo", "copy", "--dest-tls-verify=false", *options, source, f"docker://{target}")


def test_round_trip(
    sandbox: Sandbox, small: Layout, target: str, image_detail: Describe, tmp_path: Path, registry: RegistryProcess
) -> None:
    digest = small.top("small")
    push(sandbox, small, "small", f"{target}:v1")
    inspected = json.loads(sandbox.run("skopeo", "inspect", "--tls-verify=false", f"docker://{target}:v1"))
    assert (inspected["Digest"], inspected["RepoTags"], inspected["Architecture"]) == (digest, ["v1"], "amd64")
    assert inspected["Labels"]["made"] == "here"
    detail = image_detail("v1")
    assert (detail["imageDigest"], detail["imageTags"]) == (digest, ["v1"])
    assert detail["imageManifestMediaType"] == OCI_MANIFEST
    assert detail["imageSizeInBytes"] == sum(small.blobs_of(digest).values())
    sandbox.run("skopeo", "copy", "--src-tls-verify=false", f"docker://{target}:v1", f"oci:{tmp_path}/out:v1")
    copied = Layout(tmp_path / "out")
    assert copied.top("v1") == digest
    assert all(copied.blob(blob) == small.blob(blob) for blob in small.blobs_of(digest))


def test_all_platforms(sandbox: Sandbox, multi: Layout, target: str, image_detail: Describe, tmp_path: Path) -> None:
    digest = multi.top("multi")
    children = [child["digest"] for child in multi.manifest(digest)["manifests"]]
    push(sandbox, multi, "multi", f"{target}:all", "--all")
    detail = image_detail("all")
    assert (detail["imageDigest"], detail["imageManifestMediaType"]) == (digest, OCI_INDEX)
    sizes = [sum(multi.blobs_of(child).values()) for child in children]
    assert detail["imageSizeInBytes"] == max(sizes)
    assert [image_detail(child)["imageSizeInBytes"] for child in children] == sizes
    sandbox.run(
        "skopeo", "copy", "--all", "--src-tls-verify=false", f"docker://{target}:all", f"oci:{tmp_path}/out:all"
    )
    copied = Layout(tmp_path / "out")
    assert copied.top("all") == digest
    for child in children:
        assert copied.blob(child) == multi.blob(child)
    arm = ("skopeo", "--override-arch", "arm64", "inspect", "--tls-verify=false")
    assert json.loads(sandbox.run(*arm, f"docker://{target}:all"))["Architecture"] == "arm64"


def test_a_pull_of_one_platform_counts_for_it_and_the_index(
    sandbox: Sandbox, multi: Layout, target: str, image_detail: Describe, tmp_path: Path
) -> None:
    push(sandbox, multi, "multi", f"{target}:all", "--all")
    named = {
        each["platform"]["architecture"]: each["digest"] for each in multi.manifest(multi.top("multi"))["manifests"]
    }
    one = ("skopeo", "--override-arch", "arm64", "copy", "--src-tls-verify=false")
    sandbox.run(*one, f"docker://{target}:all", f"oci:{tmp_path}/out:one")
    deadline = time.monotonic() + 30
    while "lastRecordedPullTime" not in image_detail(named["arm64"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "lastRecordedPullTime" in image_detail("all")
    assert "lastRecordedPullTime" not in image_detail(named["amd64"])


@pytest.mark.parametrize("compression", ["zstd", "gzip"])
def test_compressions(
    sandbox: Sandbox, small: Layout, target: str, image_detail: Describe, tmp_path: Path, compression: str
) -> None:
    uncompressed = tmp_path / "dir"
    sandbox.run("skopeo", "copy", "--dest-decompress", f"oci:{small.folder}:small", f"dir:{uncompressed}")
    options = ("--dest-tls-verify=false", "--dest-compress-format", compression, "--format", "oci")
    sandbox.run(
        "skopeo", "copy", *options, "--dest-compress", f"dir:{uncompressed}", f"docker://{target}:{compression}"
    )
    raw = sandbox.run("skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{target}:{compression}")
    manifest = json.loads(raw)
    assert manifest["layers"][0]["mediaType"] == f"application/vnd.oci.image.layer.v1.tar+{compression}"
    expected = manifest["config"]["size"] + sum(layer["size"] for layer in manifest["layers"])
    assert image_detail(compression)["imageSizeInBytes"] == expected
    sandbox.run("skopeo", "copy", "--src-tls-verify=false", f"docker://{target}:{compression}", f"oci:{tmp_path}/o:x")


def test_docker_schema_2(sandbox: Sandbox, small: Layout, target: str, image_detail: Describe, tmp_path: Path) -> None:
    push(sandbox, small, "small", f"{target}:docker", "--format", "v2s2")
    detail = image_detail("docker")
    assert detail["imageManifestMediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    sandbox.run("skopeo", "copy", "--src-tls-verify=false", f"docker://{target}:docker", f"docker-archive:{tmp_path}/a")


def test_copy_between_repositories_mounts(
    sandbox: Sandbox, small: Layout, target: str, registry: RegistryProcess, other_repository: str, oci: OciClient
) -> None:
    push(sandbox, small, "small", f"{target}:v1")
    options = ("--src-tls-verify=false", "--dest-tls-verify=false")
    other = f"{registry.host}/{other_repository}"
    sandbox.run("skopeo", "copy", *options, f"docker://{target}:v1", f"docker://{other}:v1")
    digest = small.top("small")
    assert oci.get_manifest(other_repository, "v1").headers["Docker-Content-Digest"] == digest
    assert all(oci.get_blob(other_repository, blob).status == 200 for blob in small.blobs_of(digest))


def test_tags_and_delete(sandbox: Sandbox, small: Layout, target: str, oci: OciClient, repository: str) -> None:
    for tag in ("one", "two"):
        push(sandbox, small, "small", f"{target}:{tag}")
    listed = json.loads(sandbox.run("skopeo", "list-tags", "--tls-verify=false", f"docker://{target}"))
    assert listed["Tags"] == ["one", "two"]
    sandbox.run("skopeo", "delete", "--tls-verify=false", f"docker://{target}:one")
    assert oci.list_tags(repository).json()["tags"] == []
    gone = sandbox.attempt("skopeo", "inspect", "--tls-verify=false", f"docker://{target}:two")
    assert gone.returncode != 0
    assert "Requested image not found" in gone.stderr


def test_layers_uploaded_through_the_api(
    sandbox: Sandbox, small: Layout, target: str, registry: RegistryProcess, repository: str, tmp_path: Path
) -> None:
    """What boto3 uploads, skopeo pulls: the same bytes."""
    ecr = registry.client()
    digest = small.top("small")
    for blob in small.blobs_of(digest):
        content = small.blob(blob)
        upload = ecr.initiate_layer_upload(repositoryName=repository)
        step = upload["partSize"]
        for first in range(0, len(content), step):
            part = content[first : first + step]
            ecr.upload_layer_part(
                repositoryName=repository,
                uploadId=upload["uploadId"],
                partFirstByte=first,
                partLastByte=first + len(part) - 1,
                layerPartBlob=part,
            )
        done = ecr.complete_layer_upload(repositoryName=repository, uploadId=upload["uploadId"], layerDigests=[blob])
        assert done["layerDigest"] == blob
    manifest = small.blob(digest).decode()
    ecr.put_image(
        repositoryName=repository, imageManifest=manifest, imageManifestMediaType=OCI_MANIFEST, imageTag="api"
    )
    sandbox.run("skopeo", "copy", "--src-tls-verify=false", f"docker://{target}:api", f"oci:{tmp_path}/out:api")
    copied = Layout(tmp_path / "out")
    assert copied.top("api") == digest
    assert all(copied.blob(blob) == small.blob(blob) for blob in small.blobs_of(digest))


def test_manifest_read_through_the_api(
    sandbox: Sandbox, small: Layout, target: str, registry: RegistryProcess, repository: str
) -> None:
    push(sandbox, small, "small", f"{target}:v1")
    (image,) = registry.client().batch_get_image(repositoryName=repository, imageIds=[{"imageTag": "v1"}])["images"]
    assert image["imageManifest"].encode() == small.blob(small.top("small"))
    assert image["imageId"]["imageDigest"] == small.top("small")


def test_wrong_password(sandbox: Sandbox, target: str) -> None:
    done = sandbox.attempt("skopeo", "inspect", "--tls-verify=false", "--creds", "AWS:wrong", f"docker://{target}:v1")
    assert done.returncode != 0
    assert "Your Authorization Token is invalid" in done.stderr


def test_login_and_logout(sandbox: Sandbox, registry: RegistryProcess, password: str, tmp_path: Path) -> None:
    file = str(tmp_path / "auth.json")
    options = ("--tls-verify=false", "--authfile", file)
    said = sandbox.run("skopeo", "login", *options, "-u", "AWS", "--password-stdin", registry.host, text=password)
    assert "Login Succeeded" in said
    refused = sandbox.attempt("skopeo", "login", *options, "-u", "AWS", "--password-stdin", registry.host, text="no")
    assert refused.returncode != 0
    sandbox.run("skopeo", "logout", "--authfile", file, registry.host)
