"""Code that was written with the spellings of older stubs."""

from wharfside_sdk.ecr import literals, type_defs
from wharfside_sdk.ecr.literals import ImageTagMutability, ScanStatus
from wharfside_sdk.ecr.type_defs import (
    CreateRepositoryRequestRequestTypeDef,
    DescribeImageScanFindingsRequestImageScanCompleteWaitTypeDef,
    DescribeImagesRequestDescribeImagesPaginateTypeDef,
)
from wharfside_sdk.ecr_public.type_defs import TagResourceRequestRequestTypeDef


def request(name: str, mutability: ImageTagMutability) -> type_defs.CreateRepositoryRequestTypeDef:
    made: CreateRepositoryRequestRequestTypeDef = {"repositoryName": name, "imageTagMutability": mutability}
    return made


def page(name: str) -> type_defs.DescribeImagesRequestPaginateTypeDef:
    made: DescribeImagesRequestDescribeImagesPaginateTypeDef = {
        "repositoryName": name,
        "filter": {"tagStatus": "TAGGED"},
        "PaginationConfig": {"MaxItems": 10, "StartingToken": "token"},
    }
    return made


def wait(name: str) -> DescribeImageScanFindingsRequestImageScanCompleteWaitTypeDef:
    return {"repositoryName": name, "imageId": {"imageTag": "latest"}, "WaiterConfig": {"Delay": 1}}


def tag(arn: str) -> TagResourceRequestRequestTypeDef:
    return {"resourceArn": arn, "tags": ({"Key": "team"},)}


def same(status: ScanStatus) -> literals.ScanStatusType:
    return status


def mistakes() -> None:
    made: CreateRepositoryRequestRequestTypeDef = {"imageTagMutability": "MUTABLE"}  # refused
    status: ScanStatus = "complete"  # refused
    paged: DescribeImagesRequestDescribeImagesPaginateTypeDef = {"repositoryName": "a", "nextToken": "b"}  # refused
    print(made, status, paged)
