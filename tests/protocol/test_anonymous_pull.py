"""Pulls without credentials: only where the server's setting and the repository's policy both say so."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from image_content import Content
from oci_client import OciClient
from people import document
from registry_process import RegistryProcess, free_port

PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]


def for_everybody(*actions: str, **members: Any) -> str:
    return document({"Effect": "Allow", "Principal": "*", "Action": list(actions), **members})


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryProcess]:
    process = RegistryProcess(tmp_path_factory.mktemp("anonymous") / "data", free_port(), ("--anonymous-pull",))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def nobody(open_to_all: RegistryProcess) -> Iterator[OciClient]:
    client = open_to_all.oci_client(password=None)
    yield client
    client.close()


def push(registry: RegistryProcess, name: str) -> Content:
    registry.create_repository(name)
    content = Content()
    content.image("latest")
    client = registry.oci_client()
    content.push(client, name)
    client.close()
    return content


def permit(registry: RegistryProcess, name: str, policy: str) -> None:
    registry.client().set_repository_policy(repositoryName=name, policyText=policy)


def test_everybody_pulls_what_the_policy_allows(open_to_all: RegistryProcess, nobody: OciClient) -> None:
    content = push(open_to_all, "public/app")
    (manifest,), layer = content.manifests, next(iter(content.blobs))
    assert nobody.get_manifest("public/app", "latest").status == 401
    permit(open_to_all, "public/app", for_everybody(*PULL))
    for reference in ("latest", manifest):
        assert nobody.get_manifest("public/app", reference).body == content.manifests[manifest]
        assert nobody.get_manifest("public/app", reference, "HEAD").status == 200
    assert nobody.get_blob("public/app", layer).body == content.blobs[layer]
    assert nobody.get_blob("public/app", layer, "HEAD").status == 200
    assert nobody.request("GET", f"/v2/public/app/referrers/{manifest}").status == 200
    open_to_all.client().delete_repository_policy(repositoryName="public/app")
    assert nobody.get_manifest("public/app", "latest").status == 401


def test_nobody_does_more_than_pull(open_to_all: RegistryProcess, nobody: OciClient) -> None:
    content = push(open_to_all, "public/all")
    digest = next(iter(content.manifests))
    permit(open_to_all, "public/all", for_everybody("ecr:*"))
    assert nobody.get_manifest("public/all", "latest").status == 200
    for method, path in (
        ("GET", "/v2/"),
        ("GET", "/v2/_catalog"),
        ("GET", "/v2/public/all/tags/list"),
        ("PUT", "/v2/public/all/manifests/other"),
        ("DELETE", f"/v2/public/all/manifests/{digest}"),
        ("POST", "/v2/public/all/blobs/uploads/"),
    ):
        reply = nobody.request(method, path, b"{}" if method == "PUT" else None)
        assert reply.status == 401, path
        assert reply.headers["WWW-Authenticate"].startswith("Basic realm="), path


@pytest.mark.parametrize(
    "policy",
    [
        for_everybody("ecr:ListImages"),
        for_everybody(*PULL, Condition={"Bool": {"aws:SecureTransport": "true"}}),
        for_everybody(*PULL, Condition={"StringEquals": {"aws:PrincipalAccount": "000000000000"}}),
        document({"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": PULL}),
        document(
            {"Effect": "Allow", "Principal": "*", "Action": PULL},
            {"Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage", "Condition": {
                "StringEquals": {"aws:PrincipalType": "Anonymous"}
            }},
        ),
    ],
)  # fmt: skip
def test_policies_that_are_not_for_nobody(open_to_all: RegistryProcess, nobody: OciClient, policy: str) -> None:
    name = f"some/{secrets.token_hex(6)}"
    push(open_to_all, name)
    permit(open_to_all, name, policy)
    assert nobody.get_manifest(name, "latest").status == 401
    assert nobody.get_manifest(name, "latest", "HEAD").status == 401


def test_a_registry_policy_is_not_for_nobody(open_to_all: RegistryProcess, nobody: OciClient) -> None:
    push(open_to_all, "by/registry")
    everybody = {"Effect": "Allow", "Principal": "*", "Action": PULL, "Resource": "*"}
    open_to_all.client().put_registry_policy(policyText=document(everybody))
    assert nobody.get_manifest("by/registry", "latest").status == 401
    open_to_all.client().delete_registry_policy()


def test_what_is_not_there_looks_like_what_is_not_for_everybody(nobody: OciClient) -> None:
    assert nobody.get_manifest("not/there", "latest").status == 401


@pytest.mark.parametrize(("user", "password"), [("anonymous", "any"), ("", "")])
def test_clients_that_have_to_sign_in_do_so_as_nobody(open_to_all: RegistryProcess, user: str, password: str) -> None:
    name = f"signed/in{len(user)}"
    push(open_to_all, name)
    permit(open_to_all, name, for_everybody(*PULL))
    client = open_to_all.oci_client(password, user=user)
    client.password = password
    assert client.request("GET", "/v2/").status == 200
    assert client.get_manifest(name, "latest").status == 200
    assert client.request("GET", "/v2/_catalog").status == 401
    client.close()


def test_bad_credentials_are_not_nobodys(open_to_all: RegistryProcess, nobody: OciClient) -> None:
    push(open_to_all, "public/other")
    permit(open_to_all, "public/other", for_everybody(*PULL))
    path = "/v2/public/other/manifests/latest"
    assert nobody.request("GET", path).status == 200
    for header in ("Basic QVdTOng=", "Basic x", "Bearer x"):
        assert nobody.request("GET", path, headers={"Authorization": header}).status == 401, header


def test_the_registry_of_the_host_name(open_to_all: RegistryProcess) -> None:
    push(open_to_all, "public/host")
    permit(open_to_all, "public/host", for_everybody(*PULL))
    for account, status in (("000000000000", 200), ("111111111111", 401)):
        host = f"{account}.dkr.ecr.us-east-1.localhost"
        client = open_to_all.oci_client(password=None, host_header=host)
        assert client.get_manifest("public/host", "latest").status == status
        client.close()


def test_the_setting_is_off_by_default(registry: RegistryProcess, repository: str, oci: OciClient) -> None:
    content = Content()
    content.image("latest")
    content.push(oci, repository)
    permit(registry, repository, for_everybody(*PULL))
    client = registry.oci_client(password=None)
    assert client.get_manifest(repository, "latest").status == 401
    client.close()
