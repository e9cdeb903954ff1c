"""What clients of the SDK take and answer: what is always there, and what can be given back."""

from datetime import datetime
from typing import assert_type

from mypy_boto3_ecr.type_defs import GetRegistryScanningConfigurationResponseTypeDef

from wharfside_sdk.ecr import requests, responses
from wharfside_sdk.ecr.literals import ImageTagMutabilityType


def always(answer: responses.DescribeRepositoriesResponse) -> tuple[str, datetime, bool]:
    repository = answer["repositories"][0]
    assert_type(repository["imageTagMutability"], ImageTagMutabilityType)
    return repository["repositoryName"], repository["createdAt"], repository["imageScanningConfiguration"]["scanOnPush"]


def of_answer(answer: responses.PutImageResponse) -> tuple[int, str]:
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["image"]["imageId"].get("imageDigest", "")


def newer_than_the_types(status: responses.ImageScanStatus) -> bool:
    return status["status"] == "SOMETHING_NEW"


def give_back(
    registry: responses.DescribeRegistryResponse, tags: list[responses.Tag]
) -> list[requests.PutReplicationConfigurationRequest]:
    rule: requests.ReplicationRule = {"destinations": ({"region": "eu-west-1", "registryId": "123456789012"},)}
    rules = [*registry["replicationConfiguration"]["rules"], rule]
    made: requests.TagResourceRequest = {"resourceArn": "arn", "tags": tags}
    print(made)
    return [
        {"replicationConfiguration": registry["replicationConfiguration"]},
        {"replicationConfiguration": {"rules": rules}},
    ]


def give_answer_of_boto3(
    theirs: GetRegistryScanningConfigurationResponseTypeDef, ours: responses.GetRegistryScanningConfigurationResponse
) -> list[requests.PutRegistryScanningConfigurationRequest]:
    scanning = theirs["scanningConfiguration"]
    return [
        {"scanType": scanning.get("scanType", "BASIC"), "rules": scanning.get("rules", ())},
        {"scanType": ours["scanningConfiguration"]["scanType"], "rules": ours["scanningConfiguration"]["rules"]},
    ]


def same_settings(repository: responses.Repository) -> requests.CreateRepositoryRequest:
    return {
        "repositoryName": repository["repositoryName"],
        "imageTagMutability": repository["imageTagMutability"],
        "imageTagMutabilityExclusionFilters": repository.get("imageTagMutabilityExclusionFilters", ()),
        "imageScanningConfiguration": repository["imageScanningConfiguration"],
    }


def part(content: memoryview) -> requests.UploadLayerPartRequest:
    with open("layer", "rb") as file:
        blobs: list[requests.Blob] = [content, file, b"", bytearray(), ""]
    return {
        "repositoryName": "a",
        "uploadId": "b",
        "partFirstByte": 0,
        "partLastByte": 1,
        "layerPartBlob": blobs[0],
    }


def mistakes(repository: responses.Repository, detail: responses.ImageDetail, request: requests.Tag) -> None:
    print(repository["encryptionConfiguration"])  # refused by pyright
    print(detail["imageTag"])  # refused
    request["Key"] = "team"  # refused
    made: requests.PutImageTagMutabilityRequest = {"repositoryName": "a", "imageTagMutability": "SOMETIMES"}  # refused
    blob: requests.Blob = 5  # refused
    print(made, blob)
