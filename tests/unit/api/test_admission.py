"""What each call needs permission for."""

from __future__ import annotations

from typing import Any

import pytest

from wharfside.api.ecr.admission import owner_of, permissions
from wharfside.api.ecr.operations import OPERATIONS
from wharfside.core.errors import RegistryError
from wharfside.registry.authorization import EVERY_REPOSITORY, NO_TAGS, TagChange
from wharfside_sdk.model.ir import ServiceName, load

OWN, OTHER = "000000000000", "111111111111"
ARN = f"arn:aws:ecr:us-east-1:{OTHER}:repository/team/app"


def needed(operation: str, members: dict[str, Any]) -> list[tuple[str, str | None, TagChange]]:
    actions = load("ecr").operations[operation].iam_actions
    return [
        (each.actions[0], each.repository, each.change) for each in permissions(OPERATIONS[operation], actions, members)
    ]


@pytest.mark.parametrize("service", ["ecr", "ecr-public"])
def test_every_operation_names_its_actions(service: ServiceName) -> None:
    for name, operation in load(service).operations.items():
        assert operation.iam_actions, name
        assert all(action.startswith(f"{service}:") for action in operation.iam_actions), name


@pytest.mark.parametrize(
    ("operation", "members", "expected"),
    [
        ("DescribeRegistry", {}, [("ecr:DescribeRegistry", None, NO_TAGS)]),
        ("ListImages", {"repositoryName": "a"}, [("ecr:ListImages", "a", NO_TAGS)]),
        ("ListImageReferrers", {"repositoryName": "a"}, [("ecr:BatchGetImage", "a", NO_TAGS)]),
        ("DescribeRepositories", {}, [("ecr:DescribeRepositories", EVERY_REPOSITORY, NO_TAGS)]),
        (
            "DescribeRepositories",
            {"repositoryNames": ["a", "b"]},
            [("ecr:DescribeRepositories", "a", NO_TAGS), ("ecr:DescribeRepositories", "b", NO_TAGS)],
        ),
        ("CreateRepository", {"repositoryName": "a"}, [("ecr:CreateRepository", "a", NO_TAGS)]),
        (
            "CreateRepository",
            {"repositoryName": "a", "tags": [{"Key": "k", "Value": "v"}]},
            [
                ("ecr:CreateRepository", "a", TagChange({"k": "v"}, ("k",))),
                ("ecr:TagResource", "a", TagChange({"k": "v"}, ("k",))),
            ],
        ),
        (
            "TagResource",
            {"resourceArn": ARN, "tags": [{"Key": "k", "Value": "v"}]},
            [("ecr:TagResource", "team/app", TagChange({"k": "v"}, ("k",)))],
        ),
        (
            "UntagResource",
            {"resourceArn": ARN, "tagKeys": ["k", "l", "k"]},
            [("ecr:UntagResource", "team/app", TagChange({}, ("k", "l")))],
        ),
    ],
)
def test_permissions(operation: str, members: dict[str, Any], expected: Any) -> None:
    assert needed(operation, members) == expected


def test_whose_registry_it_is() -> None:
    assert owner_of(OPERATIONS["ListImages"], {"repositoryName": "a"}, OWN) == OWN
    assert owner_of(OPERATIONS["ListImages"], {"repositoryName": "a", "registryId": OTHER}, OWN) == OTHER
    assert owner_of(OPERATIONS["TagResource"], {"resourceArn": ARN}, OWN) == OTHER
    with pytest.raises(RegistryError, match="Invalid ARN"):
        owner_of(OPERATIONS["TagResource"], {"resourceArn": "arn:aws:s3:::x"}, OWN)
