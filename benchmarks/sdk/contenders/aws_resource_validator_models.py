"""The Pydantic models of aws-resource-validator, with the patterns that they check on demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_resource_validator.pydantic_models.ecr as ecr
import aws_resource_validator.pydantic_models.ecr_public as ecr_public
from pydantic import ValidationError

from benchmarks.sdk.contenders import boto3_client

_MODULES = {"ecr": ecr, "ecr-public": ecr_public}
_CONTEXT = {"aws_validate_patterns": True}


def check() -> Callable[[dict[str, Any]], object]:
    return lambda members: ecr.CreateRepositoryRequestTypeDef.model_validate(members, context=_CONTEXT)


def read() -> Callable[[bytes], object]:
    parse = boto3_client.read()
    metadata = {"RequestId": "00000000-0000-4000-8000-000000000000", "RetryAttempts": 0}

    def model(body: bytes) -> object:
        answer = parse(body)
        answer["ResponseMetadata"] |= metadata
        return ecr.DescribeImagesResponseTypeDef.model_validate(answer)

    return model


def accepts() -> Callable[[str, str, dict[str, Any]], bool]:
    def passes(service: str, operation: str, members: dict[str, Any]) -> bool:
        model = getattr(
            _MODULES[service], f"{boto3_client.operation_model(service, operation).input_shape.name}TypeDef", None
        )
        if model is None:
            return True
        try:
            model.model_validate(members, context=_CONTEXT)
        except ValidationError:
            return False
        return True

    return passes
