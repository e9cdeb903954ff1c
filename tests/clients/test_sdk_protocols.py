"""Code that is typed with the protocols of the SDK, run with boto3's client and with the SDK's own."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any

from registry_process import RegistryProcess
from wharfside_sdk.core.pages import AnyPages
from wharfside_sdk.ecr import AsyncEcrApi, AsyncECRClient, EcrApi, ECRClient, views


def _settings(registry: RegistryProcess) -> Any:
    return {
        "endpoint_url": registry.url,
        "region_name": registry.region,
        "aws_access_key_id": registry.access_key_id,
        "aws_secret_access_key": registry.secret_access_key,
    }


def create_and_list(ecr: EcrApi, prefix: str) -> Mapping[str, object]:
    for number in range(6):
        ecr.create_repository(repositoryName=f"{prefix}/{number}", tags=[{"Key": "made-by", "Value": "a test"}])
    paginator = ecr.get_paginator("describe_repositories")

    def pages() -> AnyPages[views.DescribeRepositoriesResponse]:
        return paginator.paginate(PaginationConfig={"PageSize": 2, "MaxItems": 5})

    return {
        "sizes": [len(page["repositories"]) for page in pages()],
        "cut": "NextToken" in pages().build_full_result(),
        "found": list(pages().search("length(repositories)")),
        "missing": _missing(ecr, f"{prefix}/missing"),
        "pageable": [ecr.can_paginate("list_images"), ecr.can_paginate("put_image")],
    }


def _missing(ecr: EcrApi, name: str) -> str:
    try:
        ecr.delete_repository(repositoryName=name)
    except ecr.exceptions.RepositoryNotFoundException as refusal:
        return str(refusal).replace(name, "NAME")
    return "was there"


async def names_of(ecr: AsyncEcrApi, wanted: list[str]) -> list[str]:
    names: list[str] = []
    async for page in ecr.get_paginator("describe_repositories").paginate(repositoryNames=wanted):
        names += [each.get("repositoryName", "") for each in page["repositories"]]
    await ecr.close()
    return names


def test_one_function_does_the_same_with_boto3_and_with_our_client(registry: RegistryProcess) -> None:
    prefix = f"protocols/{secrets.token_hex(4)}"
    with ECRClient(**_settings(registry)) as ours:
        done = create_and_list(ours, f"{prefix}/ours")

    assert done == create_and_list(registry.client(), f"{prefix}/boto3")
    assert done["sizes"] == done["found"] == [2, 2, 1]
    assert done["cut"] is True
    assert "RepositoryNotFoundException" in str(done["missing"])
    assert done["pageable"] == [True, False]


def test_an_asynchronous_function_takes_our_client(registry: RegistryProcess, repository: str) -> None:
    async def run() -> list[str]:
        return await names_of(AsyncECRClient(**_settings(registry)), [repository])

    assert asyncio.run(run()) == [repository]
