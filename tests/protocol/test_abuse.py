"""Limits and slowed-down guessing on a running registry: what clients are told, and who is let through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from administration import administration
from api_client import Answer, call
from audit_trail import awaited
from oci_client import OciClient
from people import EVERYTHING, new_user
from registry_process import RegistryProcess
from wharfside.api.sign_ins import FREE

Start = Callable[..., RegistryProcess]
BEHIND_A_PROXY = {"WHARFSIDE_TRUSTED_PROXIES": "127.0.0.1"}
GUESSER = {"X-Forwarded-For": "192.0.2.1"}
NEIGHBOUR = {"X-Forwarded-For": "192.0.2.2"}


def describe(server: RegistryProcess, headers: dict[str, str], **options: Any) -> Answer:
    return call(server, "DescribeRegistry", headers=headers, **options)


def test_guessing_through_the_api_is_slowed_down(fresh_registry: Start) -> None:
    server = fresh_registry(environment_options=BEHIND_A_PROXY)
    assert describe(server, GUESSER).status == 200  # somebody who shares the address
    codes = [describe(server, GUESSER, key="AKIAGUESSEDGUESSED00").code for _ in range(FREE + 8)]
    assert codes[: FREE + 1] == ["UnrecognizedClientException"] * (FREE + 1)
    assert "ThrottlingException" in codes[FREE + 1 :]
    answer = describe(server, GUESSER, secret="guessed", key="AKIAOTHEROTHEROTHER0")
    assert (answer.status, answer.code, answer.message) == (400, "ThrottlingException", "Rate exceeded")
    assert describe(server, NEIGHBOUR, key="AKIAGUESSEDGUESSED00").code == "UnrecognizedClientException"
    assert describe(server, NEIGHBOUR).status == 200
    assert describe(server, GUESSER).status == 200  # the key was good from there
    assert (
        describe(server, GUESSER, key="AKIAGUESSEDGUESSED00").code == "UnrecognizedClientException"
    )  # all is forgotten
    found = awaited(server.data, event="DescribeRegistry", errors=True)
    assert {each["errorCode"] for each in found} == {"UnrecognizedClientException"}
    assert {each["sourceIPAddress"] for each in found} <= {"192.0.2.1", "192.0.2.2"}


def test_guessing_docker_passwords_is_slowed_down(fresh_registry: Start) -> None:
    server = fresh_registry(environment_options=BEHIND_A_PROXY)
    server.create_repository("app")
    guesser, good = server.oci_client("guess"), server.oci_client()

    def ping(client: OciClient, headers: dict[str, str]) -> tuple[int, str | None]:
        reply = client.request("GET", "/v2/", headers=headers)
        return reply.status, reply.headers["Retry-After"]

    answers = [ping(guesser, GUESSER) for _ in range(FREE + 8)]
    assert answers[: FREE + 1] == [(401, None)] * (FREE + 1)
    refused = [answer for answer in answers if answer != (401, None)]
    assert refused
    assert {status for status, _ in refused} == {429}
    assert all(1 <= int(after or 0) <= 8 for _, after in refused)
    reply = guesser.request("GET", "/v2/", headers=GUESSER)
    assert reply.error() == {"code": "TOOMANYREQUESTS", "message": "Rate exceeded"}
    assert ping(guesser, NEIGHBOUR) == (401, None)
    assert good.request("GET", "/v2/app/tags/list", headers=GUESSER).status == 200  # a good password never waits
    assert ping(good, GUESSER) == (200, None)
    assert ping(guesser, GUESSER) == (401, None)
    guesser.close()
    good.close()


def test_web_identity_tokens_are_guessed_no_faster(fresh_registry: Start) -> None:
    server = fresh_registry(environment_options=BEHIND_A_PROXY)
    client = server.oci_client(password=None)
    query = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=guess&WebIdentityToken=aaaa.bbbb.cccc"
    role = "&RoleArn=arn:aws:iam::000000000000:role/ci"
    form = {"Content-Type": "application/x-www-form-urlencoded", **GUESSER}
    bodies = [client.request("POST", "/", (query + role).encode(), form).body for _ in range(FREE + 8)]
    client.close()
    assert b"InvalidIdentityToken" in bodies[0]
    assert any(b"<Code>Throttling</Code>" in body for body in bodies[FREE:])
    (record, *_) = awaited(server.data, event="AssumeRoleWithWebIdentity", errors=True)
    assert record["requestParameters"]["roleArn"] == "arn:aws:iam::000000000000:role/ci"


def test_programs_on_this_machine_are_never_slowed_down(fresh_registry: Start) -> None:
    server = fresh_registry()
    for _ in range(3 * FREE):
        assert describe(server, {}, key="AKIAGUESSEDGUESSED00").code == "UnrecognizedClientException"
    assert describe(server, {}).status == 200


def test_amazons_limits(fresh_registry: Start) -> None:
    """Ten images a second, twice as many at once; other operations have more."""
    server = fresh_registry("--limits", "ecr", environment_options={"WHARFSIDE_RATES": '{"ListImages": 0.02}'})
    server.create_repository("app")
    client = server.oci_client()
    replies = [client.put_manifest("app", "latest", b"{}") for _ in range(100)]
    client.close()
    limited = [reply for reply in replies if reply.status == 429]
    assert 20 <= len(replies) - len(limited) < 100
    assert {reply.headers["Retry-After"] for reply in limited} == {"1"}
    answers = [call(server, "ListImages", {"repositoryName": "app"}) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 400]
    assert all(describe(server, {}).status == 200 for _ in range(30))


def test_limits_of_principals(fresh_registry: Start) -> None:
    server = fresh_registry(environment_options={"WHARFSIDE_PRINCIPAL_RATES": '{"ListImages": 0.02}'})
    server.create_repository("app")
    with administration(server.data) as admin:
        alice, bob = (new_user(server, admin, server.account, EVERYTHING, name) for name in ("alice", "bob"))
    for person, first in ((alice, 200), (bob, 429)):
        ecr, client = person.client(), person.oci()
        if person is bob:
            ecr.list_images(repositoryName="app")
        assert client.list_tags("app").status == first
        with pytest.raises(ClientError, match="Rate exceeded"):
            ecr.list_images(repositoryName="app")
        client.close()
