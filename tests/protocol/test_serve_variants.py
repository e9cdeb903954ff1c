"""The same registry served in other ways: several workers, TLS, PostgreSQL, a host name per registry."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from databases import postgresql
from image_content import Content
from oci_client import OciClient, digest_of
from registry_process import RegistryProcess, free_port
from tls_certificate import certificate

Start = Callable[..., RegistryProcess]


def push_and_pull(server: RegistryProcess) -> None:
    """Images of two platforms and a referrer go in by /v2/ and are seen by both ways; a blob of some size too."""
    name = server.create_repository(f"variant/{secrets.token_hex(4)}")
    client = server.oci_client()
    content = Content()
    index = content.platforms("multi")
    content.artifact("application/vnd.example.sbom", subject=index)
    large = content.blob(secrets.token_bytes(9 << 20), "application/octet-stream")
    content.push(client, name)
    for digest, manifest in content.manifests.items():
        assert client.get_manifest(name, digest).body == manifest
    assert client.get_blob(name, large["digest"]).body == content.blobs[large["digest"]]
    assert client.get_blob(name, large["digest"], Range="bytes=9000000-").status == 206
    assert len(client.list_referrers(name, index["digest"]).json()["manifests"]) == 1
    details = server.client().describe_images(repositoryName=name)["imageDetails"]
    assert {detail["imageDigest"] for detail in details} == set(content.manifests)
    (repository,) = server.client().describe_repositories(repositoryNames=[name])["repositories"]
    assert repository["repositoryUri"] == f"{server.host}/{name}"
    client.close()


def test_two_workers(fresh_registry: Start) -> None:
    server = fresh_registry("--workers", "2")
    push_and_pull(server)
    name = server.create_repository("chunks")
    # Every request on a connection of its own, so that any worker may get it.
    password, content = server.password(), secrets.token_bytes(100_000)
    client = server.oci_client(password)
    location = client.start_upload(name)
    for first in range(0, len(content), 10_000):
        client.close()
        reply = client.patch_upload(location, content[first : first + 10_000], first)
        assert reply.status == 202, reply.body
        location = reply.location
    client.close()
    assert client.put_upload(location, digest_of(content)).status == 201
    assert client.get_blob(name, digest_of(content)).body == content
    client.close()


@pytest.fixture(scope="module")
def postgresql_server() -> Iterator[str]:
    with postgresql() as address:
        yield address


@pytest.fixture
def empty_database(postgresql_server: str) -> str:
    """The address of a database in which there is nothing yet."""
    address = make_url(postgresql_server)
    name = f"empty_{secrets.token_hex(4)}"
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return address.set(database=name).render_as_string(hide_password=False)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_postgresql(fresh_registry: Start, empty_database: str, workers: str) -> None:
    server = fresh_registry("--database-url", empty_database, "--workers", workers)
    push_and_pull(server)
    assert not (server.data / "registry.db").exists()
    server.stop()
    server.start()
    push_and_pull(server)


def test_tls(fresh_registry: Start, tmp_path: Path) -> None:
    public, private = certificate(tmp_path)
    options = ("--tls-cert", str(public), "--tls-key", str(private))
    server = fresh_registry(*options, scheme="https", authority=public)
    push_and_pull(server)
    (data,) = server.client().get_authorization_token()["authorizationData"]
    assert data["proxyEndpoint"] == server.url
    client = server.oci_client(password=None)
    challenge = client.request("GET", "/v2/").headers["WWW-Authenticate"]
    assert challenge.startswith(f'Basic realm="https://{server.host}/"')
    client.close()


def test_host_name_per_registry(fresh_registry: Start) -> None:
    """A host name selects account and region; a token of another region is worth nothing there."""
    server = fresh_registry("--registry-host", "{account}.dkr.ecr.{region}.example.com")
    name = server.create_repository("named")
    (repository,) = server.client().describe_repositories(repositoryNames=[name])["repositories"]
    host = f"{server.account}.dkr.ecr.us-east-1.example.com"
    assert repository["repositoryUri"] == f"{host}/{name}"
    password = server.password()
    client = OciClient(server.host, password=password, host_header=host)
    content = Content()
    content.image("latest")
    content.push(client, name)
    assert client.list_tags(name).json()["tags"] == ["latest"]
    client.close()
    abroad = OciClient(server.host, password=password, host_header=f"{server.account}.dkr.ecr.eu-central-1.example.com")
    refused = abroad.list_tags(name)
    assert (refused.status, refused.error()["code"]) == (401, "DENIED")
    abroad.close()
    (data,) = server.client(region_name="eu-central-1").get_authorization_token()["authorizationData"]
    foreign = base64.b64decode(data["authorizationToken"]).decode().removeprefix("AWS:")
    client = OciClient(server.host, password=foreign, host_header=host)
    assert client.list_tags(name).status == 401
    client.close()


def test_returned_addresses_are_those_of_the_asker(fresh_registry: Start) -> None:
    server = fresh_registry()
    server.create_repository("asked")
    for host in (f"localhost:{server.port}", server.host):
        client = server.client(endpoint_url=f"http://{host}")
        (repository,) = client.describe_repositories(repositoryNames=["asked"])["repositories"]
        assert repository["repositoryUri"] == f"{host}/asked"
        assert client.get_authorization_token()["authorizationData"][0]["proxyEndpoint"] == f"http://{host}"


def test_a_second_server_on_the_folder_is_refused(fresh_registry: Start, tmp_path: Path) -> None:
    server = fresh_registry()
    second = RegistryProcess(server.data, free_port())
    with pytest.raises(AssertionError, match="in use by another"):
        second.start()
    assert second.process is not None
    assert second.process.returncode != 0
    push_and_pull(server)


def test_account_and_region(fresh_registry: Start) -> None:
    server = fresh_registry(
        "--account", "123456789012", "--region", "eu-west-1", account="123456789012", region="eu-west-1"
    )
    push_and_pull(server)
    assert server.client("sts").get_caller_identity()["Account"] == "123456789012"
