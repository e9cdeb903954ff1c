"""The exact texts with which a service refuses values of a member, from the validator that answers with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Final

from wharfside_sdk.model.errors import InvalidRequest
from wharfside_sdk.model.ir import Enum, Field, ListShape, Scalar, Service, Shape, Structure
from wharfside_sdk.model.validators import RequestValidator

_FITS_NO_PATTERN: Final = "! "
_OF_TEXTS: Final = " of texts"
"""Ends the name of a list's shape with texts as items, which are right in a list of anything: its length may not be."""


def refusals(service: Service, structure: Structure) -> Iterator[str]:
    """The text for every constraint of every member, in the model's order; each once."""
    split, texts = _split(service), dict[str, None]()
    for field in structure.fields:
        for ending, value in _illegal(service, field):
            validator = RequestValidator(split, split.structure(f"{structure.name}.{field.name}{ending}"))
            try:
                validator.validate_python({} if value is None else {field.name: value})
            except InvalidRequest as refusal:
                texts[refusal.message] = None
    yield from texts


@cache
def _split(service: Service) -> Service:
    """The service with a further structure for each member, of it alone: nothing else can be wrong there."""
    alone: dict[str, Shape] = {_OF_TEXTS: Scalar(_OF_TEXTS, "string", None, None, None)}
    for shape in service.shapes.values():
        if isinstance(shape, ListShape):
            alone[shape.name + _OF_TEXTS] = replace(shape, name=shape.name + _OF_TEXTS, item=_OF_TEXTS)
        for field in shape.fields if isinstance(shape, Structure) else ():
            endings = ["", _OF_TEXTS] if isinstance(service.shapes[field.shape], ListShape) else [""]
            for ending in endings:
                name = f"{shape.name}.{field.name}{ending}"
                alone[name] = Structure(name, (replace(field, shape=field.shape + ending),), None)
    return replace(service, shapes={**service.shapes, **alone})


def _illegal(service: Service, field: Field) -> Iterator[tuple[str, object]]:
    """For every constraint the ending of the structure to try, and a value; None stands for none at all."""
    if field.required:
        yield "", None
    match service.shapes[field.shape]:
        case Enum():
            yield "", _FITS_NO_PATTERN
        case ListShape() as shape:
            yield from ((_OF_TEXTS, ["a"] * length) for length in _outside(shape.minimum, shape.maximum))
            match service.shapes[shape.item]:
                case Scalar() as item:
                    yield "", [_FITS_NO_PATTERN]
                    yield from (("", ["a" * length]) for length in _outside(item.minimum, item.maximum))
                case Enum():
                    yield "", [_FITS_NO_PATTERN]
                case _:
                    pass
        case Scalar(kind="string" | "blob") as shape:
            if shape.pattern or field.pattern:
                yield "", _FITS_NO_PATTERN * (shape.minimum or 1)
            unit = "a" if shape.kind == "string" else b"a"
            yield from (("", unit * length) for length in _outside(shape.minimum, shape.maximum))
        case Scalar() as shape:
            yield from (("", value) for value in _outside(shape.minimum, shape.maximum, least=-1))
        case _:
            pass


def _outside(minimum: int | None, maximum: int | None, least: int = 0) -> Iterator[int]:
    """The numbers next to the bounds, outside of them."""
    if minimum is not None and minimum > least:
        yield minimum - 1
    if maximum is not None:
        yield maximum + 1
