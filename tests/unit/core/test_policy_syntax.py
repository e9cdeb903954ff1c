"""Which documents may be set."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.core.policy_documents import ARN, HERE, allow, deny, policy, session, user

from wharfside.core.policies import PolicyKind
from wharfside.core.policy_syntax import check_policy, principals_of
from wharfside.core.policy_variables import Malformed

ALLOW: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (PolicyKind.REPOSITORY, policy(ALLOW)),
        (PolicyKind.REPOSITORY, policy(ALLOW, version="2008-10-17")),
        (PolicyKind.REPOSITORY, policy(ALLOW, version=None)),
        (PolicyKind.REPOSITORY, json.dumps({"Version": "2012-10-17", "Id": "x", "Statement": ALLOW})),
        (PolicyKind.REPOSITORY, policy(ALLOW | {"Resource": "*", "Sid": "a"}, ALLOW | {"Sid": "b"})),
        (PolicyKind.REPOSITORY, policy(ALLOW | {"Action": ["ecr:*", "ECR:Get*", "*"]})),
        (PolicyKind.REPOSITORY, policy(ALLOW | {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}})),
        (
            PolicyKind.REPOSITORY,
            policy({"Effect": "Deny", "NotPrincipal": {"AWS": HERE}, "NotAction": "ecr:BatchGetImage"}),
        ),
        (PolicyKind.REGISTRY, policy(ALLOW | {"Resource": [ARN, ARN + "*"]})),
        (PolicyKind.REGISTRY, policy(ALLOW | {"Resource": "*"})),
        (PolicyKind.IDENTITY, policy(allow(), deny(["s3:*"], ARN))),
        (PolicyKind.IDENTITY, policy(allow(resource="arn:aws:s3:::${aws:username}/*"))),
        (PolicyKind.TRUST, policy({"Effect": "Allow", "Principal": {"Federated": "x"}, "Action": "sts:*"})),
    ],
)
def test_documents_that_may_be_set(kind: PolicyKind, document: str) -> None:
    check_policy(document, kind)


@pytest.mark.parametrize(
    ("kind", "document", "reason"),
    [
        (PolicyKind.REPOSITORY, "", "not JSON"),
        (PolicyKind.REPOSITORY, "{", "not JSON"),
        (PolicyKind.REPOSITORY, "[]", "not an object"),
        (PolicyKind.REPOSITORY, '{"Statement":[],"Statement":[]}', "a member is given twice"),
        (PolicyKind.REPOSITORY, "{}", "there is no Statement"),
        (PolicyKind.REPOSITORY, '{"Rules":[]}', "unknown member 'Rules'"),
        (PolicyKind.REPOSITORY, policy(ALLOW, version="2020-01-01"), "Version must be 2012-10-17 or 2008-10-17"),
        (PolicyKind.REPOSITORY, policy("x"), "statement 1: not an object"),
        (PolicyKind.REPOSITORY, policy(ALLOW, ALLOW | {"Efect": 1}), "statement 2: unknown member 'Efect'"),
        (PolicyKind.REPOSITORY, policy(ALLOW | {"Effect": "allow"}), "statement 1: Effect must be Allow or Deny"),
        (
            PolicyKind.REPOSITORY,
            policy(ALLOW | {"Sid": "a"}, ALLOW | {"Sid": "a"}),
            "statement 2: Sid must be a text that no other statement has",
        ),
        (PolicyKind.REPOSITORY, policy(allow("ecr:*")), "statement 1: there is no Principal"),
        (
            PolicyKind.REPOSITORY,
            policy({"Effect": "Allow", "NotPrincipal": "*", "Action": "*"}),
            "statement 1: NotPrincipal is for Deny",
        ),
        (PolicyKind.REPOSITORY, policy(ALLOW | {"Principal": {"AWS": "ann"}}), "statement 1: not a principal"),
        (
            PolicyKind.REPOSITORY,
            policy({"Effect": "Allow", "Principal": "*"}),
            "statement 1: there is no Action",
        ),
        (PolicyKind.REPOSITORY, policy(ALLOW | {"Action": "s3:*"}), "statement 1: 's3:*' is not an action of ECR"),
        (PolicyKind.REPOSITORY, policy(ALLOW | {"Action": "PutImage"}), "statement 1: 'PutImage' is not an action"),
        (
            PolicyKind.REPOSITORY,
            policy(ALLOW | {"Resource": ARN}),
            "statement 1: a repository policy is about its own repository: Resource is * or left out",
        ),
        (
            PolicyKind.REPOSITORY,
            policy(ALLOW | {"Condition": {"StringSounds": {"a": "b"}}}),
            "statement 1: Condition has an operator or a value that is not of the policy language",
        ),
        (PolicyKind.REPOSITORY, policy(ALLOW | {"Condition": 5}), "statement 1: a condition is not an object"),
        (PolicyKind.REGISTRY, policy(ALLOW), "statement 1: there is no Resource"),
        (
            PolicyKind.REGISTRY,
            policy(ALLOW | {"Resource": "arn:aws:s3:::x"}),
            "statement 1: 'arn:aws:s3:::x' is not a resource of ECR",
        ),
        (PolicyKind.REGISTRY, policy(ALLOW | {"Resource": "team/*"}), "statement 1: 'team/*' is not an ARN"),
        (PolicyKind.IDENTITY, policy(ALLOW), "statement 1: unknown member 'Principal'"),
        (PolicyKind.IDENTITY, policy({"Effect": "Allow", "Action": "*"}), "statement 1: there is no Resource"),
        (
            PolicyKind.IDENTITY,
            policy(allow(resource="arn:aws:s3:::${aws:username")),
            "statement 1: a policy variable is not closed",
        ),
        (PolicyKind.TRUST, policy(ALLOW | {"Resource": "*"}), "statement 1: unknown member 'Resource'"),
    ],
)
def test_documents_that_may_not(kind: PolicyKind, document: str, reason: str) -> None:
    with pytest.raises(Malformed) as refusal:
        check_policy(document, kind)
    assert str(refusal.value) == reason


def test_the_users_and_roles_that_have_to_exist() -> None:
    named = [user().arn, session().role_arn, session().arn, HERE, f"arn:aws:iam::{HERE}:root", "*"]
    document = policy(
        ALLOW | {"Principal": {"AWS": named, "Service": "ecr.amazonaws.com"}},
        {"Effect": "Deny", "NotPrincipal": {"AWS": user(name="bob").arn}, "Action": "*"},
        ALLOW,
    )
    assert principals_of(document) == {user().arn, session().role_arn, user(name="bob").arn}
