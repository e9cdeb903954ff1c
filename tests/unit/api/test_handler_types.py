"""Handlers of operations take and give the types that are generated from the service's model."""

from __future__ import annotations

import inspect

import pytest

from wharfside.api.ecr.operations import OPERATIONS
from wharfside_sdk.ecr import requests, results
from wharfside_sdk.model.ir import load


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_handler_is_typed_with_its_operations_input_and_output(name: str) -> None:
    operation, handling = load("ecr").operations[name], OPERATIONS[name]
    signature = inspect.signature(handling.stream or handling.work)

    assert signature.parameters["call"].annotation == f"Call[requests.{operation.input}]"
    assert signature.return_annotation == f"results.{operation.output}"


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_types_of_a_handler_exist(name: str) -> None:
    operation = load("ecr").operations[name]
    for module, structure in ((requests, operation.input), (results, operation.output)):
        members = {field.name for field in load("ecr").structure(structure).fields}
        assert set(getattr(module, structure).__annotations__) == members
