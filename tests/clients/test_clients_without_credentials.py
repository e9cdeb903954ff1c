"""Pulls without credentials, by clients that never had any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sandbox import Layout, Sandbox

from people import document
from registry_process import RegistryProcess

PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]


@pytest.fixture
def target(sandbox: Sandbox, small: Layout, fresh_registry: Callable[..., RegistryProcess]) -> str:
    """An image that everybody may pull."""
    server = fresh_registry("--anonymous-pull")
    server.create_repository("public/app")
    everybody = {"Effect": "Allow", "Principal": "*", "Action": PULL}
    server.client().set_repository_policy(repositoryName="public/app", policyText=document(everybody))
    target = f"docker://{server.host}/public/app:latest"
    credentials = ("--dest-tls-verify=false", "--dest-creds", f"AWS:{server.password()}")
    sandbox.run("skopeo", "copy", *credentials, f"oci:{small.folder}:small", target)
    return target


@pytest.mark.parametrize("credentials", [("--src-no-creds",), ("--src-creds", "anonymous:any"), ()])
def test_skopeo(sandbox: Sandbox, small: Layout, target: str, tmp_path: Path, credentials: tuple[str, ...]) -> None:
    sandbox.run("skopeo", "copy", "--src-tls-verify=false", *credentials, target, f"oci:{tmp_path}/out:v1")
    assert Layout(tmp_path / "out").top("v1") == small.top("small")
    refused = sandbox.attempt(
        "skopeo", "copy", "--dest-tls-verify=false", "--dest-no-creds", f"oci:{small.folder}:small", f"{target}2"
    )
    assert refused.returncode != 0
    assert "unauthorized" in refused.stderr.lower() or "authentication required" in refused.stderr.lower()


def test_podman(sandbox: Sandbox, small: Layout, target: str) -> None:
    sandbox.run("podman", "pull", "--tls-verify=false", target)
    digest = sandbox.run("podman", "image", "inspect", "--format", "{{.Digest}}", target.removeprefix("docker://"))
    assert digest.strip() == small.top("small")
