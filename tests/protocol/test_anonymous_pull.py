"""Pulls without credentials: only where the server's setting and the repository's policy both say so."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest

from administration import administration
from image_content import Content
from oci_client import OciClient
from people import EVERYTHING, document, new_user
from registry_process import RegistryProcess, free_port
from wharfside.registry import access_keys
from wharfside.registry.tokens import AuthorizationToken, seal_authorization
from wharfside.store.sealing import Sealer, load_or_create_key

PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]


def for_everybody(*actions: str, **members: Any) -> str:
    return document({"Effect": "Allow", "Principal": "*", "Action": list(actions), **members})


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryProcess]:
    process = RegistryProcess(tmp_path_factory.mktemp("anonymous") / "data", free_port(), ("--anonymous-pull",))
    process.start()
    yield process
    process.stop()


class Nobody(OciClient):
    """A client that has asked for the token of nobody."""

    def authorization(self) -> dict[str, str]:
        return {"Authorization": "Bearer anonymous"}


@pytest.fixture
def nobody(open_to_all: RegistryProcess) -> Iterator[OciClient]:
    client = Nobody(open_to_all.host)
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
    ecr = open_to_all.client()
    deadline = time.monotonic() + 30
    while "lastRecordedPullTime" not in ecr.describe_images(repositoryName="public/app")["imageDetails"][0]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    ecr.delete_repository_policy(repositoryName="public/app")
    assert nobody.get_manifest("public/app", "latest").status == 401


def test_nobody_does_more_than_pull(open_to_all: RegistryProcess, nobody: OciClient) -> None:
    content = push(open_to_all, "public/all")
    digest = next(iter(content.manifests))
    permit(open_to_all, "public/all", for_everybody("ecr:*"))
    assert nobody.get_manifest("public/all", "latest").status == 200
    for method, path in (
        ("GET", "/v2/_catalog"),
        ("GET", "/v2/public/all/tags/list"),
        ("PUT", "/v2/public/all/manifests/other"),
        ("DELETE", f"/v2/public/all/manifests/{digest}"),
        ("POST", "/v2/public/all/blobs/uploads/"),
    ):
        reply = nobody.request(method, path, b"{}" if method == "PUT" else None)
        assert reply.status == 401, path
        assert reply.headers["WWW-Authenticate"].startswith(f'Bearer realm="{open_to_all.url}/v2/token",'), path


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


def test_the_challenge_names_the_scope(open_to_all: RegistryProcess) -> None:
    """Distribution specification of token authentication, "How to authenticate"."""
    newcomer = open_to_all.oci_client(password=None)
    realm = f'Bearer realm="{open_to_all.url}/v2/token",service="{open_to_all.host}"'
    for method, path, scope in (
        ("GET", "/v2/", ""),
        ("GET", "/v2/_catalog", "registry:catalog:*"),
        ("HEAD", "/v2/a/b/manifests/latest", "repository:a/b:pull"),
        ("PUT", "/v2/a/b/manifests/latest", "repository:a/b:pull,push"),
        ("DELETE", "/v2/a/b/manifests/latest", "repository:a/b:delete"),
        ("GET", "/v2/nonsense", ""),
    ):
        reply = newcomer.request(method, path)
        assert reply.status == 401
        assert reply.headers["WWW-Authenticate"] == realm + (f',scope="{scope}"' if scope else ""), path
        if method != "HEAD":
            assert reply.error()["code"] == "UNAUTHORIZED"
            assert "Sign in" in reply.error()["message"]
    newcomer.close()


def test_all_are_challenged_who_do_not_say_that_they_are_nobody(open_to_all: RegistryProcess) -> None:
    """Else containerd would push without its credentials until it sends a manifest, which it cannot send again."""
    push(open_to_all, "public/challenged")
    permit(open_to_all, "public/challenged", for_everybody(*PULL))
    newcomer = open_to_all.oci_client(password=None)
    assert newcomer.get_manifest("public/challenged", "latest", "HEAD").status == 401
    assert newcomer.get_manifest("public/challenged", "latest").status == 401
    newcomer.close()


def bearer(client: OciClient) -> dict[str, str]:
    """The header that the token endpoint gives for a client's credentials."""
    reply = client.request("GET", "/v2/token?service=any&scope=repository:any:pull,push")
    assert reply.status == 200
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.json()["token"] == reply.json()["access_token"]
    return {"Authorization": f"Bearer {reply.json()['token']}"}


def test_the_token_of_nobody(open_to_all: RegistryProcess, nobody: OciClient) -> None:
    push(open_to_all, "public/token")
    permit(open_to_all, "public/token", for_everybody("ecr:*"))
    empty = {"Authorization": "Basic Og=="}
    newcomer = open_to_all.oci_client(password=None)
    for headers in (bearer(newcomer), bearer(nobody), empty):
        assert nobody.request("GET", "/v2/token", headers=headers).json()["token"] == "anonymous"
        assert nobody.request("GET", "/v2/", headers=headers).status == 200
        assert nobody.request("GET", "/v2/public/token/manifests/latest", headers=headers).status == 200
        assert nobody.request("GET", "/v2/_catalog", headers=headers).status == 401
        assert nobody.request("POST", "/v2/public/token/blobs/uploads/", headers=headers).status == 401
    newcomer.close()


def test_a_token_stands_for_who_asked_for_it(open_to_all: RegistryProcess, nobody: OciClient) -> None:
    push(open_to_all, "private/token")
    client = open_to_all.oci_client()
    headers = bearer(client)
    for path in ("/v2/", "/v2/_catalog", "/v2/private/token/manifests/latest", "/v2/token"):
        assert nobody.request("GET", path, headers=headers).status == 200, path
    assert nobody.request("POST", "/v2/private/token/blobs/uploads/", headers=headers).status == 202
    assert 43_000 < client.request("GET", "/v2/token").json()["expires_in"] <= 43_200
    assert client.request("POST", "/v2/token").status == 405
    client.close()


def test_a_token_is_good_no_longer_than_what_it_was_made_from(open_to_all: RegistryProcess, nobody: OciClient) -> None:
    sealer = Sealer(load_or_create_key(open_to_all.data / "secret.key"))
    ends = time.time() + 2
    claims = AuthorizationToken(open_to_all.account, open_to_all.region, open_to_all.access_key_id, ends)
    client = open_to_all.oci_client(seal_authorization(sealer, claims))
    assert client.request("GET", "/v2/token").json()["expires_in"] <= 2
    headers = bearer(client)
    assert nobody.request("GET", "/v2/_catalog", headers=headers).status == 200
    time.sleep(max(0.0, ends - time.time()) + 0.05)
    reply = nobody.request("GET", "/v2/_catalog", headers=headers)
    assert (reply.status, reply.headers["WWW-Authenticate"].partition(" ")[0]) == (401, "Bearer")
    assert "expired" in reply.error()["message"]
    assert client.request("GET", "/v2/token").status == 401
    client.close()


def test_a_token_ends_with_its_key(open_to_all: RegistryProcess, nobody: OciClient) -> None:
    with administration(open_to_all.data) as admin:
        user = new_user(open_to_all, admin, open_to_all.account, EVERYTHING)
        client = user.oci()
        headers = bearer(client)
        assert nobody.request("GET", "/v2/_catalog", headers=headers).status == 200
        admin.run(access_keys.set_key_active, user.access_key_id, False)
    assert nobody.request("GET", "/v2/_catalog", headers=headers).status == 401
    reply = client.request("GET", "/v2/token")
    assert (reply.status, reply.headers["WWW-Authenticate"].partition(" ")[0]) == (401, "Basic")
    client.close()


def test_bad_credentials_are_not_nobodys(open_to_all: RegistryProcess, nobody: OciClient) -> None:
    push(open_to_all, "public/other")
    permit(open_to_all, "public/other", for_everybody(*PULL))
    path = "/v2/public/other/manifests/latest"
    assert nobody.request("GET", path).status == 200
    for header in ("Basic QVdTOng=", "Basic x", "Bearer x", "Bearer", "Basic YW5vbnltb3VzOmFueQ=="):
        for asked in (path, "/v2/token"):
            assert nobody.request("GET", asked, headers={"Authorization": header}).status == 401, header


def test_the_registry_of_the_host_name(open_to_all: RegistryProcess) -> None:
    push(open_to_all, "public/host")
    permit(open_to_all, "public/host", for_everybody(*PULL))
    for account, status in (("000000000000", 200), ("111111111111", 401)):
        host = f"{account}.dkr.ecr.us-east-1.localhost"
        client = Nobody(open_to_all.host, host_header=host)
        assert client.get_manifest("public/host", "latest").status == status
        client.close()


def test_the_setting_is_off_by_default(registry: RegistryProcess, repository: str, oci: OciClient) -> None:
    content = Content()
    content.image("latest")
    content.push(oci, repository)
    permit(registry, repository, for_everybody(*PULL))
    client = registry.oci_client(password=None)
    reply = client.get_manifest(repository, "latest")
    assert (reply.status, reply.headers["WWW-Authenticate"].partition(" ")[0]) == (401, "Basic")
    assert client.request("GET", "/v2/token").status == 401
    assert oci.request("GET", "/v2/token").status == 404
    token = {"Authorization": f"Bearer {oci.password}"}
    assert client.request("GET", "/v2/_catalog", headers=token).status == 401
    client.close()
