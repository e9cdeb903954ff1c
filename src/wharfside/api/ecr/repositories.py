"""ECR's operations on repositories and their tags."""

from __future__ import annotations

from wharfside.api.ecr.call import Call, Members
from wharfside.core.errors import unsupported
from wharfside.core.mutability import MUTABLE, check_mutability
from wharfside.core.names import repository_arn
from wharfside.core.tagging import check_tags
from wharfside.registry import repositories
from wharfside.registry.context import Unit
from wharfside.store.repositories import Repository


def render_repository(call: Call, repository: Repository) -> Members:
    """ECR structure Repository. What is not encrypted has no `encryptionConfiguration`."""
    host = call.node.addresses.registry_host(call.request, repository.account, repository.region)
    members: Members = {
        "repositoryArn": repository_arn(repository.account, repository.region, repository.name),
        "registryId": repository.account,
        "repositoryName": repository.name,
        "repositoryUri": f"{host}/{repository.name}",
        "createdAt": repository.created_at,
        "imageTagMutability": repository.mutability.mode,
        "imageScanningConfiguration": {"scanOnPush": False},
    }
    if repository.mutability.exclusions:
        members["imageTagMutabilityExclusionFilters"] = _render_filters(repository.mutability.exclusions)
    return members


def _render_filters(exclusions: tuple[str, ...]) -> list[Members]:
    return [{"filterType": "WILDCARD", "filter": pattern} for pattern in exclusions]


def _exclusions(call: Call) -> tuple[str, ...] | None:
    filters = call.input.get("imageTagMutabilityExclusionFilters")
    return None if filters is None else tuple(each["filter"] for each in filters)


def create_repository(call: Call, unit: Unit) -> Members:
    """CreateRepository."""
    if "encryptionConfiguration" in call.input:
        raise unsupported("encryptionConfiguration")
    if call.input.get("imageScanningConfiguration", {}).get("scanOnPush"):
        raise unsupported("scanOnPush")
    tags = check_tags((tag["Key"], tag["Value"]) for tag in call.input.get("tags", ()))
    mutability = check_mutability(call.input.get("imageTagMutability", MUTABLE), _exclusions(call))
    made = repositories.create_repository(unit, call.input["repositoryName"], mutability, tags)
    return {"repository": render_repository(call, made)}


def describe_repositories(call: Call, unit: Unit) -> Members:
    """DescribeRepositories: by name, or a page of all."""
    size, after = call.page(excludes="repositoryNames")
    if "repositoryNames" in call.input:
        found = repositories.describe_repositories(unit, call.input["repositoryNames"])
        return {"repositories": [render_repository(call, each) for each in found]}
    found = repositories.list_repositories(unit, after or "", size + 1)
    answer: Members = {"repositories": [render_repository(call, each) for each in found[:size]]}
    if len(found) > size:
        answer["nextToken"] = call.next_token(found[size - 1].name)
    return answer


def delete_repository(call: Call, unit: Unit) -> Members:
    """DeleteRepository."""
    name, force = call.input["repositoryName"], call.input.get("force", False)
    return {"repository": render_repository(call, repositories.delete_repository(unit, name, force=force))}


def put_image_tag_mutability(call: Call, unit: Unit) -> Members:
    """PutImageTagMutability."""
    mutability = check_mutability(call.input["imageTagMutability"], _exclusions(call))
    repositories.put_image_tag_mutability(unit, call.input["repositoryName"], mutability)
    answer = call.echo(imageTagMutability=mutability.mode)
    if mutability.exclusions:
        answer["imageTagMutabilityExclusionFilters"] = _render_filters(mutability.exclusions)
    return answer


def tag_resource(call: Call, unit: Unit) -> Members:
    """TagResource."""
    tags = check_tags((tag["Key"], tag["Value"]) for tag in call.input["tags"])
    repositories.tag_resource(unit, call.input["resourceArn"], tags)
    return {}


def untag_resource(call: Call, unit: Unit) -> Members:
    """UntagResource."""
    repositories.untag_resource(unit, call.input["resourceArn"], call.input["tagKeys"])
    return {}


def list_tags_for_resource(call: Call, unit: Unit) -> Members:
    """ListTagsForResource."""
    tags = repositories.list_tags_for_resource(unit, call.input["resourceArn"])
    return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
