"""Responses are read leniently: a newer server must not break an older client."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from model_values import SERVICES

from wharfside_sdk.model.ir import load
from wharfside_sdk.model.validators import response_validator


def read(operation: str, values: dict[str, Any]) -> dict[str, Any]:
    validator = response_validator("ecr", operation)
    result = validator.validate_json(json.dumps(values).encode())
    assert validator.validate_python(values) == result
    return result


def test_times_become_aware_datetimes() -> None:
    result = read("DescribeRepositories", {"repositories": [{"createdAt": 1700000000.25}, {"createdAt": 30000000000}]})
    assert result["repositories"][0]["createdAt"] == datetime(2023, 11, 14, 22, 13, 20, 250000, tzinfo=UTC)
    assert result["repositories"][1]["createdAt"].year == 2920, "large numbers are seconds, not milliseconds"


def test_newer_enum_values_and_members_pass() -> None:
    values = {"repositories": [{"imageTagMutability": "SOMETIMES", "newer": {"a": [1, 2.5, "x"]}}], "newest": True}
    assert read("DescribeRepositories", values) == values


def test_bounds_and_requirements_are_not_checked() -> None:
    values = {"imageIds": [{"imageTag": ""}] * 101, "nextToken": ""}
    assert read("ListImages", values) == values
    assert read("GetAccountSetting", {"name": "x" * 65}) == {"name": "x" * 65}


def test_null_members_count_as_absent() -> None:
    assert read("DescribeRepositories", {"repositories": [{"registryId": None}], "nextToken": None}) == {
        "repositories": [{}]
    }


def test_the_word_null_in_a_text_stays() -> None:
    assert read("DescribeRepositories", {"repositories": [], "nextToken": "null"})["nextToken"] == "null"


def test_maps_are_read() -> None:
    findings = {"imageScanFindings": {"findingSeverityCounts": {"HIGH": 3, "NEWER": 1}}}
    assert read("DescribeImageScanFindings", findings) == findings


@pytest.mark.parametrize(
    "body", [b"no json", b'{"repositories":{}}', b'{"repositories":[{"repositoryName":5}]}', b"[]"]
)
def test_what_is_no_response_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        response_validator("ecr", "DescribeRepositories").validate_json(body)


@pytest.mark.parametrize("service", SERVICES)
def test_every_response_has_a_validator(service: Any) -> None:
    for operation in load(service).operations:
        assert response_validator(service, operation).validate_json(b"") == {}
