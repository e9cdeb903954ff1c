"""Who may do what: one decision from all policies that have a say (IAM user guide, "Policy evaluation logic")."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from wharfside.core.policies import Grant, PolicyKind, Statement, compile_policy
from wharfside.core.request_context import AccessRequest

ADMINISTRATOR_POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
"""Everything in the principal's own account."""


class PolicySource(StrEnum):
    """What kind of policy decides (IAM, SimulatePrincipalPolicy: SourcePolicyType); the text is how IAM calls it."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    REPOSITORY = "repository policy"
    REGISTRY = "registry policy"
    TRUST = "trust policy"
    ROOT = "account root"


_RESOURCE_BASED = frozenset({PolicySource.REPOSITORY, PolicySource.REGISTRY, PolicySource.TRUST})
_ARTICLES = {PolicySource.IDENTITY: "an", PolicySource.BOUNDARY: "a", PolicySource.SESSION: "a"}


class Decisive(NamedTuple):
    """The statement that decided: which of the source's documents, which statement in it (both from 0), and its Sid."""

    source: PolicySource
    document: int = 0
    statement: int | None = None
    sid: str | None = None


class Decision(NamedTuple):
    """Allowed, or the ending of the sentence that says why not. Nothing is decisive where no statement allows."""

    allowed: bool
    reason: str = ""
    decisive: Decisive | None = None

    @property
    def denied(self) -> bool:
        """Whether a statement denies, and it is not only that none allows."""
        return not self.allowed and self.decisive is not None


class ResourcePolicies(NamedTuple):
    """The policies of what the action is on."""

    repository: str | None = None
    registry: str | None = None


NO_POLICIES = ResourcePolicies()

_IDENTITY_ONLY = frozenset({"ecr:getauthorizationtoken"})
"""Actions that no policy of a resource has a say in (ECR user guide, "Actions defined by Amazon ECR")."""
_WAYS_OUT = frozenset(
    {
        "ecr:deleteregistrypolicy",
        "ecr:deleterepositorypolicy",
        "ecr:getregistrypolicy",
        "ecr:getrepositorypolicy",
        "ecr:putregistrypolicy",
        "ecr:setrepositorypolicy",
    }
)
"""What the root of the owning account can always do, so that no policy locks an account out of its own things."""


class _Found(NamedTuple):
    grant: Grant
    denies: bool
    decisive: Decisive | None


_NOTHING = _Found(Grant.NONE, False, None)


def _evaluate(
    source: PolicySource, kind: PolicyKind, documents: Iterable[str], request: AccessRequest, action: str
) -> _Found:
    """The first Deny that applies, or else the strongest Allow."""
    grant, document, allowing = Grant.NONE, 0, None
    for number, text in enumerate(documents):
        for statement in compile_policy(text, kind).about(action):
            if not statement.denies and grant is Grant.DIRECT:
                continue
            found = statement.grant(request)
            if found and statement.denies:
                return _Found(found, True, _decisive(source, number, statement))
            if found > grant:
                grant, document, allowing = found, number, statement
    if allowing is None:
        return _NOTHING
    return _Found(grant, False, _decisive(source, document, allowing))


def _decisive(source: PolicySource, document: int, statement: Statement) -> Decisive:
    return Decisive(source, document, statement.index, statement.sid)


def _denied(found: _Found) -> Decision:
    assert found.decisive is not None
    source = found.decisive.source
    named = "a resource-based policy" if source in _RESOURCE_BASED else f"{_ARTICLES[source]} {source}"
    return Decision(False, f"with an explicit deny in {named}", found.decisive)


def _not_allowed(what: str, request: AccessRequest) -> Decision:
    return Decision(False, f"because no {what} allows the {request.action} action")


def _resource_policies(
    request: AccessRequest, action: str, policies: ResourcePolicies
) -> list[tuple[PolicySource, PolicyKind, str]]:
    principal = request.principal
    if action in _IDENTITY_ONLY:
        return []
    if principal.type == "Account" and principal.account == request.account and action in _WAYS_OUT:
        return []
    found: list[tuple[PolicySource, PolicyKind, str]] = []
    if policies.repository is not None:
        found.append((PolicySource.REPOSITORY, PolicyKind.REPOSITORY, policies.repository))
    if policies.registry is not None:
        found.append((PolicySource.REGISTRY, PolicyKind.REGISTRY, policies.registry))
    return found


def decide(request: AccessRequest, policies: ResourcePolicies = NO_POLICIES) -> Decision:
    """Decide on a request: by the principal's own policies, and by those of the repository and of its registry.

    In the same account either side is enough; between accounts both have to allow. A Deny anywhere decides.
    """
    action = request.action.lower()
    resource = _NOTHING
    for source, kind, document in _resource_policies(request, action, policies):
        found = _evaluate(source, kind, (document,), request, action)
        if found.denies:
            return _denied(found)
        if found.grant > resource.grant:
            resource = found
    return _combine(request, action, resource)


def decide_assuming(request: AccessRequest, trust_policy: str) -> Decision:
    """Decide whether a role may be assumed, which its trust policy has to allow in any case (STS, AssumeRole)."""
    action = request.action.lower()
    trusted = _evaluate(PolicySource.TRUST, PolicyKind.TRUST, (trust_policy,), request, action)
    if trusted.denies:
        return _denied(trusted)
    decision = _combine(request, action, trusted)
    if decision.allowed and not trusted.grant:
        return _not_allowed("resource-based policy", request)
    return decision


_WITH_IDENTITY = frozenset({"Account", "User", "AssumedRole", "FederatedUser"})


def _combine(request: AccessRequest, action: str, resource: _Found) -> Decision:
    """Join what the resource's policies said, which is no Deny, with what those of the principal say."""
    principal = request.principal
    if principal.type not in _WITH_IDENTITY:
        if resource.grant >= Grant.SHARED:
            return Decision(True, "", resource.decisive)
        return _not_allowed("resource-based policy", request)
    identity = _identity(request, action)
    if identity.denies:
        return _denied(identity)
    limits = _limits(request, action)
    for _, limit in limits:
        if limit.denies:
            return _denied(limit)
    same_account = principal.account == request.account
    if same_account and resource.grant is Grant.DIRECT:
        return Decision(True, "", resource.decisive)
    granted = same_account and resource.grant is Grant.SHARED
    if not granted and not identity.grant:
        return _not_allowed(PolicySource.IDENTITY, request)
    for source, limit in limits:
        if not limit.grant:
            return _not_allowed(source, request)
    if not same_account and not resource.grant:
        return _not_allowed("resource-based policy", request)
    return Decision(True, "", resource.decisive if granted or not same_account else identity.decisive)


def _identity(request: AccessRequest, action: str) -> _Found:
    principal = request.principal
    found = _evaluate(PolicySource.IDENTITY, PolicyKind.IDENTITY, principal.policies, request, action)
    if principal.type == "Account" and not found.denies:
        return _Found(Grant.DIRECT, False, Decisive(PolicySource.ROOT))
    return found


def _limits(request: AccessRequest, action: str) -> list[tuple[PolicySource, _Found]]:
    """What the policies say that only narrow what others allow."""
    principal = request.principal
    boundary = (principal.boundary,) if principal.boundary is not None else ()
    return [
        (source, _evaluate(source, PolicyKind.IDENTITY, documents, request, action))
        for source, documents in ((PolicySource.BOUNDARY, boundary), (PolicySource.SESSION, principal.session_policies))
        if documents
    ]
