"""ECR's operations on repositories and their tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wharfside.api.ecr.call import Call
from wharfside.core.errors import unsupported
from wharfside.core.mutability import MUTABLE, check_mutability
from wharfside.core.names import repository_arn
from wharfside.core.tagging import check_tags
from wharfside.registry import repositories
from wharfside.registry.context import Unit
from wharfside.registry.encryption import choose_encryption
from wharfside.store.repositories import Repository

if TYPE_CHECKING:
    from wharfside_sdk.ecr import requests, results


def render_repository(call: Call[Any], repository: Repository) -> results.Repository:
    """ECR structure Repository. What is not encrypted has no `encryptionConfiguration`."""
    host = call.node.addresses.registry_host(call.request, repository.account, repository.region)
    members: results.Repository = {
        "repositoryArn": repository_arn(repository.account, repository.region, repository.name),
        "registryId": repository.account,
        "repositoryName": repository.name,
        "repositoryUri": f"{host}/{repository.name}",
        "createdAt": repository.created_at,
        "imageTagMutability": repository.mutability.mode,
        "imageScanningConfiguration": {"scanOnPush": False},
    }
    encryption = repository.encryption
    if encryption is not None:
        members["encryptionConfiguration"] = {"encryptionType": encryption.type}
        if encryption.kms_key is not None:
            members["encryptionConfiguration"]["kmsKey"] = encryption.kms_key
    if repository.mutability.exclusions:
        members["imageTagMutabilityExclusionFilters"] = render_filters(repository.mutability.exclusions)
    return members


def render_filters(exclusions: tuple[str, ...]) -> list[results.ImageTagMutabilityExclusionFilter]:
    """ECR structures ImageTagMutabilityExclusionFilter."""
    return [{"filterType": "WILDCARD", "filter": pattern} for pattern in exclusions]


def exclusions_of(filters: Sequence[requests.ImageTagMutabilityExclusionFilter] | None) -> tuple[str, ...] | None:
    """The patterns of exclusion filters; None when none are given."""
    return None if filters is None else tuple(each["filter"] for each in filters)


def create_repository(call: Call[requests.CreateRepositoryRequest], unit: Unit) -> results.CreateRepositoryResponse:
    """CreateRepository."""
    if call.input.get("imageScanningConfiguration", {}).get("scanOnPush"):
        raise unsupported("scanOnPush")
    tags = check_tags((tag["Key"], tag["Value"]) for tag in call.input.get("tags", ()))
    exclusions = exclusions_of(call.input.get("imageTagMutabilityExclusionFilters"))
    mutability = check_mutability(call.input.get("imageTagMutability", MUTABLE), exclusions)
    encryption = call.node.encryption
    if "encryptionConfiguration" in call.input:
        given = call.input["encryptionConfiguration"]
        encryption = choose_encryption(unit, call.node.key_sealer, given["encryptionType"], given.get("kmsKey"))
    made = repositories.create_repository(unit, call.input["repositoryName"], mutability, tags, encryption)
    return {"repository": render_repository(call, made)}


def describe_repositories(
    call: Call[requests.DescribeRepositoriesRequest], unit: Unit
) -> results.DescribeRepositoriesResponse:
    """DescribeRepositories: by name, or a page of all."""
    size, after = call.page(excludes="repositoryNames")
    if "repositoryNames" in call.input:
        found = repositories.describe_repositories(unit, call.input["repositoryNames"])
        return {"repositories": [render_repository(call, each) for each in found]}
    found = repositories.list_repositories(unit, after or "", size + 1)
    answer: results.DescribeRepositoriesResponse = {
        "repositories": [render_repository(call, each) for each in found[:size]]
    }
    if len(found) > size:
        answer["nextToken"] = call.next_token(found[size - 1].name)
    return answer


def delete_repository(call: Call[requests.DeleteRepositoryRequest], unit: Unit) -> results.DeleteRepositoryResponse:
    """DeleteRepository."""
    name, force = call.input["repositoryName"], call.input.get("force", False)
    return {"repository": render_repository(call, repositories.delete_repository(unit, name, force=force))}


def put_image_tag_mutability(
    call: Call[requests.PutImageTagMutabilityRequest], unit: Unit
) -> results.PutImageTagMutabilityResponse:
    """PutImageTagMutability."""
    exclusions = exclusions_of(call.input.get("imageTagMutabilityExclusionFilters"))
    mutability = check_mutability(call.input["imageTagMutability"], exclusions)
    repositories.put_image_tag_mutability(unit, call.input["repositoryName"], mutability)
    answer: results.PutImageTagMutabilityResponse = {**call.echo(), "imageTagMutability": mutability.mode}
    if mutability.exclusions:
        answer["imageTagMutabilityExclusionFilters"] = render_filters(mutability.exclusions)
    return answer


def tag_resource(call: Call[requests.TagResourceRequest], unit: Unit) -> results.TagResourceResponse:
    """TagResource."""
    tags = check_tags((tag["Key"], tag["Value"]) for tag in call.input["tags"])
    repositories.tag_resource(unit, call.input["resourceArn"], tags)
    return {}


def untag_resource(call: Call[requests.UntagResourceRequest], unit: Unit) -> results.UntagResourceResponse:
    """UntagResource."""
    repositories.untag_resource(unit, call.input["resourceArn"], call.input["tagKeys"])
    return {}


def list_tags_for_resource(
    call: Call[requests.ListTagsForResourceRequest], unit: Unit
) -> results.ListTagsForResourceResponse:
    """ListTagsForResource."""
    tags = repositories.list_tags_for_resource(unit, call.input["resourceArn"])
    return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
