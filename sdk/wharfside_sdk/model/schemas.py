"""From the model to pydantic-core schemas: strict ones for requests, lenient ones for responses.

Patterns are evaluated by pydantic-core's regular expressions only, whose time is linear in the input: some patterns of
the model take exponential time in Python's `re`.
"""

from __future__ import annotations

from typing import Any, Literal, cast

from pydantic_core import PydanticCustomError, SchemaValidator, core_schema

from wharfside_sdk.model.ir import Enum, Field, ListShape, MapShape, Scalar, Service, Structure

Source = Literal["json", "python", "response"]
"""Where the values come from: a request's JSON, a request as Python values, or a response's JSON."""

WHOLE_NUMBERS = {"integer": 2**31, "long": 2**63}
"""The first number above the range of each kind of whole number."""

# Times are seconds, always: unasked, large numbers would be taken for milliseconds. A structure does not inherit this.
_SECONDS = cast(core_schema.CoreConfig, {"val_temporal_unit": "seconds"})
_ANY_TEXT = core_schema.str_schema(strict=True)
_BASE64 = SchemaValidator(core_schema.bytes_schema(), core_schema.CoreConfig(val_json_bytes="base64"))


def schema_of(service: Service, name: str, source: Source) -> core_schema.CoreSchema:
    """The schema of the shape of this name."""
    shape = service.shapes[name]
    if isinstance(shape, Structure):
        return _structure(service, shape, source)
    if isinstance(shape, ListShape):
        return _list(service, shape, source)
    if isinstance(shape, MapShape):
        return core_schema.dict_schema(
            schema_of(service, shape.key, source), schema_of(service, shape.value, source), strict=True
        )
    if isinstance(shape, Enum):
        return _ANY_TEXT if source == "response" else core_schema.literal_schema(list(shape.values))
    return _scalar(shape, source, None)


def _structure(service: Service, shape: Structure, source: Source) -> core_schema.CoreSchema:
    response = source == "response"
    fields = {
        field.name: core_schema.typed_dict_field(
            member_schema(service, field, source), required=field.required and not response
        )
        for field in shape.fields
    }
    if response:
        return core_schema.typed_dict_schema(fields, strict=True, extra_behavior="allow", config=_SECONDS)
    return core_schema.typed_dict_schema(fields, strict=True, extra_behavior="ignore")


def member_schema(service: Service, field: Field, source: Source) -> core_schema.CoreSchema:
    """The schema of a member: its shape's, or that of its own pattern."""
    shape = service.shapes[field.shape]
    if isinstance(shape, Scalar):
        return _scalar(shape, source, field.pattern)
    return schema_of(service, field.shape, source)


def _list(service: Service, shape: ListShape, source: Source) -> core_schema.CoreSchema:
    items = schema_of(service, shape.item, source)
    if source == "response":
        return core_schema.list_schema(items, strict=True)
    return core_schema.list_schema(
        items, min_length=shape.minimum, max_length=shape.maximum, strict=True, fail_fast=True
    )


def _scalar(shape: Scalar, source: Source, pattern: str | None) -> core_schema.CoreSchema:
    response = source == "response"
    minimum, maximum = (None, None) if response else (shape.minimum, shape.maximum)
    if shape.kind == "string":
        return _ANY_TEXT if response else _text(minimum, maximum, pattern or shape.pattern)
    if shape.kind == "blob":
        return _blob(minimum, maximum, source)
    if shape.kind == "boolean":
        return core_schema.bool_schema(strict=True)
    if shape.kind == "timestamp":
        return core_schema.datetime_schema() if response else _float(None, None)
    if shape.kind in ("float", "double"):
        return _float(minimum, maximum)
    if response:
        return core_schema.int_schema(strict=True)
    end = WHOLE_NUMBERS[shape.kind]
    return core_schema.int_schema(
        ge=-end if minimum is None else minimum, le=end - 1 if maximum is None else maximum, strict=True
    )


def _text(minimum: int | None, maximum: int | None, pattern: str | None) -> core_schema.CoreSchema:
    # A bound of 0 is not idle: only constrained strings are checked for lone surrogates.
    return core_schema.str_schema(
        min_length=minimum or 0, max_length=maximum, pattern=whole(pattern) if pattern else None, strict=True
    )


def whole(pattern: str) -> str:
    """The pattern as one that matches whole values only, with the service's ASCII meaning of `\\w`, `\\d` and `\\S`."""
    # Written out: without Unicode, \S would match single bytes of a character, which the engine refuses.
    pattern = pattern.replace("\\S", r"[^ \t\n\x0b\f\r]")
    ascii_only = "\\w" in pattern or "\\d" in pattern
    return f"^(?-u:{pattern})$" if ascii_only else f"^(?:{pattern})$"


def _float(minimum: int | None, maximum: int | None) -> core_schema.CoreSchema:
    return core_schema.float_schema(ge=minimum, le=maximum, strict=True, allow_inf_nan=False)


def _blob(minimum: int | None, maximum: int | None, source: Source) -> core_schema.CoreSchema:
    content = core_schema.bytes_schema(min_length=minimum, max_length=maximum, strict=True)
    if source == "python":
        return content
    return core_schema.chain_schema(
        [core_schema.str_schema(strict=True), core_schema.no_info_plain_validator_function(_from_base64), content]
    )


def _from_base64(text: str) -> bytes:
    # pydantic-core would also take the URL-safe alphabet and missing padding, which the protocol does not have.
    if len(text) % 4 or "-" in text or "_" in text:
        raise PydanticCustomError("not_base64", "not base64")
    try:
        # Its type names mappings only; at run time plain text is what it decodes.
        return cast(bytes, _BASE64.validate_strings(cast(Any, text)))
    except ValueError:
        raise PydanticCustomError("not_base64", "not base64") from None
