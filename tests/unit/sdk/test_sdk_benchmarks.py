"""The benchmarks of the SDK name what exists: contenders, rivals of goals, and tests of promises."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import pytest
from benchmarks.sdk.cases import CASES, OURS, RIVALS, Case
from benchmarks.sdk.facts import FACTS
from benchmarks.sdk.requests import write_requests

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("test", [test for fact in FACTS for test in fact.tests])
def test_a_promise_has_its_test(test: str) -> None:
    file, _, name = test.partition("::")
    functions = [node.name for node in ast.parse((ROOT / file).read_text()).body if isinstance(node, ast.FunctionDef)]
    assert name in functions


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_goal_is_about_a_contender(case: Case) -> None:
    assert OURS in case.commands
    assert {goal.rival for goal in case.goals} <= {*case.commands, ""}
    for command in case.commands.values():
        if command.environment == RIVALS and "benchmarks.sdk.measure" in command.arguments:
            contender = command.arguments[command.arguments.index("benchmarks.sdk.measure") + 2]
            assert (ROOT / "benchmarks" / "sdk" / "contenders" / f"{contender}.py").is_file()


def test_the_requests_are_those_of_our_own_tests(tmp_path: Path) -> None:
    write_requests(tmp_path / "requests")
    illegal, legal = pickle.loads((tmp_path / "requests").read_bytes())
    assert len(illegal) > 500
    assert len(legal) == 12
    assert {service for service, _, _ in illegal} == {"ecr", "ecr-public"}
