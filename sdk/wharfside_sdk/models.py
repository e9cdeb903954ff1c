"""The base of the Pydantic models in `wharfside_sdk.ecr.models` and `wharfside_sdk.ecr_public.models`.

A model is either a part of requests or a part of responses. Requests are refused for everything that the service would
refuse, by the schemas of `wharfside_sdk.model.schemas`, which the server uses too, and also for members that the model
does not know. Responses are read leniently: members and enum values that the model does not know are kept, bounds are
not checked, and nothing is required.

A structure that travels both ways has two classes: `ReplicationConfiguration` is for requests and
`ReplicationConfigurationOutput` for responses. A part of a response may be given wherever a request takes that
structure, and is then checked like any other value: what the model does not know is refused there, because leaving it
out would change what is stored.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Never, Protocol, Self, TypeAlias, TypeVar, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, StrictInt, StrictStr, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from wharfside_sdk.model.ir import ListShape, Scalar, Service, ServiceName, load
from wharfside_sdk.model.schemas import member_schema, schema_of

T = TypeVar("T")

_CHUNK = 2**20


class Readable(Protocol):
    """A file object, opened for bytes or for text, or a streaming body."""

    def read(self, size: int, /) -> bytes | str:
        """At most `size` bytes or characters."""
        ...


Blob: TypeAlias = bytes | bytearray | memoryview | str | Readable
"""What a request takes as bytes. Text counts as UTF-8. A file is read once, when the model is made, from where it
stands to its end; one that holds more than the service takes is refused without reading all of it."""


class Model(BaseModel):
    """A structure of a service, its members as attributes under the names that the service gives them.

    As JSON it is what travels between client and service: times are seconds since 1970, bytes are base64.
    """

    # Built at first use: a program uses few of the several hundred structures.
    model_config: ClassVar[ConfigDict] = ConfigDict(
        defer_build=True, val_temporal_unit="seconds", ser_json_temporal="seconds"
    )

    @classmethod
    def from_boto(cls, values: Mapping[str, object]) -> Self:
        """The model of what boto3 takes or answers. Raises pydantic.ValidationError."""
        return cls.model_validate(dict(values))

    def to_boto(self) -> Mapping[str, object]:
        """A new dict as boto3 takes or answers it: exactly the members that were given, bytes and datetimes as such."""
        return self.model_dump(exclude_unset=True)


class RequestModel(Model):
    """A request or a part of one: whatever the service would refuse is refused, on assignment to a member too.

    Lists may be given as tuples, structures as dicts or as parts of a response, bytes as any `Blob`. A member that is
    None counts as absent. Raises pydantic.ValidationError.
    """

    # A part that was changed in place (a list of it appended to) is checked again where it is used.
    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", validate_assignment=True, revalidate_instances="always"
    )

    @model_validator(mode="before")
    @classmethod
    def _part_of_response(cls, values: object) -> object:
        return values.to_boto() if isinstance(values, ResponseModel) else values

    def to_boto(self) -> Mapping[str, object]:
        """A new dict with the arguments for the method of boto3's client, or for this part of them."""
        return self.model_dump(exclude_unset=True, exclude_none=True)


class ResponseModel(Model):
    """A response or a part of one: `Model.from_boto(answer).to_boto()` equals the answer.

    Members that the answer lacks are None. Those that a Wharfside always answers are typed as present all the same, as
    in `wharfside_sdk.ecr.responses`. Members that the model does not know are attributes too, and in `model_extra`.
    Times may be datetimes or, as in the body of an HTTP answer, seconds since 1970.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")


class ResponseMetadata(ResponseModel):
    """What boto3 adds to a response about the HTTP answer that carried it."""

    RequestId: StrictStr | None = None
    HTTPStatusCode: StrictInt | None = None
    HTTPHeaders: dict[StrictStr, StrictStr] | None = None
    RetryAttempts: StrictInt | None = None
    HostId: StrictStr | None = None


class PaginatorConfig(RequestModel):
    """How far a paginator walks: `MaxItems` in all, `PageSize` for each request, from `StartingToken` on."""

    MaxItems: StrictInt | None = None
    PageSize: StrictInt | None = None
    StartingToken: StrictStr | None = None


class WaiterConfig(RequestModel):
    """How long a waiter waits: at most `MaxAttempts` requests, `Delay` seconds between two."""

    Delay: StrictInt | None = None
    MaxAttempts: StrictInt | None = None


# Members that are called like their classes hide them.
_ResponseMetadata: TypeAlias = ResponseMetadata
_WaiterConfig: TypeAlias = WaiterConfig


class OutputModel(ResponseModel):
    """The whole output of an operation. The body of an HTTP answer has no `ResponseMetadata`; answers of boto3 do."""

    ResponseMetadata: _ResponseMetadata | None = None


class PaginateModel(RequestModel):
    """The input of an operation, as its paginator takes it: how far to walk instead of a page's token and size."""

    PaginationConfig: PaginatorConfig | None = None


class WaitModel(RequestModel):
    """The input of an operation, as its waiter takes it."""

    WaiterConfig: _WaiterConfig | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """Marks a value of a request: it must be what the service's model says of this shape.

    `name` is the name of a shape, or `Structure.member` for a member with a pattern of its own.
    """

    service: ServiceName
    name: str

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        service = load(self.service)
        structure, _, member = self.name.partition(".")
        if member:
            field = next(field for field in service.structure(structure).fields if field.name == member)
            return member_schema(service, field, "python")
        return _shape_schema(service, self.name, lambda: handler(source))


class OpenEnum:
    """Marks a text of a response whose known values are listed, but which may be a newer one too."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.str_schema(strict=True)


class _MayLack:
    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.nullable_schema(handler(source))


Always: TypeAlias = Annotated[T, _MayLack()]
"""A member of a response that a Wharfside always answers, so that its type is not optional."""
ABSENT: Final[Never] = cast(Never, None)
"""What such a member is nevertheless in an answer of another server that lacks it: None."""


def _shape_schema(service: Service, name: str, annotated: Callable[[], CoreSchema]) -> CoreSchema:
    shape = service.shapes[name]
    if isinstance(shape, ListShape):
        items = annotated()
        assert items["type"] == "list"
        return core_schema.list_schema(
            items.get("items_schema"), min_length=shape.minimum, max_length=shape.maximum, fail_fast=True
        )
    if isinstance(shape, Scalar) and shape.kind == "timestamp":
        return annotated()
    schema = schema_of(service, name, "python")
    if isinstance(shape, Scalar) and shape.kind == "blob":
        return core_schema.json_or_python_schema(
            schema_of(service, name, "json"),
            core_schema.no_info_before_validator_function(_reader(shape.maximum), schema),
            serialization=core_schema.plain_serializer_function_ser_schema(_base64, when_used="json"),
        )
    return schema


def _base64(content: bytes) -> str:
    # pydantic's own is URL-safe base64, which the services do not read.
    return b2a_base64(content, newline=False).decode()


def _reader(maximum: int | None) -> Callable[[object], object]:
    def content(value: object) -> object:
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, memoryview):
            return value.tobytes()
        if isinstance(value, bytearray):
            return bytes(value)
        return _read_all(cast(Readable, value), maximum) if hasattr(value, "read") else value

    return content


def _read_all(file: Readable, maximum: int | None) -> bytes:
    """The rest of a file; of one that is too long at least enough to show it."""
    content = bytearray()
    try:
        # A stream may give less than it is asked for before it ends.
        while (maximum is None or len(content) <= maximum) and (part := file.read(_CHUNK)):
            content += part.encode() if isinstance(part, str) else part
    except (OSError, TypeError, ValueError) as error:
        raise PydanticCustomError("not_readable", "cannot be read: {error}", {"error": str(error)}) from None
    return bytes(content)
