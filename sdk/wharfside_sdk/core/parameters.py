"""Checking what callers give, and making an awsJson body of it."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from pydantic_core import PydanticCustomError, PydanticSerializationError, SchemaValidator, ValidationError, to_json
from pydantic_core import core_schema as schemas

from wharfside_sdk.core.call import Validation
from wharfside_sdk.errors import ParamValidationError
from wharfside_sdk.model import ir
from wharfside_sdk.model.schemas import schema_of
from wharfside_sdk.model.wording import explain

_HINTS = {
    "repositoryName": "names are lower-case letters and digits, with single dots, one or two underscores, or hyphens "
    "between them, in parts that are separated by slashes",
    "registryId": "registry ids are the 12 digits of an AWS account",
    "imageDigest": "digests are an algorithm, a colon and hexadecimal digits, such as sha256: and 64 of them",
    "layerDigest": "digests are an algorithm, a colon and hexadecimal digits, such as sha256: and 64 of them",
    "uploadId": "upload ids are the UUID that InitiateLayerUpload gave",
}
"""For people: what the patterns that are met most mean."""
_OURS = ("blob_type", "extra_forbidden", "value_error")
"""The types of errors that a service cannot have: the last is what reading a file may raise."""
_LONGEST_VALUE = 60
"""How many characters of a refused value an error text shows."""


def encode(service: ir.ServiceName, operation: str, parameters: Mapping[str, Any], validation: Validation) -> bytes:
    """The body for these parameters, blobs read and encoded; a parameter that is None counts as not given.

    Raises ParamValidationError.
    """
    given = {name: value for name, value in parameters.items() if value is not None}
    try:
        return to_json(_validator(service, operation, validation).validate_python(given))
    except ValidationError as refusal:
        raise ParamValidationError(_report(service, operation, refusal)) from None
    except PydanticSerializationError as refusal:
        raise ParamValidationError(str(refusal)) from None


@cache
def has_blob(service: ir.ServiceName, operation: str) -> bool:
    """Whether an operation takes blobs, which make its requests large."""
    model = ir.load(service)
    return _has_bytes(schema_of(model, model.operations[operation].input, "python"))


@cache
def _validator(service: ir.ServiceName, operation: str, validation: Validation) -> SchemaValidator:
    model = ir.load(service)
    return SchemaValidator(_loosened(schema_of(model, model.operations[operation].input, "python"), validation))


def _loosened(schema: Any, validation: Validation) -> Any:
    """The schema of a request as this much validation wants it. It takes what boto3 takes, and gives what JSON has."""
    kind = schema["type"]
    if kind == "bytes":
        bounds = {} if validation == "off" else _bounds(schema, validation)
        content = cast(schemas.CoreSchema, {"type": "bytes", "strict": True, **bounds})
        return schemas.chain_schema(
            [
                schemas.no_info_plain_validator_function(_as_bytes),
                content,
                schemas.no_info_plain_validator_function(_as_base64),
            ]
        )
    if validation == "off" and not _has_bytes(schema):
        return schemas.any_schema()
    if kind == "typed-dict":
        checked = validation != "off"
        fields = {
            name: {
                **field,
                "schema": _loosened(field["schema"], validation),
                "required": field.get("required", True) and checked,
            }
            for name, field in schema["fields"].items()
        }
        return {**schema, "fields": fields, "extra_behavior": "forbid" if checked else "allow"}
    if kind == "list":
        # Not strict, so that any sequence will do, as in the types of our signatures.
        items = _loosened(schema["items_schema"], validation)
        return {**_bounds(schema, validation), "strict": False, "items_schema": items, "fail_fast": False}
    if kind == "literal" and validation == "min":
        return schemas.str_schema(strict=True)
    return _bounds(schema, validation)


def _bounds(schema: Any, validation: Validation) -> dict[str, Any]:
    """All of a schema but, unless it is to be strict, its upper bounds."""
    dropped = () if validation == "strict" else ("max_length", "le")
    return {name: value for name, value in schema.items() if name not in dropped}


def _has_bytes(schema: Any) -> bool:
    if schema["type"] == "typed-dict":
        return any(_has_bytes(field["schema"]) for field in schema["fields"].values())
    return _has_bytes(schema["items_schema"]) if schema["type"] == "list" else schema["type"] == "bytes"


def _as_bytes(value: Any) -> bytes:
    content: object = value.read() if hasattr(value, "read") else value
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, bytes | bytearray):
        return bytes(content)
    if isinstance(content, memoryview):
        return content.tobytes()
    raise PydanticCustomError("blob_type", "Input should be bytes, text, or a file that is open for reading")


def _as_base64(content: bytes) -> str:
    return b2a_base64(content, newline=False).decode()


def _report(service: ir.ServiceName, operation: str, refusal: ValidationError) -> str:
    """The service's own text, as it would refuse the request, then a line for each thing that is wrong."""
    model = ir.load(service)
    structure = model.structure(model.operations[operation].input)
    errors = refusal.errors(include_url=False, include_context=False)
    lines = [_line(model, structure, error) for error in errors]
    if all(error["type"] not in _OURS for error in errors):
        lines.insert(0, explain(model, structure, refusal).message)
    return "\n".join(lines)


def _line(model: ir.Service, structure: ir.Structure, error: Any) -> str:
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error["loc"]).lstrip(".")
    if error["type"] == "missing":
        return f'Missing required parameter in input: "{place}"'
    if error["type"] == "extra_forbidden":
        known = _members_at(model, structure, error["loc"][:-1])
        return f'Unknown parameter in input: "{place}", must be one of: {", ".join(known)}'
    value: object = error["input"]
    hint = _HINTS.get(place.rpartition(".")[2]) if error["type"] == "string_pattern_mismatch" else None
    shown = repr(value) if isinstance(value, str | int | float | bool) else f"of type {type(value).__name__}"
    if len(shown) > _LONGEST_VALUE:
        shown = f"{shown[:_LONGEST_VALUE]}..."
    return f"{place} is {shown}, but {hint}" if hint else f"{place} is {shown}: {error['msg']}"


def _members_at(model: ir.Service, structure: ir.Structure, location: tuple[int | str, ...]) -> list[str]:
    shape: ir.Shape = structure
    for step in location:
        if isinstance(shape, ir.ListShape):
            shape = model.shapes[shape.item]
        elif isinstance(shape, ir.Structure):
            shape = model.shapes[next(field.shape for field in shape.fields if field.name == step)]
    return [field.name for field in shape.fields] if isinstance(shape, ir.Structure) else []
