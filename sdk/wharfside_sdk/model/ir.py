"""The service models of Amazon ECR and ECR Public as frozen data: operations, shapes, paginators, waiters.

The facts come from botocore's models and are vendored beside this module, together with a few facts that the models
lack (`tools/codegen/overlay.toml`). Neither botocore nor pydantic is needed to read them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

ServiceName = Literal["ecr", "ecr-public"]
ScalarKind = Literal["string", "integer", "long", "float", "double", "boolean", "timestamp", "blob"]

_FILES: dict[str, str] = {"ecr": "ecr-2015-09-21.json", "ecr-public": "ecr-public-2020-10-30.json"}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value without parts. The bounds are lengths for strings (characters) and blobs (bytes), else values."""

    name: str
    kind: ScalarKind
    minimum: int | None
    maximum: int | None
    pattern: str | None
    """A regular expression that the whole value must match. To be given to a linear-time engine only."""


@dataclass(frozen=True, slots=True)
class Enum:
    """A string out of a closed list."""

    name: str
    values: tuple[str, ...]
    listed: tuple[str, ...]
    """The values in the order in which the service's error text lists them."""


@dataclass(frozen=True, slots=True)
class ListShape:
    """A list; the bounds are the number of items."""

    name: str
    item: str
    minimum: int | None
    maximum: int | None


@dataclass(frozen=True, slots=True)
class MapShape:
    """A mapping; `key` and `value` are names of shapes."""

    name: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a structure."""

    name: str
    shape: str
    required: bool
    """Whether the model demands it, in requests and in answers."""
    always: bool
    """Whether it is in every answer of a Wharfside that has the structure. All members that the model demands are."""
    deprecated: bool
    pattern: str | None
    """What the service checks beyond its model: a pattern for this member only."""
    printed_pattern: str | None
    """The pattern that the service's error text names instead of `pattern`."""


@dataclass(frozen=True, slots=True)
class Structure:
    """An object with named members, in the model's order; requests, responses and errors are structures."""

    name: str
    fields: tuple[Field, ...]
    http_status: int | None
    """The HTTP status of an error; None for a structure that is no error."""


Shape: TypeAlias = Scalar | Enum | ListShape | MapShape | Structure


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `input`, `output` and `errors` are names of structures."""

    name: str
    input: str
    output: str
    errors: tuple[str, ...]
    iam_actions: tuple[str, ...]
    """Any one of these actions allows the operation; the first is the one to name in a denial."""


@dataclass(frozen=True, slots=True)
class Paginator:
    """How the pages of an operation are walked: as botocore does, and likewise where it has no paginator."""

    operation: str
    input_token: str
    output_token: str
    limit_key: str
    result_keys: tuple[str, ...]
    non_aggregate_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Acceptor:
    """When `argument` (a path into the response) equals `expected`, the waiter ends in `state`."""

    state: str
    matcher: str
    argument: str
    expected: str


@dataclass(frozen=True, slots=True)
class Waiter:
    """How botocore waits for a state: every `delay` seconds, at most `max_attempts` times."""

    name: str
    operation: str
    delay: int
    max_attempts: int
    acceptors: tuple[Acceptor, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """How reasons in error texts are worded."""

    own: frozenset[str]
    """Members whose reasons begin with "must" instead of "Member must"."""
    unquoted: frozenset[str]
    """Members of these whose pattern is printed without quotes."""


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """One service. Compared and hashed by identity: `load` gives the same object every time."""

    name: ServiceName
    botocore_version: str
    """The botocore release whose model this is."""
    api_version: str
    endpoint_prefix: str
    json_version: str
    signing_name: str
    target_prefix: str
    """`X-Amz-Target` is this, a dot and the operation's name."""
    full_name: str
    regions: tuple[str, ...]
    """The regions of AWS's first partition that have the service."""
    resource_services: tuple[str, ...]
    """The services that boto3 has resource classes for."""
    operations: Mapping[str, Operation]
    shapes: Mapping[str, Shape]
    paginators: Mapping[str, Paginator]
    waiters: Mapping[str, Waiter]
    wording: Wording

    def structure(self, name: str) -> Structure:
        """The structure of this name. Raises KeyError when there is none."""
        shape = self.shapes[name]
        if not isinstance(shape, Structure):
            raise KeyError(name)
        return shape


@cache
def load(service: ServiceName) -> Service:
    """The model of `ecr` or `ecr-public`; read once. Raises KeyError for another name."""
    facts = json.loads((Path(__file__).parent / _FILES[service]).read_bytes())
    metadata, overlay = facts["metadata"], facts["overlay"]
    return Service(
        name=service,
        botocore_version=facts["botocore"],
        api_version=metadata["apiVersion"],
        endpoint_prefix=metadata["endpointPrefix"],
        json_version=metadata["jsonVersion"],
        signing_name=metadata["signingName"],
        target_prefix=metadata["targetPrefix"],
        full_name=metadata["serviceFullName"],
        regions=tuple(facts["regions"]),
        resource_services=tuple(overlay["boto3"]["resource_services"]),
        operations={
            name: Operation(
                name,
                operation["input"],
                operation["output"],
                tuple(operation["errors"]),
                tuple(overlay["actions"].get(name, (f"{service}:{name}",))),
            )
            for name, operation in facts["operations"].items()
        },
        shapes={name: _shape(name, shape, overlay) for name, shape in facts["shapes"].items()},
        paginators={
            name: _paginator(name, paginator)
            for name, paginator in (facts["paginators"] | overlay["paginators"]).items()
        },
        waiters={name: _waiter(name, waiter) for name, waiter in (facts["waiters"] | overlay["waiters"]).items()},
        wording=Wording(frozenset(overlay["wording"]["own"]), frozenset(overlay["wording"]["unquoted"])),
    )


def _shape(name: str, facts: dict[str, Any], overlay: dict[str, Any]) -> Shape:
    kind = facts["type"]
    if kind == "structure":
        return _structure(name, facts, overlay["patterns"], overlay["always"].get(name, ()))
    if kind == "list":
        return ListShape(name, facts["member"], facts.get("min"), facts.get("max"))
    if kind == "map":
        return MapShape(name, facts["key"], facts["value"])
    if "enum" in facts:
        values = tuple(facts["enum"])
        return Enum(name, values, tuple(overlay["enum_order"].get(name, values)))
    return Scalar(name, kind, facts.get("min"), facts.get("max"), facts.get("pattern"))


def _structure(
    name: str, facts: dict[str, Any], patterns: dict[str, dict[str, str]], always: Sequence[str]
) -> Structure:
    required, deprecated = facts.get("required", ()), facts.get("deprecated", ())
    fields: list[Field] = []
    for member, shape in facts["members"].items():
        extra = patterns.get(f"{name}.{member}", {})
        fields.append(
            Field(
                name=member,
                shape=shape,
                required=member in required,
                always=member in required or member in always,
                deprecated=member in deprecated,
                pattern=extra.get("check"),
                printed_pattern=extra.get("text"),
            )
        )
    status = None
    if facts.get("exception"):
        status = facts.get("error", {}).get("httpStatusCode", 500 if facts.get("fault") else 400)
    return Structure(name, tuple(fields), status)


def _paginator(name: str, facts: dict[str, Any]) -> Paginator:
    return Paginator(
        name,
        facts["input_token"],
        facts["output_token"],
        facts["limit_key"],
        tuple(facts["result_key"]),
        tuple(facts.get("non_aggregate_keys", ())),
    )


def _waiter(name: str, facts: dict[str, Any]) -> Waiter:
    acceptors = tuple(
        Acceptor(acceptor["state"], acceptor["matcher"], acceptor["argument"], acceptor["expected"])
        for acceptor in facts["acceptors"]
    )
    return Waiter(name, facts["operation"], facts["delay"], facts["maxAttempts"], acceptors)
