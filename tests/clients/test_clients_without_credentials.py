"""Pulls without credentials, by clients that never had any, and pushes once they have some."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import oras.client
import pytest
from docker_daemon import Daemon
from sandbox import Layout, Sandbox

from people import document
from registry_process import RegistryProcess, tool

PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]


@pytest.fixture
def server(fresh_registry: Callable[..., RegistryProcess]) -> RegistryProcess:
    """A registry with a repository that everybody may pull from."""
    server = fresh_registry("--anonymous-pull")
    permit(server, "public/app")
    return server


def permit(server: RegistryProcess, repository: str) -> None:
    server.create_repository(repository)
    everybody = {"Effect": "Allow", "Principal": "*", "Action": PULL}
    server.client().set_repository_policy(repositoryName=repository, policyText=document(everybody))


@pytest.fixture
def target(sandbox: Sandbox, small: Layout, server: RegistryProcess) -> str:
    """An image that everybody may pull."""
    target = f"docker://{server.host}/public/app:latest"
    credentials = ("--dest-tls-verify=false", "--dest-creds", f"AWS:{server.password()}")
    sandbox.run("skopeo", "copy", *credentials, f"oci:{small.folder}:small", target)
    return target


@pytest.fixture
def without_credentials(sandbox: Sandbox, server: RegistryProcess, tmp_path: Path) -> dict[str, str]:
    """The settings of tools that know no password of any registry."""
    (tmp_path / "auth.json").write_text("{}")
    (tmp_path / "registries.conf").write_text(f'[[registry]]\nlocation = "{server.host}"\ninsecure = true\n')
    return {
        "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"),
        "CONTAINERS_REGISTRIES_CONF": str(tmp_path / "registries.conf"),
        "DOCKER_CONFIG": str(tmp_path / "docker"),
        **{f"HELM_{name}_HOME": str(tmp_path / name.lower()) for name in ("CACHE", "CONFIG", "DATA")},
    }


def test_docker(docker: Daemon, server: RegistryProcess, target: str, tmp_path: Path) -> None:
    image, own = target.removeprefix("docker://"), ("--config", tmp_path / "docker")
    docker.run(*own, "pull", image)
    other = f"{image}-{secrets.token_hex(4)}"
    docker.run("tag", image, other)
    refused = docker.attempt(*own, "push", other)
    assert refused.returncode != 0
    assert "authentication required" in refused.stderr or "no basic auth credentials" in refused.stderr
    login = (*own, "login", "-u", "AWS", "--password-stdin", server.host)
    assert docker.attempt(*login, text="wrong").returncode != 0
    assert "Login Succeeded" in docker.run(*login, text=server.password())
    docker.run(*own, "push", other)
    docker.run("rmi", image, other)
    docker.run(*own, "pull", other)
    docker.run(*own, "logout", server.host)
    docker.run("rmi", other)
    docker.run(*own, "pull", other)


def test_containerd(docker: Daemon, small: Layout, server: RegistryProcess, target: str) -> None:
    tool("ctr")
    image = target.removeprefix("docker://")
    docker.ctr("-n", "nobody", "images", "pull", "--plain-http", image)
    assert small.top("small") in docker.ctr("-n", "nobody", "images", "list", f"name=={image}")
    push = ("-n", "nobody", "images", "push", "--plain-http")
    docker.ctr(*push, "-u", f"AWS:{server.password()}", f"{image}2", image)
    (detail,) = server.client().describe_images(repositoryName="public/app")["imageDetails"]
    assert sorted(detail["imageTags"]) == ["latest", "latest2"]


@pytest.mark.parametrize("credentials", [("--src-no-creds",), ()])
def test_skopeo(sandbox: Sandbox, small: Layout, target: str, tmp_path: Path, credentials: tuple[str, ...]) -> None:
    sandbox.run("skopeo", "copy", "--src-tls-verify=false", *credentials, target, f"oci:{tmp_path}/out:v1")
    assert Layout(tmp_path / "out").top("v1") == small.top("small")
    refused = sandbox.attempt(
        "skopeo", "copy", "--dest-tls-verify=false", "--dest-no-creds", f"oci:{small.folder}:small", f"{target}2"
    )
    assert refused.returncode != 0
    assert "unauthorized" in refused.stderr.lower() or "authentication required" in refused.stderr.lower()


def test_podman(
    sandbox: Sandbox,
    small: Layout,
    server: RegistryProcess,
    target: str,
    without_credentials: dict[str, str],
) -> None:
    image = target.removeprefix("docker://")
    sandbox.run("podman", "pull", image, environment=without_credentials)
    digest = sandbox.run("podman", "image", "inspect", "--format", "{{.Digest}}", image)
    assert digest.strip() == small.top("small")
    push = ("podman", "push", image, f"{image}2")
    assert sandbox.attempt(*push, environment=without_credentials).returncode != 0
    login = ("podman", "login", "-u", "AWS", "--password-stdin", server.host)
    assert sandbox.attempt(*login, environment=without_credentials, text="wrong").returncode != 0
    sandbox.run(*login, environment=without_credentials, text=server.password())
    sandbox.run(*push, environment=without_credentials)


def test_helm(sandbox: Sandbox, server: RegistryProcess, tmp_path: Path, without_credentials: dict[str, str]) -> None:
    tool("helm")
    permit(server, "charts/note")
    chart = tmp_path / "note"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: note\nversion: 1.2.3\n")
    sandbox.run("helm", "package", chart, "-d", tmp_path, environment=without_credentials)
    packed, parent = tmp_path / "note-1.2.3.tgz", f"oci://{server.host}/charts"
    push = ("helm", "push", "--plain-http", packed, parent)
    pull = ("helm", "pull", "--plain-http", f"{parent}/note", "--version", "1.2.3", "-d", tmp_path / "docker")
    assert sandbox.attempt(*push, environment=without_credentials).returncode != 0
    login = ("helm", "registry", "login", "--plain-http", "-u", "AWS", "--password-stdin", server.host)
    sandbox.run(*login, environment=without_credentials, text=server.password())
    sandbox.run(*push, environment=without_credentials)
    sandbox.run("helm", "registry", "logout", server.host, environment=without_credentials)
    (tmp_path / "docker").mkdir(exist_ok=True)
    sandbox.run(*pull, environment=without_credentials)
    assert (tmp_path / "docker" / packed.name).read_bytes() == packed.read_bytes()


def test_oras(server: RegistryProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    target = f"{server.host}/public/app:file"
    Path("file.bin").write_bytes(secrets.token_bytes(1000))
    nobody = oras.client.OrasClient(hostname=server.host, insecure=True)
    with pytest.raises(ValueError, match=r"401|[Uu]nauthorized|[Aa]uthentication"):
        nobody.push(target=target, files=["file.bin:application/vnd.example.file"], quiet=True)
    somebody = oras.client.OrasClient(hostname=server.host, insecure=True)
    somebody.login(
        username="AWS", password=server.password(), hostname=server.host, config_path=str(tmp_path / "config.json")
    )
    somebody.push(target=target, files=["file.bin:application/vnd.example.file"], quiet=True)
    (pulled,) = nobody.pull(target=target, outdir=str(tmp_path / "out"))
    assert Path(pulled).read_bytes() == Path("file.bin").read_bytes()
