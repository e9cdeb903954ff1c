"""Signed requests of the ECR API for tests: sent exactly as told, with any header, body, host name or time."""

from __future__ import annotations

import hashlib
import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from oci_client import digest_of
from promised_members import check_promises
from registry_process import RegistryProcess
from wharfside_sdk import sigv4

TARGETS = {"ecr": "AmazonEC2ContainerRegistry_V20150921", "ecr-public": "SpencerFrontendService"}
MEDIA_TYPE = "application/x-amz-json-1.1"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return self.json()["__type"]

    @property
    def message(self) -> str:
        return self.json()["message"]


@dataclass(frozen=True)
class Signed:
    """A request that is ready to be sent, or to be spoilt first."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def send(self, registry: RegistryProcess) -> Answer:
        connection = http.client.HTTPConnection(registry.host, timeout=30)
        try:
            connection.request(self.method, self.path, self.body, dict(self.headers))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


def sign(
    registry: RegistryProcess,
    operation: str,
    members: Mapping[str, Any] | bytes = b"{}",
    *,
    service: str = "ecr",
    region: str | None = None,
    host: str | None = None,
    key: str | None = None,
    secret: str | None = None,
    now: datetime | None = None,
    headers: Mapping[str, str] | None = None,
) -> Signed:
    """A call of an operation, signed by the administrator unless told otherwise."""
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    target = f"{TARGETS.get(service, service)}.{operation}"
    fields = {"Host": host or registry.host, "Content-Type": MEDIA_TYPE, "X-Amz-Target": target, **(headers or {})}
    credentials = sigv4.Credentials(key or registry.access_key_id, secret or registry.secret_access_key)
    added = sigv4.sign_headers(
        credentials,
        method="POST",
        raw_path="/",
        raw_query="",
        headers=fields,
        body_sha256=hashlib.sha256(body).hexdigest(),
        region=region or registry.region,
        service=service,
        now=now or datetime.now(UTC),
    )
    return Signed("POST", "/", fields | added, body)


def call(
    registry: RegistryProcess, operation: str, members: Mapping[str, Any] | bytes = b"{}", **options: Any
) -> Answer:
    """The answer to a signed call; one that succeeds holds what is promised."""
    answer = sign(registry, operation, members, **options).send(registry)
    service = options.get("service", "ecr")
    if answer.status == 200 and (service == "ecr" or service == "ecr-public"):
        check_promises(service, operation, answer.json())
    return answer


def refused(operation: Callable[..., Any], **members: Any) -> tuple[str, str]:
    """Code and message by which a call of boto3's client is refused, as every modelled error with HTTP 400."""
    with pytest.raises(ClientError) as caught:
        operation(**members)
    answer = answer_of(caught.value)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    return answer["Error"]["Code"], answer["Error"]["Message"]


def answer_of(refusal: ClientError) -> dict[str, Any]:
    """The answer to a refused call, of which botocore's stubs say that every member may be missing."""
    return cast(dict[str, Any], refusal.response)


def invalid(member: str, reason: str) -> tuple[str, str]:
    """How ECR refuses a parameter."""
    return "InvalidParameterException", f"Invalid parameter at '{member}' failed to satisfy constraint: '{reason}'"


def upload_layer(ecr: Any, repository: str, content: bytes) -> str:
    """Upload a layer in one part; its digest."""
    upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    ecr.upload_layer_part(
        repositoryName=repository,
        uploadId=upload,
        partFirstByte=0,
        partLastByte=len(content) - 1,
        layerPartBlob=content,
    )
    digest = digest_of(content)
    done = ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest])
    assert done["layerDigest"] == digest
    return digest
