"""Pydantic models of requests refuse what the server's validators refuse, and nothing else."""

from __future__ import annotations

import copy
import io
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from model_values import SERVICES, UUID, illegal_cases, legal, legal_strategy
from pydantic import TypeAdapter, ValidationError
from pydantic_models import model_named, package, request_model, structures

from wharfside_sdk.ecr import models as ecr
from wharfside_sdk.ecr_public import models as ecr_public
from wharfside_sdk.model.errors import InvalidRequest
from wharfside_sdk.model.ir import ListShape, Scalar, ServiceName, Structure, load
from wharfside_sdk.model.validators import request_validator
from wharfside_sdk.models import Shape

OPERATIONS = [(service, operation) for service in SERVICES for operation in load(service).operations]
SLOW_TO_DRAW = [
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
]
PART = {"repositoryName": "ab", "uploadId": UUID, "partFirstByte": 0, "partLastByte": 3}


def what_the_model_makes(service: ServiceName, operation: str, request: dict[str, Any]) -> Any:
    """The request for boto3, or None when it is refused."""
    try:
        return request_model(service, operation)(**request).to_boto()
    except ValidationError:
        return None


def what_the_validator_makes(service: ServiceName, operation: str, request: dict[str, Any]) -> Any:
    try:
        return request_validator(service, operation).validate_python(request)
    except InvalidRequest:
        return None


@pytest.mark.parametrize("service", SERVICES)
def test_every_constraint_is_enforced(service: ServiceName) -> None:
    cases = list(illegal_cases(service))
    assert len(cases) > {"ecr": 500, "ecr-public": 150}[service], "the generator lost cases"
    for case in cases:
        assert what_the_model_makes(service, case.operation, case.request) is None, case


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_smallest_and_fullest_legal_requests_come_out_as_they_were(service: ServiceName, operation: str) -> None:
    model = load(service)
    for optional in (False, True):
        request = legal(model, model.operations[operation].input, optional=optional)
        assert request_model(service, operation)(**request).to_boto() == request


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_as_json_a_request_is_the_body_that_the_service_reads(service: ServiceName, operation: str) -> None:
    request = legal(load(service), load(service).operations[operation].input, optional=True)
    if "layerPartBlob" in request:
        request["layerPartBlob"] = bytes(range(256))
    model = request_model(service, operation)
    body = model(**request).model_dump_json(exclude_none=True)
    assert request_validator(service, operation).validate_json(body.encode()) == request
    assert model.model_validate_json(body).to_boto() == request


@pytest.mark.parametrize("service", SERVICES)
@settings(max_examples=100, deadline=None, suppress_health_check=SLOW_TO_DRAW)
@given(data=st.data())
def test_no_legal_request_is_refused(service: ServiceName, data: st.DataObject) -> None:
    model = load(service)
    operation = data.draw(st.sampled_from(sorted(model.operations)))
    request = data.draw(legal_strategy(model, model.operations[operation].input))
    assert request_model(service, operation)(**request).to_boto() == request


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, 1, 50, 51, 100, 101, 1000, 1001, 2**31, 2**63]),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["", "\ud800", "a" * 300, "MUTABLE", "TAGGED", "abc\n", "latest"]),
    st.binary(max_size=5),
    st.builds(list),
    st.builds(dict),
    st.lists(st.text(max_size=3), max_size=3),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside this one."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, part in inside for place in ((*path, key), *places(part, (*path, key)))]


@pytest.mark.parametrize("service", SERVICES)
@settings(max_examples=500, deadline=None)
@given(data=st.data())
def test_the_verdict_is_the_validators(service: ServiceName, data: st.DataObject) -> None:
    """Whatever is put in whatever place of a legal request."""
    model = load(service)
    with_members = sorted(
        name for name, operation in model.operations.items() if model.structure(operation.input).fields
    )
    operation = data.draw(st.sampled_from(with_members))
    request = copy.deepcopy(legal(model, model.operations[operation].input, optional=True))
    *steps, last = data.draw(st.sampled_from(places(request)))
    container: Any = request
    for step in steps:
        container = container[step]
    container[last] = data.draw(ANYTHING)
    # Models take text as bytes, which the validators, who look at what is sent, do not.
    assume(not (str(last).endswith("Blob") and isinstance(container[last], str)))
    assert what_the_model_makes(service, operation, request) == what_the_validator_makes(service, operation, request)


def test_unknown_members_are_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        ecr.CreateRepositoryRequest.from_boto({"repositoryName": "ab", "repositorName": "ab"})
    with pytest.raises(ValidationError, match="Extra inputs"):
        ecr.TagResourceRequest.from_boto({"resourceArn": "arn", "tags": [{"Key": "a", "Value": "b", "value": "b"}]})


def test_lists_may_be_tuples_and_parts_dicts_or_models() -> None:
    request = ecr.CreateRepositoryRequest(
        repositoryName="ab",
        tags=({"Key": "a", "Value": "b"}, ecr.Tag(Key="c", Value="d")),
        encryptionConfiguration={"encryptionType": "KMS"},
        imageTagMutability=None,
    )
    assert request.tags is not None
    assert [tag.Key for tag in request.tags] == ["a", "c"]
    assert request.to_boto() == {
        "repositoryName": "ab",
        "tags": [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}],
        "encryptionConfiguration": {"encryptionType": "KMS"},
    }


def test_what_is_assigned_is_checked() -> None:
    request = ecr.DescribeRepositoriesRequest(maxResults=5)
    request.maxResults = 1000
    with pytest.raises(ValidationError, match="1000"):
        request.maxResults = 1001
    assert request.to_boto() == {"maxResults": 1000}


def test_a_part_that_was_changed_in_place_is_checked_where_it_is_used() -> None:
    rule = ecr.ReplicationRule(destinations=[ecr.ReplicationDestination(region="eu-west-1", registryId="1" * 12)])
    rule.destinations.append("nothing")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValidationError, match="destinations"):
        ecr.ReplicationConfiguration(rules=[rule])


def answered(service: ServiceName, name: str, request: Any) -> Any:
    """A legal part of a request, as a model of a part of a response wherever there is such a model."""
    shape = load(service).shapes[name]
    if isinstance(shape, ListShape):
        return [answered(service, shape.item, item) for item in request]
    if not isinstance(shape, Structure):
        return request
    output = getattr(package(service), f"{name}Output", None)
    if output is not None:
        return output.from_boto(request)
    shapes = {field.name: field.shape for field in shape.fields}
    return {member: answered(service, shapes[member], value) for member, value in request.items()}


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_parts_of_responses_are_parts_of_requests(service: ServiceName, operation: str) -> None:
    name = load(service).operations[operation].input
    request = legal(load(service), name, optional=True)
    assert request_model(service, operation)(**answered(service, name, request)).to_boto() == request


def test_structures_that_travel_both_ways_have_two_models() -> None:
    both = {name for name in structures(load("ecr")) if hasattr(ecr, f"{name}Output")}
    assert {"EncryptionConfiguration", "ImageIdentifier", "ReplicationConfiguration", "SigningRule", "Tag"} < both


@pytest.mark.parametrize("strange", [{"filterType": "NEWER"}, {"newer": 1}, {"filter": "!"}])
def test_parts_of_responses_are_refused_where_a_request_cannot_say_them(strange: dict[str, Any]) -> None:
    part = ecr.RepositoryFilterOutput.from_boto({"filter": "ab", "filterType": "PREFIX_MATCH", **strange})
    with pytest.raises(ValidationError, match=rf"repositoryFilters\.0\.{next(iter(strange))}"):
        ecr.ReplicationRule(destinations=[], repositoryFilters=[part])


class Nonsense:
    def read(self, size: int, /) -> list[str]:
        return ["no bytes"]


def part_with(blob: Any) -> bytes:
    return ecr.UploadLayerPartRequest(**PART, layerPartBlob=blob).layerPartBlob


def test_blobs_are_bytes_text_or_files(tmp_path: Path) -> None:
    file = tmp_path / "layer"
    file.write_bytes(b"layer")
    for blob in (
        b"layer",
        bytearray(b"layer"),
        memoryview(b"layer"),
        "layer",
        io.BytesIO(b"layer"),
        io.StringIO("layer"),
    ):
        assert part_with(blob) == b"layer"
    with file.open("rb") as opened:
        opened.seek(2)
        assert part_with(opened) == b"yer", "a file is read from where it stands"
    with pytest.raises(ValidationError, match="closed file"):
        part_with(opened)
    with file.open("wb") as opened, pytest.raises(ValidationError, match="cannot be read"):
        part_with(opened)
    for nothing in (5, None, [1], object(), Nonsense()):
        with pytest.raises(ValidationError):
            part_with(nothing)


class Stream:
    """Gives so much, and never more than a bit at once."""

    def __init__(self, size: int, bit: int) -> None:
        self.left = size
        self.bit = bit

    def read(self, size: int, /) -> bytes:
        given = min(size, self.bit, self.left)
        assert given >= 0
        self.left -= given
        return bytes(given)


def test_a_stream_is_read_to_its_end() -> None:
    assert ecr_public.RepositoryCatalogDataInput(logoImageBlob=Stream(512_000, 999)).logoImageBlob == bytes(512_000)


def test_no_more_of_a_file_is_read_than_shows_that_it_is_too_long() -> None:
    endless = Stream(10**12, 1000)
    with pytest.raises(ValidationError, match="512000"):
        ecr_public.RepositoryCatalogDataInput(logoImageBlob=endless)
    assert endless.left == 10**12 - 513_000


@pytest.mark.parametrize(
    ("service", "shape"),
    [
        (service, shape)
        for service in SERVICES
        for shape in load(service).shapes.values()
        if isinstance(shape, Scalar) and shape.pattern
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_hostile_texts_cost_next_to_nothing(service: ServiceName, shape: Scalar) -> None:
    """A backtracking engine needs seconds for 30 characters of some of these, and twice as long for each one more."""
    checked: TypeAdapter[str] = TypeAdapter(Annotated[str, Shape(service, shape.name)])
    for pump in ("a", "a-", "a.", "a_", "a/", "*", "0", "-", "aa-", ":", "é"):
        hostile = (pump * 10_000)[: (shape.maximum or 4_000) - 1] + "\n"
        assert min(seconds_to_refuse(checked, hostile) for _ in range(5)) < 0.001


def seconds_to_refuse(checked: TypeAdapter[str], text: str) -> float:
    started = time.process_time()
    with pytest.raises(ValidationError):
        checked.validate_python(text)
    return time.process_time() - started


def test_times_are_datetimes() -> None:
    """No request of today's models has one."""
    when: TypeAdapter[datetime] = TypeAdapter(Annotated[datetime, Shape("ecr", "CreationTimestamp")])
    assert when.validate_python(datetime(2026, 1, 1, tzinfo=UTC)) == datetime(2026, 1, 1, tzinfo=UTC)


def test_paginators_and_waiters_take_their_settings() -> None:
    walk = ecr.DescribeImagesRequestPaginate(repositoryName="ab", PaginationConfig={"PageSize": 5})
    assert walk.to_boto() == {"repositoryName": "ab", "PaginationConfig": {"PageSize": 5}}
    assert {"nextToken", "maxResults"}.isdisjoint(type(walk).model_fields)
    wait = ecr.DescribeImageScanFindingsRequestWait(
        repositoryName="ab", imageId={"imageTag": "x"}, WaiterConfig=ecr.WaiterConfig(Delay=1)
    )
    assert wait.to_boto() == {"repositoryName": "ab", "imageId": {"imageTag": "x"}, "WaiterConfig": {"Delay": 1}}
    with pytest.raises(ValidationError):
        model_named("ecr", "DescribeImagesRequestPaginate")(repositoryName="ab", PaginationConfig={"Pages": 5})
