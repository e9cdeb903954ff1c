"""Code that is typed with the protocols takes the clients of boto3, of aiobotocore and of the SDK."""

from collections.abc import Iterator

from mypy_boto3_ecr import ECRClient as Boto3Client
from mypy_boto3_ecr_public import ECRPublicClient as Boto3PublicClient
from types_aiobotocore_ecr import ECRClient as AiobotocoreClient
from types_aiobotocore_ecr_public import ECRPublicClient as AiobotocorePublicClient

from wharfside_sdk.ecr import AsyncEcrApi, AsyncECRClient, EcrApi, ECRClient
from wharfside_sdk.ecr.api import AsyncEcrReplicationBackfillApi, EcrReplicationBackfillApi
from wharfside_sdk.ecr_public import AsyncEcrPublicApi, AsyncECRPublicClient, EcrPublicApi, ECRPublicClient


def digests(ecr: EcrApi, repository: str) -> Iterator[str]:
    try:
        for page in ecr.get_paginator("describe_images").paginate(repositoryName=repository):
            for detail in page["imageDetails"]:
                yield detail.get("imageDigest", "")
    except ecr.exceptions.RepositoryNotFoundException:
        yield ecr.create_repository(repositoryName=repository)["repository"].get("repositoryUri", "")
    except ecr.exceptions.ClientError as refusal:
        print(refusal)
    ecr.get_waiter("image_scan_complete").wait(repositoryName=repository, imageId={"imageTag": "v1"})
    ecr.tag_resource(resourceArn="arn", tags=[{"Key": "team", "Value": "web"}])
    print(ecr.describe_repositories()["repositories"][0]["repositoryName"])  # refused by pyright
    ecr.describe_images(repository=repository)  # refused
    ecr.get_paginator("describe_registry")  # refused
    ecr.put_image_tag_mutability(repositoryName=repository, imageTagMutability="SOMETIMES")  # refused


async def names(ecr: AsyncEcrApi) -> list[str]:
    ids: list[str] = []
    async for page in ecr.get_paginator("list_images").paginate(repositoryName="app"):
        ids += [each.get("imageTag", "") for each in page["imageIds"]]
    await ecr.close()
    return ids


def backfills(ecr: EcrReplicationBackfillApi) -> int:
    return ecr.list_replication_backfills()["ResponseMetadata"]["HTTPStatusCode"]


def public(ecr: EcrPublicApi) -> None:
    ecr.create_repository(repositoryName="app", catalogData={"architectures": ["ARM 64"]})


async def async_public(ecr: AsyncEcrPublicApi) -> None:
    await ecr.delete_repository(repositoryName="app")


async def every_client_fits(
    boto3: Boto3Client, ours: ECRClient, aiobotocore: AiobotocoreClient, our_async: AsyncECRClient
) -> AsyncEcrReplicationBackfillApi:
    print(list(digests(boto3, "app")), list(digests(ours, "app")))
    print(await names(aiobotocore), await names(our_async))
    print(backfills(boto3), backfills(ours))
    return our_async


async def every_public_client_fits(
    boto3: Boto3PublicClient,
    ours: ECRPublicClient,
    aiobotocore: AiobotocorePublicClient,
    our_async: AsyncECRPublicClient,
) -> None:
    public(boto3)
    public(ours)
    await async_public(aiobotocore)
    await async_public(our_async)


def no_other_client_fits(ours: ECRClient, our_async: AsyncECRClient, other_service: ECRPublicClient) -> None:
    digests(our_async, "app")  # refused
    digests(other_service, "app")  # refused
    public(ours)  # refused
