"""boto3, and botocore's parser and validator behind it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import create_parser
from botocore.session import get_session
from botocore.validate import ParamValidator

from benchmarks.sdk.payloads import CREATE_REPOSITORY, REPOSITORY


def _client(url: str) -> Any:
    return boto3.client(
        "ecr", endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


def small_call(url: str) -> Callable[[], object]:
    client = _client(url)
    return lambda: client.create_repository(**CREATE_REPOSITORY)


def large_call(url: str) -> Callable[[], object]:
    client = _client(url)
    return lambda: client.describe_images(repositoryName=REPOSITORY)


@cache
def _model(service: str) -> ServiceModel:
    return get_session().get_service_model(service)


def operation_model(service: str, operation: str) -> OperationModel:
    return _model(service).operation_model(operation)


def check() -> Callable[[dict[str, Any]], object]:
    validator, shape = ParamValidator(), operation_model("ecr", "CreateRepository").input_shape
    return lambda members: validator.validate(members, shape)


def read() -> Callable[[bytes], object]:
    parser, shape = create_parser("json"), operation_model("ecr", "DescribeImages").output_shape
    return lambda body: parser.parse({"body": body, "headers": {}, "status_code": 200}, shape)


def accepts() -> Callable[[str, str, dict[str, Any]], bool]:
    validator = ParamValidator()
    return lambda service, operation, members: (
        not validator.validate(members, operation_model(service, operation).input_shape).has_errors()
    )
