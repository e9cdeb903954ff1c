"""Whether a caller may do something: the only place that asks the policies."""

from __future__ import annotations

from wharfside.core.errors import access_denied
from wharfside.core.iam import decide
from wharfside.core.names import repository_arn
from wharfside.registry.context import Caller


def authorize(caller: Caller, action: str, account: str, region: str, repository: str | None) -> None:
    """Pass, or raise AccessDeniedException. Without a repository, the action is on the registry (`*`)."""
    resource = repository_arn(account, region, repository) if repository is not None else "*"
    decision = decide(caller.policies, caller.account, account, action, resource)
    if not decision.allowed:
        raise access_denied(caller.arn, action, resource, decision.reason)


def may(caller: Caller, action: str, account: str, region: str, repository: str) -> bool:
    """Whether `authorize` would pass."""
    resource = repository_arn(account, region, repository)
    return decide(caller.policies, caller.account, account, action, resource).allowed
