# Made by `python -m tools.codegen` from the service model; changes here are lost.
"""The literals of Amazon ECR Public. Importing them needs the standard library only.

Other spellings, which older stubs had, stay as aliases at the end.
"""

from typing import Literal

ImageFailureCodeType = Literal[
    "InvalidImageDigest",
    "InvalidImageTag",
    "ImageTagDoesNotMatchDigest",
    "ImageNotFound",
    "MissingDigestAndTag",
    "ImageReferencedByManifestList",
    "KmsError",
]
LayerAvailabilityType = Literal["AVAILABLE", "UNAVAILABLE"]
LayerFailureCodeType = Literal["InvalidLayerDigest", "MissingLayerDigest"]
RegistryAliasStatusType = Literal["ACTIVE", "PENDING", "REJECTED"]
DescribeImageTagsPaginatorName = Literal["describe_image_tags"]
DescribeImagesPaginatorName = Literal["describe_images"]
DescribeRegistriesPaginatorName = Literal["describe_registries"]
DescribeRepositoriesPaginatorName = Literal["describe_repositories"]
PaginatorName = Literal["describe_image_tags", "describe_images", "describe_registries", "describe_repositories"]
ECRPublicServiceName = Literal["ecr-public"]
ServiceName = Literal["ecr", "ecr-public"]
ResourceServiceName = Literal["cloudformation", "cloudwatch", "dynamodb", "ec2", "glacier", "iam", "s3", "sns", "sqs"]
RegionName = Literal["us-east-1", "us-west-2"]
