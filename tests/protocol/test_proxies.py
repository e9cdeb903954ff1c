"""A registry behind proxies, and clients that pretend to be one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from oci_client import OciClient
from registry_process import RegistryProcess

Start = Callable[..., RegistryProcess]
OUTSIDE = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "registry.example.com"}


def behind(server: RegistryProcess, headers: dict[str, str], signed: str | None = None):
    """A boto3 client whose requests pass a proxy: signed for the outer host, and sent on with these headers."""
    client = server.client()

    def sign_for_the_outer_host(request, **_: object) -> None:
        request.headers["Host"] = signed or headers["X-Forwarded-Host"]

    def pass_on(request, **_: object) -> None:
        request.headers["Host"] = server.host
        for name, value in headers.items():
            request.headers[name] = value

    client.meta.events.register_last("before-sign.ecr", sign_for_the_outer_host)
    client.meta.events.register_last("before-send.ecr", pass_on)
    return client


def challenge(server: RegistryProcess, headers: dict[str, str]) -> str:
    client = OciClient(server.host)
    try:
        return client.request("GET", "/v2/", headers=headers).headers["WWW-Authenticate"]
    finally:
        client.close()


@pytest.mark.parametrize("trusted", ["127.0.0.1", "10.0.0.0/8, 127.0.0.0/8"])
def test_addresses_are_those_by_which_the_client_came(fresh_registry: Start, trusted: str) -> None:
    server = fresh_registry("--access-log", environment_options={"WHARFSIDE_TRUSTED_PROXIES": trusted})
    client = behind(server, OUTSIDE)
    made = client.create_repository(repositoryName="passed")["repository"]
    assert made["repositoryUri"] == "registry.example.com/passed"
    (data,) = client.get_authorization_token()["authorizationData"]
    assert data["proxyEndpoint"] == "https://registry.example.com"
    assert 'realm="https://registry.example.com/"' in challenge(server, OUTSIDE)
    assert "203.0.113.7" in server.log()
    forged = behind(server, OUTSIDE | {"X-Forwarded-Host": "other.example.com"}, signed="registry.example.com")
    with pytest.raises(ClientError, match="InvalidSignature"):
        forged.describe_repositories()


def test_a_stranger_is_not_believed(fresh_registry: Start) -> None:
    server = fresh_registry("--access-log", environment_options={"WHARFSIDE_TRUSTED_PROXIES": "192.0.2.0/24"})
    headers = OUTSIDE | {"Forwarded": "for=203.0.113.7;proto=https;host=registry.example.com"}
    assert f'realm="http://{server.host}/"' in challenge(server, headers)
    assert "203.0.113.7" not in server.log()
    with pytest.raises(ClientError, match="InvalidSignature"):
        behind(server, OUTSIDE).describe_repositories()


def test_the_standard_header_counts_where_it_is_chosen(fresh_registry: Start) -> None:
    options = {"WHARFSIDE_TRUSTED_PROXIES": "127.0.0.1", "WHARFSIDE_PROXY_HEADERS": "forwarded"}
    server = fresh_registry(environment_options=options)
    forwarded = {"Forwarded": 'for="[2001:db8::1]:4711";proto=https;host=registry.example.com'}
    assert 'realm="https://registry.example.com/"' in challenge(server, forwarded)
    assert f'realm="http://{server.host}/"' in challenge(server, OUTSIDE)


def test_metrics_are_not_for_whom_a_proxy_of_this_machine_asks(registry: RegistryProcess) -> None:
    client = OciClient(registry.host)
    assert client.request("GET", "/metrics").status == 200
    for name, value in (("X-Forwarded-For", "127.0.0.1"), ("Forwarded", "for=127.0.0.1"), ("Via", "1.1 proxy")):
        assert client.request("GET", "/metrics", headers={name: value}).status == 403
    client.close()
