"""Pydantic models of responses read what any server answers, and give it back as it was."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.parsers import JSONParser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_values import SERVICES
from pydantic import ValidationError
from pydantic_models import response_model

from wharfside_sdk.ecr import models as ecr
from wharfside_sdk.model.ir import Enum, ListShape, MapShape, Service, ServiceName, Structure, load

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
TIMES = st.datetimes(
    datetime(1970, 1, 2), datetime(2900, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))])
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=20),
    "integer": st.integers(-(2**31), 2**63),
    "long": st.integers(-(2**63), 2**70),
    "float": st.floats(allow_nan=False),
    "double": st.floats(allow_nan=False),
    "boolean": st.booleans(),
    "timestamp": TIMES,
}
METADATA = {"RequestId": "r", "HTTPStatusCode": 200, "HTTPHeaders": {"date": "now"}, "RetryAttempts": 0}


@cache
def answers(service: Service, name: str) -> st.SearchStrategy[Any]:
    """Anything that boto3 might make of an answer, of a newer service too."""
    shape = service.shapes[name]
    if isinstance(shape, Structure):
        members = {field.name: answers(service, field.shape) for field in shape.fields}
        newer = st.dictionaries(st.sampled_from(["newer", "Newest", "x-y", "copy", "model_fields"]), JSON, max_size=2)
        return st.builds(lambda known, unknown: unknown | known, st.fixed_dictionaries({}, optional=members), newer)
    if isinstance(shape, ListShape):
        return st.lists(answers(service, shape.item), max_size=3)
    if isinstance(shape, MapShape):
        return st.dictionaries(answers(service, shape.key), answers(service, shape.value), max_size=3)
    if isinstance(shape, Enum):
        return st.sampled_from(shape.values) | st.just("NEWER_VALUE")
    return SCALARS[shape.kind]


@pytest.mark.parametrize("service", SERVICES)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_answers_come_out_as_they_went_in(service: ServiceName, data: st.DataObject) -> None:
    model = load(service)
    operation = data.draw(st.sampled_from(sorted(model.operations)))
    answer = data.draw(answers(model, model.operations[operation].output)) | {"ResponseMetadata": METADATA}
    read = response_model(service, operation).from_boto(answer)
    assert read.to_boto() == answer
    assert type(read).from_boto(read.to_boto()) == read
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read.model_dump()


@pytest.mark.parametrize("service", SERVICES)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_what_botocore_makes_of_a_body_comes_out_as_it_went_in(service: ServiceName, data: st.DataObject) -> None:
    model = load(service)
    operation = data.draw(st.sampled_from(sorted(model.operations)))
    read = response_model(service, operation)
    body = read.from_boto(data.draw(answers(model, model.operations[operation].output))).model_dump_json(
        exclude_unset=True
    )
    shape = botocore_model(service).operation_model(operation).output_shape
    answer = JSONParser().parse(
        {"body": body.encode(), "headers": {"x-amzn-requestid": "r"}, "status_code": 200}, shape
    )
    assert answer["ResponseMetadata"]["RequestId"] == "r"
    assert read.from_boto(answer).to_boto() == answer
    assert {type(made) for made in leaves(read.from_boto(answer).to_boto())} == {type(made) for made in leaves(answer)}


@cache
def botocore_model(service: ServiceName) -> Any:
    return botocore.session.get_session().get_service_model(service)


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return [leaf for part in inside for leaf in leaves(part)]
    return [value]


def test_as_json_a_response_is_the_body_that_a_service_answers() -> None:
    body = b'{"repositories":[{"repositoryName":"ab","createdAt":1700000000.25}],"newer":[1]}'
    assert (
        ecr.DescribeRepositoriesResponse.model_validate_json(body).model_dump_json(exclude_unset=True) == body.decode()
    )


def test_the_body_of_an_http_answer_is_read() -> None:
    read = ecr.DescribeRepositoriesResponse.model_validate_json(
        '{"repositories": [{"repositoryName": "ab", "createdAt": 1700000000.25}, {"createdAt": 30000000000}]}'
    )
    assert read.ResponseMetadata is None
    assert read.repositories[0].repositoryName == "ab"
    assert read.repositories[0].createdAt == datetime(2023, 11, 14, 22, 13, 20, 250000, tzinfo=UTC)
    assert read.repositories[1].createdAt.year == 2920, "large numbers are seconds, not milliseconds"


def test_what_an_answer_lacks_is_none() -> None:
    read = ecr.DescribeRepositoriesResponse.from_boto({})
    assert read.repositories is None
    assert read.nextToken is None
    assert read.to_boto() == {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read.model_dump() == {"repositories": None, "nextToken": None, "ResponseMetadata": None}


def test_what_the_model_does_not_know_is_kept() -> None:
    read: Any = ecr.CreateRepositoryResponse.from_boto(
        {"repository": {"imageTagMutability": "SOMETIMES", "newer": {"a": None}}, "newest": True}
    )
    assert read.repository.imageTagMutability == "SOMETIMES"
    assert read.repository.newer == {"a": None}
    assert read.model_extra == {"newest": True}


def test_bounds_are_not_checked() -> None:
    answer = {"imageIds": [{"imageTag": ""}] * 101, "nextToken": ""}
    assert ecr.ListImagesResponse.from_boto(answer).to_boto() == answer


def test_metadata_has_attributes() -> None:
    read = ecr.ListImagesResponse.from_boto({"imageIds": [], "ResponseMetadata": METADATA})
    assert read.ResponseMetadata is not None
    assert read.ResponseMetadata.HTTPStatusCode == 200
    assert read.ResponseMetadata.HTTPHeaders == {"date": "now"}


@pytest.mark.parametrize(
    "answer",
    [
        {"repositories": {}},
        {"repositories": "abc"},
        {"repositories": [{"repositoryName": 5}]},
        {"repositories": [{"createdAt": "soon"}]},
        {"repositories": [{"imageScanningConfiguration": {"scanOnPush": "yes"}}]},
    ],
)
def test_what_is_no_answer_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ecr.DescribeRepositoriesResponse.from_boto(answer)
