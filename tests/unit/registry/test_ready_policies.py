"""The ready policies name only actions that there are, and each allows what its name says."""

from __future__ import annotations

import json

import pytest

from wharfside.core.policies import PolicyKind
from wharfside.core.policy_syntax import check_policy
from wharfside.registry.ready_policies import ARN_PREFIX, READY_POLICIES, ready_policy
from wharfside_sdk.model.ir import load

ACTIONS = {
    action for name in ("ecr", "ecr-public") for each in load(name).operations.values() for action in each.iam_actions
}
PERMISSION_ONLY = {"ecr:BatchImportUpstreamImage", "sts:GetServiceBearerToken"}


def actions_of(name: str) -> list[str]:
    return json.loads(READY_POLICIES[name])["Statement"][0]["Action"]


@pytest.mark.parametrize("name", READY_POLICIES)
def test_documents(name: str) -> None:
    check_policy(READY_POLICIES[name], PolicyKind.IDENTITY)
    assert ready_policy(ARN_PREFIX + name) == READY_POLICIES[name]
    for action in actions_of(name):
        assert action.endswith("*") or action in ACTIONS | PERMISSION_ONLY, action


def test_who_may_push() -> None:
    prefix = "AmazonEC2ContainerRegistry"
    assert [name for name in ("PowerUser", "ReadOnly", "PullOnly") if "ecr:PutImage" in actions_of(prefix + name)] == [
        "PowerUser"
    ]
    assert set(actions_of(f"{prefix}ReadOnly")) < set(actions_of(f"{prefix}PowerUser"))


def test_other_arns_are_none() -> None:
    assert ready_policy("arn:aws:iam::000000000000:policy/AdministratorAccess") is None
    assert ready_policy("AdministratorAccess") is None
