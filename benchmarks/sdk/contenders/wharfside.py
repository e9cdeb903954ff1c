"""The clients and validators of wharfside_sdk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.sdk.payloads import CREATE_REPOSITORY, REPOSITORY
from wharfside_sdk.ecr import ECRClient
from wharfside_sdk.model.errors import InvalidRequest
from wharfside_sdk.model.ir import ServiceName
from wharfside_sdk.model.validators import request_validator, response_validator


def _client(url: str) -> ECRClient:
    return ECRClient(endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


def small_call(url: str) -> Callable[[], object]:
    client = _client(url)
    return lambda: client.create_repository(**CREATE_REPOSITORY)


def large_call(url: str) -> Callable[[], object]:
    client = _client(url)
    return lambda: client.describe_images(repositoryName=REPOSITORY)


def check() -> Callable[[dict[str, Any]], object]:
    return request_validator("ecr", "CreateRepository").validate_python


def read() -> Callable[[bytes], object]:
    return response_validator("ecr", "DescribeImages").validate_json


def accepts() -> Callable[[ServiceName, str, dict[str, Any]], bool]:
    def passes(service: ServiceName, operation: str, members: dict[str, Any]) -> bool:
        try:
            request_validator(service, operation).validate_python(members)
        except InvalidRequest:
            return False
        return True

    return passes
