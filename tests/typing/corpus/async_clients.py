"""What users write with the SDK's asynchronous clients."""

from collections.abc import AsyncIterator
from typing import assert_type

from wharfside_sdk.ecr import AsyncECRClient, requests, responses
from wharfside_sdk.ecr_public import AsyncECRPublicClient


async def first() -> str:
    async with AsyncECRClient(endpoint_url="http://127.0.0.1:8080") as ecr:
        return (await ecr.describe_repositories())["repositories"][0]["repositoryName"]


async def calls(ecr: AsyncECRClient) -> None:
    params: requests.CreateRepositoryRequest = {"repositoryName": "app"}
    assert_type(await ecr.create_repository(**params), responses.CreateRepositoryResponse)
    configuration = (await ecr.describe_registry())["replicationConfiguration"]
    await ecr.put_replication_configuration(replicationConfiguration=configuration)
    await ecr.put_image_tag_mutability(repositoryName="app", imageTagMutability="SOMETIMES")  # refused
    await ecr.create_repository(repositoryName="app", scanOnPush=True)  # refused
    await ecr.create_repository()  # refused
    print(ecr.describe_registry()["registryId"])  # refused


async def pages(ecr: AsyncECRClient) -> AsyncIterator[str]:
    async for page in ecr.get_paginator("describe_images").paginate(repositoryName="app"):
        assert_type(page, responses.DescribeImagesResponse)
        yield page["imageDetails"][0]["imageDigest"]
    async for detail in ecr.iter_images(repositoryName="app"):
        yield detail["imageDigest"]
    whole = await ecr.get_paginator("list_images").paginate(repositoryName="app").build_full_result()
    yield whole["imageIds"][0].get("imageTag", "")
    ecr.get_paginator("describe_registry")  # refused


async def waits(ecr: AsyncECRClient) -> None:
    await ecr.get_waiter("image_scan_complete").wait(repositoryName="app", imageId={"imageTag": "v1"})
    await ecr.get_waiter("lifecycle_policy_preview_complete").wait()  # refused
    ecr.get_waiter("image_scan_done")  # refused


async def errors(ecr: AsyncECRClient) -> str:
    try:
        await ecr.delete_repository(repositoryName="app")
    except ecr.exceptions.RepositoryNotFoundException as refusal:
        return refusal.message
    return ""


async def public(ecr: AsyncECRPublicClient) -> str:
    return (await ecr.create_repository(repositoryName="app"))["repository"]["repositoryName"]
