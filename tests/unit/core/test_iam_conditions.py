"""Every condition operator, with and without its prefixes and suffix."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.core.policy_documents import (
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

from wharfside.core.iam import ADMINISTRATOR_POLICY
from wharfside.core.request_context import ANONYMOUS, Circumstances, Principal

KEY = "test:key"


def holds(condition: Any, values: dict[str, tuple[str, ...]], **members: Any) -> bool | None:
    """Whether a condition holds; None where an Allow is passed over and a Deny applies."""
    allows = allowed(ask(user(policy(allow(Condition=condition))), others=values, **members))
    statement = deny(Condition=condition)
    denies = not allowed(ask(user(ADMINISTRATOR_POLICY, policy(statement)), others=values, **members))
    if allows != denies:
        assert denies, "an Allow was given for what is not understood"
        return None
    return allows


POSITIVE: list[tuple[str, Any, list[str], list[str]]] = [
    ("StringEquals", "Ab", ["Ab"], ["ab", "A", "Abc", "*"]),
    ("StringEquals", ["a", "b*"], ["a", "b*"], ["bc", ""]),
    ("StringEquals", 5, ["5"], ["5.0"]),
    ("StringEqualsIgnoreCase", "Ab", ["Ab", "aB"], ["b"]),
    ("StringLike", "a*c?", ["abcd", "acd"], ["abc", "xacd", "Acd"]),
    ("StringLike", ["x", "*"], ["", "a\nb"], []),
    ("StringLike", "", [""], ["a"]),
    ("NumericEquals", "5", ["5", "5.0", "+5"], ["6", "-5"]),
    ("NumericEquals", 5, ["5"], ["4"]),
    ("NumericLessThan", "5", ["4", "-10", "4.99"], ["5", "10"]),
    ("NumericLessThanEquals", 5.5, ["5.5", "5"], ["5.51"]),
    ("NumericGreaterThan", "5", ["5.1", "10"], ["5", "-6"]),
    ("NumericGreaterThanEquals", "5", ["5", "10"], ["4.9"]),
    ("DateEquals", "2026-01-01T00:00:00Z", ["2026-01-01", "1767225600", "2026-01-01T01:00:00+01:00"], ["2026-01-02"]),
    ("DateLessThan", "2026-01-01", ["2025-12-31T23:59:59Z", "0"], ["2026-01-01"]),
    ("DateLessThanEquals", "2026-01-01", ["2026-01-01"], ["2026-01-01T00:00:01Z"]),
    ("DateGreaterThan", "1767225600", ["2026-01-01T00:00:01Z"], ["2026-01-01"]),
    ("DateGreaterThanEquals", "2026-01-01", ["2026-01-01", "9999-12-31"], ["0001-01-01"]),
    ("Bool", "true", ["true", "True"], ["false"]),
    ("Bool", False, ["false"], ["true"]),
    ("BinaryEquals", "QmluYXJ5", ["QmluYXJ5"], ["QmluYXJ6"]),
    ("IpAddress", "203.0.113.0/24", ["203.0.113.9", "::ffff:203.0.113.9"], ["203.0.114.9", "2001:db8::1"]),
    ("IpAddress", ["10.0.0.1", "2001:db8::/32"], ["10.0.0.1", "2001:db8::7"], ["10.0.0.2", "2001:db9::"]),
    ("IpAddress", "203.0.113.7/24", ["203.0.113.1"], []),
    ("IpAddress", "::ffff:10.0.0.0/104", ["10.1.2.3", "::ffff:10.1.2.3"], ["11.0.0.1", "::1"]),
    (
        "ArnLike",
        "arn:aws:iam::*:user/team-?/*",
        [f"arn:aws:iam::{HERE}:user/team-a/ann", "arn:aws:iam:::user/team-b/x:y"],
        [f"arn:aws:iam::{HERE}:user/team-ab/ann", f"arn:aws:iam::{HERE}:role/team-a/x"],
    ),
    ("ArnLike", "arn:*:*:*:*:*", ["arn:a:b:c:d:e:f"], ["xarn:a:b:c:d:e"]),
    ("ArnLike", "arn:aws:i*:1:user/x:b", [], ["arn:aws:iam::1:user/x:b"]),
    ("ArnEquals", "arn:aws:iam::1:user/*", ["arn:aws:iam::1:user/a"], ["arn:aws:iam::2:user/a"]),
    ("ArnEquals", "arn:aws:iam::?:user/a", ["arn:aws:iam::1:user/a"], ["arn:aws:iam:::user/a", "arn:a:iam:::::x"]),
]  # fmt: skip
NEGATED = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
    "ArnLike": "ArnNotLike",
    "ArnEquals": "ArnNotEquals",
}
CASES = [
    *((name, wanted, good, bad, False) for name, wanted, good, bad in POSITIVE),
    *((NEGATED[name], wanted, bad, good, True) for name, wanted, good, bad in POSITIVE if name in NEGATED),
]


@pytest.mark.parametrize(("name", "wanted", "good", "bad", "negated"), CASES, ids=lambda value: str(value)[:40])
def test_operators(name: str, wanted: Any, good: list[str], bad: list[str], negated: bool) -> None:
    for value in good:
        for operator in (name, name + "IfExists", "ForAllValues:" + name, f"ForAnyValue:{name}", name.upper()):
            assert holds({operator: {KEY: wanted}}, {KEY: (value,)}) is True, (operator, value)
    for value in bad:
        for operator in (name, name + "IfExists", "ForAllValues:" + name, f"ForAnyValue:{name}", name.lower()):
            assert holds({operator: {KEY: wanted}}, {KEY: (value,)}) is False, (operator, value)
    if good and bad:
        both = (good[0], bad[0])
        assert holds({name: {KEY: wanted}}, {KEY: both}) is None
        assert holds({"ForAllValues:" + name: {KEY: wanted}}, {KEY: both}) is False
        assert holds({"ForAnyValue:" + name: {KEY: wanted}}, {KEY: both}) is True
    absent: dict[str, tuple[str, ...]] = {KEY: ()}
    assert holds({name: {KEY: wanted}}, absent) is negated
    assert holds({name + "IfExists": {KEY: wanted}}, absent) is True
    assert holds({"ForAllValues:" + name: {KEY: wanted}}, absent) is True
    assert holds({"ForAllValues:" + name + "IfExists": {KEY: wanted}}, absent) is True
    assert holds({"ForAnyValue:" + name: {KEY: wanted}}, absent) is False
    assert holds({"ForAnyValue:" + name + "IfExists": {KEY: wanted}}, absent) is None
    for operator in (name, name + "IfExists", "ForAllValues:" + name, "ForAnyValue:" + name):
        assert holds({operator: {KEY: wanted}}, {}) is None, "a key that nobody knows"


def test_null() -> None:
    for value, present, absent in (("true", False, True), (True, False, True), ("False", True, False)):
        assert holds({"Null": {KEY: value}}, {KEY: ("x",)}) is present
        assert holds({"Null": {KEY: value}}, {KEY: ()}) is absent
        assert holds({"Null": {KEY: value}}, {}) is None
    assert holds({"Null": {KEY: ["true", "false"]}}, {KEY: ()}) is True
    assert holds({"Null": {KEY: "x"}}, {KEY: ()}) is None


@pytest.mark.parametrize(
    "condition",
    [
        {"StringMatches": {KEY: "x"}},
        {"StringEqualsIfExistsIfExists": {KEY: "x"}},
        {"ForSomeValues:StringEquals": {KEY: "x"}},
        {"NullIfExists": {KEY: "true"}},
        {"ForAnyValue:Null": {KEY: "true"}},
        {"": {KEY: "x"}},
        {"StringEquals": {KEY: []}},
        {"StringEquals": {KEY: None}},
        {"StringEquals": {KEY: {"x": "x"}}},
        {"StringEquals": {KEY: [["x"]]}},
        {"StringEquals": "x"},
        {"StringEquals": []},
        "x",
        [],
        None,
        {"NumericEquals": {KEY: "x"}},
        {"NumericEquals": {KEY: ["1", "1e5"]}},
        {"NumericEquals": {KEY: "9" * 100}},
        {"DateLessThan": {KEY: "tomorrow"}},
        {"Bool": {KEY: "yes"}},
        {"BinaryEquals": {KEY: "*"}},
        {"IpAddress": {KEY: "10.0.0.0/33"}},
        {"IpAddress": {KEY: "localhost"}},
        {"ArnLike": {KEY: "*"}},
        {"ArnLike": {KEY: "arn:aws:iam"}},
        {"StringEquals": {KEY: "${aws:username"}},
        {"StringEquals": {KEY: "${}"}},
        {"StringEquals": {KEY: "${aws:username, none}"}},
        {"StringEquals": {KEY: "${who:knows}"}},
    ],
    ids=str,
)
def test_what_is_not_understood_allows_nothing_and_hinders_no_deny(condition: Any) -> None:
    assert holds(condition, {KEY: ("x",)}) is None


@pytest.mark.parametrize(
    ("operator", "wanted", "given"),
    [
        ("NumericEquals", "1", "one"),
        ("NumericNotEquals", "1", "NaN"),
        ("DateLessThan", "2026-01-01", "soon"),
        ("Bool", "true", ""),
        ("BinaryEquals", "QmluYXJ5", "%"),
        ("NotIpAddress", "10.0.0.0/8", "localhost"),
        ("ArnNotLike", "arn:aws:iam::1:user/*", "ann"),
    ],
)
def test_a_request_that_has_no_value_of_the_kind_is_not_decided(operator: str, wanted: str, given: str) -> None:
    assert holds({operator: {KEY: wanted}}, {KEY: (given,)}) is None


def test_every_operator_and_every_key_has_to_hold() -> None:
    good, bad, unknown = {"StringEquals": {KEY: "x"}}, {"StringLike": {KEY: "y"}}, {"Odd": {KEY: "z"}}
    values = {KEY: ("x",), "test:other": ("a",)}
    assert holds({}, values) is True
    assert holds(good | bad, values) is False
    assert holds({"StringEquals": {KEY: "x", "test:other": "b"}}, values) is False
    assert holds({"StringEquals": {KEY: "x", "test:other": ["b", "a"]}}, values) is True
    assert holds(good | unknown, values) is None
    assert holds(bad | unknown, values) is False
    assert holds(unknown | bad, values) is False


VARIABLES: list[tuple[str, str, str, bool | None]] = [
    ("StringEquals", "${aws:username}", "ann", True),
    ("StringEquals", "${AWS:UserName}", "ann", True),
    ("StringEquals", "${ aws:username }", "ann", True),
    ("StringEquals", "x-${aws:username}-${aws:PrincipalAccount}", f"x-ann-{HERE}", True),
    ("StringEquals", "${aws:username}", "bob", False),
    ("StringNotEquals", "${aws:username}", "bob", True),
    ("StringLike", "${aws:username}*", "anna", True),
    ("StringLike", "${test:star}", "anything", False),
    ("StringLike", "${test:star}", "*", True),
    ("StringLike", "a${*}b", "a*b", True),
    ("StringLike", "a${*}b", "axb", False),
    ("StringLike", "a${?}${$}?", "a?$x", True),
    ("StringEquals", "a${*}b", "a*b", True),
    ("StringEqualsIgnoreCase", "${aws:username}", "ANN", True),
    ("StringEquals", "${aws:PrincipalTag/team, 'red'}", "red", True),
    ("StringEquals", "${aws:PrincipalTag/team,'a,b*'}", "a,b*", True),
    ("StringLike", "${aws:PrincipalTag/team, '*'}", "x", False),
    ("StringEquals", "${aws:username, 'red'}", "ann", True),
    ("StringEquals", "${aws:PrincipalTag/team}", "", False),
    ("StringNotEquals", "${aws:PrincipalTag/team}", "x", True),
    ("StringEquals", "${test:two}", "a", None),
    ("ArnLike", "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}", f"arn:aws:iam::{HERE}:user/ann", True),
    ("ArnLike", "arn:aws:iam::${aws:PrincipalAccount}:user/*", f"arn:aws:iam::{HERE}:user/bob", True),
    ("ArnLike", "arn:aws:iam::${test:star}:user/*", f"arn:aws:iam::{HERE}:user/bob", False),
    ("ArnLike", "arn:aws:iam::${test:star}:user/*", "arn:aws:iam::*:user/bob", True),
    ("NumericEquals", "${aws:EpochTime}", "5", None),
]


@pytest.mark.parametrize(("operator", "wanted", "given", "expected"), VARIABLES)
def test_variables(operator: str, wanted: str, given: str, expected: bool | None) -> None:
    values = {KEY: (given,), "test:star": ("*",), "test:two": ("a", "b")}
    assert holds({operator: {KEY: wanted}}, values) is expected


def test_variables_are_text_in_documents_of_the_old_version() -> None:
    for version in ("2008-10-17", None):
        document = policy(allow(Condition={"StringEquals": {KEY: "${aws:username}"}}), version=version)
        assert allowed(ask(user(document), others={KEY: ("${aws:username}",)}))
        assert not allowed(ask(user(document), others={KEY: ("ann",)}))


NOW = 1_767_225_600.5
FROM = Circumstances(NOW, "us-east-1", "203.0.113.9", True, "docker/27", "https://console")
TAGGED = user(tags={"team": "red"})
BUILDER = session(issued_at=NOW - 60)

GLOBAL_KEYS: list[tuple[str, Principal, str | None]] = [
    ("aws:CurrentTime", user(), "2026-01-01T00:00:00.500000+00:00"),
    ("aws:EpochTime", user(), "1767225600"),
    ("aws:MultiFactorAuthPresent", user(), None),
    ("aws:MultiFactorAuthPresent", BUILDER, "false"),
    ("aws:PrincipalAccount", user(), HERE),
    ("aws:PrincipalAccount", ANONYMOUS, None),
    ("aws:PrincipalArn", user(), f"arn:aws:iam::{HERE}:user/ann"),
    ("aws:PrincipalArn", BUILDER, f"arn:aws:iam::{HERE}:role/ci/builder"),
    ("aws:PrincipalArn", ANONYMOUS, None),
    ("aws:PrincipalOrgID", user(), None),
    ("aws:PrincipalTag/team", TAGGED, "red"),
    ("aws:PrincipalTag/TEAM", TAGGED, "red"),
    ("aws:PrincipalTag/other", TAGGED, None),
    ("aws:PrincipalType", user(), "User"),
    ("aws:PrincipalType", BUILDER, "AssumedRole"),
    ("aws:PrincipalType", root(), "Account"),
    ("aws:PrincipalType", ANONYMOUS, "Anonymous"),
    ("aws:Referer", user(), "https://console"),
    ("aws:RequestedRegion", user(), "us-east-1"),
    ("aws:ResourceAccount", user(), HERE),
    ("aws:SecureTransport", user(), "true"),
    ("aws:SourceIp", user(), "203.0.113.9"),
    ("aws:SourceVpce", user(), None),
    ("aws:TokenIssueTime", user(), None),
    ("aws:TokenIssueTime", BUILDER, "2025-12-31T23:59:00.500000+00:00"),
    ("aws:UserAgent", user(), "docker/27"),
    ("aws:userid", user(), "AIDAANNAAAAAAAAAAAAA"),
    ("aws:userid", BUILDER, BUILDER.user_id),
    ("aws:userid", ANONYMOUS, "anonymous"),
    ("aws:username", user(), "ann"),
    ("aws:username", BUILDER, None),
    ("aws:ViaAWSService", user(), "false"),
    ("aws:RequestTag/cost", user(), "42"),
    ("aws:ResourceTag/stage", user(), "prod"),
    ("ecr:ResourceTag/Stage", user(), "prod"),
    ("ecr:ResourceTag/none", user(), None),
]


@pytest.mark.parametrize(("key", "principal", "value"), GLOBAL_KEYS)
def test_global_keys(key: str, principal: Principal, value: str | None) -> None:
    request = ask(principal, circumstances=FROM, tags={"cost": "42"}, resource_tags=lambda: {"stage": "prod"})
    assert request.values(key.lower()) == (() if value is None else (value,))


def test_tag_keys() -> None:
    condition = {"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]}}
    guarded = user(policy(allow(Condition=condition | {"Null": {"aws:TagKeys": "false"}})))
    assert allowed(ask(guarded, tag_keys=("cost",)))
    assert allowed(ask(guarded, tag_keys=("cost", "team")))
    assert not allowed(ask(guarded, tag_keys=("cost", "other")))
    assert not allowed(ask(guarded))


def test_tags_that_differ_only_in_case_are_not_decided() -> None:
    condition = {"StringEquals": {"aws:ResourceTag/stage": "prod"}}
    assert holds(condition, {}, resource_tags=lambda: {"stage": "prod", "other": "x"}) is True
    assert holds(condition, {}, resource_tags=lambda: {"stage": "prod", "Stage": "test"}) is None


def test_the_tags_of_a_resource_are_asked_for_only_when_a_condition_names_them() -> None:
    def tags() -> dict[str, str]:
        raise AssertionError("asked")

    plain = policy(allow("ecr:*", Condition={"Bool": {"aws:SecureTransport": "false"}}))
    assert allowed(ask(user(plain), resource_tags=tags))
    naming = policy(allow("ecr:*", Condition={"StringEquals": {"aws:ResourceTag/a": "b"}}))
    with pytest.raises(AssertionError, match="asked"):
        allowed(ask(user(naming), resource_tags=tags))
