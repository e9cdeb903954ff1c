"""What aws-resource-validator's `wrap_client(strict)` checks before boto3's client."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, Never

from aws_resource_validator.client_wrapper.validator import ShapeValidator

from benchmarks.sdk.contenders import boto3_client


class _Stalled(Exception):
    """A pattern ran for a second; that counts as a refusal."""


def _stalled(number: int, frame: FrameType | None) -> Never:
    raise _Stalled


def check() -> Callable[[dict[str, Any]], object]:
    validator, model = ShapeValidator(), boto3_client.operation_model("ecr", "CreateRepository")
    return lambda members: validator.validate_operation_parameters("ecr", model, members, strict=True)


def accepts() -> Callable[[str, str, dict[str, Any]], bool]:
    signal.signal(signal.SIGALRM, _stalled)
    validator, accepted_by_boto3 = ShapeValidator(), boto3_client.accepts()

    def passes(service: str, operation: str, members: dict[str, Any]) -> bool:
        if not accepted_by_boto3(service, operation, members):
            return False
        model = boto3_client.operation_model(service, operation)
        signal.setitimer(signal.ITIMER_REAL, 1)
        try:
            return not validator.validate_operation_parameters(service, model, members, strict=True)
        except _Stalled:
            return False
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    return passes
