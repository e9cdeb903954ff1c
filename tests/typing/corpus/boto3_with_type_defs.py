"""A typed boto3 client used with the SDK's type definitions, as with those of its own stubs."""

from collections.abc import Iterator

from mypy_boto3_ecr import ECRClient
from mypy_boto3_ecr_public import ECRPublicClient

from wharfside_sdk.ecr.literals import ImageTagMutabilityType, RegionName, TagStatusType
from wharfside_sdk.ecr.type_defs import (
    BatchGetImageRequestTypeDef,
    CreateRepositoryRequestTypeDef,
    DescribeRepositoriesResponseTypeDef,
    DescribeRepositoryCreationTemplatesRequestPaginateTypeDef,
    ImageIdentifierTypeDef,
    RegistryScanningRuleUnionTypeDef,
    RepositoryTypeDef,
    TagTypeDef,
    UploadLayerPartRequestTypeDef,
)
from wharfside_sdk.ecr_public.type_defs import PutRepositoryCatalogDataRequestTypeDef


def create(ecr: ECRClient, name: str, mutability: ImageTagMutabilityType, tags: list[TagTypeDef]) -> RepositoryTypeDef:
    request: CreateRepositoryRequestTypeDef = {"repositoryName": name, "imageTagMutability": mutability, "tags": tags}
    return ecr.create_repository(**request)["repository"]


def pages(ecr: ECRClient) -> Iterator[DescribeRepositoriesResponseTypeDef]:
    yield from ecr.get_paginator("describe_repositories").paginate()


def templates(ecr: ECRClient) -> int:
    request: DescribeRepositoryCreationTemplatesRequestPaginateTypeDef = {"PaginationConfig": {"PageSize": 10}}
    paginator = ecr.get_paginator("describe_repository_creation_templates")
    return sum(len(page["repositoryCreationTemplates"]) for page in paginator.paginate(**request))


def untagged(ecr: ECRClient, name: str) -> list[ImageIdentifierTypeDef]:
    status: TagStatusType = "UNTAGGED"
    found = ecr.list_images(repositoryName=name, filter={"tagStatus": status})["imageIds"]
    request: BatchGetImageRequestTypeDef = {"repositoryName": name, "imageIds": found}
    return [image["imageId"] for image in ecr.batch_get_image(**request)["images"] if "imageId" in image]


def upload(ecr: ECRClient, name: str, upload_id: str, content: bytearray) -> int:
    request: UploadLayerPartRequestTypeDef = {
        "repositoryName": name,
        "uploadId": upload_id,
        "partFirstByte": 0,
        "partLastByte": len(content) - 1,
        "layerPartBlob": content,
    }
    return ecr.upload_layer_part(**request)["lastByteReceived"]


def copy_rules(source: ECRClient, target: ECRClient) -> None:
    rules: list[RegistryScanningRuleUnionTypeDef] = [
        *source.get_registry_scanning_configuration()["scanningConfiguration"].get("rules", []),
        {"scanFrequency": "MANUAL", "repositoryFilters": ({"filter": "*", "filterType": "WILDCARD"},)},
    ]
    target.put_registry_scanning_configuration(scanType="BASIC", rules=rules)


def describe(public: ECRPublicClient, name: str, logo: bytes) -> str:
    request: PutRepositoryCatalogDataRequestTypeDef = {
        "repositoryName": name,
        "catalogData": {"logoImageBlob": logo, "architectures": ["ARM 64"]},
    }
    return public.put_repository_catalog_data(**request)["catalogData"].get("logoUrl", "")


def mistakes(ecr: ECRClient) -> None:
    mutability: ImageTagMutabilityType = "SOMETIMES"  # refused
    tag: TagTypeDef = {"Key": "team"}  # refused
    request: CreateRepositoryRequestTypeDef = {"repositoryNames": "a"}  # refused
    region: RegionName = "eu-middle-1"  # refused
    print(mutability, tag, request, region)
    ecr.create_repository(**request, layer="a")  # refused
