"""The texts in which a service says why it refuses a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails, ValidationError

from wharfside_sdk.model.errors import InvalidRequest, invalid_parameter, not_readable
from wharfside_sdk.model.ir import Enum, Field, ListShape, MapShape, Scalar, Service, Shape, Structure
from wharfside_sdk.model.schemas import WHOLE_NUMBERS

_CONSTRAINTS = frozenset(
    {
        "missing",
        "literal_error",
        "string_too_short",
        "string_too_long",
        "string_pattern_mismatch",
        "bytes_too_short",
        "bytes_too_long",
        "too_short",
        "too_long",
        "greater_than_equal",
        "less_than_equal",
    }
)
_JSON_TYPES = {
    "string": "a string",
    "integer": "a whole number of 32 bits",
    "long": "a whole number of 64 bits",
    "float": "a number",
    "double": "a number",
    "timestamp": "a number of seconds since 1970",
    "boolean": "true or false",
    "blob": "a string of base64",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a request: what the model says is there, and how error texts write the way to it."""

    shape: Shape
    field: Field | None
    path: tuple[str, ...]
    list_path: tuple[str, ...] | None
    """The path of the list when the place is an item of one."""


def explain(service: Service, structure: Structure, refusal: ValidationError) -> InvalidRequest:
    """The service's answer to a refused request.

    A value of the wrong JSON type comes before any broken constraint, as the service reads the whole body before it
    checks anything; within each, the first in the model's order of members.
    """
    constraint: InvalidRequest | None = None
    for error in refusal.errors(include_url=False, include_context=False):
        place = _locate(service, structure, error["loc"])
        if not _is_constraint(error, place):
            return _wrong_type(place)
        if constraint is None:
            constraint = _broken_constraint(service, place, error)
    return constraint or not_readable("The request body is not what the operation takes.")


def _locate(service: Service, structure: Structure, location: Sequence[int | str]) -> _Place:
    place = _Place(structure, None, (), None)
    for step in location:
        shape = place.shape
        if isinstance(shape, Structure):
            field = next(field for field in shape.fields if field.name == step)
            path = (*place.path, field.name[0].lower() + field.name[1:])
            place = _Place(service.shapes[field.shape], field, path, None)
        elif isinstance(shape, ListShape) and isinstance(step, int):
            path = (*place.path, str(step + 1), "member")
            place = _Place(service.shapes[shape.item], None, path, place.path)
        elif isinstance(shape, MapShape):
            # A key is the caller's text, so it is left out of ours.
            place = _Place(service.shapes[shape.value], None, (*place.path, "value"), None)
        else:
            break
    return place


def _is_constraint(error: ErrorDetails, place: _Place) -> bool:
    value: Any = error["input"]
    if value is None:
        return True
    kind = error["type"]
    if kind == "literal_error":
        return isinstance(value, str)
    if isinstance(place.shape, Scalar) and place.shape.kind in WHOLE_NUMBERS and type(value) is int:
        end = WHOLE_NUMBERS[place.shape.kind]
        return -end <= value < end
    return kind in _CONSTRAINTS


def _wrong_type(place: _Place) -> InvalidRequest:
    shape = place.shape
    if isinstance(shape, Scalar):
        expected = _JSON_TYPES[shape.kind]
    elif isinstance(shape, Enum):
        expected = "a string"
    else:
        expected = "a list" if isinstance(shape, ListShape) else "an object"
    return not_readable(f"The value at '{'.'.join(place.path)}' must be {expected}.")


def _broken_constraint(service: Service, place: _Place, error: ErrorDetails) -> InvalidRequest:
    if error["type"] == "missing" or error["input"] is None:
        own = place.field is not None and place.field.name in service.wording.own
        return invalid_parameter(".".join(place.path), "must not be null" if own else "Member must not be null")
    if place.list_path is not None and isinstance(place.shape, (Scalar, Enum)):
        # Lists of plain values are named as a whole, with all that their items must satisfy.
        reasons = ", ".join(_all_reasons(place.shape))
        return invalid_parameter(".".join(place.list_path), f"Member must satisfy constraint: [{reasons}]")
    return invalid_parameter(".".join(place.path), _reason(service, place, error["type"]))


def _reason(service: Service, place: _Place, kind: str) -> str:
    shape, field = place.shape, place.field
    own = field is not None and field.name in service.wording.own
    subject = "must" if own else "Member must"
    if isinstance(shape, Enum):
        return _enum_reason(shape)
    if kind == "string_pattern_mismatch" and isinstance(shape, Scalar):
        pattern = (field and field.printed_pattern) or (shape.pattern or "").replace("\\/", "/")
        if not own:
            return f"Member must satisfy regular expression pattern: {pattern}"
        quoted = pattern if field and field.name in service.wording.unquoted else f"'{pattern}'"
        return f"must satisfy regular expression {quoted}"
    measure = "value" if kind in ("greater_than_equal", "less_than_equal") else "length"
    if isinstance(shape, (Scalar, ListShape)):
        if kind in ("greater_than_equal", "string_too_short", "bytes_too_short", "too_short"):
            return f"{subject} have {measure} greater than or equal to {shape.minimum}"
        return f"{subject} have {measure} less than or equal to {shape.maximum}"
    return f"{subject} not be null"


def _all_reasons(shape: Scalar | Enum) -> list[str]:
    if isinstance(shape, Enum):
        return [_enum_reason(shape)]
    reasons: list[str] = []
    measure = "length" if shape.kind in ("string", "blob") else "value"
    if shape.maximum is not None:
        reasons.append(f"Member must have {measure} less than or equal to {shape.maximum}")
    if shape.minimum is not None:
        reasons.append(f"Member must have {measure} greater than or equal to {shape.minimum}")
    if shape.pattern is not None:
        pattern = shape.pattern.replace("\\/", "/")
        reasons.append(f"Member must satisfy regular expression pattern: {pattern}")
    return reasons


def _enum_reason(shape: Enum) -> str:
    return f"Member must satisfy enum value set: [{', '.join(shape.listed)}]"
