"""The SDK's own clients against a running registry: what they give and raise is what boto3 gives and raises."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError as TheirClientError
from botocore.exceptions import WaiterError as TheirWaiterError
from sdk_scenario import IMAGE, Recorder, tell, upload_layers

from registry_process import RegistryProcess, free_port
from wharfside_sdk.core.names import method_name
from wharfside_sdk.ecr.aio import AsyncECRClient
from wharfside_sdk.ecr.client import ECRClient
from wharfside_sdk.ecr_public.client import ECRPublicClient
from wharfside_sdk.errors import ClientError, WaiterError
from wharfside_sdk.model.ir import ListShape, Scalar, Service, ServiceName, Structure, load


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryProcess]:
    """A registry of one's own, whose policies and settings no other test sees."""
    process = RegistryProcess(tmp_path_factory.mktemp("sdk") / "data", free_port())
    process.start()
    yield process
    process.stop()


def _settings(node: RegistryProcess) -> Any:
    return {
        "endpoint_url": node.url,
        "region_name": node.region,
        "aws_access_key_id": node.access_key_id,
        "aws_secret_access_key": node.secret_access_key,
        "max_attempts": 1,
    }


@pytest.fixture(scope="module")
def ecr(node: RegistryProcess) -> Iterator[ECRClient]:
    with ECRClient(**_settings(node)) as client:
        yield client


@pytest.fixture(scope="module")
def boto3(node: RegistryProcess) -> Any:
    return node.client()


@pytest.fixture(scope="module")
def told_by_boto3(boto3: Any) -> list[tuple[str, Any]]:
    record = Recorder(
        lambda method, parameters: getattr(boto3, method)(**parameters), TheirClientError, "sdk/told-by-boto3"
    )
    tell(record)
    return record.outcomes


def _tell(ecr: Any, repository: str) -> list[tuple[str, Any]]:
    record = Recorder(lambda method, parameters: getattr(ecr, method)(**parameters), ClientError, repository)
    tell(record)
    return record.outcomes


def _assert_equal(ours: list[tuple[str, Any]], theirs: list[tuple[str, Any]]) -> None:
    assert [method for method, _ in ours] == [method for method, _ in theirs]
    for (method, our_outcome), (_, their_outcome) in zip(ours, theirs, strict=True):
        assert (method, _attempts_left_out(our_outcome)) == (method, _attempts_left_out(their_outcome))


def _attempts_left_out(outcome: Any) -> Any:
    """Server faults and throttling apart, which this registry has none of, nothing is tried twice."""
    if isinstance(outcome, tuple):
        kind, text, response = outcome
        return kind, text.replace(" (reached max retries: 0)", ""), _attempts_left_out(response)
    metadata = {name: value for name, value in outcome["ResponseMetadata"].items() if name != "MaxAttemptsReached"}
    return outcome | {"ResponseMetadata": metadata}


def test_results_and_errors_are_those_of_boto3(ecr: ECRClient, told_by_boto3: list[tuple[str, Any]]) -> None:
    _assert_equal(_tell(ecr, "sdk/told-by-ours"), told_by_boto3)


def test_results_and_errors_of_the_asynchronous_client_are_too(
    node: RegistryProcess, told_by_boto3: list[tuple[str, Any]]
) -> None:
    with asyncio.Runner() as runner:
        client = AsyncECRClient(**_settings(node))

        def call(method: str, parameters: Mapping[str, Any]) -> Any:
            return runner.run(getattr(client, method)(**parameters))

        record = Recorder(call, ClientError, "sdk/told-by-async")
        tell(record)
        runner.run(client.close())
    _assert_equal(record.outcomes, told_by_boto3)


def _least(service: Service, name: str, text: str) -> Any:
    """The least that the model asks for, with this text wherever there is one."""
    shape = service.shapes[name]
    if isinstance(shape, Structure):
        return {field.name: _least(service, field.shape, text) for field in shape.fields if field.required}
    if isinstance(shape, ListShape):
        return [_least(service, shape.item, text)]
    if isinstance(shape, Scalar):
        texts = {"string": text.ljust(shape.minimum or 0, "a"), "blob": b"x", "boolean": True}
        return texts.get(shape.kind, 0)
    return next(iter(getattr(shape, "values", ())), None)


@pytest.mark.parametrize("service", ["ecr", "ecr-public"])
def test_every_operation_has_the_same_outcome_without_a_repository(node: RegistryProcess, service: ServiceName) -> None:
    model = load(service)
    client_class = ECRClient if service == "ecr" else ECRPublicClient
    with client_class(**_settings(node), validate="off") as ours:
        differences = [
            outcomes
            for operation in model.operations
            if (outcomes := _outcomes(ours, node.client(service), model, operation)) and outcomes[0] != outcomes[1]
        ]
    assert differences == []


def _outcomes(ours: Any, theirs: Any, model: Service, operation: str) -> list[Any]:
    method, outcomes = method_name(operation), []
    for client, errors, text in ((ours, ClientError, "sdk-ours"), (theirs, TheirClientError, "sdk-them")):
        record = Recorder(lambda name, given, c=client: getattr(c, name)(**given), errors, text)
        record(method, **_least(model, model.operations[operation].input, text))
        outcomes.append((method, _attempts_left_out(record.outcomes[0][1])))
    return outcomes


@pytest.fixture(scope="module")
def many_tags(node: RegistryProcess, boto3: Any) -> str:
    """A repository with an image of seven tags."""
    repository = node.create_repository(f"sdk/{secrets.token_hex(6)}")
    record = Recorder(lambda method, parameters: getattr(boto3, method)(**parameters), TheirClientError, repository)
    upload_layers(record)
    for number in range(7):
        boto3.put_image(repositoryName=repository, imageManifest=IMAGE, imageTag=f"v{number}")
    return repository


@pytest.mark.parametrize("config", [{}, {"PageSize": 3}, {"PageSize": 3, "MaxItems": 4}, {"MaxItems": 7}])
def test_pages_are_those_of_boto3(ecr: ECRClient, boto3: Any, many_tags: str, config: Any) -> None:
    def pages(client: Any) -> Any:
        return client.get_paginator("list_images").paginate(repositoryName=many_tags, PaginationConfig=config)

    def walked(client: Any) -> list[Any]:
        return [page["imageIds"] for page in pages(client)]

    assert walked(ecr) == walked(boto3)
    ours, theirs = pages(ecr).build_full_result(), pages(boto3).build_full_result()
    assert ours["imageIds"] == theirs["imageIds"]
    assert ("NextToken" in ours) == ("NextToken" in theirs)


def test_tokens_are_interchangeable_with_boto3(ecr: ECRClient, boto3: Any, many_tags: str) -> None:
    def some(client: Any, token: str | None) -> Any:
        config = {"PageSize": 3, "MaxItems": 2, "StartingToken": token}
        pages = client.get_paginator("list_images").paginate(repositoryName=many_tags, PaginationConfig=config)
        return pages.build_full_result()

    token, tags = None, []
    for client in (ecr, boto3, ecr, boto3):
        result = some(client, token)
        tags += [image["imageTag"] for image in result["imageIds"]]
        token = result.get("NextToken")
    assert sorted(tags) == [f"v{number}" for number in range(7)]
    assert token is None


def test_iterators_give_what_all_pages_hold(ecr: ECRClient, many_tags: str) -> None:
    images = ecr.iter_images(repositoryName=many_tags, PaginationConfig={"PageSize": 2})
    assert [image.get("imageSizeInBytes", 0) > 0 for image in images] == [True]


@pytest.mark.parametrize("waiter", ["image_scan_complete", "lifecycle_policy_preview_complete"])
def test_waiters_end_as_those_of_boto3(ecr: ECRClient, boto3: Any, waiter: str) -> None:
    """In a repository that does not exist, waiting is in vain, and both must say so at once and alike."""
    given: dict[str, Any] = {"repositoryName": "sdk/missing", "WaiterConfig": {"MaxAttempts": 1}}
    if waiter == "image_scan_complete":
        given["imageId"] = {"imageTag": "v0"}
    our_client: Any = ecr
    with pytest.raises(WaiterError) as ours:
        our_client.get_waiter(waiter).wait(**given)
    with pytest.raises(TheirWaiterError) as theirs:
        boto3.get_waiter(waiter).wait(**given)
    assert str(ours.value) == str(theirs.value)
    last_response: Any = theirs.value.last_response
    assert ours.value.last_response["Error"] == last_response["Error"]


def test_wrong_credentials_are_refused_as_with_boto3(node: RegistryProcess) -> None:
    wrong = {"aws_secret_access_key": "wrong"}
    with ECRClient(**(_settings(node) | wrong)) as ours, pytest.raises(ClientError) as our_error:
        ours.describe_registry()
    with pytest.raises(TheirClientError) as their_error:
        node.client(**wrong).describe_registry()
    response: Any = their_error.value.response
    assert our_error.value.code == response["Error"]["Code"]


def test_a_clock_that_is_wrong_sets_itself_right(node: RegistryProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    class SlowClock:
        time = staticmethod(lambda: time.time() - 7200)

    monkeypatch.setattr("wharfside_sdk.core.call.time", SlowClock)
    with ECRClient(**(_settings(node) | {"max_attempts": 2})) as ecr:
        assert ecr.describe_registry()["ResponseMetadata"]["RetryAttempts"] == 1
        assert ecr.describe_registry()["ResponseMetadata"]["RetryAttempts"] == 0
