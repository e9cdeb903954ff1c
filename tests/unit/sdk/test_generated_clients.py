"""The generated clients: what each method sends, that they lack nothing that boto3's have, and light imports."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_overloads

import boto3
import pytest
from model_values import SERVICES, legal

from wharfside_sdk import ecr, ecr_public
from wharfside_sdk.configuration import ClientConfiguration, resolve
from wharfside_sdk.core.http import HttpRequest, HttpResponse
from wharfside_sdk.core.names import method_name
from wharfside_sdk.ecr import exceptions as ecr_exceptions
from wharfside_sdk.ecr_public import exceptions as ecr_public_exceptions
from wharfside_sdk.errors import ClientError
from wharfside_sdk.model.ir import ServiceName, load

CLIENTS: Mapping[ServiceName, tuple[Any, Any]] = {
    "ecr": (ecr.ECRClient, ecr.AsyncECRClient),
    "ecr-public": (ecr_public.ECRPublicClient, ecr_public.AsyncECRPublicClient),
}
PROTOCOLS: Mapping[ServiceName, tuple[Any, Any]] = {
    "ecr": (ecr.EcrApi, ecr.AsyncEcrApi),
    "ecr-public": (ecr_public.EcrPublicApi, ecr_public.AsyncEcrPublicApi),
}
EXCEPTIONS = {"ecr": ecr_exceptions, "ecr-public": ecr_public_exceptions}
OPERATIONS = [(service, name) for service in SERVICES for name in load(service).operations]
ITERATORS = {
    "ecr": {
        "iter_image_ids": "ListImages",
        "iter_image_referrers": "ListImageReferrers",
        "iter_images": "DescribeImages",
        "iter_lifecycle_policy_preview": "GetLifecyclePolicyPreview",
        "iter_pull_through_cache_rules": "DescribePullThroughCacheRules",
        "iter_pull_time_update_exclusions": "ListPullTimeUpdateExclusions",
        "iter_replication_backfill_results": "DescribeReplicationBackfillResults",
        "iter_replication_backfills": "ListReplicationBackfills",
        "iter_repositories": "DescribeRepositories",
        "iter_repository_creation_templates": "DescribeRepositoryCreationTemplates",
    },
    "ecr-public": {
        "iter_image_tags": "DescribeImageTags",
        "iter_images": "DescribeImages",
        "iter_registries": "DescribeRegistries",
        "iter_repositories": "DescribeRepositories",
    },
}
ITERATED = [(service, *pair) for service, methods in ITERATORS.items() for pair in methods.items()]


@dataclass
class Pages:
    """A server that gives three pages of one entry each, or the same answer to everything without a `result`."""

    result: str | None = None
    strings: bool = False
    requests: list[HttpRequest] = field(default_factory=list)

    def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        answer: dict[str, Any] = {}
        if self.result is not None:
            page = int(json.loads(request.body).get("nextToken", "1"))
            entry = str(page) if self.strings else {"page": page}
            answer = {self.result: [entry], **({"nextToken": str(page + 1)} if page < 3 else {})}
        return HttpResponse(200, {"x-amzn-requestid": "r"}, json.dumps(answer).encode())

    def close(self) -> None:
        pass


class AsyncPages(Pages):
    async def send(self, request: HttpRequest) -> HttpResponse:  # type: ignore[override]
        return super().send(request)


def configuration(service: ServiceName) -> ClientConfiguration:
    return resolve(
        service,
        region_name="us-east-1",
        endpoint_url="http://ecr.invalid",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        environ={},
    )


def client(service: ServiceName, transport: Pages) -> Any:
    synchronous, asynchronous = CLIENTS[service]
    chosen = asynchronous if isinstance(transport, AsyncPages) else synchronous
    return chosen(configuration=configuration(service), transport=transport)


async def collect(entries: Any) -> list[Any]:
    return [entry async for entry in entries]


def boto3_client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
@pytest.mark.parametrize("server", [Pages, AsyncPages])
def test_a_method_calls_its_operation_with_what_it_is_given(
    server: Callable[[], Pages], service: ServiceName, operation: str
) -> None:
    model = load(service)
    given = legal(model, model.operations[operation].input)
    transport = server()
    answer = getattr(client(service, transport), method_name(operation))(**given)
    if inspect.isawaitable(answer):
        answer = asyncio.run(_awaited(answer))

    assert answer["ResponseMetadata"]["RequestId"] == "r"
    (request,) = transport.requests
    assert request.headers["X-Amz-Target"] == f"{model.target_prefix}.{operation}"
    assert json.loads(request.body).keys() == given.keys()


async def _awaited(answer: Any) -> Any:
    return await answer


@pytest.mark.parametrize("service", SERVICES)
def test_the_clients_have_whatever_boto3s_have(service: ServiceName) -> None:
    theirs = {name for name in dir(boto3_client(service)) if not name.startswith("_")}
    for ours in CLIENTS[service]:
        assert theirs <= set(dir(ours)) | {"meta"}


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_help_on_a_method_names_its_operation_and_what_it_takes(service: ServiceName, operation: str) -> None:
    model = load(service)
    for client in CLIENTS[service]:
        text = inspect.getdoc(getattr(client, method_name(operation))) or ""
        assert text.startswith(f"{operation}: needs ")
        required, _, optional = text.partition("perhaps" if "Takes" in text else "May take")
        for field_ in model.structure(model.operations[operation].input).fields:
            assert f"`{field_.name}`" in (required if field_.required else optional)


@pytest.mark.parametrize("service", SERVICES)
def test_the_exceptions_are_boto3s_by_name(service: ServiceName) -> None:
    ours, module = client(service, Pages()).exceptions, EXCEPTIONS[service]
    theirs = boto3_client(service).exceptions
    names = [name for name in dir(theirs) if name.endswith("Exception")]
    assert len(names) > 20
    for name in names:
        error = getattr(ours, name)
        assert error is getattr(module, name)
        assert error is ours.from_code(name)
        assert issubclass(error, ClientError)


@pytest.mark.parametrize(("service", "method", "operation"), ITERATED)
def test_an_iterator_walks_over_all_pages(service: ServiceName, method: str, operation: str) -> None:
    model = load(service)
    given = legal(model, model.operations[operation].input)
    (result,) = model.paginators[operation].result_keys
    strings = operation == "ListPullTimeUpdateExclusions"
    for transport in (Pages(result, strings), AsyncPages(result, strings)):
        entries = getattr(client(service, transport), method)(**given)
        found = asyncio.run(collect(entries)) if isinstance(transport, AsyncPages) else list(entries)

        assert found == (["1", "2", "3"] if strings else [{"page": 1}, {"page": 2}, {"page": 3}])
        assert [request.headers["X-Amz-Target"].split(".")[-1] for request in transport.requests] == [operation] * 3


@pytest.mark.parametrize("service", SERVICES)
def test_every_paginator_of_one_result_has_an_iterator(service: ServiceName) -> None:
    single = {name for name, paginator in load(service).paginators.items() if len(paginator.result_keys) == 1}
    assert set(ITERATORS[service].values()) == single
    for ours in CLIENTS[service]:
        assert {name for name in dir(ours) if name.startswith("iter_")} == ITERATORS[service].keys()


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("kind", ["paginator", "waiter"])
def test_every_paginator_and_waiter_is_typed_by_its_name(service: ServiceName, kind: str) -> None:
    names = {method_name(name) for name in getattr(load(service), f"{kind}s")}
    for ours in CLIENTS[service]:
        overloads = get_overloads(getattr(ours, f"get_{kind}"))
        typed = [inspect.signature(each).parameters for each in overloads]
        assert {f"Literal[{name!r}]" for name in names} == {list(each.values())[1].annotation for each in typed}
        for name in names:
            assert getattr(client(service, Pages()), f"get_{kind}")(name) is not None


@pytest.mark.parametrize("service", SERVICES)
def test_a_protocol_has_every_operation_that_all_stubs_know(service: ServiceName) -> None:
    methods = {method_name(name) for name in load(service).operations if "ReplicationBackfill" not in name}
    for protocol, ours in zip(PROTOCOLS[service], CLIENTS[service], strict=True):
        members = {name for name in dir(protocol) if not name.startswith("_")}
        assert members == methods | {"can_paginate", "close", "exceptions", "get_paginator"} | (
            {"get_waiter"} if load(service).waiters else set()
        )
        assert members <= set(dir(ours))


@pytest.mark.parametrize("package", [ecr, ecr_public])
def test_a_package_gives_the_names_it_announces(package: Any) -> None:
    assert dir(package) == sorted(package.__all__)
    for name in package.__all__:
        assert getattr(package, name).__module__.startswith(package.__name__)
    with pytest.raises(AttributeError, match="no attribute 'EcrClient'"):
        _ = package.EcrClient


@pytest.mark.parametrize("package", ["ecr", "ecr_public"])
def test_types_are_imported_without_the_client(package: str) -> None:
    program = (
        f"import wharfside_sdk.{package}.literals, wharfside_sdk.{package}.type_defs, sys;"
        "print(*sorted(name for name in sys.modules if name.startswith('wharfside_sdk')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    names = ["", f".{package}", f".{package}.literals", f".{package}.type_defs"]
    assert done.stdout.split() == [f"wharfside_sdk{name}" for name in names]


def test_a_client_is_imported_without_types_and_other_clients() -> None:
    program = "from wharfside_sdk.ecr import ECRClient; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "wharfside_sdk.ecr.client" in loaded
    unwanted = {"botocore", "pydantic", "aiohttp", "asyncio", "typing_extensions"}
    unwanted |= {f"wharfside_sdk.ecr.{name}" for name in ("aio", "api", "requests", "responses", "paginator", "views")}
    assert loaded & unwanted == set()
