"""The Python types of shapes as source text, and classes made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, assert_never

from tools.codegen.naming import PACKAGES, literal_name
from wharfside_sdk.model.ir import Enum, Field, ListShape, MapShape, Scalar, ScalarKind, Service, Structure

_SCALARS: Final[Mapping[ScalarKind, str]] = {
    "string": "str",
    "integer": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "boolean": "bool",
    "timestamp": "datetime",
    "blob": "bytes",
}


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a module writes the types that are not the same everywhere."""

    structure: Callable[[str], str]
    """The class of a structure, by the name of its shape."""
    enum: Callable[[str], str]
    """The type of an enum, by the name of its shape."""
    sequence: str = "list"
    mapping: str = "dict"
    blob: str = _SCALARS["blob"]
    timestamp: str = _SCALARS["timestamp"]


def annotation(service: Service, name: str, spelling: Spelling) -> str:
    """The type of a shape's values."""
    shape = service.shapes[name]
    match shape:
        case Structure():
            return spelling.structure(name)
        case Enum():
            return spelling.enum(name)
        case ListShape():
            return f"{spelling.sequence}[{annotation(service, shape.item, spelling)}]"
        case MapShape():
            types = (annotation(service, part, spelling) for part in (shape.key, shape.value))
            return f"{spelling.mapping}[{', '.join(types)}]"
        case Scalar(kind="blob"):
            return spelling.blob
        case Scalar(kind="timestamp"):
            return spelling.timestamp
        case Scalar():
            return _SCALARS[shape.kind]
        case _:
            assert_never(shape)


def members(
    service: Service, fields: Iterable[Field], spelling: Spelling, is_present: Callable[[Field], bool], form: str = "{}"
) -> list[tuple[str, str]]:
    """The members of a TypedDict: name and type of each. `form` is what stands around every type."""
    typed = [(field, form.format(annotation(service, field.shape, spelling))) for field in fields]
    return [(field.name, text if is_present(field) else f"NotRequired[{text}]") for field, text in typed]


def typed_dict(name: str, meaning: str, members: Iterable[tuple[str, str]], base: str = "TypedDict") -> str:
    """The source of a class with these members: name and type of each."""
    lines = [f"class {name}({base}):", f'    """{meaning}"""', "", *(f"    {key}: {value}" for key, value in members)]
    return "\n".join(lines) + "\n\n"


def response_metadata(name: str) -> str:
    """The source of the class of what an answer says of itself, which the models do not have."""
    scalars = [
        ("RequestId", "str"),
        ("HTTPStatusCode", "int"),
        ("HTTPHeaders", "dict[str, str]"),
        ("RetryAttempts", "int"),
    ]
    return typed_dict(name, "What an answer says of itself.", [*scalars, ("HostId", "NotRequired[str]")])


def literal(values: Iterable[str]) -> str:
    """The type of strings out of a list."""
    quoted = ", ".join(f'"{value}"' for value in values)
    return f"Literal[{quoted}]"


def literals_import(service: Service) -> str:
    """The statement that imports every literal of an enum; the frame drops those that a module does not use."""
    names = (literal_name(name) for name, shape in service.shapes.items() if isinstance(shape, Enum))
    return f"from wharfside_sdk.{PACKAGES[service.name]}.literals import {', '.join(names)}"
