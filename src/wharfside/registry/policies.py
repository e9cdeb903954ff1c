"""Policies of repositories and of registries: the use cases behind ECR's operations on them."""

from __future__ import annotations

from wharfside.core.errors import (
    RegistryError,
    invalid_parameter,
    registry_policy_not_found,
    repository_policy_not_found,
)
from wharfside.core.iam import ResourcePolicies
from wharfside.core.policies import PolicyKind
from wharfside.core.policy_syntax import check_policy, principals_of
from wharfside.core.policy_variables import Malformed
from wharfside.core.request_context import Circumstances, Principal
from wharfside.registry.authorization import decide_on
from wharfside.registry.context import Unit
from wharfside.registry.repositories import get_repository
from wharfside.store import policies as stored
from wharfside.store.policies import Resource

_MEMBER = "PolicyText"


def check_document(unit: Unit, document: str, kind: PolicyKind) -> None:
    """Raises InvalidParameterException for what is no such policy, and for principals that there are not."""
    try:
        check_policy(document, kind)
    except Malformed as error:
        raise invalid_parameter(_MEMBER, f"Invalid {kind} policy provided") from error
    named = principals_of(document)
    if not named <= stored.existing_principals(unit.connection, named):
        raise invalid_parameter(_MEMBER, "Principal not found")


def get_repository_policy(unit: Unit, name: str) -> str:
    """GetRepositoryPolicy. Raises RepositoryPolicyNotFoundException."""
    get_repository(unit, name)
    found = stored.find_policies(unit.connection, Resource(unit.account, unit.region, name)).repository
    if found is None:
        raise repository_policy_not_found(name, unit.account)
    return found


def set_repository_policy(
    unit: Unit, name: str, document: str, *, caller: Principal, circumstances: Circumstances, force: bool
) -> None:
    """SetRepositoryPolicy. Without `force`, a policy that would keep the caller from setting it again is refused."""
    repository = get_repository(unit, name, lock=True)
    check_document(unit, document, PolicyKind.REPOSITORY)
    if not force:
        registry = stored.find_policies(unit.connection, Resource(unit.account, unit.region, "")).registry
        policies = ResourcePolicies(document, registry)
        if not decide_on(unit, caller, "ecr:SetRepositoryPolicy", name, circumstances, policies=policies).allowed:
            raise _locks_out()
    stored.put_repository_policy(unit.connection, repository.id, document)


def _locks_out() -> RegistryError:
    return invalid_parameter(
        _MEMBER, "This policy would keep you from setting the repository policy again. Use force to set it nevertheless"
    )


def delete_repository_policy(unit: Unit, name: str) -> str:
    """DeleteRepositoryPolicy; the policy as it was. Raises RepositoryPolicyNotFoundException."""
    repository = get_repository(unit, name, lock=True)
    found = get_repository_policy(unit, name)
    stored.delete_repository_policy(unit.connection, repository.id)
    return found


def get_registry_policy(unit: Unit) -> str:
    """GetRegistryPolicy. Raises RegistryPolicyNotFoundException."""
    found = stored.find_policies(unit.connection, Resource(unit.account, unit.region, "")).registry
    if found is None:
        raise registry_policy_not_found(unit.account)
    return found


def put_registry_policy(unit: Unit, document: str) -> None:
    """PutRegistryPolicy: it has a say in every request from now on."""
    check_document(unit, document, PolicyKind.REGISTRY)
    stored.put_registry_policy(unit.connection, unit.account, unit.region, document)


def delete_registry_policy(unit: Unit) -> str:
    """DeleteRegistryPolicy; the policy as it was. Raises RegistryPolicyNotFoundException."""
    found = get_registry_policy(unit)
    stored.delete_registry_policy(unit.connection, unit.account, unit.region)
    return found
