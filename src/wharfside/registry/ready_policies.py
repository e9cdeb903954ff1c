"""Policies that every account has: named after the managed policies of Amazon ECR, written from the actions of ECR.

Source of the names and of what each is for: "AWS managed policies for Amazon Elastic Container Registry" and "… for
Amazon ECR Public" in the user guides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final

from wharfside.core.iam import ADMINISTRATOR_POLICY

ARN_PREFIX: Final = "arn:aws:iam::aws:policy/"

_PULL = ("GetAuthorizationToken", "BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "BatchGetImage")
_PUSH = ("InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage")
_READ = (
    *_PULL,
    "GetRepositoryPolicy",
    "DescribeRepositories",
    "ListImages",
    "DescribeImages",
    "GetLifecyclePolicy",
    "GetLifecyclePolicyPreview",
    "ListTagsForResource",
    "DescribeImageScanFindings",
)
_READ_PUBLIC = (
    "GetAuthorizationToken",
    "BatchCheckLayerAvailability",
    "GetRepositoryPolicy",
    "DescribeRepositories",
    "DescribeRegistries",
    "DescribeImages",
    "DescribeImageTags",
    "GetRepositoryCatalogData",
    "GetRegistryCatalogData",
)


def _allow(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


def _ecr(names: Iterable[str]) -> list[str]:
    return [f"ecr:{name}" for name in names]


def _public(names: Iterable[str]) -> list[str]:
    return ["sts:GetServiceBearerToken", *[f"ecr-public:{name}" for name in names]]


READY_POLICIES: Final[Mapping[str, str]] = {
    "AdministratorAccess": ADMINISTRATOR_POLICY,
    "AmazonEC2ContainerRegistryFullAccess": _allow("ecr:*"),
    "AmazonEC2ContainerRegistryPowerUser": _allow(*_ecr((*_READ, *_PUSH))),
    "AmazonEC2ContainerRegistryReadOnly": _allow(*_ecr(_READ)),
    "AmazonEC2ContainerRegistryPullOnly": _allow(*_ecr((*_PULL, "BatchImportUpstreamImage"))),
    "AmazonElasticContainerRegistryPublicFullAccess": _allow(*_public("*")),
    "AmazonElasticContainerRegistryPublicPowerUser": _allow(*_public((*_READ_PUBLIC, *_PUSH))),
    "AmazonElasticContainerRegistryPublicReadOnly": _allow(*_public(_READ_PUBLIC)),
}
"""Documents by name."""


def ready_policy(arn: str) -> str | None:
    """The document of the ready policy with this ARN; None when there is none."""
    return READY_POLICIES.get(arn.removeprefix(ARN_PREFIX)) if arn.startswith(ARN_PREFIX) else None
