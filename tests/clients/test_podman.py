"""podman: log in, push, pull, and manifests of many platforms."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from sandbox import Layout, Sandbox, build

from oci_client import OCI_INDEX, OciClient
from registry_process import RegistryProcess

PODMAN = ("podman", "--log-level=error", "--cgroup-manager=cgroupfs", "--events-backend=file")


def test_push_and_pull(sandbox: Sandbox, target: str, oci: OciClient, repository: str) -> None:
    name = build(sandbox, f"podman-{secrets.token_hex(3)}")
    sandbox.run(*PODMAN, "push", "--tls-verify=false", name, f"{target}:v1")
    stored = oci.get_manifest(repository, "v1")
    assert stored.status == 200
    identity = json.loads(sandbox.run(*PODMAN, "image", "inspect", name))[0]["Id"]
    assert stored.json()["config"]["digest"] == f"sha256:{identity}"
    sandbox.run(*PODMAN, "rmi", name)
    sandbox.run(*PODMAN, "pull", "--tls-verify=false", f"{target}:v1")
    digest = stored.headers["Docker-Content-Digest"]
    sandbox.run(*PODMAN, "pull", "--tls-verify=false", f"{target}@{digest}")
    (pulled,) = json.loads(sandbox.run(*PODMAN, "image", "inspect", f"{target}:v1"))
    assert (pulled["Id"], pulled["Labels"]["made"]) == (identity, "here")
    sandbox.run(*PODMAN, "rmi", f"{target}:v1")


def test_pull_what_another_client_pushed(sandbox: Sandbox, small: Layout, target: str) -> None:
    sandbox.run("skopeo", "copy", "--dest-tls-verify=false", f"oci:{small.folder}:small", f"docker://{target}:v1")
    identity = sandbox.run(*PODMAN, "pull", "--quiet", "--tls-verify=false", f"{target}:v1").strip()
    assert f"sha256:{identity}" in small.blobs_of(small.top("small"))
    sandbox.run(*PODMAN, "rmi", f"{target}:v1")


def test_manifest_of_two_platforms(sandbox: Sandbox, target: str, oci: OciClient, repository: str) -> None:
    listed = f"localhost/list-{secrets.token_hex(3)}"
    sandbox.run(*PODMAN, "manifest", "create", listed)
    for architecture in ("amd64", "arm64"):
        name = build(sandbox, f"podman-{architecture}-{secrets.token_hex(3)}", architecture)
        sandbox.run(*PODMAN, "manifest", "add", "--arch", architecture, listed, f"containers-storage:{name}")
    sandbox.run(
        *PODMAN, "manifest", "push", "--all", "--format=oci", "--tls-verify=false", listed, f"docker://{target}:l"
    )
    index = oci.get_manifest(repository, "l")
    assert index.headers["Content-Type"] == OCI_INDEX
    platforms = {entry["platform"]["architecture"]: entry["digest"] for entry in index.json()["manifests"]}
    assert set(platforms) == {"amd64", "arm64"}
    arm = ("--arch", "arm64", "--quiet", "--tls-verify=false", f"{target}:l")
    identity = sandbox.run(*PODMAN, "pull", *arm).strip()
    assert oci.get_manifest(repository, platforms["arm64"]).json()["config"]["digest"] == f"sha256:{identity}"


def test_login(sandbox: Sandbox, registry: RegistryProcess, password: str) -> None:
    file = str(sandbox.folder / "podman-auth.json")
    login = (*PODMAN, "login", "--tls-verify=false", "--authfile", file, "-u", "AWS", "--password-stdin", registry.host)
    assert "Login Succeeded" in sandbox.run(*login, text=password)
    assert sandbox.attempt(*login, text="wrong").returncode != 0


def test_immutable_tag(sandbox: Sandbox, registry: RegistryProcess) -> None:
    """A push over an immutable tag fails, and the person is told why."""
    repository = registry.create_repository(f"tests/{secrets.token_hex(6)}", imageTagMutability="IMMUTABLE")
    target = f"{registry.host}/{repository}:v1"
    first, second = (build(sandbox, f"immutable-{secrets.token_hex(3)}") for _ in range(2))
    sandbox.run(*PODMAN, "push", "--tls-verify=false", first, target)
    sandbox.run(*PODMAN, "push", "--tls-verify=false", first, target)
    refused = sandbox.attempt(*PODMAN, "push", "--tls-verify=false", second, target)
    assert refused.returncode != 0
    assert "cannot be overwritten because the tag is immutable" in refused.stderr


def test_an_archived_image_is_pulled_once_it_is_restored(
    sandbox: Sandbox, target: str, registry: RegistryProcess, repository: str
) -> None:
    name = build(sandbox, f"podman-{secrets.token_hex(3)}")
    sandbox.run(*PODMAN, "push", "--tls-verify=false", name, f"{target}:v1")
    sandbox.run(*PODMAN, "rmi", name)
    ecr = registry.client()
    image: dict[str, Any] = {"repositoryName": repository, "imageId": {"imageTag": "v1"}}
    pull = (*PODMAN, "pull", "--tls-verify=false", f"{target}:v1")
    assert ecr.update_image_storage_class(**image, targetStorageClass="ARCHIVE")["imageStatus"] == "ARCHIVED"
    refused = sandbox.attempt(*pull)
    assert refused.returncode != 0
    assert "archived" in refused.stderr
    skopeo = ("skopeo", "inspect", "--tls-verify=false", f"docker://{target}:v1")
    assert "archived" in sandbox.attempt(*skopeo).stderr
    assert ecr.update_image_storage_class(**image, targetStorageClass="STANDARD")["imageStatus"] == "ACTIVATING"
    deadline = time.monotonic() + 30
    while not ecr.list_images(repositoryName=repository)["imageIds"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    identity = sandbox.run(*pull).strip()
    sandbox.run("skopeo", "inspect", "--tls-verify=false", f"docker://{target}:v1")
    ecr.update_image_storage_class(**image, targetStorageClass="ARCHIVE")
    sandbox.run(*PODMAN, "push", "--tls-verify=false", identity, f"{target}:v1")  # leaves the archive at once
    sandbox.run(*PODMAN, "rmi", identity)
    assert sandbox.run(*pull).strip() == identity
    sandbox.run(*PODMAN, "rmi", identity)
