"""The Pydantic models of wharfside_sdk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

import wharfside_sdk.ecr.models
import wharfside_sdk.ecr_public.models
from wharfside_sdk.model.ir import ServiceName, load

_MODULES = {"ecr": wharfside_sdk.ecr.models, "ecr-public": wharfside_sdk.ecr_public.models}


def check() -> Callable[[dict[str, Any]], object]:
    return wharfside_sdk.ecr.models.CreateRepositoryRequest.from_boto


def read() -> Callable[[bytes], object]:
    return wharfside_sdk.ecr.models.DescribeImagesResponse.model_validate_json


def accepts() -> Callable[[ServiceName, str, dict[str, Any]], bool]:
    def passes(service: ServiceName, operation: str, members: dict[str, Any]) -> bool:
        model = getattr(_MODULES[service], load(service).operations[operation].input)
        try:
            model.from_boto(members)
        except ValidationError:
            return False
        return True

    return passes
