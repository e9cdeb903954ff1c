"""The members of a request as the source of parameters and TypedDicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tools.codegen.annotations import Spelling, annotation
from wharfside_sdk.model.ir import Paginator, Service, Waiter


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a method takes by keyword."""

    name: str
    type: str
    required: bool


def of_operation(service: Service, operation: str, spelling: Spelling) -> list[Parameter]:
    """The parameters of an operation's method."""
    fields = service.structure(service.operations[operation].input).fields
    return [Parameter(field.name, annotation(service, field.shape, spelling), field.required) for field in fields]


def of_paginator(service: Service, paginator: Paginator, spelling: Spelling, config: str) -> list[Parameter]:
    """The parameters of a paginator's `paginate`."""
    paging = (paginator.input_token, paginator.limit_key)
    kept = [each for each in of_operation(service, paginator.operation, spelling) if each.name not in paging]
    return [*kept, Parameter("PaginationConfig", config, required=False)]


def of_waiter(service: Service, waiter: Waiter, spelling: Spelling, config: str) -> list[Parameter]:
    """The parameters of a waiter's `wait`."""
    return [*of_operation(service, waiter.operation, spelling), Parameter("WaiterConfig", config, required=False)]


def as_members(parameters: list[Parameter]) -> Iterator[tuple[str, str]]:
    """As the members of a TypedDict that is unpacked."""
    for each in parameters:
        yield each.name, each.type if each.required else f"NotRequired[{each.type}]"


def as_keywords(parameters: list[Parameter]) -> str:
    """As keyword-only parameters, behind `self`."""
    ordered = sorted(parameters, key=lambda each: not each.required)
    text = "".join(f", {each.name}: {each.type}{'' if each.required else ' = ...'}" for each in ordered)
    return f", *{text}" if text else ""
