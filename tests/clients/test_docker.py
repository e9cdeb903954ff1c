"""dockerd and containerd: log in, push, pull, build, save and load, with a daemon of the tests' own."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from docker_daemon import Daemon
from sandbox import Layout, Sandbox

from oci_client import OCI_INDEX, OciClient
from registry_process import RegistryProcess, tool

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
PULLED = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


def build(docker: Daemon, sandbox: Sandbox, name: str) -> None:
    """Build an image of busybox without any network."""
    context = sandbox.folder / f"docker-{secrets.token_hex(4)}"
    context.mkdir()
    (context / "busybox").write_bytes(Path(tool("busybox")).read_bytes())
    (context / "note.txt").write_text(secrets.token_hex(1000))
    (context / "Dockerfile").write_text("FROM scratch\nCOPY busybox /bin/busybox\nCOPY note.txt /note.txt\n")
    docker.run("build", "--network", "none", "--quiet", "-t", name, context)


def test_login(docker: Daemon, registry: RegistryProcess, password: str, tmp_path: Path) -> None:
    login = ("--config", tmp_path, "login", "-u", "AWS", "--password-stdin", registry.host)
    assert "Login Succeeded" in docker.run(*login, text=password)
    refused = docker.attempt(*login, text="wrong")
    assert refused.returncode != 0
    assert "Login Succeeded" not in refused.stdout


def test_push_and_pull(
    docker: Daemon, sandbox: Sandbox, target: str, oci: OciClient, repository: str, registry: RegistryProcess
) -> None:
    build(docker, sandbox, f"{target}:v1")
    assert "digest: sha256:" in docker.run("push", f"{target}:v1")
    manifest = oci.get_manifest(repository, "v1", accept=PULLED)
    assert manifest.headers["Content-Type"] == DOCKER_MANIFEST
    identity = docker.run("image", "inspect", "--format", "{{.Id}}", f"{target}:v1").strip()
    assert manifest.json()["config"]["digest"] == identity
    (detail,) = registry.client().describe_images(repositoryName=repository)["imageDetails"]
    layers = manifest.json()["layers"]
    assert detail["imageSizeInBytes"] == manifest.json()["config"]["size"] + sum(each["size"] for each in layers)
    docker.run("rmi", f"{target}:v1")
    docker.run("pull", f"{target}:v1")
    assert docker.run("image", "inspect", "--format", "{{.Id}}", f"{target}:v1").strip() == identity
    (pulled,) = json.loads(docker.run("image", "inspect", f"{target}:v1"))
    assert pulled["RepoDigests"] == [f"{target}@{manifest.headers['Docker-Content-Digest']}"]
    docker.run("pull", pulled["RepoDigests"][0])


def test_push_to_another_repository_mounts(
    docker: Daemon, sandbox: Sandbox, target: str, registry: RegistryProcess, other_repository: str
) -> None:
    build(docker, sandbox, f"{target}:v1")
    docker.run("push", f"{target}:v1")
    other = f"{registry.host}/{other_repository}"
    docker.run("tag", f"{target}:v1", f"{other}:v1")
    said = docker.run("push", f"{other}:v1")
    assert "Mounted from" in said


def test_pull_what_skopeo_pushed(docker: Daemon, sandbox: Sandbox, small: Layout, target: str, tmp_path: Path) -> None:
    sandbox.run("skopeo", "copy", "--dest-tls-verify=false", f"oci:{small.folder}:small", f"docker://{target}:v1")
    said = docker.run("pull", f"{target}:v1")
    assert f"Digest: {small.top('small')}" in said
    archive = tmp_path / "saved.tar"
    docker.run("save", "-o", archive, f"{target}:v1")
    docker.run("rmi", f"{target}:v1")
    assert f"Loaded image: {target}:v1" in docker.run("load", "-i", archive)


def test_absent_repository(docker: Daemon, sandbox: Sandbox, registry: RegistryProcess) -> None:
    """The person reads ECR's sentence."""
    name = f"{registry.host}/tests/absent-{secrets.token_hex(3)}:v1"
    build(docker, sandbox, name)
    refused = docker.attempt("push", name)
    assert refused.returncode != 0
    assert "does not exist in the registry with id" in refused.stderr


def test_containerd_pulls_every_platform(
    docker: Daemon, sandbox: Sandbox, multi: Layout, target: str, password: str
) -> None:
    tool("ctr")
    source = f"oci:{multi.folder}:multi"
    sandbox.run("skopeo", "copy", "--all", "--dest-tls-verify=false", source, f"docker://{target}:multi")
    pull = ("images", "pull", "--plain-http", "-u", f"AWS:{password}", "--all-platforms", f"{target}:multi")
    docker.ctr("-n", "tests", *pull)
    listed = docker.ctr("-n", "tests", "images", "list", f"name=={target}:multi")
    assert multi.top("multi") in listed
    assert OCI_INDEX in listed
    stored = docker.ctr("-n", "tests", "content", "list", "--quiet").split()
    for child in multi.manifest(multi.top("multi"))["manifests"]:
        assert {child["digest"], *multi.blobs_of(child["digest"])} <= set(stored)
