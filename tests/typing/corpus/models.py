"""What users write with the Pydantic models."""

from datetime import datetime
from pathlib import Path
from typing import assert_type

from mypy_boto3_ecr import ECRClient as Boto3Client
from mypy_boto3_ecr_public import ECRPublicClient as Boto3PublicClient

from wharfside_sdk.ecr import ECRClient, models, responses
from wharfside_sdk.ecr.literals import ImageTagMutabilityType
from wharfside_sdk.ecr.models import CreateRepositoryRequest, CreateRepositoryRequestRequestTypeDef, Tag
from wharfside_sdk.ecr_public import models as public


def requests_take_dicts_tuples_and_models(ecr: ECRClient, boto3: Boto3Client) -> responses.CreateRepositoryResponse:
    request = CreateRepositoryRequest(
        repositoryName="app",
        tags=({"Key": "team", "Value": "web"}, Tag(Key="stage", Value="test")),
        encryptionConfiguration={"encryptionType": "AES256"},
        imageScanningConfiguration=models.ImageScanningConfiguration(scanOnPush=True),
    )
    assert_type(request.repositoryName, str)
    assert_type(request.tags, list[Tag] | None)
    boto3.create_repository(**request.to_boto())
    return ecr.create_repository(**request.to_boto())


def mistakes() -> None:
    CreateRepositoryRequest()  # refused
    CreateRepositoryRequest(repositoryName="app", imageTagMutability="SOMETIMES")  # refused
    CreateRepositoryRequest(repositoryName="app", scanOnPush=True)  # refused
    CreateRepositoryRequest(repositoryName="app", tags=[{"key": "team"}])  # refused
    models.EncryptionConfiguration(encryptionType="NONE")  # refused
    models.DescribeImagesRequest(repositoryName="app", maxResults="10")  # refused
    models.DescribeImagesRequestPaginate(repositoryName="app", nextToken="x")  # refused
    print(models.CreateRepositorRequest)  # refused


def answers_have_attributes(boto3: Boto3Client) -> list[str]:
    answer = models.DescribeRepositoriesResponse.from_boto(boto3.describe_repositories())
    first = answer.repositories[0]
    assert_type(first.createdAt, datetime)
    assert_type(answer.nextToken, str | None)
    assert_type(first.imageTagMutability, ImageTagMutabilityType | str)
    print(first.repositorName)  # refused
    return [repository.repositoryName for repository in answer.repositories]


def give_back(ecr: ECRClient) -> None:
    registry = models.DescribeRegistryResponse.from_boto(ecr.describe_registry())
    request = models.PutReplicationConfigurationRequest(replicationConfiguration=registry.replicationConfiguration)
    ecr.put_replication_configuration(**request.to_boto())
    rules = [*registry.replicationConfiguration.rules]
    models.ReplicationConfiguration(rules=rules)
    found = models.ListImagesResponse.from_boto(ecr.list_images(repositoryName="app"))
    models.BatchGetImageRequest(repositoryName="app", imageIds=found.imageIds)
    models.BatchGetImageRequest(repositoryName="app", imageIds=[found, registry])  # refused


def files_are_blobs(boto3: Boto3Client, path: Path) -> None:
    with path.open("rb") as layer:
        request = models.UploadLayerPartRequest(
            repositoryName="app", uploadId="id", partFirstByte=0, partLastByte=9, layerPartBlob=layer
        )
    assert_type(request.layerPartBlob, bytes)
    boto3.upload_layer_part(**request.to_boto())


def earlier_names(request: CreateRepositoryRequestRequestTypeDef) -> models.BaseValidatorModel:
    assert_type(request, CreateRepositoryRequest)
    return models.CreateRepositoryRequestRequestTypeDef(repositoryName=request.repositoryName)


def pages(boto3: Boto3Client) -> int:
    walk = models.DescribeImagesRequestPaginate(repositoryName="app", PaginationConfig={"PageSize": 100})
    paginator = boto3.get_paginator("describe_images")
    read = models.DescribeImagesResponse.from_boto
    return sum(
        detail.imageSizeInBytes or 0
        for page in paginator.paginate(**walk.to_boto())
        for detail in read(page).imageDetails
    )


def other_service(boto3: Boto3PublicClient) -> str:
    request = public.CreateRepositoryRequest(repositoryName="app", catalogData={"architectures": ["ARM 64"]})
    answer = public.CreateRepositoryResponse.from_boto(boto3.create_repository(**request.to_boto()))
    public.Tag(Key=5)  # refused
    return answer.repository.repositoryUri
