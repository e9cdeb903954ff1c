"""The AWS CLI: a repository from its making to its end, and the password for docker."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import Any

import pytest
from sandbox import Layout, Sandbox

from registry_process import RegistryProcess


class CommandLine:
    """The AWS CLI, pointed at the registry by its environment alone."""

    def __init__(self, sandbox: Sandbox, registry: RegistryProcess) -> None:
        self._sandbox = sandbox
        self._environment = registry.environment()
        self._program = str(Path(sys.executable).with_name("aws"))

    def text(self, *arguments: str) -> str:
        return self._sandbox.run(self._program, *arguments, environment=self._environment).strip()

    def json(self, *arguments: str) -> Any:
        return json.loads(self.text(*arguments, "--output", "json"))

    def refused(self, *arguments: str) -> str:
        done = self._sandbox.attempt(self._program, *arguments, environment=self._environment)
        assert done.returncode != 0
        return done.stderr


@pytest.fixture
def aws(sandbox: Sandbox, registry: RegistryProcess) -> CommandLine:
    return CommandLine(sandbox, registry)


def test_repository_from_start_to_end(
    aws: CommandLine, sandbox: Sandbox, small: Layout, registry: RegistryProcess
) -> None:
    name = f"cli/{secrets.token_hex(4)}"
    created = aws.json("ecr", "create-repository", "--repository-name", name)["repository"]
    assert created["repositoryUri"] == f"{registry.host}/{name}"
    login = aws.text("ecr", "get-login-password")
    options = ("--dest-tls-verify=false", "--dest-creds", f"AWS:{login}")
    sandbox.run("skopeo", "copy", *options, f"oci:{small.folder}:small", f"docker://{created['repositoryUri']}:v1")
    (image,) = aws.json("ecr", "describe-images", "--repository-name", name)["imageDetails"]
    assert image["imageDigest"] == small.top("small")
    manifest = aws.text(
        "ecr", "batch-get-image", "--repository-name", name, "--image-ids", "imageTag=v1",
        "--query", "images[].imageManifest", "--output", "text",
    )  # fmt: skip
    assert manifest.encode() == small.blob(small.top("small"))
    aws.json("ecr", "put-image", "--repository-name", name, "--image-tag", "again", "--image-manifest", manifest)
    listed = aws.json("ecr", "list-images", "--repository-name", name)["imageIds"]
    assert sorted(image["imageTag"] for image in listed) == ["again", "v1"]
    assert "RepositoryNotEmptyException" in aws.refused("ecr", "delete-repository", "--repository-name", name)
    deleted = aws.json("ecr", "batch-delete-image", "--repository-name", name, "--image-ids", "imageTag=v1")
    assert deleted["failures"] == []
    aws.json("ecr", "delete-repository", "--repository-name", name, "--force")
    assert "RepositoryNotFoundException" in aws.refused("ecr", "describe-images", "--repository-name", name)


def test_who_am_i(aws: CommandLine, registry: RegistryProcess) -> None:
    identity = aws.json("sts", "get-caller-identity")
    assert identity["Account"] == registry.account
    assert identity["Arn"] == f"arn:aws:iam::{registry.account}:user/admin"


def test_wait_and_pages(aws: CommandLine, registry: RegistryProcess, repository: str) -> None:
    pages = aws.json("ecr", "describe-repositories", "--page-size", "2", "--query", "repositories[].repositoryName")
    assert repository in pages
