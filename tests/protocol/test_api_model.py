"""The whole of both service models over the wire: what is not offered says so, and every constraint is checked."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from tests.unit.sdk.model_values import IllegalCase, illegal_cases, legal

from api_client import call
from registry_process import RegistryProcess
from wharfside.api.ecr.operations import OPERATIONS
from wharfside_sdk.model.ir import ServiceName, load

OFFERED = sorted(OPERATIONS)
NOT_OFFERED = [
    (service, name)
    for service in ("ecr", "ecr-public")
    for name in load(service).operations
    if service == "ecr-public" or name not in OPERATIONS
]
CASES: dict[str, list[IllegalCase]] = {name: [] for name in OFFERED}
for case in illegal_cases("ecr"):
    if case.operation in CASES:
        CASES[case.operation].append(case)


def encoded(members: Any) -> bytes:
    return json.dumps(members, default=lambda blob: base64.b64encode(blob).decode()).encode()


def test_the_operations_of_both_services_are_all_here() -> None:
    assert len(OFFERED) == 41
    assert len(NOT_OFFERED) == len(load("ecr").operations) - 41 + len(load("ecr-public").operations)


@pytest.mark.parametrize(("service", "operation"), NOT_OFFERED)
def test_what_is_not_offered_says_so(registry: RegistryProcess, service: ServiceName, operation: str) -> None:
    model = load(service)
    members = legal(model, model.operations[operation].input)
    answer = call(registry, operation, encoded(members), service=service)
    assert (answer.status, answer.code) == (400, "UnsupportedCommandException")
    assert operation in answer.message
    assert answer.headers["x-amzn-RequestId"]


@pytest.mark.parametrize("operation", OFFERED)
def test_what_is_offered_is_taken_with_its_required_members_only(registry: RegistryProcess, operation: str) -> None:
    model = load("ecr")
    members = legal(model, model.operations[operation].input)
    answer = call(registry, operation, encoded(members))
    if answer.status != 200:
        assert answer.code in {*model.operations[operation].errors, "InvalidParameterException"}
        assert answer.code not in {"UnsupportedCommandException", "SerializationException"}
    if operation == "CreateRepository":
        call(registry, "DeleteRepository", {"repositoryName": members["repositoryName"]})


def expected_reason(kind: str) -> str:
    """How AWS words the reason, as a regular expression, by the kind of the constraint that was broken."""
    return {
        "enum": r"Member must satisfy enum value set: \[[A-Z_0-9, ]+\]",
        "minimum items": r"Member must have length greater than or equal to \d+",
        "maximum items": r"Member must have length less than or equal to \d+",
        "minimum length": r"(Member )?must have length greater than or equal to \d+",
        "maximum length": r"(Member )?must have length less than or equal to \d+",
        "minimum": r"Member must have value greater than or equal to -?\d+",
        "maximum": r"Member must have value less than or equal to \d+",
        "pattern": r"(must satisfy regular expression .+|Member must satisfy regular expression pattern: .+)",
        "required": r"(Member )?must not be null",
        "null item": r"Member must not be null",
    }[kind.partition(",")[0]]


def member_of(path: str) -> str:
    """`.imageIds[].imageTag` as error texts write it: `imageIds.1.member.imageTag`."""
    names = path.replace("[]", ".1.member").strip(".").split(".")
    return ".".join(name[0].lower() + name[1:] for name in names)


@pytest.mark.parametrize("operation", OFFERED)
def test_every_constraint_is_checked(registry: RegistryProcess, operation: str) -> None:
    for case in CASES[operation]:
        answer = call(registry, operation, encoded(case.request))
        where = (operation, case.path, case.kind, answer.body[:300])
        assert (answer.status, answer.code) == (400, "InvalidParameterException"), where
        match = re.fullmatch(
            r"Invalid parameter at '(?P<member>[^']+)' failed to satisfy constraint: '(?P<reason>.*)'", answer.message
        )
        assert match is not None, where
        member, reason = member_of(case.path), expected_reason(case.kind)
        if case.path.endswith("[]") and match["member"] == member.removesuffix(".1.member"):
            # Lists of plain values are named as a whole.
            member, reason = match["member"], r"Member must satisfy constraint: \[.+\]"
        assert match["member"] == member, where
        assert re.fullmatch(reason, match["reason"]), where


def test_a_broken_constraint_changes_nothing(registry: RegistryProcess) -> None:
    tags = [{"Key": "k", "Value": "v"}, {"Key": "k2"}]
    answer = call(registry, "CreateRepository", {"repositoryName": "constrained", "tags": tags})
    assert answer.code == "InvalidParameterException"
    answer = call(registry, "DescribeRepositories", {"repositoryNames": ["constrained"]})
    assert answer.code == "RepositoryNotFoundException"


@pytest.mark.parametrize("service", ["ecr", "ecr-public"])
@pytest.mark.parametrize("operation", ["Nonsense", "", "describeregistry", "DescribeRegistry.x", "x" * 5000])
def test_unknown_operations(registry: RegistryProcess, service: str, operation: str) -> None:
    answer = call(registry, operation, service=service)
    assert (answer.status, answer.code) == (400, "UnknownOperationException")
    assert len(answer.body) < 500


def test_operation_of_the_other_service(registry: RegistryProcess) -> None:
    """The service in the signature's scope must be that of the target."""
    target = {"X-Amz-Target": "SpencerFrontendService.DescribeRegistries"}
    assert call(registry, "", headers=target).code == "UnknownOperationException"
