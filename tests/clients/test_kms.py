"""Clients and repositories that a key encrypts: they notice it only when the key cannot be used, and are told why."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from docker_daemon import Daemon
from guides import check
from sandbox import Layout, Sandbox, build, write_layout

from image_content import Content
from registry_process import RegistryProcess, tool

PODMAN = ("podman", "--log-level=error", "--cgroup-manager=cgroupfs", "--events-backend=file")


@dataclass(frozen=True)
class Keys:
    """`wharfside kms` and the AWS CLI, for one key and the repository that it encrypts."""

    sandbox: Sandbox
    registry: RegistryProcess
    alias: str

    def kms(self, word: str, *words: str) -> Any:
        command = [sys.executable, "-m", "wharfside", "kms", word, *words]
        return json.loads(self.sandbox.run(*command, "--data", str(self.registry.data), "--json"))

    def aws(self, *arguments: str) -> Any:
        program = str(Path(sys.executable).with_name("aws"))
        printed = self.sandbox.run(program, "ecr", *arguments, environment=self.registry.environment())
        return json.loads(printed)

    @property
    def repository(self) -> str:
        return self.alias.removeprefix("alias/")


@pytest.fixture
def keys(sandbox: Sandbox, registry: RegistryProcess) -> Keys:
    """A key, whose alias names the repository, too."""
    made = Keys(sandbox, registry, f"alias/clients/{secrets.token_hex(4)}")
    key = made.kms("create", "--alias", made.alias)
    encryption = f"encryptionType=KMS,kmsKey={made.alias}"
    created = made.aws(
        "create-repository", "--repository-name", made.repository, "--encryption-configuration", encryption
    )
    assert created["repository"]["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": key["arn"]}
    return made


def test_podman(sandbox: Sandbox, registry: RegistryProcess, keys: Keys) -> None:
    image, target = build(sandbox, f"podman-{secrets.token_hex(3)}"), f"{registry.host}/{keys.repository}:v1"
    push, pull = ((*PODMAN, word, "--tls-verify=false") for word in ("push", "pull"))
    sandbox.run(*push, image, target)
    identity = json.loads(sandbox.run(*PODMAN, "image", "inspect", image))[0]["Id"]
    sandbox.run(*PODMAN, "rmi", image)
    sandbox.run(*pull, target)
    assert json.loads(sandbox.run(*PODMAN, "image", "inspect", target))[0]["Id"] == identity
    arn = keys.kms("disable", keys.alias)["arn"]
    other = build(sandbox, f"podman-{secrets.token_hex(3)}")
    for command in ((*push, other, target), (*pull, target)):
        refused = sandbox.attempt(*command)
        assert refused.returncode != 0
        assert f"{arn} is disabled" in refused.stderr
    keys.kms("enable", keys.alias)
    keys.kms("rotate", keys.alias)
    sandbox.run(*PODMAN, "rmi", target)
    sandbox.run(*pull, target)
    sandbox.run(*push, other, target)
    sandbox.run(*PODMAN, "rmi", target)


def test_docker(docker: Daemon, sandbox: Sandbox, registry: RegistryProcess, keys: Keys) -> None:
    context, target = sandbox.folder / f"docker-{secrets.token_hex(4)}", f"{registry.host}/{keys.repository}:v1"
    context.mkdir()
    (context / "busybox").write_bytes(Path(tool("busybox")).read_bytes())
    (context / "Dockerfile").write_text("FROM scratch\nCOPY busybox /bin/busybox\n")
    docker.run("build", "--network", "none", "--quiet", "-t", target, context)
    docker.run("push", target)
    arn = keys.kms("disable", keys.alias)["arn"]
    docker.run("rmi", target)
    refused = docker.attempt("pull", target)
    assert refused.returncode != 0
    assert f"{arn} is disabled" in refused.stdout + refused.stderr
    keys.kms("enable", keys.alias)
    docker.run("pull", target)


def test_skopeo_and_the_aws_cli(
    sandbox: Sandbox, small: Layout, registry: RegistryProcess, keys: Keys, tmp_path: Path
) -> None:
    target = f"docker://{registry.host}/{keys.repository}:v1"
    sandbox.run("skopeo", "copy", "--dest-tls-verify=false", f"oci:{small.folder}:small", target)
    sandbox.run("skopeo", "copy", "--src-tls-verify=false", target, f"oci:{tmp_path}/o:x")
    assert Layout(tmp_path / "o").top("x") == small.top("small")
    arn = keys.kms("disable", keys.alias)["arn"]
    chosen = ("--repository-name", keys.repository, "--image-ids", "imageTag=v1")
    (failure,) = keys.aws("batch-get-image", *chosen)["failures"]
    assert (failure["failureCode"], failure["failureReason"]) == ("KmsError", f"{arn} is disabled.")
    program = str(Path(sys.executable).with_name("aws"))
    start = (program, "ecr", "initiate-layer-upload", "--repository-name", keys.repository)
    refused = sandbox.attempt(*start, environment=registry.environment())
    assert f"(KmsException) when calling the InitiateLayerUpload operation: {arn} is disabled." in refused.stderr


def test_the_guide(fresh_registry: Callable[..., RegistryProcess], tmp_path: Path) -> None:
    tool("skopeo")
    server, content = fresh_registry(), Content()
    content.image("v1")
    write_layout(tmp_path / "hello", content)
    own = f"export HOME={tmp_path} REGISTRY_AUTH_FILE={tmp_path}/auth.json"
    check(server, tmp_path, "kms-keys.md", before=own)
