"""What the SDK promises beyond speed: each promise is a test, which is run to say whether it is kept."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import table

_UNIT, _TYPING = "tests/unit/sdk", "tests/typing/test_type_checkers.py"
_SEEDS, _CONSTRAINTS, _REQUESTS = (
    f"{_UNIT}/{name}.py" for name in ("test_seed_types", "test_model_constraints", "test_models_requests")
)


@dataclass(frozen=True)
class Fact:
    promise: str
    tests: tuple[str, ...]


FACTS = (
    Fact(
        "336 of 336 names of type definitions of all eras, and all names of literals",
        (f"{_SEEDS}::test_every_name_is_there", f"{_SEEDS}::test_every_literal_is_there"),
    ),
    Fact(
        "all 1,297 members of the earlier structures, with a type that takes theirs",
        (f"{_SEEDS}::test_every_member_is_there_with_a_type_that_takes_theirs",),
    ),
    Fact(
        "every operation of both services has a typed method, paginator and waiter",
        (
            f"{_UNIT}/test_generated_clients.py::test_the_clients_have_whatever_boto3s_have",
            f"{_UNIT}/test_generated_clients.py::test_every_paginator_and_waiter_is_typed_by_its_name",
        ),
    ),
    Fact(
        "a newer botocore model is reported",
        (f"{_UNIT}/test_model_drift.py::test_what_a_newer_botocore_changes_is_named",),
    ),
    Fact(
        "literals and type definitions import neither botocore nor pydantic",
        (f"{_UNIT}/test_type_definitions.py::test_types_need_the_standard_library_only",),
    ),
    Fact(
        "a client imports neither botocore nor pydantic",
        (
            f"{_UNIT}/core/test_client_imports.py::test_making_a_client_loads_little",
            f"{_UNIT}/core/test_client_imports.py::test_calling_loads_neither_pydantic_nor_botocore",
        ),
    ),
    Fact(
        "every constraint of the models is enforced, by validators and by Pydantic models",
        (f"{_CONSTRAINTS}::test_every_constraint_is_enforced", f"{_REQUESTS}::test_every_constraint_is_enforced"),
    ),
    Fact(
        "no legal request is refused (property-based, both services)",
        (f"{_CONSTRAINTS}::test_no_legal_request_is_refused", f"{_REQUESTS}::test_no_legal_request_is_refused"),
    ),
    Fact(
        "no pattern of the models can be made to run away",
        (
            f"{_CONSTRAINTS}::test_hostile_texts_cost_next_to_nothing",
            f"{_REQUESTS}::test_hostile_texts_cost_next_to_nothing",
        ),
    ),
    Fact("errors have the service's texts", (f"{_UNIT}/test_model_texts.py::test_broken_constraints",)),
    Fact(
        "enum values and members that the model does not know are kept in answers",
        (
            f"{_UNIT}/test_model_responses.py::test_newer_enum_values_and_members_pass",
            f"{_UNIT}/test_models_responses.py::test_answers_come_out_as_they_went_in",
        ),
    ),
    Fact(
        "pyright strict and mypy --strict accept the SDK and what users write",
        (
            f"{_TYPING}::test_the_sdk_is_accepted",
            f"{_TYPING}::test_what_users_write_is_accepted_and_their_mistakes_are_refused",
        ),
    ),
    Fact("`pyright --verifytypes` knows every public type", (f"{_TYPING}::test_every_public_name_has_a_known_type",)),
    Fact(
        "type definitions and those of mypy-boto3-ecr and types-aiobotocore-ecr can be given for each other",
        (f"{_TYPING}::test_type_definitions_and_those_of_other_stubs_can_be_given_for_each_other",),
    ),
    Fact(
        "the generator has at most 1,500 lines of code, and its output is committed",
        (
            f"{_UNIT}/test_code_generator.py::test_it_has_at_most_1500_lines_without_blanks_comments_and_docstrings",
            f"{_UNIT}/test_code_generator.py::test_what_it_makes_is_committed",
        ),
    ),
)


def checked() -> str:
    """A table of all promises. Runs their tests, which takes minutes."""
    with tempfile.TemporaryDirectory(prefix="wharfside-facts-") as folder:
        report = Path(folder) / "report.xml"
        tests = [test for fact in FACTS for test in fact.tests]
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *tests]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode not in (0, 1):  # 1: a test failed
            raise ValueError(f"pytest did not run:\n{done.stdout}{done.stderr}")
        outcomes = _outcomes(report)
    return table(("promise", "kept"), [(fact.promise, _kept(fact, outcomes)) for fact in FACTS], left={0})


def _outcomes(report: Path) -> Mapping[str, set[str]]:
    """What came of the cases of each test: `yes`, `NO` or `not checked`."""
    outcomes: dict[str, set[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name', '').partition('[')[0]}"
        said = {child.tag for child in case}
        outcome = "NO" if said & {"failure", "error"} else "not checked" if "skipped" in said else "yes"
        outcomes.setdefault(name, set()).add(outcome)
    return outcomes


def _kept(fact: Fact, outcomes: Mapping[str, set[str]]) -> str:
    """The worst that came of any case of its tests."""
    found = {outcome for test in fact.tests for outcome in outcomes.get(test, {"not checked"})}
    return next(outcome for outcome in ("NO", "not checked", "yes") if outcome in found)
