"""Requests that are wrong before any operation sees them, and what every answer has in common."""

from __future__ import annotations

import json
import socket
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from api_client import MEDIA_TYPE, Answer, answer_of, call, sign
from registry_process import RegistryProcess

MISMATCH = "The request signature we calculated does not match the signature you provided."


def refusal(answer: Answer, status: int = 400) -> tuple[str, str]:
    """Code and message, once everything that all refusals have has been checked."""
    assert answer.status == status
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    uuid.UUID(answer.headers["x-amzn-RequestId"])
    assert answer.json().keys() == {"__type", "message"}
    return answer.code, answer.message


def test_success_and_error_have_the_same_frame(registry: RegistryProcess) -> None:
    good = call(registry, "DescribeRegistry")
    assert (good.status, good.headers["Content-Type"]) == (200, MEDIA_TYPE)
    bad = call(registry, "ListImages", {"repositoryName": "not/there"})
    assert refusal(bad)[0] == "RepositoryNotFoundException"
    ids = {each.headers["x-amzn-RequestId"] for each in (good, bad, call(registry, "DescribeRegistry"))}
    assert len({uuid.UUID(each) for each in ids}) == 3


def test_boto3_finds_request_ids(registry: RegistryProcess) -> None:
    assert registry.client().describe_registry()["ResponseMetadata"]["RequestId"]
    with pytest.raises(ClientError) as caught:
        registry.client().list_images(repositoryName="not/there")
    assert answer_of(caught.value)["ResponseMetadata"]["RequestId"]


def test_no_signature(registry: RegistryProcess) -> None:
    signed = sign(registry, "DescribeRegistry")
    headers = {name: value for name, value in signed.headers.items() if name != "Authorization"}
    code, _ = refusal(replace(signed, headers=headers).send(registry))
    assert code == "MissingAuthenticationTokenException"


@pytest.mark.parametrize(
    "authorization", ["AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 x", "Basic QVdTOng=", "AWS4-HMAC-SHA256 Credential=a/b", ""]
)
def test_signature_that_is_none(registry: RegistryProcess, authorization: str) -> None:
    signed = sign(registry, "DescribeRegistry")
    spoilt = replace(signed, headers={**signed.headers, "Authorization": authorization})
    code, _ = refusal(spoilt.send(registry))
    assert code in {"IncompleteSignatureException", "MissingAuthenticationTokenException"}


def test_wrong_secret(registry: RegistryProcess) -> None:
    code, message = refusal(call(registry, "DescribeRegistry", secret="wrong"))
    assert (code, message.startswith(MISMATCH)) == ("InvalidSignatureException", True)


def test_unknown_key(registry: RegistryProcess) -> None:
    expected = ("UnrecognizedClientException", "The security token included in the request is invalid.")
    assert refusal(call(registry, "DescribeRegistry", key="AKIAUNKNOWN000000000")) == expected
    client = registry.client(aws_session_token="made-up")
    with pytest.raises(ClientError) as caught:
        client.describe_registry()
    assert answer_of(caught.value)["Error"]["Code"] == expected[0]


@pytest.mark.parametrize(
    ("minutes", "text"), [(-16, "Signature expired: "), (16, "Signature not yet current: "), (-60 * 24, "Signature")]
)
def test_stale_date(registry: RegistryProcess, minutes: int, text: str) -> None:
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    code, message = refusal(call(registry, "DescribeRegistry", now=now))
    assert (code, message.startswith(text)) == ("InvalidSignatureException", True)


@pytest.mark.parametrize("minutes", [-14, 14])
def test_clocks_may_differ(registry: RegistryProcess, minutes: int) -> None:
    assert call(registry, "DescribeRegistry", now=datetime.now(UTC) + timedelta(minutes=minutes)).status == 200


@pytest.mark.parametrize(
    "change",
    [
        {"X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories"},
        {"Content-Type": "application/json"},
        {"Host": "another.example"},
        {"X-Amz-Extra": "not signed"},
        {"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_altered_headers(registry: RegistryProcess, change: dict[str, str]) -> None:
    signed = sign(registry, "DescribeRegistry")
    code, _ = refusal(replace(signed, headers={**signed.headers, **change}).send(registry))
    assert code == "InvalidSignatureException"


def test_altered_requests(registry: RegistryProcess, repository: str) -> None:
    signed = sign(registry, "DeleteRepository", {"repositoryName": "not/there"})
    body = json.dumps({"repositoryName": repository}).encode()
    for spoilt in (replace(signed, body=body), replace(signed, path="/?x=y"), replace(signed, body=b"")):
        code, message = refusal(spoilt.send(registry))
        assert (code, message.startswith(MISMATCH)) == ("InvalidSignatureException", True)
    assert call(registry, "ListImages", {"repositoryName": repository}).status == 200


@pytest.mark.parametrize("service", ["s3", "ecs", "ecr-public-x"])
def test_signature_for_another_service(registry: RegistryProcess, service: str) -> None:
    assert refusal(call(registry, "DescribeRegistry", service=service))[0] == "InvalidSignatureException"


@pytest.mark.parametrize("region", ["x", "x" * 26, "US-EAST-1", "us_east_1", "us.east.1"])
def test_signature_for_what_is_no_region(registry: RegistryProcess, region: str) -> None:
    """Nothing is made where no ARN could name it."""
    expected = ("InvalidSignatureException", "Credential should be scoped to a valid region. ")
    assert refusal(call(registry, "CreateRepository", {"repositoryName": "nowhere"}, region=region)) == expected
    assert call(registry, "DescribeRegistry", region="x" * 25).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_other_methods(registry: RegistryProcess, method: str) -> None:
    answer = replace(sign(registry, "DescribeRegistry"), method=method).send(registry)
    assert 400 <= answer.status < 500


@pytest.mark.parametrize("path", ["/nonsense", "/v1/", "/index.html", "/%2e%2e/"])
def test_other_paths(registry: RegistryProcess, path: str) -> None:
    assert replace(sign(registry, "DescribeRegistry"), path=path).send(registry).status == 404


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"[]",
        b'"text"',
        b"null",
        b"1",
        b"{}{}",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"{'repositoryName':'ab'}",
        b'{"maxResults":NaN}',
        b'{"maxResults":Infinity}',
        b'{"maxResults":1e999}',
        b'{"maxResults":1,"maxResults":2}',
        b'{"unknown":{"a":1,"a":2}}',
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b"[" * 1_000_000,
        b'{"maxResults":' + b"9" * 10_000 + b"}",
        b'{"nextToken":"\\ud800"}',
        b'{"maxResults":"1"}',
        b'{"maxResults":1.5}',
        b'{"maxResults":true}',
        b'{"repositoryNames":"ab"}',
        b'{"repositoryNames":[1]}',
        b'{"repositoryNames":{"0":"ab"}}',
        b'{"nextToken":[]}',
    ],
    ids=lambda body: body[:24].decode(errors="replace"),
)
def test_bodies_that_cannot_be_read(registry: RegistryProcess, body: bytes) -> None:
    code, message = refusal(call(registry, "DescribeRepositories", body))
    assert code == "SerializationException"
    assert len(message) < 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" {} ",
        b'{"unknown":{"a":[1,null]},"registryId":null}',
        b'{"maxResults":5,"\xc3\xa4":1}',
        json.dumps({"unknown": "x" * 1_000_000}).encode(),
    ],
    ids=["nothing", "spaces", "unknown", "umlaut", "large"],
)
def test_bodies_that_are_taken(registry: RegistryProcess, body: bytes) -> None:
    assert call(registry, "DescribeRepositories", body).status == 200


def test_huge_bodies(registry: RegistryProcess) -> None:
    """Refused by their declared size, before anything of them is read."""
    large = b'{"x":"' + b" " * (9 * 1024 * 1024) + b'"}'
    code, _ = refusal(call(registry, "DescribeRegistry", large), 413)
    assert code == "RequestEntityTooLargeException"
    part = b'{"x":"' + b" " * (31 * 1024 * 1024) + b'"}'
    code, _ = refusal(call(registry, "UploadLayerPart", part), 413)
    assert code == "RequestEntityTooLargeException"


def test_content_type_does_not_matter_but_for_forms(registry: RegistryProcess) -> None:
    for media_type in ("application/x-amz-json-1.0", "application/json", "text/plain"):
        assert call(registry, "DescribeRegistry", headers={"Content-Type": media_type}).status == 200


def test_messages_hold_no_secrets_and_no_inside(registry: RegistryProcess) -> None:
    bodies: list[Any] = [{"repositoryName": "<script>"}, {"repositoryName": "a" * 5000}, {"repositoryName": ["x"]}]
    for body in bodies:
        answer = call(registry, "ListImages", body)
        assert answer.status == 400
        for word in (registry.secret_access_key, "Traceback", "sqlite", "pydantic", "<script>", "a" * 300):
            assert word not in answer.body.decode()
    assert registry.secret_access_key not in registry.log()


def test_a_body_that_breaks_off_is_not_called_too_large(registry: RegistryProcess) -> None:
    head = (
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", registry.port), timeout=30) as client:
        client.sendall(head.encode())
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"6\r\nAction\r\nno size\r\n")
        answer = client.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"<Code>RequestTimeout</Code>" in answer
