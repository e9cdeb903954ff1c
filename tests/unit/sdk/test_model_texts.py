"""The errors say what the service says, word for word where its answers are known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wharfside_sdk.model.errors import InvalidRequest
from wharfside_sdk.model.validators import request_validator

MUTABILITIES = "[IMMUTABLE, MUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION]"
NAME_PATTERN = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
UPLOAD = {
    "repositoryName": "ab",
    "uploadId": "00000000-0000-4000-8000-000000000000",
    "partFirstByte": 0,
    "partLastByte": 2,
    "layerPartBlob": "YWJj",
}


def refusal(operation: str, body: bytes | dict[str, Any]) -> tuple[str, str]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(InvalidRequest) as caught:
        request_validator("ecr", operation).validate_json(content)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize(
    ("operation", "body", "member", "reason"),
    [
        (
            "CreateRepository",
            {"repositoryName": "Ab"},
            "repositoryName",
            f"must satisfy regular expression '{NAME_PATTERN}'",
        ),
        (
            "CreateRepository",
            {"repositoryName": "ab\n"},
            "repositoryName",
            f"must satisfy regular expression '{NAME_PATTERN}'",
        ),
        ("CreateRepository", {"repositoryName": "a"}, "repositoryName", "must have length greater than or equal to 2"),
        (
            "CreateRepository",
            {"repositoryName": "a" * 257},
            "repositoryName",
            "must have length less than or equal to 256",
        ),
        ("CreateRepository", {}, "repositoryName", "must not be null"),
        ("CreateRepository", {"repositoryName": None}, "repositoryName", "must not be null"),
        ("CreateRepository", b"", "repositoryName", "must not be null"),
        (
            "CreateRepository",
            {"repositoryName": "ab", "imageTagMutability": "SOMETIMES"},
            "imageTagMutability",
            f"Member must satisfy enum value set: {MUTABILITIES}",
        ),
        (
            "CreateRepository",
            {"repositoryName": "ab", "tags": [{"Key": "k", "Value": "v"}, {"Value": "v"}]},
            "tags.2.member.key",
            "Member must not be null",
        ),
        ("CreateRepository", {"repositoryName": "ab", "tags": [None]}, "tags.1.member", "Member must not be null"),
        ("PutImage", {"repositoryName": "ab"}, "imageManifest", "Member must not be null"),
        (
            "PutImage",
            {"repositoryName": "ab", "imageManifest": "{}", "imageTag": "a:b"},
            "imageTag",
            "must satisfy regular expression '[a-zA-Z0-9-_.]+'",
        ),
        (
            "PutImage",
            {"repositoryName": "ab", "imageManifest": "{}", "imageDigest": "none"},
            "imageDigest",
            "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
        ),
        (
            "DeleteRepository",
            {"registryId": "1", "repositoryName": "ab"},
            "registryId",
            "must satisfy regular expression [0-9]{12}",
        ),
        (
            "GetAuthorizationToken",
            {"registryIds": ["123456789012", "1"]},
            "registryIds",
            "Member must satisfy constraint: [Member must satisfy regular expression pattern: [0-9]{12}]",
        ),
        (
            "DescribeRepositories",
            {"repositoryNames": ["A"]},
            "repositoryNames",
            "Member must satisfy constraint: [Member must have length less than or equal to 256, "
            "Member must have length greater than or equal to 2, "
            f"Member must satisfy regular expression pattern: {NAME_PATTERN}]",
        ),
        (
            "BatchDeleteImage",
            {"repositoryName": "ab", "imageIds": []},
            "imageIds",
            "Member must have length greater than or equal to 1",
        ),
        (
            "BatchGetImage",
            {"repositoryName": "ab", "imageIds": [{"imageTag": "a"}] * 101},
            "imageIds",
            "Member must have length less than or equal to 100",
        ),
        (
            "DescribeImages",
            {"repositoryName": "ab", "maxResults": 1001},
            "maxResults",
            "Member must have value less than or equal to 1000",
        ),
        (
            "DescribeImages",
            {"repositoryName": "ab", "maxResults": 0},
            "maxResults",
            "Member must have value greater than or equal to 1",
        ),
        (
            "CreateRepositoryCreationTemplate",
            {"prefix": "ab", "appliedFor": ["NEVER"]},
            "appliedFor",
            "Member must satisfy constraint: "
            "[Member must satisfy enum value set: [REPLICATION, PULL_THROUGH_CACHE, CREATE_ON_PUSH]]",
        ),
    ],
)
def test_broken_constraints(operation: str, body: bytes | dict[str, Any], member: str, reason: str) -> None:
    message = f"Invalid parameter at '{member}' failed to satisfy constraint: '{reason}'"
    assert refusal(operation, body) == ("InvalidParameterException", message)


@pytest.mark.parametrize(
    ("operation", "body", "message"),
    [
        ("CreateRepository", {"repositoryName": 5}, "The value at 'repositoryName' must be a string."),
        ("CreateRepository", {"repositoryName": "ab", "tags": {}}, "The value at 'tags' must be a list."),
        (
            "CreateRepository",
            {"repositoryName": "ab", "tags": ["x"]},
            "The value at 'tags.1.member' must be an object.",
        ),
        (
            "CreateRepository",
            {"repositoryName": "ab", "imageTagMutability": 1},
            "The value at 'imageTagMutability' must be a string.",
        ),
        ("DeleteRepository", {"repositoryName": "ab", "force": "true"}, "The value at 'force' must be true or false."),
        ("DeleteRepository", {"repositoryName": "ab", "force": 1}, "The value at 'force' must be true or false."),
        *[
            (
                "DescribeRepositories",
                {"maxResults": number},
                "The value at 'maxResults' must be a whole number of 32 bits.",
            )
            for number in ("10", 1.0, True, 2**31, -(2**31) - 1)
        ],
        *[
            (
                "UploadLayerPart",
                {**UPLOAD, "partLastByte": number},
                "The value at 'partLastByte' must be a whole number of 64 bits.",
            )
            for number in (2**63, 10**30)
        ],
        *[
            (
                "UploadLayerPart",
                {**UPLOAD, "layerPartBlob": text},
                "The value at 'layerPartBlob' must be a string of base64.",
            )
            for text in ("YWJ", "Y===", "YW-_", "YWJj\n", "YWJj YWJj", "é", "YWJ=YWJj", "YWK=", 5, ["YWJj"])
        ],
    ],
)
def test_wrong_json_types(operation: str, body: dict[str, Any], message: str) -> None:
    assert refusal(operation, body) == ("SerializationException", message)


def test_wrong_types_come_before_broken_constraints() -> None:
    code, message = refusal("CreateRepository", {"repositoryName": "A", "tags": {}})
    assert (code, message) == ("SerializationException", "The value at 'tags' must be a list.")


def test_of_several_broken_constraints_the_first_in_the_models_order_is_named() -> None:
    values: dict[str, Any] = {"imageTagMutability": "NO", "repositoryName": "A!", "registryId": "1"}
    orders = [dict(items) for items in (values.items(), reversed(list(values.items())))]
    assert {refusal("CreateRepository", order)[1].split("'")[1] for order in orders} == {"registryId"}


def test_messages_never_hold_the_callers_text() -> None:
    secret = "hunter2" * 100_000
    for values in (
        {"repositoryName": secret + "!"},
        {"repositoryName": [secret]},
        {"repositoryName": "ab", "tags": secret},
    ):
        _, message = refusal("CreateRepository", values)
        assert "hunter2" not in message
        assert len(message) < 300
