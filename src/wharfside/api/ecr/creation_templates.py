"""ECR's operations on repository creation templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wharfside.api.ecr.call import Call
from wharfside.api.ecr.repositories import exclusions_of, render_filters
from wharfside.core.errors import invalid_parameter
from wharfside.core.mutability import TagMutability, check_mutability
from wharfside.core.names import namespace_of
from wharfside.core.tagging import check_tags
from wharfside.registry import creation_templates
from wharfside.registry.context import Unit
from wharfside.registry.encryption import check_encryption
from wharfside.store.creation_templates import CreationTemplate

if TYPE_CHECKING:
    from wharfside_sdk.ecr import requests, results

MOST_PREFIXES: Final = 100
"""Per call of DescribeRepositoryCreationTemplates, as of names in DescribeRepositories; the model has no number."""
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)


def _render(call: Call[Any], template: CreationTemplate) -> results.RepositoryCreationTemplate:
    """ECR structure RepositoryCreationTemplate. Without encryption it has no `encryptionConfiguration`."""
    members: results.RepositoryCreationTemplate = {
        "prefix": template.prefix,
        "appliedFor": list(template.applied_for),
        "imageTagMutability": template.mutability.mode,
        "createdAt": template.created_at,
        "updatedAt": template.updated_at,
    }
    if template.description:
        members["description"] = template.description
    if template.mutability.exclusions:
        members["imageTagMutabilityExclusionFilters"] = render_filters(template.mutability.exclusions)
    if template.resource_tags:
        members["resourceTags"] = [{"Key": key, "Value": value} for key, value in template.resource_tags.items()]
    if template.repository_policy is not None:
        members["repositoryPolicy"] = template.repository_policy
    if template.lifecycle_policy is not None:
        members["lifecyclePolicy"] = template.lifecycle_policy
    if template.custom_role_arn is not None:
        members["customRoleArn"] = template.custom_role_arn
    default = call.node.encryption
    encryption_type = template.encryption_type or (default.type if default is not None else None)
    if encryption_type is not None:
        members["encryptionConfiguration"] = {"encryptionType": encryption_type}
        if template.kms_key is not None:
            members["encryptionConfiguration"]["kmsKey"] = template.kms_key
    return members


def _with_members(template: CreationTemplate, given: Mapping[str, Any]) -> CreationTemplate:
    """The template with the members that a request gives in place of its own. Empty ones take away what it has."""
    encryption_type, key = template.encryption_type, template.kms_key
    if "encryptionConfiguration" in given:
        encryption_type = given["encryptionConfiguration"]["encryptionType"]
        key = given["encryptionConfiguration"].get("kmsKey") or None
        check_encryption(encryption_type, key)
    tags = template.resource_tags
    if "resourceTags" in given:
        tags = check_tags((tag["Key"], tag["Value"]) for tag in given["resourceTags"])
    role = given.get("customRoleArn", template.custom_role_arn) or None
    if role is not None and not _ROLE_ARN.fullmatch(role):
        raise invalid_parameter("customRoleArn", "Invalid ARN")
    applied_for = tuple(dict.fromkeys(given.get("appliedFor", template.applied_for)))
    if not applied_for:
        raise invalid_parameter("appliedFor", "Member must have length greater than or equal to 1")
    return replace(
        template,
        applied_for=applied_for,
        description=given.get("description", template.description),
        mutability=_mutability(template.mutability, given),
        resource_tags=tags,
        repository_policy=given.get("repositoryPolicy", template.repository_policy) or None,
        lifecycle_policy=given.get("lifecyclePolicy", template.lifecycle_policy) or None,
        encryption_type=encryption_type,
        kms_key=key,
        custom_role_arn=role,
    )


def _mutability(present: TagMutability, given: Mapping[str, Any]) -> TagMutability:
    """A mode that is given without filters goes without those of the former mode, as PutImageTagMutability does."""
    if "imageTagMutability" not in given and "imageTagMutabilityExclusionFilters" not in given:
        return present
    exclusions = exclusions_of(given.get("imageTagMutabilityExclusionFilters"))
    return check_mutability(given.get("imageTagMutability", present.mode), exclusions)


def create_repository_creation_template(
    call: Call[requests.CreateRepositoryCreationTemplateRequest], unit: Unit
) -> results.CreateRepositoryCreationTemplateResponse:
    """CreateRepositoryCreationTemplate."""
    template = _with_members(CreationTemplate(call.input["prefix"], (), unit.now, unit.now), call.input)
    made = creation_templates.create_template(unit, template, call.caller.evaluated(), call.circumstances)
    return {"registryId": unit.account, "repositoryCreationTemplate": _render(call, made)}


def update_repository_creation_template(
    call: Call[requests.UpdateRepositoryCreationTemplateRequest], unit: Unit
) -> results.UpdateRepositoryCreationTemplateResponse:
    """UpdateRepositoryCreationTemplate: members that are not given stay as they are."""
    found = creation_templates.get_template(unit, call.input["prefix"], lock=True)
    changed = _with_members(found, call.input)
    updated = creation_templates.update_template(unit, changed, call.caller.evaluated(), call.circumstances)
    return {"registryId": unit.account, "repositoryCreationTemplate": _render(call, updated)}


def delete_repository_creation_template(
    call: Call[requests.DeleteRepositoryCreationTemplateRequest], unit: Unit
) -> results.DeleteRepositoryCreationTemplateResponse:
    """DeleteRepositoryCreationTemplate."""
    deleted = creation_templates.delete_template(unit, call.input["prefix"])
    return {"registryId": unit.account, "repositoryCreationTemplate": _render(call, deleted)}


def describe_repository_creation_templates(
    call: Call[requests.DescribeRepositoryCreationTemplatesRequest], unit: Unit
) -> results.DescribeRepositoryCreationTemplatesResponse:
    """DescribeRepositoryCreationTemplates: by prefix those that there are, or a page of all."""
    size, after = call.page(excludes="prefixes")
    if "prefixes" in call.input:
        if len(call.input["prefixes"]) > MOST_PREFIXES:
            raise invalid_parameter("prefixes", f"Member must have length less than or equal to {MOST_PREFIXES}")
        found = creation_templates.describe_templates(unit, call.input["prefixes"])
        return {"registryId": unit.account, "repositoryCreationTemplates": [_render(call, each) for each in found]}
    found = creation_templates.list_templates(unit, after, size + 1)
    answer: results.DescribeRepositoryCreationTemplatesResponse = {
        "registryId": unit.account,
        "repositoryCreationTemplates": [_render(call, each) for each in found[:size]],
    }
    if len(found) > size:
        answer["nextToken"] = call.next_token(namespace_of(found[size - 1].prefix))
    return answer
