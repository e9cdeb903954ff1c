"""Policies set to anything: never a failure of the server, and a refusal changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from administration import Administration, administration
from api_client import Answer, call
from people import EVERYTHING, REGION, Person, document, new_account, new_user
from registry_process import RegistryProcess
from wharfside.store import policies
from wharfside.store.policies import Resource

NAME = "fuzzed/app"
BASE = document({"Effect": "Allow", "Principal": "*", "Action": "ecr:ListImages", "Resource": "*"})

NAMES = (
    "*|ecr:*|ecr:PutImage|ecr:|s3:GetObject|arn:aws:ecr:*:*:repository/*|arn:aws:iam::000000000000:root|000000000000"
    "|${aws:username}|${|\0|\ud800|🐳|10.0.0.0/8|true|2026-01-01|AWS|Allow|Deny|StringLike|IpAddress|Null|"
)
words = st.sampled_from(NAMES.split("|"))
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=8)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8
)
operators = st.sampled_from(
    ["StringEquals", "ForAnyValue:StringLike", "IpAddress", "DateLessThanIfExists", "Null", "Bool", "ArnLike", "Odd"]
)
keys = st.sampled_from(["aws:SourceIp", "aws:username", "aws:CurrentTime", "ecr:ResourceTag/a", "x", ""])
conditions = st.dictionaries(operators, st.dictionaries(keys, scalars | st.lists(scalars, max_size=2), max_size=2))
USUAL: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "ecr:ListImages", "Resource": "*"}
statements = st.builds(
    lambda usual, odd, condition: USUAL | usual | odd | ({"Condition": condition} if condition else {}),
    st.fixed_dictionaries({}, optional={"Effect": st.sampled_from(["Allow", "Deny"]), "Action": words, "Sid": words}),
    st.dictionaries(st.sampled_from([*USUAL, "NotAction", "NotPrincipal", "NotResource", "Odd"]), anything, max_size=1),
    conditions,
)
documents = st.one_of(
    st.text(max_size=40),
    anything.map(json.dumps),
    st.lists(statements, max_size=3).map(lambda listed: json.dumps({"Version": "2012-10-17", "Statement": listed})),
    statements.map(lambda one: json.dumps({"Statement": one}, ensure_ascii=False)),
    st.builds(lambda cut: BASE[:cut], st.integers(0, len(BASE))),
    st.sampled_from(["[" * 5000, '{"a":' * 2000, json.dumps({"Statement": "x" * 20_000}), BASE.replace("{", "{" * 9)]),
)


@pytest.fixture(scope="module")
def admin(registry: RegistryProcess) -> Iterator[Administration]:
    with administration(registry.data) as made:
        yield made


@pytest.fixture(scope="module")
def owner(registry: RegistryProcess, admin: Administration) -> Person:
    person = new_user(registry, admin, new_account(admin), EVERYTHING)
    person.client().create_repository(repositoryName=NAME)
    return person


def call_as(owner: Person, operation: str, **members: Any) -> Answer:
    return call(owner.registry, operation, members, key=owner.access_key_id, secret=owner.secret_access_key)


def check(owner: Person, admin: Administration, operation: str, text: str, **members: Any) -> None:
    """Set a policy, then look at what is stored, and whether requests are still decided by it."""
    repository = operation == "SetRepositoryPolicy"
    resource = Resource(owner.account, REGION, NAME if repository else "")
    put = policies.put_registry_policy
    if repository:
        call_as(owner, operation, repositoryName=NAME, policyText=BASE, force=True)
    else:
        admin.run(put, owner.account, REGION, BASE)
    answer = call_as(owner, operation, policyText=text, **members)
    found = admin.run(policies.find_policies, resource)
    stored = found.repository if repository else found.registry
    if answer.status == 200:
        assert stored == text
        assert call_as(owner, "ListImages", repositoryName=NAME).status in {200, 400}
    else:
        assert (answer.status, stored) == (400, BASE)
        assert answer.code in {"InvalidParameterException", "ValidationException", "SerializationException"}
        assert answer.message
    if not repository:
        admin.run(policies.delete_registry_policy, owner.account, REGION)


@settings(max_examples=200, deadline=None)
@given(text=documents)
def test_repository_policies(owner: Person, admin: Administration, text: str) -> None:
    check(owner, admin, "SetRepositoryPolicy", text, repositoryName=NAME)


@settings(max_examples=200, deadline=None)
@given(text=documents)
def test_registry_policies(owner: Person, admin: Administration, text: str) -> None:
    check(owner, admin, "PutRegistryPolicy", text)
