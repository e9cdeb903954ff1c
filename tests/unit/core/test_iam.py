"""One decision from all layers of policies."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.core.policy_documents import (
    ACTION,
    ARN,
    ELSEWHERE,
    HERE,
    allow,
    allowed,
    ask,
    deny,
    policy,
    root,
    session,
    user,
)

from wharfside.core.iam import (
    ADMINISTRATOR_POLICY,
    Decisive,
    PolicySource,
    ResourcePolicies,
    decide,
    decide_assuming,
)
from wharfside.core.request_context import ANONYMOUS, Principal

ALLOW, DENY, OTHER = policy(allow()), policy(deny()), policy(allow("ecr:ListImages"))
SERVICE = Principal("Service", "", "replication.ecr.amazonaws.com", provider="replication.ecr.amazonaws.com")


def repository(principal: Any, effect: str = "Allow", action: Any = "*", **members: Any) -> ResourcePolicies:
    """The policy of the repository, with one statement."""
    return ResourcePolicies(policy({"Effect": effect, "Principal": principal, "Action": action, **members}))


def registry(principal: Any, effect: str = "Allow", resource: Any = "*") -> ResourcePolicies:
    """The policy of the registry, with one statement."""
    statement = {"Effect": effect, "Principal": principal, "Action": "*", "Resource": resource}
    return ResourcePolicies(None, policy(statement))


ANN, BUILDER = user().arn, session()
NAMED = repository({"AWS": ANN})

SAME_ACCOUNT = {
    "nothing": (user(), ResourcePolicies(), False),
    "identity": (user(ALLOW), ResourcePolicies(), True),
    "identity of another action": (user(OTHER), ResourcePolicies(), False),
    "second identity policy": (user(OTHER, ALLOW), ResourcePolicies(), True),
    "identity denies": (user(ALLOW, DENY), NAMED, False),
    "repository names the user": (user(), NAMED, True),
    "repository names the user by id": (user(), repository({"AWS": user().user_id}), True),
    "repository names another user": (user(), repository({"AWS": user(name="bob").arn}), False),
    "repository names everybody": (user(), repository("*"), True),
    "repository names every AWS principal": (user(), repository({"AWS": "*"}), True),
    "repository names the account, which delegates": (user(), repository({"AWS": HERE}), False),
    "account, and identity policy": (user(ALLOW), repository({"AWS": HERE}), True),
    "repository denies": (user(ALLOW), repository("*", "Deny"), False),
    "repository denies another": (user(ALLOW), repository({"AWS": user(name="bob").arn}, "Deny"), True),
    "repository denies the account": (user(ALLOW), repository({"AWS": HERE}, "Deny"), False),
    "repository denies all but the user": (
        user(ALLOW),
        ResourcePolicies(policy({"Effect": "Deny", "NotPrincipal": {"AWS": ANN}, "Action": "*"})),
        True,
    ),
    "repository denies all but another": (
        user(ALLOW, name="bob"),
        ResourcePolicies(policy({"Effect": "Deny", "NotPrincipal": {"AWS": ANN}, "Action": "*"})),
        False,
    ),
    "repository allows all but another": (
        user(),
        ResourcePolicies(policy({"Effect": "Allow", "NotPrincipal": {"AWS": f"{ANN}x"}, "Action": "*"})),
        False,
    ),
    "registry names the user": (user(), registry({"AWS": ANN}), True),
    "registry, another repository": (user(), registry({"AWS": ANN}, resource=f"{ARN}2"), False),
    "registry denies": (user(ALLOW), registry("*", "Deny"), False),
    "registry denies what the repository allows": (
        user(ALLOW),
        ResourcePolicies(NAMED.repository, registry("*", "Deny").registry),
        False,
    ),
    "boundary allows": (user(ALLOW, boundary=ALLOW), ResourcePolicies(), True),
    "boundary does not allow": (user(ALLOW, boundary=OTHER), ResourcePolicies(), False),
    "boundary denies": (user(ALLOW, boundary=DENY), NAMED, False),
    "a boundary allows nothing by itself": (user(boundary=ALLOW), ResourcePolicies(), False),
    "a boundary does not limit a grant to the user": (user(boundary=OTHER), NAMED, True),
    "a boundary limits a grant to everybody": (user(boundary=OTHER), repository("*"), False),
    "role": (session(ALLOW), ResourcePolicies(), True),
    "repository names the role": (session(), repository({"AWS": BUILDER.role_arn}), True),
    "repository names the session": (session(), repository({"AWS": BUILDER.arn}), True),
    "repository names another session": (session(), repository({"AWS": BUILDER.arn + "2"}), False),
    "session policy allows": (session(ALLOW, session_policies=(OTHER, ALLOW)), ResourcePolicies(), True),
    "session policy does not allow": (session(ALLOW, session_policies=(OTHER,)), ResourcePolicies(), False),
    "session policy that is none": (session(ALLOW, session_policies=("",)), ResourcePolicies(), False),
    "session policy denies": (
        session(ALLOW, session_policies=(ALLOW, DENY)),
        repository({"AWS": BUILDER.arn}),
        False,
    ),
    "a session policy limits a grant to the role": (
        session(session_policies=(OTHER,)),
        repository({"AWS": BUILDER.role_arn}),
        False,
    ),
    "a session policy does not limit a grant to the session": (
        session(session_policies=(OTHER,)),
        repository({"AWS": BUILDER.arn}),
        True,
    ),
    "root": (root(), ResourcePolicies(), True),
    "repository denies root": (root(), repository("*", "Deny"), False),
}


@pytest.mark.parametrize(("principal", "policies", "expected"), SAME_ACCOUNT.values(), ids=SAME_ACCOUNT)
def test_in_one_account_either_side_is_enough(principal: Principal, policies: ResourcePolicies, expected: bool) -> None:
    assert allowed(ask(principal), policies) == expected


GUEST = user(ALLOW, account=ELSEWHERE)

ACROSS = {
    "neither": (user(account=ELSEWHERE), ResourcePolicies(), False),
    "only identity": (GUEST, ResourcePolicies(), False),
    "only the repository": (user(account=ELSEWHERE), repository({"AWS": GUEST.arn}), False),
    "repository names the user": (GUEST, repository({"AWS": GUEST.arn}), True),
    "repository names the account": (GUEST, repository({"AWS": ELSEWHERE}), True),
    "repository names the root": (GUEST, repository({"AWS": [HERE, f"arn:aws:iam::{ELSEWHERE}:root"]}), True),
    "repository names everybody": (GUEST, repository("*"), True),
    "repository names its own account": (GUEST, repository({"AWS": HERE}), False),
    "another action": (GUEST, repository("*", action="ecr:ListImages"), False),
    "registry names the account": (GUEST, registry({"AWS": ELSEWHERE}, resource=ARN), True),
    "registry allows, repository denies": (
        GUEST,
        ResourcePolicies(repository("*", "Deny").repository, registry("*").registry),
        False,
    ),
    "root of the other account": (root(ELSEWHERE), ResourcePolicies(), False),
    "root of the other account, allowed": (root(ELSEWHERE), repository({"AWS": ELSEWHERE}), True),
    "a boundary limits any grant": (
        user(ALLOW, account=ELSEWHERE, boundary=OTHER),
        repository({"AWS": GUEST.arn}),
        False,
    ),
    "role": (session(ALLOW, account=ELSEWHERE), repository({"AWS": session(account=ELSEWHERE).role_arn}), True),
    "session policy limits": (
        session(ALLOW, account=ELSEWHERE, session_policies=(OTHER,)),
        repository({"AWS": session(account=ELSEWHERE).arn}),
        False,
    ),
    "anonymous, nothing": (ANONYMOUS, ResourcePolicies(), False),
    "anonymous, everybody": (ANONYMOUS, repository("*"), True),
    "anonymous, account": (ANONYMOUS, repository({"AWS": HERE}), False),
    "anonymous, denied": (ANONYMOUS, ResourcePolicies(policy(
        {"Effect": "Allow", "Principal": "*", "Action": "*"},
        {"Effect": "Deny", "NotPrincipal": {"AWS": HERE}, "Action": "*"},
    )), False),
    "service": (SERVICE, repository({"Service": SERVICE.provider}), True),
    "another service": (SERVICE, repository({"Service": "lambda.amazonaws.com"}), False),
    "everybody is no service": (SERVICE, repository("*"), False),
    "no service is denied to everybody": (
        SERVICE,
        ResourcePolicies(repository({"Service": SERVICE.provider}).repository, registry("*", "Deny").registry),
        False,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("principal", "policies", "expected"), ACROSS.values(), ids=ACROSS)
def test_between_accounts_both_sides_have_to_allow(
    principal: Principal, policies: ResourcePolicies, expected: bool
) -> None:
    assert allowed(ask(principal), policies) == expected


@pytest.mark.parametrize("action", ["ecr:SetRepositoryPolicy", "ecr:DeleteRepositoryPolicy", "ecr:PutRegistryPolicy"])
def test_no_policy_locks_out_the_root_of_the_account(action: str) -> None:
    denying = ResourcePolicies(repository("*", "Deny").repository, registry("*", "Deny").registry)
    assert allowed(ask(root(), action), denying)
    assert not allowed(ask(user(ALLOW), action), denying)
    assert not allowed(ask(root(ELSEWHERE), action), denying)


def test_no_resource_policy_has_a_say_in_tokens() -> None:
    everything = ResourcePolicies(repository("*").repository, registry("*").registry)
    nothing = ResourcePolicies(repository("*", "Deny").repository, registry("*", "Deny").registry)
    assert not allowed(ask(user(), "ecr:GetAuthorizationToken", "*"), everything)
    assert allowed(ask(user(ALLOW), "ecr:GetAuthorizationToken", "*"), nothing)


REASONS: list[tuple[Principal, ResourcePolicies, str]] = [
    (user(), ResourcePolicies(), f"because no identity-based policy allows the {ACTION} action"),
    (user(account=ELSEWHERE), repository("*"), f"because no identity-based policy allows the {ACTION} action"),
    (GUEST, ResourcePolicies(), f"because no resource-based policy allows the {ACTION} action"),
    (ANONYMOUS, ResourcePolicies(), f"because no resource-based policy allows the {ACTION} action"),
    (user(ALLOW, boundary=OTHER), ResourcePolicies(), f"because no permissions boundary allows the {ACTION} action"),
    (
        session(ALLOW, session_policies=(OTHER,)),
        ResourcePolicies(),
        f"because no session policy allows the {ACTION} action",
    ),
    (user(ALLOW, DENY), ResourcePolicies(), "with an explicit deny in an identity-based policy"),
    (user(ALLOW, boundary=DENY), ResourcePolicies(), "with an explicit deny in a permissions boundary"),
    (session(ALLOW, session_policies=(DENY,)), ResourcePolicies(), "with an explicit deny in a session policy"),
    (user(ALLOW), repository("*", "Deny"), "with an explicit deny in a resource-based policy"),
    (user(ALLOW), registry("*", "Deny"), "with an explicit deny in a resource-based policy"),
    (user(ALLOW), ResourcePolicies(), ""),
]


@pytest.mark.parametrize(("principal", "policies", "reason"), REASONS, ids=lambda value: str(value)[:60])
def test_reasons(principal: Principal, policies: ResourcePolicies, reason: str) -> None:
    assert decide(ask(principal), policies).reason == reason


def test_the_statement_that_decided() -> None:
    second = policy(allow("s3:*"), allow(Sid="Everything"))
    assert decide(ask(user(OTHER, second))).decisive == Decisive(PolicySource.IDENTITY, 1, 1, "Everything")
    denied = decide(ask(user(OTHER, policy(allow(), deny(Sid="No")))))
    assert denied.decisive == Decisive(PolicySource.IDENTITY, 1, 1, "No")
    shared = decide(ask(GUEST), repository("*", Sid="Friends"))
    assert shared.decisive == Decisive(PolicySource.REPOSITORY, 0, 0, "Friends")
    assert decide(ask(user()), registry("*")).decisive == Decisive(PolicySource.REGISTRY, 0, 0, None)
    assert decide(ask(root())).decisive == Decisive(PolicySource.ROOT)
    assert decide(ask(user())).decisive is None
    assert decide(ask(user(ADMINISTRATOR_POLICY))).decisive == Decisive(PolicySource.IDENTITY, 0, 0, None)


PROVIDER = f"arn:aws:iam::{HERE}:oidc-provider/issuer.example"
WEB = Principal("WebIdentity", "", "issuer.example:repo:a", provider=PROVIDER)
ROLE = f"arn:aws:iam::{HERE}:role/builder"


def trust(principal: Any, effect: str = "Allow", **members: Any) -> str:
    return policy({"Effect": effect, "Principal": principal, "Action": "sts:*", **members})


@pytest.mark.parametrize(
    ("principal", "document", "expected"),
    [
        (user(), trust({"AWS": ANN}), True),
        (user(), trust({"AWS": HERE}), False),
        (user(ALLOW), trust({"AWS": HERE}), True),
        (user(ALLOW), trust({"AWS": ELSEWHERE}), False),
        (user(ALLOW), trust({"AWS": ANN}, "Deny"), False),
        (user(DENY), trust({"AWS": ANN}), False),
        (GUEST, trust({"AWS": ELSEWHERE}), True),
        (user(account=ELSEWHERE), trust({"AWS": ELSEWHERE}), False),
        (root(), trust({"AWS": ANN}), False),
        (WEB, trust({"Federated": PROVIDER}), True),
        (WEB, trust({"Federated": PROVIDER + "2"}), False),
        (WEB, trust("*"), False),
        (WEB, trust({"Federated": PROVIDER}, Condition={"StringEquals": {"issuer.example:sub": "repo:a"}}), True),
        (WEB, trust({"Federated": PROVIDER}, Condition={"StringLike": {"issuer.example:sub": "repo:b*"}}), False),
        (WEB, trust({"Federated": PROVIDER}, Condition={"StringNotEquals": {"issuer.example:ref": "x"}}), False),
        (user(ALLOW), "", False),
    ],
)
def test_assuming_a_role(principal: Principal, document: str, expected: bool) -> None:
    request = ask(principal, "sts:AssumeRole", ROLE, others={"issuer.example:sub": ("repo:a",)})
    assert decide_assuming(request, document).allowed == expected
