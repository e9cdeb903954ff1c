"""Whether a policy document may be set: stricter than evaluation, which has to live with whatever it meets."""

from __future__ import annotations

from typing import Any, cast

from wharfside.core.conditions import compile_conditions
from wharfside.core.policies import (
    OLD_VERSION,
    VERSION,
    PolicyKind,
    as_list,
    compile_actions,
    compile_principals,
    compile_resources,
    members_of,
    parse_document,
)
from wharfside.core.policy_variables import Malformed


def check_policy(document: str, kind: PolicyKind) -> None:
    """Pass, or raise Malformed, whose text says what is wrong.

    The policies of repositories and registries are about ECR's actions only. A repository policy names no resource but
    `*`, a registry policy repositories.
    """
    policy = parse_document(document)
    unknown = policy.keys() - {"Version", "Id", "Statement"}
    if unknown:
        raise Malformed(f"unknown member {min(unknown)[:100]!r}")
    version = policy.get("Version", OLD_VERSION)
    if version not in (VERSION, OLD_VERSION):
        raise Malformed(f"Version must be {VERSION} or {OLD_VERSION}")
    statements = as_list(policy.get("Statement", []))
    if not statements:
        raise Malformed("there is no Statement")
    sids: set[str] = set()
    for number, statement in enumerate(statements, 1):
        try:
            _check_statement(statement, kind, sids, variables=version == VERSION)
        except Malformed as error:
            raise Malformed(f"statement {number}: {error}") from error


def _check_statement(value: Any, kind: PolicyKind, sids: set[str], *, variables: bool) -> None:
    if not isinstance(value, dict):
        raise Malformed("not an object")
    members = cast("dict[str, Any]", value)
    unknown = members.keys() - members_of(kind)
    if unknown:
        raise Malformed(f"unknown member {min(unknown)[:100]!r}")
    if members.get("Effect") not in ("Allow", "Deny"):
        raise Malformed("Effect must be Allow or Deny")
    sid = members.get("Sid", "")
    if not isinstance(sid, str) or (sid and sid in sids):
        raise Malformed("Sid must be a text that no other statement has")
    sids.add(sid)
    compile_principals(members, kind)
    compile_actions(members)
    compile_resources(members, kind, variables=variables)
    _check_actions(members, kind)
    _check_resources(members, kind)
    if None in compile_conditions(members.get("Condition", {}), variables=variables):
        raise Malformed("Condition has an operator or a value that is not of the policy language")


def _values(members: dict[str, Any], *names: str) -> list[str]:
    return [value for name in names for value in as_list(members.get(name, []))]


def _check_actions(members: dict[str, Any], kind: PolicyKind) -> None:
    for action in _values(members, "Action", "NotAction"):
        service, colon, name = action.partition(":")
        if action != "*" and not (service and colon and name):
            raise Malformed(f"{action[:100]!r} is not an action")
        if kind in (PolicyKind.REPOSITORY, PolicyKind.REGISTRY) and colon and service.lower() != "ecr":
            raise Malformed(f"{action[:100]!r} is not an action of ECR")


def _check_resources(members: dict[str, Any], kind: PolicyKind) -> None:
    for resource in _values(members, "Resource", "NotResource"):
        if resource == "*":
            continue
        if kind is PolicyKind.REPOSITORY:
            raise Malformed("a repository policy is about its own repository: Resource is * or left out")
        parts = resource.split(":", 5)
        if len(parts) < 6 or parts[0] != "arn":
            raise Malformed(f"{resource[:100]!r} is not an ARN")
        if kind is PolicyKind.REGISTRY and parts[2] != "ecr":
            raise Malformed(f"{resource[:100]!r} is not a resource of ECR")


def principals_of(document: str) -> frozenset[str]:
    """The users and roles that the statements name by ARN, in a document that `check_policy` passed."""
    kind = PolicyKind.REPOSITORY
    statements = as_list(parse_document(document).get("Statement", []))
    named = (compile_principals(cast("dict[str, Any]", statement), kind) for statement in statements)
    return frozenset(
        name for principals in named if principals is not None for name in principals.names if ":iam::" in name
    )
