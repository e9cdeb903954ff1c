"""What clients send for what callers give, and what they refuse to send."""

from __future__ import annotations

import asyncio
import enum
import io
import json
import threading
from typing import Any

import pytest
from boto3.session import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from model_values import SERVICES, IllegalCase, illegal_cases, legal
from scripted_transport import ScriptedAsyncTransport, answer, client, configuration

from wharfside_sdk.core.call import Validation
from wharfside_sdk.core.names import method_name
from wharfside_sdk.core.parameters import encode
from wharfside_sdk.ecr.aio import AsyncECRClient
from wharfside_sdk.errors import ParamValidationError
from wharfside_sdk.model.ir import ServiceName, load

OPERATIONS = [(service, operation) for service in SERVICES for operation in load(service).operations]
LEFT_TO_THE_SERVICE = {"enum", "maximum items", "maximum length", "maximum"}
"""The kinds of constraints that a newer service may have loosened."""
PART = {
    "repositoryName": "app",
    "uploadId": "00000000-0000-4000-8000-000000000000",
    "partFirstByte": 0,
    "partLastByte": 3,
}


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
@pytest.mark.parametrize("validate", ["strict", "min", "off"])
def test_sends_the_body_that_boto3_sends(service: ServiceName, operation: str, validate: Validation) -> None:
    model = load(service)
    parameters = legal(model, model.operations[operation].input, optional=True)
    ours = json.loads(encode(service, operation, parameters, validate))
    assert ours == json.loads(_body_of_boto3(service, operation, parameters))


def _body_of_boto3(service: str, operation: str, parameters: dict[str, Any]) -> bytes:
    sent: list[AWSPreparedRequest] = []

    def keep(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        sent.append(request)

        class Raw:
            def stream(self) -> list[bytes]:
                return [b"{}"]

        return AWSResponse(request.url, 200, HTTPHeaders(), Raw())

    boto3: Any = _BOTO3[service]
    boto3.meta.events.register_first(f"before-send.{service}.{operation}", keep)
    try:
        getattr(boto3, method_name(operation))(**parameters)
    finally:
        boto3.meta.events.unregister(f"before-send.{service}.{operation}", keep)
    body = sent[0].body
    assert isinstance(body, bytes)
    return body


_BOTO3: dict[str, Any] = {
    service: Session().client(
        service,  # pyright: ignore[reportArgumentType]
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
    )
    for service in SERVICES
}


@pytest.mark.parametrize("service", SERVICES)
def test_strict_refuses_whatever_breaks_the_model(service: ServiceName) -> None:
    accepted = [case for case in illegal_cases(service) if _is_sent(case, "strict")]
    assert accepted == []


@pytest.mark.parametrize("service", SERVICES)
def test_min_refuses_what_can_never_be_right(service: ServiceName) -> None:
    cases = [case for case in illegal_cases(service) if case.kind not in LEFT_TO_THE_SERVICE]
    assert [case for case in cases if _is_sent(case, "min")] == []


@pytest.mark.parametrize("service", SERVICES)
def test_off_refuses_nothing(service: ServiceName) -> None:
    assert [case for case in illegal_cases(service) if not _is_sent(case, "off")] == []


def _is_sent(case: IllegalCase, validation: Validation) -> bool:
    try:
        encode(case.service, case.operation, case.request, validation)
    except ParamValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("DescribeRepositories", {"maxResults": 5000}),
        ("CreateRepository", {"repositoryName": "app", "imageTagMutability": "SOMETIMES"}),
        ("CreateRepository", {"repositoryName": "a" * 257}),
        ("BatchDeleteImage", {"repositoryName": "app", "imageIds": [{"imageTag": "a"}] * 101}),
    ],
)
def test_min_leaves_limits_and_new_values_to_the_service(operation: str, parameters: dict[str, Any]) -> None:
    assert json.loads(encode("ecr", operation, parameters, "min")) == parameters
    with pytest.raises(ParamValidationError):
        encode("ecr", operation, parameters, "strict")


@pytest.mark.parametrize("validate", ["strict", "min", "off"])
@pytest.mark.parametrize(
    "blob", [b"part", bytearray(b"part"), memoryview(b"part"), "part", io.BytesIO(b"part"), io.StringIO("part")]
)
def test_blobs_are_bytes_text_or_open_files(validate: Validation, blob: Any) -> None:
    if hasattr(blob, "seek"):
        blob.seek(0)
    body = json.loads(encode("ecr", "UploadLayerPart", {**PART, "layerPartBlob": blob}, validate))
    assert body["layerPartBlob"] == "cGFydA=="


def test_blobs_are_in_the_standard_alphabet_of_base64() -> None:
    body = json.loads(encode("ecr", "UploadLayerPart", {**PART, "layerPartBlob": b"\xfb\xff\xfe"}, "min"))
    assert body["layerPartBlob"] == "+//+"


def test_blobs_inside_structures_are_encoded_too() -> None:
    parameters = {"repositoryName": "app", "catalogData": {"logoImageBlob": b"logo"}}
    for validate in ("strict", "min", "off"):
        body = json.loads(encode("ecr-public", "CreateRepository", parameters, validate))
        assert body["catalogData"] == {"logoImageBlob": "bG9nbw=="}


def test_a_blob_of_another_kind_is_refused() -> None:
    with pytest.raises(ParamValidationError, match="layerPartBlob is 7: Input should be bytes, text, or a file"):
        encode("ecr", "UploadLayerPart", {**PART, "layerPartBlob": 7}, "min")


def test_a_file_that_cannot_be_read_says_so() -> None:
    closed = io.BytesIO(b"part")
    closed.close()
    with pytest.raises(ParamValidationError, match=r"layerPartBlob is of type BytesIO: .*closed file"):
        encode("ecr", "UploadLayerPart", {**PART, "layerPartBlob": closed}, "min")


def test_blobs_are_read_beside_the_event_loop() -> None:
    readers: list[threading.Thread] = []

    class File(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            readers.append(threading.current_thread())
            return super().read(size)

    async def upload() -> None:
        async with AsyncECRClient(configuration=configuration(), transport=ScriptedAsyncTransport(answer())) as ecr:
            await ecr.upload_layer_part(**PART, layerPartBlob=File(b"part"))  # pyright: ignore[reportArgumentType]

    asyncio.run(upload())
    assert [reader is threading.main_thread() for reader in readers] == [False]


def test_sequences_and_text_enums_are_taken() -> None:
    class Mutability(enum.StrEnum):
        FIXED = "IMMUTABLE"

    tags = ({"Key": "team", "Value": "a"},)
    parameters = {"repositoryName": "app", "tags": tags, "imageTagMutability": Mutability.FIXED}
    for validate in ("strict", "min", "off"):
        body = json.loads(encode("ecr", "CreateRepository", parameters, validate))
        assert body == {"repositoryName": "app", "tags": list(tags), "imageTagMutability": "IMMUTABLE"}


def test_a_parameter_that_is_none_is_not_sent() -> None:
    ecr, transport = client(answer({"repositories": []}))
    ecr.describe_repositories(nextToken=None, maxResults=5)  # pyright: ignore[reportArgumentType]
    assert transport.requests[0].body == b'{"maxResults":5}'


def test_nothing_is_sent_when_parameters_are_wrong() -> None:
    ecr, transport = client(answer())
    with pytest.raises(ParamValidationError):
        ecr.create_repository(repositoryName="NO")
    assert transport.requests == []


@pytest.mark.parametrize(
    ("operation", "parameters", "report"),
    [
        (
            "CreateRepository",
            {"repositoryName": "NO!"},
            "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression "
            r"'[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*''"
            "\nrepositoryName is 'NO!', but names are lower-case letters and digits, with single dots, one or two "
            "underscores, or hyphens between them, in parts that are separated by slashes",
        ),
        (
            "CreateRepository",
            {},
            "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must not be null'"
            '\nMissing required parameter in input: "repositoryName"',
        ),
        (
            "CreateRepository",
            {"repositoryName": "app", "repositoryname": "app"},
            'Unknown parameter in input: "repositoryname", must be one of: registryId, repositoryName, tags, '
            "imageTagMutability, imageTagMutabilityExclusionFilters, imageScanningConfiguration, "
            "encryptionConfiguration",
        ),
        (
            "CreateRepository",
            {"repositoryName": "app", "tags": [{"Key": "a", "Value": "b"}, {"key": "a", "Value": "b"}]},
            'Missing required parameter in input: "tags[1].Key"\n'
            'Unknown parameter in input: "tags[1].key", must be one of: Key, Value',
        ),
        (
            "DescribeRepositories",
            {"maxResults": "10"},
            "The value at 'maxResults' must be a whole number of 32 bits.\n"
            "maxResults is '10': Input should be a valid integer",
        ),
        (
            "DescribeRepositories",
            {"repositoryNames": "app"},
            "The value at 'repositoryNames' must be a list.\nrepositoryNames is 'app': Input should be a valid list",
        ),
        (
            "PutImage",
            {"repositoryName": "app", "imageManifest": ["x" * 5000]},
            "The value at 'imageManifest' must be a string.\n"
            "imageManifest is of type list: Input should be a valid string",
        ),
    ],
)
def test_the_error_says_what_is_wrong_and_where(operation: str, parameters: dict[str, Any], report: str) -> None:
    with pytest.raises(ParamValidationError) as caught:
        encode("ecr", operation, parameters, "min")
    assert caught.value.report == report
    assert str(caught.value) == f"Parameter validation failed:\n{report}"


def test_the_error_does_not_show_long_values_whole() -> None:
    with pytest.raises(ParamValidationError) as caught:
        encode("ecr", "CreateRepository", {"repositoryName": "X" * 5000}, "min")
    assert len(caught.value.report) < 500


def test_what_json_cannot_express_is_refused_even_unchecked() -> None:
    with pytest.raises(ParamValidationError):
        encode("ecr", "CreateRepository", {"repositoryName": object()}, "off")
