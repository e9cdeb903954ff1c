"""What holds for all policies, tried with many."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
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

from wharfside.core.iam import ResourcePolicies, decide, decide_assuming
from wharfside.core.policies import PolicyKind
from wharfside.core.policy_syntax import check_policy, principals_of
from wharfside.core.policy_variables import Malformed
from wharfside.core.request_context import ANONYMOUS, AccessRequest, Circumstances, Principal

operators = st.builds(
    lambda prefix, name, suffix: prefix + name + suffix,
    st.sampled_from(["", "ForAllValues:", "ForAnyValue:", "ForSomeValues:"]),
    st.sampled_from(
        [
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "NumericLessThan",
            "DateGreaterThan",
            "Bool",
            "IpAddress",
            "NotIpAddress",
            "ArnLike",
            "ArnNotLike",
            "Null",
            "BinaryEquals",
            "StringSounds",
        ]
    ),
    st.sampled_from(["", "IfExists"]),
)
keys = st.sampled_from(
    [
        "aws:username",
        "aws:PrincipalArn",
        "aws:SourceIp",
        "aws:SecureTransport",
        "aws:TagKeys",
        "aws:ResourceTag/stage",
        "aws:CurrentTime",
        "aws:PrincipalOrgID",
        "aws:PrincipalType",
        "who:knows",
        "aws:RequestTag/cost",
        "odd",
    ]
)
values = st.one_of(
    st.sampled_from(
        "ann|a*|*|${aws:username}|${who:knows}|${aws:PrincipalTag/x, 'ann'}|${|true|false|10.0.0.0/8|203.0.113.9"
        f"|2026-01-01|5|arn:aws:iam::*:user/*|{user().arn}|prod|".split("|")
    ),
    st.none() | st.booleans() | st.integers() | st.floats(),
)
conditions = st.dictionaries(
    operators, st.dictionaries(keys, values | st.lists(values, max_size=3), max_size=2), max_size=2
)
actions = st.sampled_from(["*", "ecr:*", "ecr:Put*", "ecr:PutImage", "ecr:ListImages", "s3:*", 5])
resources = st.sampled_from(["*", ARN, ARN[:-3] + "*", ARN + "x", "x", "${aws:username}", None])
principals = st.one_of(
    st.sampled_from(["*", HERE, ELSEWHERE, user().arn, session().role_arn, session().arn, "x"]).map(
        lambda name: {"AWS": name}
    ),
    st.sampled_from(["*", {"X": "x"}, {"Service": "ecr.amazonaws.com"}, 5]),
)


def statements(with_principals: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Statements, most of them of the policy language."""
    elements = {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny", "Other"]),
        "Action": st.one_of(actions, st.lists(actions, max_size=2)),
        "NotAction": actions,
        "Resource": st.one_of(resources, st.lists(resources, max_size=2)),
        "NotResource": resources,
        "Condition": conditions,
        "Unknown": st.none(),
    }
    if with_principals:
        elements |= {"Principal": principals, "NotPrincipal": principals}
    wanted = [("Action", "Resource"), ("Action", "Resource", "Condition"), ("NotAction", "Resource")]
    wanted += [("Action", "NotResource"), ("Action", "Resource", "Unknown"), ("Action", "NotAction", "Resource")]
    named = [("Principal",), ("Principal",), ("NotPrincipal",), ()] if with_principals else [()]
    shapes = [("Effect", *elements, *principal) for elements in wanted for principal in named]
    return st.sampled_from(shapes).flatmap(
        lambda shape: st.fixed_dictionaries({name: elements[name] for name in shape})
    )


def documents(with_principals: bool) -> st.SearchStrategy[str]:
    """Documents of up to three statements."""
    versions = st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17", None, "2030-01-01"])
    return st.builds(
        lambda each, version: policy(*each, version=version),
        st.lists(statements(with_principals), max_size=3),
        versions,
    )


of_resources = st.builds(ResourcePolicies, st.none() | documents(True), st.none() | documents(True))
several = st.lists(documents(False), max_size=3).map(tuple)
people = st.one_of(
    st.builds(lambda own, boundary: user(*own, boundary=boundary), several, st.none() | documents(False)),
    st.builds(lambda own, limits: session(*own, session_policies=limits), several, several),
    st.builds(lambda own: user(*own, account=ELSEWHERE), several),
    st.sampled_from([root(), root(ELSEWHERE), ANONYMOUS]),
)
circumstances = st.builds(
    Circumstances,
    now=st.sampled_from([None, 0.0, 1.8e9]),
    source_ip=st.sampled_from([None, "10.1.2.3", "2001:db8::1", "unix"]),
    secure_transport=st.booleans(),
)
asked = {
    "action": st.sampled_from([ACTION, "ecr:ListImages", "ecr:GetAuthorizationToken"]),
    "resource": st.sampled_from([ARN, "*"]),
    "circumstances": circumstances,
    "tag_keys": st.sampled_from([(), ("cost",), ("cost", "team")]),
    "tags": st.just({"cost": "5"}),
    "resource_tags": st.just(lambda: {"stage": "prod"}),
}
requests = st.builds(lambda who, members: ask(who, **members), people, st.fixed_dictionaries(asked))


def with_policy(principal: Principal, document: str) -> Principal:
    """The principal with a further identity policy."""
    return principal._replace(policies=(*principal.policies, document))


@given(requests, of_resources, statements(False), statements(True))
def test_a_further_deny_never_allows_more(
    request: AccessRequest, policies: ResourcePolicies, own: dict[str, Any], theirs: dict[str, Any]
) -> None:
    denying = request._replace(principal=with_policy(request.principal, policy(own | {"Effect": "Deny"})))
    repository = json.loads(policies.repository or '{"Statement": []}')
    repository["Statement"].append(theirs | {"Effect": "Deny"})
    further = policies._replace(repository=json.dumps(repository))
    if allowed(denying, policies) or (policies.repository is not None and allowed(request, further)):
        assert allowed(request, policies)


@given(requests, of_resources, conditions, st.booleans())
def test_a_deny_without_conditions_denies(
    request: AccessRequest, policies: ResourcePolicies, condition: Any, in_boundary: bool
) -> None:
    if request.principal.type not in ("User", "AssumedRole"):
        return
    unknown = policy(deny(Condition={"StringSounds": condition}), deny(Unknown=condition))
    if in_boundary:
        assert not allowed(request._replace(principal=request.principal._replace(boundary=unknown)), policies)
    assert not allowed(request._replace(principal=with_policy(request.principal, unknown)), policies)


@given(requests, of_resources, st.data())
def test_order_does_not_count(request: AccessRequest, policies: ResourcePolicies, data: st.DataObject) -> None:
    def shuffled(document: str) -> str:
        members = json.loads(document)
        return json.dumps(members | {"Statement": data.draw(st.permutations(members["Statement"]))})

    principal = request.principal
    mixed = principal._replace(
        policies=tuple(shuffled(each) for each in data.draw(st.permutations(principal.policies))),
        session_policies=tuple(data.draw(st.permutations(principal.session_policies))),
    )
    others = ResourcePolicies(*(None if each is None else shuffled(each) for each in policies))
    assert allowed(request, policies) == allowed(request._replace(principal=mixed), others)


strange = st.sampled_from(
    [
        {"StringSounds": {"aws:PrincipalType": "User"}},
        {"StringEquals": {"who:knows": "x"}},
        {"StringNotEquals": {"who:knows": "x"}},
        {"StringEqualsIfExists": {"who:knows": "x"}},
        {"ForAllValues:StringEquals": {"who:knows": "x"}},
        {"StringNotEquals": {"aws:PrincipalType": "${who:knows}"}},
        {"Null": {"who:knows": "true"}},
        {"Bool": 5},
        5,
    ]
)


@given(requests, of_resources, strange)
def test_what_is_unknown_never_widens(request: AccessRequest, policies: ResourcePolicies, condition: Any) -> None:
    widened = with_policy(request.principal, policy(allow(Condition=condition), allow(Unknown="x")))
    assert allowed(request._replace(principal=widened), policies) == allowed(request, policies)
    for statement in (deny(Condition=condition), deny(Unknown="x")):
        narrowed = request._replace(principal=with_policy(request.principal, policy(statement)))
        if request.principal.type in ("User", "AssumedRole"):
            assert not allowed(narrowed, policies)


@given(requests, of_resources)
def test_between_accounts_neither_side_is_enough(request: AccessRequest, policies: ResourcePolicies) -> None:
    across = request._replace(account="2" * 12)
    assert not allowed(across)
    if across.principal.type in ("User", "AssumedRole"):
        bare = across._replace(principal=across.principal._replace(policies=()))
        assert not allowed(bare, policies)


@given(requests, of_resources)
def test_boundaries_and_session_policies_only_narrow(request: AccessRequest, policies: ResourcePolicies) -> None:
    free = request.principal._replace(boundary=None, session_policies=())
    if allowed(request, policies):
        assert allowed(request._replace(principal=free), policies)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
odd_statements = st.fixed_dictionaries(
    {},
    optional={
        name: json_values | st.sampled_from(["*", "Allow", "Deny"])
        for name in ("Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Sid")
    }
    | {"Condition": conditions | json_values},
)
odd_documents = st.one_of(
    st.text(max_size=40),
    json_values.map(json.dumps),
    st.fixed_dictionaries({"Statement": json_values | odd_statements | st.lists(odd_statements, max_size=3)}).map(
        json.dumps
    ),
    documents(True),
)


@given(odd_documents, requests)
def test_no_document_does_harm(document: str, request: AccessRequest) -> None:
    decide(request._replace(principal=with_policy(request.principal, document)))
    decide(request, ResourcePolicies(document, document))
    decide_assuming(request, document)
    for kind in PolicyKind:
        with suppress(Malformed):
            check_policy(document, kind)
            principals_of(document)


def test_the_strategies_reach_both_answers() -> None:
    """The properties above would hold for an evaluation that always denies."""
    quickly = settings(phases=[Phase.generate], max_examples=1000)
    find(requests, allowed, settings=quickly)
    find(of_resources, lambda policies: allowed(ask(user()), policies), settings=quickly)
