"""Real clients of container registries, each in a sandbox of its own, and images made without any network.

Nothing of the user's own configuration is read or changed: storage, credentials and settings of every tool lie in a
temporary folder.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from docker_daemon import Daemon, docker_daemon
from sandbox import Layout, Sandbox, build, write_layout

from image_content import Content
from registry_process import RegistryProcess


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory, registry: RegistryProcess, password: str) -> Sandbox:
    """Tools that are logged in to the shared registry."""
    folder = tmp_path_factory.mktemp("sandbox")
    for name in ("home", "run", "docker", "tmp"):
        (folder / name).mkdir()
    storage = f'[storage]\ndriver = "vfs"\nrunroot = "{folder}/storage-run"\ngraphroot = "{folder}/storage"\n'
    (folder / "storage.conf").write_text(storage)
    (folder / "registries.conf").write_text(f'[[registry]]\nlocation = "{registry.host}"\ninsecure = true\n')
    login = base64.b64encode(f"AWS:{password}".encode()).decode()
    credentials = json.dumps({"auths": {registry.host: {"auth": login}}})
    (folder / "auth.json").write_text(credentials)
    (folder / "docker" / "config.json").write_text(credentials)
    environment = {
        "HOME": f"{folder}/home",
        "XDG_RUNTIME_DIR": f"{folder}/run",
        "TMPDIR": f"{folder}/tmp",
        "CONTAINERS_STORAGE_CONF": f"{folder}/storage.conf",
        "CONTAINERS_REGISTRIES_CONF": f"{folder}/registries.conf",
        "REGISTRY_AUTH_FILE": f"{folder}/auth.json",
        "DOCKER_CONFIG": f"{folder}/docker",
        "BUILDAH_ISOLATION": "chroot",
    }
    return Sandbox(folder, environment)


@pytest.fixture
def small(tmp_path: Path) -> Layout:
    """One image in an OCI layout under the tag `small`; of new content every time, because clients remember blobs."""
    content = Content()
    content.image("small")
    return write_layout(tmp_path / "small", content)


@pytest.fixture(scope="session")
def multi(sandbox: Sandbox) -> Layout:
    """An index of two platforms, in an OCI layout under the tag `multi`."""
    sandbox.run("buildah", "manifest", "create", "localhost/multi")
    for architecture in ("amd64", "arm64"):
        name = build(sandbox, f"multi-{architecture}", architecture)
        sandbox.run("buildah", "manifest", "add", "--arch", architecture, "localhost/multi", name)
    folder = sandbox.folder / "multi"
    sandbox.run("buildah", "manifest", "push", "--all", "--format", "oci", "localhost/multi", f"oci:{folder}:multi")
    return Layout(folder)


@pytest.fixture
def target(registry: RegistryProcess, repository: str) -> str:
    """An empty repository, as clients name it."""
    return f"{registry.host}/{repository}"


@pytest.fixture
def image_detail(registry: RegistryProcess, repository: str) -> Callable[[str], dict[str, Any]]:
    """What DescribeImages says of a tag or a digest in the repository of the test."""

    def describe(reference: str) -> dict[str, Any]:
        key = "imageDigest" if ":" in reference else "imageTag"
        found = registry.client().describe_images(repositoryName=repository, imageIds=[{key: reference}])
        (detail,) = found["imageDetails"]
        return detail

    return describe


@pytest.fixture(scope="session")
def docker(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Iterator[Daemon]:
    with docker_daemon(tmp_path_factory.mktemp("dockerd"), sandbox) as daemon:
        yield daemon
