"""Container tools push to repositories that do not exist: where a creation template says so, they are made."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from docker_daemon import Daemon
from guides import check
from sandbox import Layout, Sandbox, build, write_layout

from image_content import Content
from registry_process import RegistryProcess, tool

SKOPEO = ("skopeo", "copy", "--dest-tls-verify=false")
PODMAN = ("podman", "--log-level=error", "--cgroup-manager=cgroupfs", "--events-backend=file")
MISSING = "The repository with name"


@pytest.fixture
def prefix(registry: RegistryProcess) -> Iterator[str]:
    """A prefix with a template for immutable repositories."""
    made = f"on-push/{secrets.token_hex(6)}"
    ecr = registry.client()
    ecr.create_repository_creation_template(prefix=made, appliedFor=["CREATE_ON_PUSH"], imageTagMutability="IMMUTABLE")
    yield made
    ecr.delete_repository_creation_template(prefix=made)


def made(registry: RegistryProcess, name: str, *tags: str) -> dict[str, Any]:
    """The repository, which has images with exactly these tags."""
    (found,) = registry.client().describe_repositories(repositoryNames=[name])["repositories"]
    listed = registry.client().list_images(repositoryName=name, filter={"tagStatus": "TAGGED"})["imageIds"]
    assert {each["imageTag"] for each in listed} == set(tags)
    return found


def test_skopeo(
    sandbox: Sandbox, small: Layout, multi: Layout, registry: RegistryProcess, prefix: str, tmp_path: Path
) -> None:
    name = f"{prefix}/deep/skopeo"
    sandbox.run(*SKOPEO, f"oci:{small.folder}:small", f"docker://{registry.host}/{name}:v1")
    assert made(registry, name, "v1")["imageTagMutability"] == "IMMUTABLE"
    sandbox.run(
        "skopeo", "copy", "--src-tls-verify=false", f"docker://{registry.host}/{name}:v1", f"oci:{tmp_path}/o:x"
    )
    assert Layout(tmp_path / "o").top("x") == small.top("small")
    sandbox.run(*SKOPEO, "--all", f"oci:{multi.folder}:multi", f"docker://{registry.host}/{prefix}/index:v1")
    made(registry, f"{prefix}/index", "v1")
    elsewhere = f"docker://{registry.host}/elsewhere/{prefix}/app:v1"
    refused = sandbox.attempt(*SKOPEO, f"oci:{small.folder}:small", elsewhere)
    assert refused.returncode != 0
    assert MISSING in refused.stderr


def test_skopeo_several_at_once(sandbox: Sandbox, registry: RegistryProcess, prefix: str, tmp_path: Path) -> None:
    name, tags = f"{prefix}/busy", [f"v{number}" for number in range(4)]

    def push(tag: str) -> None:
        content = Content()
        content.image(tag)
        layout = write_layout(tmp_path / tag, content)
        sandbox.run(*SKOPEO, f"oci:{layout.folder}:{tag}", f"docker://{registry.host}/{name}:{tag}")

    with ThreadPoolExecutor(len(tags)) as threads:
        list(threads.map(push, tags))
    made(registry, name, *tags)


def test_podman(sandbox: Sandbox, registry: RegistryProcess, prefix: str) -> None:
    image = build(sandbox, f"podman-{secrets.token_hex(3)}")
    name = f"{prefix}/podman"
    sandbox.run(*PODMAN, "push", "--tls-verify=false", image, f"{registry.host}/{name}:v1")
    assert made(registry, name, "v1")["imageTagMutability"] == "IMMUTABLE"
    refused = sandbox.attempt(*PODMAN, "push", "--tls-verify=false", image, f"{registry.host}/elsewhere/{prefix}:v1")
    assert refused.returncode != 0
    assert MISSING in refused.stderr


def test_docker(docker: Daemon, sandbox: Sandbox, registry: RegistryProcess, prefix: str) -> None:
    context = sandbox.folder / f"docker-{secrets.token_hex(4)}"
    context.mkdir()
    (context / "busybox").write_bytes(Path(tool("busybox")).read_bytes())
    (context / "Dockerfile").write_text("FROM scratch\nCOPY busybox /bin/busybox\n")
    target, elsewhere = f"{registry.host}/{prefix}/docker:v1", f"{registry.host}/elsewhere/{prefix}:v1"
    docker.run("build", "--network", "none", "--quiet", "-t", target, "-t", elsewhere, context)
    assert "digest: sha256:" in docker.run("push", target)
    assert made(registry, f"{prefix}/docker", "v1")["imageTagMutability"] == "IMMUTABLE"
    refused = docker.attempt("push", elsewhere)
    assert refused.returncode != 0
    assert MISSING in refused.stdout + refused.stderr


def test_the_guide(fresh_registry: Callable[..., RegistryProcess], tmp_path: Path) -> None:
    tool("skopeo")
    server, content = fresh_registry(), Content()
    content.image("v1")
    write_layout(tmp_path / "hello", content)
    own = f"export HOME={tmp_path} REGISTRY_AUTH_FILE={tmp_path}/auth.json"
    check(server, tmp_path, "create-on-push.md", before=own)
