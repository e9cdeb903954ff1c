"""Who may use the data plane: the challenge, tokens, and what is said when one is not good (ECR, "Registry auth")."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable

import pytest

from image_content import Content
from oci_client import OciClient, Reply
from registry_process import RegistryProcess
from wharfside.registry.tokens import AuthorizationToken, seal_authorization
from wharfside.store.sealing import Sealer, load_or_create_key

PATHS = ["/v2/", "/v2/_catalog", "/v2/some/repository/tags/list", "/v2/some/repository/manifests/latest"]
INVALID = {"code": "DENIED", "message": "Your Authorization Token is invalid."}


def assert_challenge(reply: Reply, host: str) -> None:
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"] == f'Basic realm="http://{host}/",service="ecr.amazonaws.com"'
    assert reply.headers["Docker-Distribution-Api-Version"] == "registry/2.0"


@pytest.mark.parametrize("path", PATHS)
def test_challenge(registry: RegistryProcess, path: str) -> None:
    client = registry.oci_client(password=None)
    reply = client.request("GET", path)
    assert_challenge(reply, registry.host)
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert reply.body == b"Not Authorized\n"
    head = client.request("HEAD", path)
    assert_challenge(head, registry.host)
    assert head.body == b""
    client.close()


def test_every_method_needs_a_token(registry: RegistryProcess, oci: OciClient, repository: str) -> None:
    content = Content()
    digest = content.image("latest")["digest"]
    content.push(oci, repository)
    location = oci.start_upload(repository)
    anonymous = registry.oci_client(password=None)
    for method, path in [
        ("GET", f"/v2/{repository}/manifests/latest"),
        ("PUT", f"/v2/{repository}/manifests/other"),
        ("DELETE", f"/v2/{repository}/manifests/{digest}"),
        ("GET", f"/v2/{repository}/blobs/{next(iter(content.blobs))}"),
        ("DELETE", f"/v2/{repository}/blobs/{next(iter(content.blobs))}"),
        ("POST", f"/v2/{repository}/blobs/uploads/"),
        ("GET", location),
        ("PATCH", location),
        ("PUT", f"{location}{'&' if '?' in location else '?'}digest={digest}"),
        ("DELETE", location),
        ("GET", f"/v2/{repository}/tags/list"),
        ("GET", f"/v2/{repository}/referrers/{digest}"),
        ("GET", "/v2/_catalog"),
    ]:
        body = b"{}" if method in {"PUT", "PATCH"} else None
        assert_challenge(anonymous.request(method, path, body), registry.host)
    anonymous.close()
    assert oci.get_manifest(repository, "latest").status == 200
    assert oci.get_manifest(repository, "other").status == 404
    assert oci.request("GET", location).status == 204


def test_large_body_is_not_asked_for_without_a_token(registry: RegistryProcess) -> None:
    """A client that sends `Expect: 100-continue` gets 401 before it sends its layer."""
    client = registry.oci_client(password=None)
    connection = client.connect()
    connection.putrequest("PATCH", "/v2/some/repository/blobs/uploads/1")
    connection.putheader("Content-Length", str(1 << 30))
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    assert connection.getresponse().status == 401
    connection.close()


@pytest.mark.parametrize(
    "password",
    ["", "wrong", "a" * 2000, "a" * 20_000, "eyJwYXlsb2FkIjoieCJ9", "ä€", "with:colon", "\x00"],
    ids=["empty", "short", "long", "huge", "json", "unicode", "colon", "null"],
)
def test_garbage_token(registry: RegistryProcess, password: str) -> None:
    client = OciClient(registry.host, password=password)
    reply = client.request("GET", "/v2/")
    if len(password) == 20_000:
        # More than a header may have: refused before anybody looks at what it says.
        assert reply.status in {400, 431}
        client.close()
        return
    assert_challenge(reply, registry.host)
    assert reply.error() == INVALID
    head = client.request("HEAD", "/v2/")
    assert (head.status, head.body) == (401, b"")
    client.close()


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic QVdT",
        "Bearer abc",
        "AWS4-HMAC-SHA256 Credential=a/b",
        "nonsense",
        "Basic ==",
    ],
)
def test_authorization_that_is_not_basic(registry: RegistryProcess, header: str) -> None:
    client = registry.oci_client(password=None)
    assert_challenge(client.request("GET", "/v2/", headers={"Authorization": header}), registry.host)
    client.close()


@pytest.mark.parametrize("user", ["aws", "admin", "", "AWS ", "<token>"])
def test_user_must_be_aws(registry: RegistryProcess, password: str, user: str) -> None:
    client = registry.oci_client(password, user=user)
    reply = client.request("GET", "/v2/")
    assert_challenge(reply, registry.host)
    assert reply.error() == INVALID
    client.close()


def test_altered_token(registry: RegistryProcess, password: str) -> None:
    """Every letter counts: a token with one of them changed is no token."""
    for position in {
        0,
        1,
        len(password) // 2,
        len(password) - 3,
        *(secrets.randbelow(len(password)) for _ in range(8)),
    }:
        other = "A" if password[position] != "A" else "B"
        client = registry.oci_client(password[:position] + other + password[position + 1 :])
        assert_challenge(client.request("GET", "/v2/"), registry.host)
        client.close()


def test_tokens_of_one_registry_are_worth_nothing_at_another(
    fresh_registry: Callable[..., RegistryProcess], password: str
) -> None:
    other = fresh_registry()
    client = other.oci_client(password)
    assert_challenge(client.request("GET", "/v2/"), other.host)
    client.close()


def test_two_tokens_are_both_good(registry: RegistryProcess) -> None:
    first, second = registry.password(), registry.password()
    assert first != second
    for each in (first, second):
        client = registry.oci_client(each)
        assert client.request("GET", "/v2/").status == 200
        client.close()


def test_token_lasts_twelve_hours(registry: RegistryProcess) -> None:
    (data,) = registry.client().get_authorization_token()["authorizationData"]
    assert abs(data["expiresAt"].timestamp() - time.time() - 12 * 3600) < 60
    assert data["proxyEndpoint"] == registry.url
    assert base64.b64decode(data["authorizationToken"]).startswith(b"AWS:")


def test_token_of_another_region_reads_that_region(registry: RegistryProcess, repository: str) -> None:
    """On a host that names no registry, the token's region counts: another region has repositories of its own."""
    abroad = registry.client(region_name="eu-central-1")
    (data,) = abroad.get_authorization_token()["authorizationData"]
    client = registry.oci_client(base64.b64decode(data["authorizationToken"]).decode().removeprefix("AWS:"))
    assert client.list_tags(repository).error()["code"] == "NAME_UNKNOWN"
    abroad.create_repository(repositoryName=repository)
    assert client.list_tags(repository).status == 200
    client.close()


def test_secrets_are_not_logged(registry: RegistryProcess, oci: OciClient, password: str) -> None:
    oci.request("GET", "/v2/")
    client = registry.oci_client("hunter2-not-a-token")
    client.request("GET", "/v2/")
    client.close()
    log = registry.log()
    for secret in (password, registry.secret_access_key, "hunter2-not-a-token", oci.authorization()["Authorization"]):
        assert secret not in log


def test_administrator_file_is_private(registry: RegistryProcess) -> None:
    path = registry.data / "admin.json"
    assert path.stat().st_mode & 0o777 == 0o600
    json.loads(path.read_text())


@pytest.fixture
def sealed(registry: RegistryProcess) -> Callable[[str, float], str]:
    """Makes passwords with the registry's own key: for any access key, good for any number of seconds."""
    sealer = Sealer(load_or_create_key(registry.data / "secret.key"))

    def make(access_key: str, seconds: float) -> str:
        claims = AuthorizationToken(registry.account, registry.region, access_key, time.time() + seconds)
        return seal_authorization(sealer, claims)

    return make


def test_expired_token(registry: RegistryProcess, sealed: Callable[[str, float], str]) -> None:
    """The challenge comes with it, so that clients sign in again (ECR leaves it out)."""
    client = registry.oci_client(sealed(registry.access_key_id, 60))
    assert client.request("GET", "/v2/").status == 200
    client.close()
    client = registry.oci_client(sealed(registry.access_key_id, -1))
    for path in PATHS:
        reply = client.request("GET", path)
        assert_challenge(reply, registry.host)
        message = "Your authorization token has expired. Reauthenticate and try again."
        assert reply.error() == {"code": "DENIED", "message": message}
    client.close()


def test_token_dies_while_in_use(registry: RegistryProcess, sealed: Callable[[str, float], str]) -> None:
    client = registry.oci_client(sealed(registry.access_key_id, 1.5))
    assert client.request("GET", "/v2/").status == 200
    time.sleep(1.6)
    assert client.request("GET", "/v2/").status == 401
    client.close()


def test_token_of_an_unknown_access_key(registry: RegistryProcess, sealed: Callable[[str, float], str]) -> None:
    client = registry.oci_client(sealed("AKIAUNKNOWN123456789", 60))
    for path in PATHS[1:]:
        reply = client.request("GET", path)
        assert_challenge(reply, registry.host)
        assert reply.error() == INVALID
    client.close()


def test_rate(fresh_registry: Callable[..., RegistryProcess]) -> None:
    """A configured rate that is exceeded: 429, and what was refused has changed nothing."""
    server = fresh_registry(environment_options={"WHARFSIDE_RATES": '{"InitiateLayerUpload": 1}'})
    server.create_repository("rated")
    client = server.oci_client()
    replies = [client.request("POST", "/v2/rated/blobs/uploads/") for _ in range(20)]
    refused = [reply for reply in replies if reply.status == 429]
    assert refused
    assert {reply.status for reply in replies} == {202, 429}
    assert refused[0].error() == {"code": "TOOMANYREQUESTS", "message": "Rate exceeded"}
    assert client.list_tags("rated").status == 200
    client.close()


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_refusal_reaches_a_client_that_sends_first(registry: RegistryProcess, streamed: bool) -> None:
    """Many clients try without credentials first and read only once all is sent: the connection must last so long."""
    client = registry.oci_client(password=None)
    body = b"x" * 3_900_000
    for _ in range(5):
        sent = [body[first : first + 65_536] for first in range(0, len(body), 65_536)] if streamed else body
        assert_challenge(client.request("PUT", "/v2/some/repository/manifests/latest", sent), registry.host)
    client.close()
