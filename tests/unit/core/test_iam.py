from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfside.core.iam import ADMINISTRATOR_POLICY, decide

HERE, ELSEWHERE = "000000000000", "111111111111"
ARN = f"arn:aws:ecr:us-east-1:{HERE}:repository/team/app"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any = "*", resource: Any = "*", **members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **members}


def deny(action: Any = "*", resource: Any = "*", **members: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **members}


def allowed(*documents: str, action: str = "ecr:PutImage", resource: str = ARN, account: str = HERE) -> bool:
    return decide(documents, HERE, account, action, resource).allowed


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow(), True),
        (allow("ecr:*"), True),
        (allow("ECR:putimage"), True),
        (allow("ecr:Put*"), True),
        (allow("ecr:PutImag?"), True),
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
        (allow(Condition={"StringEquals": {"aws:username": "x"}}), False),
        (allow(Sid="named"), True),
        ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*"}, False),
        ({"Effect": "allow", "Action": "*", "Resource": "*"}, False),
        ({}, False),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_single_statements(statement: dict[str, Any], expected: bool) -> None:
    assert allowed(policy(statement)) == expected


@pytest.mark.parametrize(
    ("statement", "still"),
    [
        (deny(), False),
        (deny("ecr:PutImage"), False),
        (deny("ecr:GetImage"), True),
        (deny(resource=ARN), False),
        (deny(resource=ARN + "x"), True),
        (deny(Condition={"Bool": {"aws:SecureTransport": "false"}}), False),
        ({"Effect": "Deny", "NotAction": "ecr:PutImage", "Resource": "*"}, False),
        ({"Effect": "Deny", "Action": "ecr:PutImage", "NotResource": ARN}, False),
        ({"Effect": "Unknown"}, False),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_a_deny_counts_more_than_any_allow(statement: dict[str, Any], still: bool) -> None:
    assert allowed(policy(allow(), statement)) == allowed(policy(statement, allow())) == still
    assert allowed(policy(allow()), policy(statement)) == still
    if not still:
        decision = decide([policy(allow(), statement)], HERE, HERE, "ecr:PutImage", ARN)
        assert decision.reason == "with an explicit deny in an identity-based policy"


@pytest.mark.parametrize(
    "document", ["", "x", "[]", "null", "{}", '{"Statement":5}', '{"Statement":[5]}', "[" * 100_000]
)
def test_documents_that_are_none_allow_nothing(document: str) -> None:
    assert not allowed(document)
    assert allowed(document, ADMINISTRATOR_POLICY)


def test_one_statement_need_not_be_in_a_list() -> None:
    assert allowed(json.dumps({"Statement": allow()}))


def test_reasons() -> None:
    assert decide([], HERE, HERE, "ecr:PutImage", ARN).reason == (
        "because no identity-based policy allows the ecr:PutImage action"
    )
    assert decide([ADMINISTRATOR_POLICY], HERE, ELSEWHERE, "ecr:PutImage", ARN).reason == (
        "because no resource-based policy allows the ecr:PutImage action"
    )
    assert decide([ADMINISTRATOR_POLICY], HERE, HERE, "ecr:PutImage", ARN).reason == ""


actions = st.sampled_from(["*", "ecr:*", "ecr:Put*", "ecr:PutImage", "ecr:ListImages", "s3:*", 5])
resources = st.sampled_from(["*", ARN, ARN[:-3] + "*", ARN + "x", "x", None])
statements = st.builds(
    lambda effect, action, resource, extra: {"Effect": effect, "Action": action, "Resource": resource} | extra,
    st.sampled_from(["Allow", "Deny", "Other"]),
    st.one_of(actions, st.lists(actions, max_size=2)),
    st.one_of(resources, st.lists(resources, max_size=2)),
    st.sampled_from([{}, {"Condition": {}}, {"Sid": "x"}, {"NotAction": "*"}]),
)
documents = st.lists(st.lists(statements, max_size=3).map(lambda each: policy(*each)), max_size=3)
asked = {
    "action": st.sampled_from(["ecr:PutImage", "ecr:ListImages"]),
    "resource": st.sampled_from([ARN, "*"]),
    "account": st.sampled_from([HERE, ELSEWHERE]),
}


@given(documents, statements, st.fixed_dictionaries(asked))
def test_a_further_deny_never_allows_more(before: list[str], statement: dict[str, Any], ask: dict[str, str]) -> None:
    if allowed(*before, policy(statement | {"Effect": "Deny"}), **ask):
        assert allowed(*before, **ask)


@given(st.data(), documents, st.fixed_dictionaries(asked))
def test_order_does_not_count(data: st.DataObject, before: list[str], ask: dict[str, str]) -> None:
    assert allowed(*before, **ask) == allowed(*data.draw(st.permutations(before)), **ask)


@given(documents, st.fixed_dictionaries(asked))
def test_another_accounts_resources_are_never_allowed(before: list[str], ask: dict[str, str]) -> None:
    assert not allowed(*before, **(ask | {"account": ELSEWHERE}))
