"""Repository creation templates: the use cases behind ECR's operations on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wharfside.core.errors import template_already_exists, template_not_found, too_many_templates
from wharfside.core.lifecycle_policies import parse_lifecycle_policy
from wharfside.core.names import namespace_of
from wharfside.core.policies import PolicyKind
from wharfside.core.request_context import Circumstances, Principal
from wharfside.registry.authorization import EVERY_REPOSITORY, authorize
from wharfside.registry.context import Unit
from wharfside.registry.policies import check_document
from wharfside.store import creation_templates as stored
from wharfside.store.creation_templates import CreationTemplate

MAXIMUM_TEMPLATES = 1_000
"""Templates per account and region. ECR publishes no number of its own."""


def get_template(unit: Unit, prefix: str, *, lock: bool = False) -> CreationTemplate:
    """The template of exactly this prefix. Raises TemplateNotFoundException. `lock` keeps other writers of it away."""
    namespaces = [namespace_of(prefix)]
    found = stored.find_templates(unit.connection, unit.account, unit.region, namespaces, lock=lock)
    if not found:
        raise template_not_found(prefix, unit.account)
    return found[0]


def create_template(
    unit: Unit, template: CreationTemplate, caller: Principal, circumstances: Circumstances
) -> CreationTemplate:
    """CreateRepositoryCreationTemplate.

    Raises TemplateAlreadyExistsException, also when only the implied `/` of the prefix is different,
    LimitExceededException, and what `_check` does.
    """
    _check(unit, template, caller, circumstances)
    namespaces = [namespace_of(template.prefix)]
    if stored.find_templates(unit.connection, unit.account, unit.region, namespaces):
        raise template_already_exists(template.prefix, unit.account)
    if stored.count_templates(unit.connection, unit.account, unit.region) >= MAXIMUM_TEMPLATES:
        raise too_many_templates(unit.account, MAXIMUM_TEMPLATES)
    stored.insert_template(unit.connection, unit.account, unit.region, template)
    return template


def update_template(
    unit: Unit, changed: CreationTemplate, caller: Principal, circumstances: Circumstances
) -> CreationTemplate:
    """UpdateRepositoryCreationTemplate: counts for repositories that are made from now on."""
    _check(unit, changed, caller, circumstances)
    updated = replace(changed, updated_at=unit.now)
    stored.update_template(unit.connection, unit.account, unit.region, updated)
    return updated


def _check(unit: Unit, template: CreationTemplate, caller: Principal, circumstances: Circumstances) -> None:
    """Whoever has repositories made, and given policies, must be allowed to do so (ECR user guide, "Repository
    creation templates", required permissions). Raises AccessDeniedException, and what the policies are refused with."""
    repositories = namespace_of(template.prefix) + EVERY_REPOSITORY
    authorize(unit, caller, ("ecr:CreateRepository",), repositories, circumstances)
    if template.repository_policy is not None:
        authorize(unit, caller, ("ecr:SetRepositoryPolicy",), repositories, circumstances)
        check_document(unit, template.repository_policy, PolicyKind.REPOSITORY)
    if template.lifecycle_policy is not None:
        authorize(unit, caller, ("ecr:PutLifecyclePolicy",), repositories, circumstances)
        parse_lifecycle_policy(template.lifecycle_policy)


def delete_template(unit: Unit, prefix: str) -> CreationTemplate:
    """DeleteRepositoryCreationTemplate; the template as it was. Raises TemplateNotFoundException."""
    found = get_template(unit, prefix, lock=True)
    stored.delete_template(unit.connection, unit.account, unit.region, prefix)
    return found


def describe_templates(unit: Unit, prefixes: Sequence[str]) -> list[CreationTemplate]:
    """DescribeRepositoryCreationTemplates by prefix: those that there are."""
    namespaces = {namespace_of(prefix) for prefix in prefixes}
    return stored.find_templates(unit.connection, unit.account, unit.region, namespaces)


def list_templates(unit: Unit, after: str | None, limit: int) -> list[CreationTemplate]:
    """DescribeRepositoryCreationTemplates without prefixes: those whose namespace is greater than `after`."""
    return stored.list_templates(unit.connection, unit.account, unit.region, after, limit)
