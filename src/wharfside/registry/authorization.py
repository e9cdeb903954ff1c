"""Whether a caller may do something: the only place that asks the policies."""

from __future__ import annotations

from wharfside.core.errors import access_denied
from wharfside.core.iam import Decision, decide
from wharfside.core.names import repository_arn
from wharfside.core.request_context import AccessRequest, Principal, PrincipalType
from wharfside.registry.context import Caller


def authorize(caller: Caller, action: str, account: str, region: str, repository: str | None) -> None:
    """Pass, or raise AccessDeniedException. Without a repository, the action is on the registry (`*`)."""
    resource = repository_arn(account, region, repository) if repository is not None else "*"
    decision = _decide(caller, action, account, resource)
    if not decision.allowed:
        raise access_denied(caller.arn, action, resource, decision.reason)


def may(caller: Caller, action: str, account: str, region: str, repository: str) -> bool:
    """Whether `authorize` would pass."""
    return _decide(caller, action, account, repository_arn(account, region, repository)).allowed


def _decide(caller: Caller, action: str, account: str, resource: str) -> Decision:
    type_: PrincipalType = "Account" if caller.arn.endswith(":root") else "User"
    principal = Principal(type_, caller.account, caller.arn, caller.user_id, policies=caller.policies)
    return decide(AccessRequest(principal, action, resource, account))
