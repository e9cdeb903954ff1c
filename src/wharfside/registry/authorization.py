"""Whether a principal may do something: the only place that asks the policies."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from wharfside.core.errors import access_denied
from wharfside.core.iam import Decision, ResourcePolicies, decide
from wharfside.core.names import repository_arn
from wharfside.core.request_context import AccessRequest, Circumstances, Principal
from wharfside.registry.context import Unit
from wharfside.store import repositories
from wharfside.store.policies import Resource, find_policies

EVERY_REPOSITORY = "*"
"""In place of a repository's name: all that the registry has."""


class TagChange(NamedTuple):
    """The resource tags that a request wants to set, and the keys that it sets or removes."""

    tags: Mapping[str, str] = MappingProxyType({})
    keys: tuple[str, ...] = ()


NO_TAGS = TagChange()


def decide_on(
    unit: Unit,
    principal: Principal,
    action: str,
    repository: str | None,
    circumstances: Circumstances,
    *,
    change: TagChange = NO_TAGS,
    policies: ResourcePolicies | None = None,
) -> Decision:
    """Decide on an action on a repository, or without one on the registry (`*`). `policies`: where they are known."""
    connection, account, region = unit.connection, unit.account, unit.region
    if policies is None:
        policies = find_policies(connection, Resource(account, region, repository or ""))
    request = AccessRequest(
        principal,
        action,
        "*" if repository is None else repository_arn(account, region, repository),
        account,
        circumstances,
        change.tags,
        change.keys,
        lambda: repositories.find_resource_tags(connection, account, region, repository or ""),
    )
    return decide(request, policies)


def authorize(
    unit: Unit,
    principal: Principal,
    actions: tuple[str, ...],
    repository: str | None,
    circumstances: Circumstances,
    *,
    change: TagChange = NO_TAGS,
    policies: ResourcePolicies | None = None,
) -> None:
    """Pass if one of the names of an action is allowed and none is denied. Raises AccessDeniedException."""
    decisions = {
        action: decide_on(unit, principal, action, repository, circumstances, change=change, policies=policies)
        for action in actions
    }
    denials = {action: decision for action, decision in decisions.items() if decision.denied}
    if not denials and any(decision.allowed for decision in decisions.values()):
        return
    action, decision = next(iter((denials or decisions).items()))
    resource = "*" if repository is None else repository_arn(unit.account, unit.region, repository)
    raise access_denied(principal.arn, action, resource, decision.reason)
