"""Repositories that nobody created: the registry makes them when they are needed, as a creation template says."""

from __future__ import annotations

from typing import Final, Literal

from wharfside.core.encryption import Encryption
from wharfside.core.errors import RegistryError
from wharfside.core.iam import decide_assuming
from wharfside.core.names import namespaces_of
from wharfside.core.request_context import AccessRequest, Circumstances, Principal
from wharfside.registry.authorization import TagChange, authorize
from wharfside.registry.context import Unit
from wharfside.registry.principals import find_named_caller
from wharfside.registry.repositories import create_repository
from wharfside.store import creation_templates as stored_templates
from wharfside.store import lifecycle_policies as stored_lifecycle_policies
from wharfside.store import policies as stored_policies
from wharfside.store.creation_templates import CreationTemplate
from wharfside.store.identities import find_identity_by_arn
from wharfside.store.repositories import Repository, find_repository

Purpose = Literal["REPLICATION", "PULL_THROUGH_CACHE", "CREATE_ON_PUSH"]
_ECR: Final = Principal("Service", "", "ecr.amazonaws.com", provider="ecr.amazonaws.com")
_SESSION: Final = "RepositoryCreationTemplate"


def find_template(unit: Unit, name: str, purpose: Purpose) -> CreationTemplate | None:
    """The template for a repository that does not exist: of those that apply for the purpose, the longest prefix.

    None when there is no such template, or the repository exists.
    """
    if find_repository(unit.connection, unit.account, unit.region, name) is not None:
        return None
    found = stored_templates.find_templates(unit.connection, unit.account, unit.region, namespaces_of(name))
    # A namespace begins with every shorter one, so by namespace the longest comes last.
    return next((each for each in reversed(found) if purpose in each.applied_for), None)


def authorize_creation(
    unit: Unit, principal: Principal, name: str, template: CreationTemplate, circumstances: Circumstances
) -> None:
    """Pass if the principal may have this repository made. Raises AccessDeniedException."""
    authorize(unit, principal, ("ecr:CreateRepository",), name, circumstances, change=_change(template))


def make_repository(
    unit: Unit,
    name: str,
    template: CreationTemplate,
    circumstances: Circumstances,
    encryption: Encryption | None,
    *,
    as_role: bool,
) -> Repository:
    """Make a repository as its template says. Raises AccessDeniedException, LimitExceededException.

    `encryption`: what was chosen by the template, or without one by the registry; None leaves what is pushed as it is.

    `as_role`: make it as the role of the template, which tags and keys need (ECR user guide, "Repository creation
    templates").
    """
    if as_role:
        _require_role(unit, name, template, circumstances)
    made = create_repository(unit, name, template.mutability, dict(template.resource_tags), encryption)
    if template.repository_policy is not None:
        stored_policies.put_repository_policy(unit.connection, made.id, template.repository_policy)
    if template.lifecycle_policy is not None:
        stored_lifecycle_policies.put_policy(unit.connection, made.id, template.lifecycle_policy)
    return made


def _change(template: CreationTemplate) -> TagChange:
    return TagChange(template.resource_tags, tuple(template.resource_tags))


def _require_role(unit: Unit, name: str, template: CreationTemplate, circumstances: Circumstances) -> None:
    """Raises AccessDeniedException unless the role of the template may make the repository, with its tags."""
    if template.custom_role_arn is None:
        if template.resource_tags:
            raise _refusal(template, "has resource tags, which need a customRoleArn")
        if template.encryption_type in ("KMS", "KMS_DSSE"):
            raise _refusal(template, "has a key to encrypt with, which needs a customRoleArn")
        return
    role = find_identity_by_arn(unit.connection, template.custom_role_arn)
    if role is None or role.kind != "role" or role.account != unit.account:
        raise _refusal(template, f"names the role {template.custom_role_arn}, which does not exist in the account")
    assuming = AccessRequest(_ECR, "sts:AssumeRole", role.arn, role.account, circumstances)
    if not decide_assuming(assuming, role.trust_policy or "{}").allowed:
        raise _refusal(template, f"names the role {role.arn}, whose trust policy does not let {_ECR.arn} assume it")
    caller, _ = find_named_caller(unit.connection, role, unit.now, _SESSION)
    principal, change = caller.evaluated(), _change(template)
    authorize(unit, principal, ("ecr:CreateRepository",), name, circumstances, change=change)
    if template.resource_tags:
        authorize(unit, principal, ("ecr:TagResource",), name, circumstances, change=change)


def _refusal(template: CreationTemplate, reason: str) -> RegistryError:
    message = f"The repository cannot be created: its creation template with the prefix '{template.prefix}' {reason}"
    return RegistryError("AccessDeniedException", message)
