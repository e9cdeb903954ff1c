"""Documents and the elements of their statements."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.core.policy_documents import (
    ARN,
    HERE,
    allow,
    allowed,
    ask,
    deny,
    policy,
    session,
    user,
)

from wharfside.core.iam import ADMINISTRATOR_POLICY, ResourcePolicies


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow(), True),
        (allow("ecr:*"), True),
        (allow("ECR:putimage"), True),
        (allow("ecr:Put*"), True),
        (allow("ecr:PutImag?"), True),
        (allow("*:PutImage"), True),
        (allow("ecr:?"), False),
        (allow(["s3:*", "ecr:PutImage"]), True),
        (allow("ecr:GetImage"), False),
        (allow("ecr.PutImage"), False),
        (allow("xecr:PutImage"), False),
        (allow(resource=ARN), True),
        (allow(resource=ARN.upper()), False),
        (allow(resource=f"arn:aws:ecr:*:{HERE}:repository/team/*"), True),
        (allow(resource=f"arn:aws:ecr:*:{HERE}:repository/team"), False),
        (allow(resource=["x", ARN[:-1] + "?"]), True),
        (allow(resource=[]), False),
        (allow(action=[]), False),
        (allow(action=5), False),
        (allow(action=["ecr:PutImage", 5]), False),
        (allow(Condition={"StringEquals": {"aws:username": "ann"}}), True),
        (allow(Condition={"StringEquals": {"aws:username": "x"}}), False),
        (allow(Sid="named"), True),
        (allow(Unknown="x"), False),
        (allow(Principal="*"), False),
        (allow(NotAction="s3:*"), False),
        (allow(NotResource="x"), False),
        ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": ["s3:*", "ecr:put*"], "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": ARN + "x"}, True),
        ({"Effect": "Allow", "Action": "*", "NotResource": ["x", ARN]}, False),
        ({"Effect": "Allow", "Action": "*"}, False),
        ({"Effect": "allow", "Action": "*", "Resource": "*"}, False),
        (allow(resource=f"arn:aws:ecr:us-east-1:{HERE}:repository/${{aws:username}}/app"), False),
        (allow(resource=f"arn:aws:ecr:us-east-1:{HERE}:repository/${{aws:PrincipalTag/team}}/*"), True),
        (allow(resource=f"arn:aws:ecr:us-east-1:{HERE}:repository/${{aws:PrincipalTag/wild}}/app"), False),
        (allow(resource="${who:knows}"), False),
        (allow(resource="arn:${"), False),
        ({"Effect": "Allow", "Action": "*", "NotResource": "${aws:PrincipalTag/none}"}, False),
        ({}, False),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_single_statements(statement: dict[str, Any], expected: bool) -> None:
    assert allowed(ask(user(policy(statement), tags={"team": "team", "wild": "*"}))) == expected


@pytest.mark.parametrize(
    ("statement", "still"),
    [
        (deny(), False),
        (deny("ecr:PutImage"), False),
        (deny("ecr:GetImage"), True),
        (deny(resource=ARN), False),
        (deny(resource=ARN + "x"), True),
        (deny(Condition={"Bool": {"aws:SecureTransport": "false"}}), False),
        (deny(Condition={"Bool": {"aws:SecureTransport": "true"}}), True),
        (deny(Condition={"Odd": {"aws:SecureTransport": "true"}}), False),
        (deny(Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), False),
        (deny(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), True),
        (deny(Condition={"StringEquals": {"misspelt": "o-1"}}), False),
        (deny("ecr:GetImage", Unknown="x"), True),
        (deny(Unknown="x"), False),
        (deny(Principal="*"), False),
        (deny(action=5), False),
        (deny(resource=[]), False),
        ({"Effect": "Deny", "NotAction": "ecr:PutImage", "Resource": "*"}, True),
        ({"Effect": "Deny", "NotAction": "ecr:ListImages", "Resource": "*"}, False),
        ({"Effect": "Deny", "Action": "ecr:PutImage", "NotResource": ARN}, True),
        ({"Effect": "Deny", "Action": "ecr:PutImage", "NotResource": "x"}, False),
        ({"Effect": "Deny", "Action": "ecr:PutImage", "NotAction": "ecr:PutImage", "Resource": "*"}, False),
        ({"Effect": "Deny", "Action": "ecr:PutImage"}, False),
        (deny(resource="${aws:PrincipalTag/none}"), True),
        (deny(resource="${who:knows}"), False),
        (deny(resource="arn:${"), False),
        ({"Effect": "Unknown"}, False),
        ({}, False),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_a_deny_counts_more_than_any_allow(statement: dict[str, Any], still: bool) -> None:
    for documents in (
        [policy(allow(), statement)],
        [policy(statement, allow())],
        [policy(allow()), policy(statement)],
        [policy(statement), policy(allow())],
    ):
        assert allowed(ask(user(*documents))) == still


@pytest.mark.parametrize(
    "document",
    [
        "",
        "x",
        "[]",
        "null",
        "{}",
        '{"Statement":5}',
        '{"Statement":[5]}',
        "[" * 100_000,
        '{"Statement":' * 50_000,
        '{"a":' + "9" * 10_000 + "}",
        '{"Statement":[],"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
    ],
    ids=lambda text: text[:30],
)
def test_documents_that_are_none_allow_nothing(document: str) -> None:
    assert not allowed(ask(user(document)))
    assert allowed(ask(user(document, ADMINISTRATOR_POLICY)))


def test_one_statement_need_not_be_in_a_list() -> None:
    assert allowed(ask(user(json.dumps({"Statement": allow()}))))


@pytest.mark.parametrize("members", [{"Version": "2030-01-01"}, {"Version": 5}, {"Statements": []}], ids=str)
def test_a_document_with_unknown_members_allows_nothing_and_still_denies(members: dict[str, Any]) -> None:
    assert not allowed(ask(user(json.dumps({"Statement": allow()} | members))))
    denying = json.dumps({"Statement": deny("ecr:PutImage")} | members)
    assert not allowed(ask(user(ADMINISTRATOR_POLICY, denying)))


@pytest.mark.parametrize(
    ("principal", "allows", "denies"),
    [
        ("*", True, True),
        ({"AWS": "*"}, True, True),
        ({"AWS": ["*", user().arn]}, True, True),
        ({"AWS": user().arn}, True, True),
        ({"AWS": [user(name="bob").arn, user().arn]}, True, True),
        ({"AWS": user(name="bob").arn}, False, False),
        ({"AWS": user().arn.upper()}, False, True),
        ({"AWS": session().role_arn}, False, False),
        ({"Service": "ecr.amazonaws.com"}, False, False),
        ({"AWS": user().arn, "Service": "ecr.amazonaws.com"}, True, True),
        ({"AWS": f"arn:aws:iam::{HERE}:user/*"}, False, True),
        ({"AWS": [user().arn, "no principal"]}, False, True),
        ({"CanonicalUser": "x"}, False, True),
        ({"AWS": []}, False, True),
        ({"AWS": 5}, False, True),
        ({"AWS": {}}, False, True),
        ({}, False, True),
        ("**", False, True),
        (user().arn, False, True),
        (None, False, True),
        (["*"], False, True),
    ],
    ids=str,
)
def test_principals(principal: Any, allows: bool, denies: bool) -> None:
    statement = {"Principal": principal, "Action": "ecr:PutImage"}
    allowing = ResourcePolicies(policy(statement | {"Effect": "Allow"}))
    denying = ResourcePolicies(policy(statement | {"Effect": "Deny"}))
    assert allowed(ask(user()), allowing) == allows
    assert allowed(ask(user(ADMINISTRATOR_POLICY)), denying) != denies


def test_a_policy_of_a_resource_without_principals_allows_nobody_and_denies_everybody() -> None:
    assert not allowed(ask(user()), ResourcePolicies(policy(allow())))
    assert not allowed(ask(user(ADMINISTRATOR_POLICY)), ResourcePolicies(policy(deny())))
    both = {"Principal": "*", "NotPrincipal": {"AWS": user().arn}, "Action": "*"}
    assert not allowed(ask(user()), ResourcePolicies(policy({"Effect": "Allow", **both})))
    assert not allowed(ask(user(ADMINISTRATOR_POLICY)), ResourcePolicies(policy({"Effect": "Deny", **both})))


def test_a_registry_policy_needs_resources() -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*"}
    assert not allowed(ask(user()), ResourcePolicies(None, policy(statement)))
    assert allowed(ask(user()), ResourcePolicies(None, policy(statement | {"Resource": ARN})))
    assert allowed(ask(user()), ResourcePolicies(policy(statement)))
