"""What clients make of answers: the results and the errors that boto3 makes of the same bytes."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from boto3.session import Session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError as TheirClientError
from scripted_transport import REQUEST_ID, answer, client, configuration

from wharfside_sdk import __version__, sigv4
from wharfside_sdk.core.http import HttpResponse
from wharfside_sdk.ecr import ECRClient, exceptions
from wharfside_sdk.errors import ClientError, ConfigurationError, SdkError, UnknownClientMethod, UnreadableResponse

DIGEST = "sha256:" + "a" * 64
NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


@contextmanager
def boto3_answered(response: HttpResponse) -> Iterator[Any]:
    """A boto3 client that gets this answer to whatever it sends."""

    def instead(request: Any, **_: Any) -> AWSResponse:
        headers = HTTPHeaders()
        for name, value in response.headers.items():
            headers[name] = value
        return AWSResponse(request.url, response.status, headers, SimpleNamespace(stream=lambda: [response.body]))

    boto3: Any = Session().client(
        "ecr",
        region_name="us-east-1",
        endpoint_url="http://ecr.invalid:5000",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
    )
    boto3.meta.events.register_first("before-send.ecr", instead)
    yield boto3
    boto3.close()


def test_results_are_those_of_boto3() -> None:
    image = {
        "registryId": "123456789012",
        "imageDigest": DIGEST,
        "imageTags": ["a", "b"],
        "imageSizeInBytes": 2**40,
        "imagePushedAt": 1_563_223_656.25,
        "imageScanFindingsSummary": {"findingSeverityCounts": {"HIGH": 3}, "vulnerabilitySourceUpdatedAt": 1.5e9},
        "imageScanStatus": {"status": "A_NEW_STATUS", "description": None},
        "artifactMediaType": None,
    }
    response = answer({"imageDetails": [image], "nextToken": None})
    ours = client(response)[0].describe_images(repositoryName="app")
    with boto3_answered(response) as boto3:
        assert ours == boto3.describe_images(repositoryName="app")
    assert list(ours)[-1] == "ResponseMetadata"
    assert ours["ResponseMetadata"] == {
        "RequestId": REQUEST_ID,
        "HTTPStatusCode": 200,
        "HTTPHeaders": {"x-amzn-requestid": REQUEST_ID},
        "RetryAttempts": 0,
    }


def test_members_that_the_model_does_not_know_are_kept() -> None:
    ecr, _ = client(answer({"registryId": "1", "news": {"at": [1]}}))
    assert ecr.describe_registry()["news"] == {"at": [1]}  # pyright: ignore[reportGeneralTypeIssues]


@pytest.mark.parametrize("body", [b"", b"{}", b"null"[:0]])
def test_an_empty_answer_is_an_empty_result(body: bytes) -> None:
    ecr, _ = client(answer(body))
    assert set(ecr.tag_resource(resourceArn="a", tags=[])) == {"ResponseMetadata"}


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[]", b'"text"', b'{"registryId": 5}', b"\xff", b"{"])
def test_success_in_another_protocol_is_an_error(body: bytes) -> None:
    ecr, _ = client(answer(body))
    with pytest.raises(UnreadableResponse, match=r"http://ecr\.invalid:5000/ answered DescribeRegistry"):
        ecr.describe_registry()


def test_an_unreadable_answer_is_not_shown() -> None:
    ecr, _ = client(answer({"authorizationData": [{"authorizationToken": ["secret"]}]}))
    with pytest.raises(UnreadableResponse) as caught:
        ecr.get_authorization_token()
    assert str(caught.value).endswith("authorizationData.0.authorizationToken: Input should be a valid string")


REFUSALS = [
    answer({"__type": "RepositoryNotFoundException", "message": "gone"}, 400),
    answer({"__type": "com.amazonaws.ecr#RepositoryNotFoundException", "message": "gone"}, 400),
    answer({"__type": "RepositoryNotFoundException:http://internal/", "Message": "gone"}, 400),
    answer({"__type": "UnrecognizedClientException", "message": "who?"}, 403),
    answer({"__type": "UnrecognizedClientException"}, 400),
    answer({"__type": "KmsException", "message": "locked", "kmsError": "DisabledException"}, 400),
    answer(
        {
            "__type": "InvalidLayerPartException",
            "message": "order",
            "registryId": "123456789012",
            "repositoryName": "app",
            "uploadId": "u",
            "lastValidByteReceived": 2**40,
            "stray": 1,
        },
        400,
    ),
    answer({"message": "no type"}, 404),
    answer(b"", 400),
    answer(b"not found", 404),
    answer(b"moved", 301),
    HttpResponse(503, {}, b""),
    HttpResponse(502, {}, b"  <html>overloaded</html>"),
    answer(b"plain", 500),
    answer({"__type": "ServerException", "message": None}, 500),
    HttpResponse(400, {}, b"{}"),
]


@pytest.mark.parametrize("response", REFUSALS)
def test_errors_are_those_of_boto3(response: HttpResponse) -> None:
    ecr, _ = client(response, max_attempts=1)
    with pytest.raises(ClientError) as ours:
        ecr.describe_repositories()
    with boto3_answered(response) as boto3:
        boto3.meta.events.register_first("needs-retry.ecr", lambda **_: False)
        with pytest.raises(TheirClientError) as theirs:
            boto3.describe_repositories()
    without_retries = dict(ours.value.response) | {
        "ResponseMetadata": {
            name: value
            for name, value in ours.value.response["ResponseMetadata"].items()
            if name != "MaxAttemptsReached"
        }
    }
    assert without_retries == theirs.value.response
    assert str(ours.value).replace(" (reached max retries: 0)", "") == str(theirs.value)
    assert type(ours.value).__name__ == type(theirs.value).__name__
    assert ours.value.operation_name == theirs.value.operation_name


def test_the_type_may_be_in_a_header() -> None:
    ecr, _ = client(answer({"message": "gone"}, 400, {"x-amzn-errortype": "RepositoryNotFoundException:http://x/"}))
    with pytest.raises(exceptions.RepositoryNotFoundException):
        ecr.describe_repositories()


@pytest.mark.parametrize("body", [b"[1]", b'"text"', b"5", b"null"])
def test_json_that_is_no_object_is_the_message(body: bytes) -> None:
    ecr, _ = client(answer(body, 400))
    with pytest.raises(ClientError) as caught:
        ecr.describe_repositories()
    assert (caught.value.code, caught.value.message) == ("400", body.decode())


def test_errors_tell_what_they_are() -> None:
    ecr, _ = client(answer({"__type": "RepositoryNotFoundException", "message": "gone"}, 400))
    with pytest.raises(ecr.exceptions.RepositoryNotFoundException) as caught:
        ecr.describe_repositories()
    error = caught.value
    assert isinstance(error, exceptions.RepositoryNotFoundException | ecr.exceptions.ClientError)
    assert isinstance(error, SdkError)
    assert (error.code, error.message, error.status) == ("RepositoryNotFoundException", "gone", 400)
    assert error.request_id == REQUEST_ID


def test_errors_can_be_pickled() -> None:
    ecr, _ = client(answer({"__type": "RepositoryNotFoundException", "message": "gone"}, 400))
    with pytest.raises(ClientError) as caught:
        ecr.describe_repositories()
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy), copy.response) == (
        exceptions.RepositoryNotFoundException,
        str(caught.value),
        caught.value.response,
    )


def test_exceptions_are_found_by_code() -> None:
    ecr, _ = client(answer())
    assert ecr.exceptions.from_code("ScanNotFoundException") is exceptions.ScanNotFoundException
    assert ecr.exceptions.from_code("ThrottlingException") is ClientError
    assert ecr.exceptions.from_code("from_code") is ClientError
    with pytest.raises(AttributeError, match=r"no exception Typo\. There are: .*ScanNotFoundException"):
        ecr.exceptions.Typo  # noqa: B018 # pyright: ignore[reportAttributeAccessIssue]


def test_requests_are_signed() -> None:
    ecr, transport = client(answer({"repositories": []}), aws_session_token="session")
    with time_machine.travel(NOW, tick=False):
        ecr.describe_repositories()
    (request,) = transport.requests
    headers = {name.lower(): value for name, value in request.headers.items()}
    scope = sigv4.Scope("20260203", "us-east-1", "ecr")
    signed = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
    canonical = sigv4.canonical_request(
        method="POST",
        raw_path="/",
        raw_query="",
        headers=headers,
        signed_headers=signed.split(";"),
        body_sha256=hashlib.sha256(b"{}").hexdigest(),
    )
    text = sigv4.string_to_sign("20260203T040506Z", scope, canonical)
    assert headers["authorization"] == (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={signed}, "
        f"Signature={sigv4.signature('secret', scope, text)}"
    )
    assert headers["x-amz-security-token"] == "session"
    assert headers["x-amz-target"] == "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories"
    assert headers["host"] == "ecr.invalid:5000"
    assert headers["user-agent"].startswith(f"wharfside-sdk/{__version__} ")


@pytest.mark.parametrize(
    ("endpoint", "host", "url"),
    [
        ("http://ecr.invalid:80", "ecr.invalid", "http://ecr.invalid:80/"),
        ("https://ecr.invalid:443/", "ecr.invalid", "https://ecr.invalid:443/"),
        ("http://ecr.invalid:443", "ecr.invalid:443", "http://ecr.invalid:443/"),
        ("http://[::1]:5000", "[::1]:5000", "http://[::1]:5000/"),
        ("http://ecr.invalid/behind/it", "ecr.invalid", "http://ecr.invalid/behind/it/"),
    ],
)
def test_the_host_is_the_endpoint_s(endpoint: str, host: str, url: str) -> None:
    ecr, transport = client(answer({"repositories": []}), endpoint_url=endpoint)
    ecr.describe_repositories()
    assert (transport.requests[0].headers["Host"], transport.requests[0].url) == (host, url)


@pytest.mark.parametrize(
    ("method", "parameters", "http_method"),
    [
        ("describe_repositories", None, None),
        ("describe_images", {"repositoryName": "team/app", "maxResults": 5}, "GET"),
        ("list_images", {"repositoryName": "app", "filter": {"tagStatus": "TAGGED"}}, None),
        ("describe_repositories", {"repositoryNames": ["a-a", "b_b"]}, None),
    ],
)
def test_presigned_urls_are_those_of_boto3(method: str, parameters: Any, http_method: str | None) -> None:
    with time_machine.travel(NOW, tick=False), boto3_answered(answer()) as boto3:
        arguments = {"ClientMethod": method, "Params": parameters, "ExpiresIn": 60, "HttpMethod": http_method}
        theirs = boto3.generate_presigned_url(**arguments)
        ours = client(answer())[0].generate_presigned_url(**arguments)
    assert urlsplit(ours)[:3] == urlsplit(theirs)[:3]
    assert sorted(parse_qsl(urlsplit(ours).query)) == sorted(parse_qsl(urlsplit(theirs).query))


def test_presigning_refuses_an_unknown_method() -> None:
    with pytest.raises(UnknownClientMethod, match="Client does not have method: fly"):
        client(answer())[0].generate_presigned_url("fly")


def test_meta_tells_what_boto3_s_tells() -> None:
    ours = client(answer())[0].meta
    with boto3_answered(answer()) as boto3:
        assert (ours.region_name, ours.endpoint_url) == (boto3.meta.region_name, boto3.meta.endpoint_url)
        assert ours.method_to_api_mapping == boto3.meta.method_to_api_mapping
        model = boto3.meta.service_model
        assert ours.service_model.service_name == model.service_name
        assert (ours.service_model.api_version, ours.service_model.signing_name) == (
            model.api_version,
            model.signing_name,
        )


def test_a_client_says_what_it_is() -> None:
    made = ECRClient(configuration=configuration(aws_secret_access_key="hidden"))
    assert repr(made) == "ECRClient(region_name='us-east-1', endpoint_url='http://ecr.invalid:5000')"


def test_a_setting_that_there_is_not_is_refused() -> None:
    unknown: Any = {"region": "us-east-1"}
    with pytest.raises(TypeError, match=r"ECRClient has no setting 'region'\. There are: .*, region_name, "):
        ECRClient(**unknown)
    misspelled: Any = "stict"
    with pytest.raises(ConfigurationError, match="validate must be one of strict, min, off, not 'stict'"):
        client(validate=misspelled)


def test_secrets_are_in_no_text_about_a_request() -> None:
    ecr, transport = client(answer({"repositories": []}), aws_session_token="session")
    ecr.describe_repositories()
    shown = repr(transport.requests[0]) + repr(configuration(aws_session_token="session"))
    assert "session" not in shown
    assert "Signature" not in shown
    assert json.loads(transport.requests[0].body) == {}
