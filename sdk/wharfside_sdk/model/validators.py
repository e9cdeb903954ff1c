"""Checks requests and responses against the service model. Built at first use per operation, then kept."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property
from typing import Any, cast

from pydantic_core import SchemaValidator, ValidationError, from_json

from wharfside_sdk.model.ir import Service, ServiceName, Structure, load
from wharfside_sdk.model.schemas import Source, schema_of
from wharfside_sdk.model.strict_json import read_object
from wharfside_sdk.model.wording import explain


class RequestValidator:
    """Checks the input of one operation strictly: types, required members, patterns, lengths, ranges, enums.

    Members that the model does not know are dropped; a member that is null counts as absent.
    """

    def __init__(self, service: Service, structure: Structure) -> None:
        self._service = service
        self._structure = structure

    @cached_property
    def _json(self) -> SchemaValidator:
        return _validator(self._service, self._structure, "json")

    @cached_property
    def _python(self) -> SchemaValidator:
        return _validator(self._service, self._structure, "python")

    def validate_json(self, body: bytes) -> dict[str, Any]:
        """The input in an awsJson body, blobs decoded. An empty body counts as `{}`. Raises InvalidRequest."""
        return self._check(self._json, read_object(body))

    def validate_python(self, values: dict[str, Any]) -> dict[str, Any]:
        """The input given as Python values, blobs as bytes. Raises InvalidRequest."""
        return self._check(self._python, _without_nulls(values))

    def _check(self, validator: SchemaValidator, values: dict[str, Any]) -> dict[str, Any]:
        try:
            checked: dict[str, Any] = validator.validate_python(values)
        except ValidationError as refusal:
            raise explain(self._service, self._structure, refusal) from None
        return checked


class ResponseValidator:
    """Reads the output of one operation leniently: newer enum values and members pass, and no bounds are checked.

    Epoch seconds become aware datetimes (UTC) and base64 becomes bytes; a member that is null counts as absent, unless
    the model does not know it.
    """

    def __init__(self, service: Service, structure: Structure) -> None:
        self._validator = _validator(service, structure, "response")

    def validate_json(self, body: bytes) -> dict[str, Any]:
        """The output in an awsJson body. Raises ValueError when it is not JSON or a type is wrong."""
        try:
            # In one pass, as most answers have no null anywhere; no member that the model knows passes with one.
            read: dict[str, Any] = self._validator.validate_json(body or b"{}")
        except ValidationError:
            if b"null" not in body:
                raise
            return self.validate_python(from_json(body))
        return read

    def validate_python(self, values: dict[str, Any]) -> dict[str, Any]:
        """The output as parsed JSON. Raises ValueError when a type is wrong."""
        read: dict[str, Any] = self._validator.validate_python(_without_nulls(values))
        return read


@cache
def request_validator(service: ServiceName, operation: str) -> RequestValidator:
    """The validator of an operation's input. Raises KeyError for an unknown operation."""
    model = load(service)
    return RequestValidator(model, model.structure(model.operations[operation].input))


@cache
def response_validator(service: ServiceName, operation: str) -> ResponseValidator:
    """The validator of an operation's output. Raises KeyError for an unknown operation."""
    model = load(service)
    return ResponseValidator(model, model.structure(model.operations[operation].output))


def _validator(service: Service, structure: Structure, source: Source) -> SchemaValidator:
    return SchemaValidator(schema_of(service, structure.name, source))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        members = cast(dict[str, Any], value)
        return {name: _without_nulls(member) for name, member in members.items() if member is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in cast(Iterable[Any], value)]
    return value
