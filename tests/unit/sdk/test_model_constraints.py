"""Every constraint of both models is enforced, and nothing that the models allow is refused."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_values import REFUSED_BY_OTHERS, SERVICES, IllegalCase, illegal_cases, legal, legal_strategy
from pydantic_core import SchemaValidator, ValidationError

from wharfside_sdk.model.errors import InvalidRequest
from wharfside_sdk.model.ir import Scalar, ServiceName, load
from wharfside_sdk.model.schemas import schema_of
from wharfside_sdk.model.validators import request_validator

OPERATIONS = [(service, operation) for service in SERVICES for operation in load(service).operations]
SLOW_TO_DRAW = [
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
]


def as_body(values: dict[str, Any]) -> bytes:
    return json.dumps(values, default=lambda content: base64.b64encode(content).decode()).encode()


def refusal(case: IllegalCase, *, as_json: bool) -> InvalidRequest | None:
    validator = request_validator(case.service, case.operation)
    try:
        if as_json:
            validator.validate_json(as_body(case.request))
        else:
            validator.validate_python(case.request)
    except InvalidRequest as refused:
        return refused
    return None


@pytest.mark.parametrize("service", SERVICES)
def test_every_constraint_is_enforced(service: ServiceName) -> None:
    cases = list(illegal_cases(service))
    assert len(cases) > {"ecr": 500, "ecr-public": 150}[service], "the generator lost cases"
    for case in cases:
        of_json, of_python = refusal(case, as_json=True), refusal(case, as_json=False)
        assert of_json is not None, case
        assert of_python is not None, case
        assert of_json.code == of_python.code == "InvalidParameterException", (case, of_json)
        assert of_json.message == of_python.message, case
        assert of_json.message.startswith("Invalid parameter at '"), case
        assert len(of_json.message) < 600, case


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_smallest_and_fullest_legal_requests_pass(service: ServiceName, operation: str) -> None:
    model = load(service)
    validator = request_validator(service, operation)
    for optional in (False, True):
        request = legal(model, model.operations[operation].input, optional=optional)
        assert validator.validate_json(as_body(request)) == request
        assert validator.validate_python(request) == request


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
@settings(max_examples=2, deadline=None, suppress_health_check=SLOW_TO_DRAW)
@given(data=st.data())
def test_no_legal_request_is_refused(service: ServiceName, operation: str, data: st.DataObject) -> None:
    model = load(service)
    request = data.draw(legal_strategy(model, model.operations[operation].input))
    assert request_validator(service, operation).validate_json(as_body(request)) == request


@pytest.mark.parametrize(("operation", "request_values"), REFUSED_BY_OTHERS)
def test_values_that_others_refuse_by_mistake(operation: str, request_values: dict[str, Any]) -> None:
    assert request_validator("ecr", operation).validate_json(as_body(request_values)) == request_values


@pytest.mark.parametrize("text", ["arn:aws-é:iam::123456789012:role/x", "arn:aws:iam::123456789012:role/é"])
def test_word_characters_are_ascii(text: str) -> None:
    with pytest.raises(InvalidRequest):
        request_validator("ecr", "RegisterPullTimeUpdateExclusion").validate_python({"principalArn": text})


PATTERNED = [
    (service, shape)
    for service in SERVICES
    for shape in load(service).shapes.values()
    if isinstance(shape, Scalar) and shape.pattern
]


@pytest.mark.parametrize(("service", "shape"), PATTERNED, ids=lambda value: getattr(value, "name", value))
@settings(max_examples=10, deadline=None, suppress_health_check=SLOW_TO_DRAW)
@given(data=st.data())
def test_no_text_that_matches_is_refused(service: ServiceName, shape: Scalar, data: st.DataObject) -> None:
    text = data.draw(legal_strategy(load(service), shape.name))
    assert SchemaValidator(schema_of(load(service), shape.name, "json")).validate_python(text) == text


@pytest.mark.parametrize(("service", "shape"), PATTERNED, ids=lambda value: getattr(value, "name", value))
def test_hostile_texts_cost_next_to_nothing(service: ServiceName, shape: Scalar) -> None:
    """A backtracking engine needs seconds for 30 characters of some of these, and twice as long for each one more."""
    validator = SchemaValidator(schema_of(load(service), shape.name, "json"))
    for pump in ("a", "a-", "a.", "a_", "a/", "*", "0", "-", "aa-", ":", "é"):
        hostile = (pump * 10_000)[: (shape.maximum or 10_000) - 1] + "\n"
        started = time.process_time()
        with pytest.raises(ValidationError):
            validator.validate_python(hostile)
        assert time.process_time() - started < 1
