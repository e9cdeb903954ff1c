"""Policies and requests for the tests of policy evaluation."""

from __future__ import annotations

import json
from typing import Any

from wharfside.core.iam import NO_POLICIES, ResourcePolicies, decide
from wharfside.core.request_context import AccessRequest, Circumstances, Principal

HERE, ELSEWHERE = "000000000000", "111111111111"
ARN = f"arn:aws:ecr:us-east-1:{HERE}:repository/team/app"
ACTION = "ecr:PutImage"


def policy(*statements: Any, version: str | None = "2012-10-17") -> str:
    """A policy document."""
    members: dict[str, Any] = {} if version is None else {"Version": version}
    return json.dumps(members | {"Statement": list(statements)})


def allow(action: Any = "*", resource: Any = "*", **members: Any) -> dict[str, Any]:
    """An Allow."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **members}


def deny(action: Any = "*", resource: Any = "*", **members: Any) -> dict[str, Any]:
    """A Deny."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **members}


def user(*policies: str, account: str = HERE, name: str = "ann", **members: Any) -> Principal:
    """A user with identity policies."""
    arn = f"arn:aws:iam::{account}:user/{name}"
    return Principal("User", account, arn, f"AIDA{name.upper():A<16}", name, policies=policies, **members)


def session(*policies: str, account: str = HERE, role: str = "builder", **members: Any) -> Principal:
    """A session of a role with identity policies."""
    return Principal(
        "AssumedRole",
        account,
        f"arn:aws:sts::{account}:assumed-role/{role}/job-1",
        f"AROA{role.upper():A<16}:job-1",
        role_arn=f"arn:aws:iam::{account}:role/ci/{role}",
        temporary=True,
        policies=policies,
        **members,
    )


def root(account: str = HERE) -> Principal:
    """The root of an account."""
    return Principal("Account", account, f"arn:aws:iam::{account}:root", account)


def ask(
    principal: Principal, action: str = ACTION, resource: str = ARN, account: str = HERE, **members: Any
) -> AccessRequest:
    """A request for the action on the repository."""
    members.setdefault("circumstances", Circumstances(region="us-east-1"))
    return AccessRequest(principal, action, resource, account, **members)


def allowed(request: AccessRequest, policies: ResourcePolicies = NO_POLICIES) -> bool:
    """Whether the request is allowed."""
    return decide(request, policies).allowed
