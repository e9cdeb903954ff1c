"""Where a service uses its shapes: in requests, in answers, or in both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import assert_never

from wharfside_sdk.model.ir import Enum, ListShape, MapShape, Scalar, Service, Structure


@dataclass(frozen=True, slots=True)
class Usage:
    """Names of shapes by where they are used. The shapes of errors are in none, unless something else uses them."""

    inputs: frozenset[str]
    """The structures that are an operation's input."""
    outputs: frozenset[str]
    """The structures that are an operation's output."""
    requests: frozenset[str]
    """Every shape that is an input or a part of one."""
    responses: frozenset[str]
    """Every shape that is an output or a part of one."""
    order: tuple[str, ...]
    """The structures of both, each behind the ones that it is made of."""
    split: frozenset[str]
    """The structures of both that Python types differently on either side: they hold lists, maps, blobs or times."""
    unions: frozenset[str]
    """Those of them that an operation's input holds directly, so that either side's form can be given."""


@cache
def usage(service: Service) -> Usage:
    """Where the service uses its shapes."""
    inputs = [operation.input for operation in service.operations.values()]
    outputs = [operation.output for operation in service.operations.values()]
    requests = frozenset(shape for name in inputs for shape in _walk(service, name))
    responses = frozenset(shape for name in outputs for shape in _walk(service, name))
    walked = dict.fromkeys(shape for name in sorted({*inputs, *outputs}) for shape in _walk(service, name))
    split = frozenset(name for name in requests & responses if _is_structure(service, name) and _differs(service, name))
    return Usage(
        inputs=frozenset(inputs),
        outputs=frozenset(outputs),
        requests=requests,
        responses=responses,
        order=tuple(name for name in walked if _is_structure(service, name)),
        split=split,
        unions=frozenset(
            structure
            for name in inputs
            for field in service.structure(name).fields
            if (structure := _innermost(service, field.shape)) in split
        ),
    )


def parts(service: Service, name: str) -> tuple[str, ...]:
    """The shapes that a shape is directly made of."""
    shape = service.shapes[name]
    match shape:
        case Structure():
            return tuple(field.shape for field in shape.fields)
        case ListShape():
            return (shape.item,)
        case MapShape():
            return (shape.key, shape.value)
        case Scalar() | Enum():
            return ()
        case _:
            assert_never(shape)


def _walk(service: Service, name: str) -> Iterator[str]:
    for part in parts(service, name):
        yield from _walk(service, part)
    yield name


def _is_structure(service: Service, name: str) -> bool:
    return isinstance(service.shapes[name], Structure)


def _differs(service: Service, name: str) -> bool:
    shape = service.shapes[name]
    if isinstance(shape, Scalar):
        return shape.kind in ("blob", "timestamp")
    return isinstance(shape, ListShape | MapShape) or any(_differs(service, part) for part in parts(service, name))


def _innermost(service: Service, name: str) -> str:
    shape = service.shapes[name]
    return _innermost(service, shape.item) if isinstance(shape, ListShape) else name
