"""Makes `models/`: a Pydantic class for each structure of a service, in one module per topic, loaded when asked for."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tools.codegen.annotations import Spelling, annotation
from tools.codegen.naming import PACKAGES, TITLES, Form, earlier_type_defs, literal_name, type_def_name
from tools.codegen.usage import parts, usage
from wharfside_sdk.model.ir import Enum, Field, ListShape, MapShape, Scalar, Service, ServiceName, Structure

_TOPICS: Final = Path(__file__).parent / "topics.toml"
_BASE: Final = "wharfside_sdk.models"
_IMPORTS: Final = f"""
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import StrictBool, StrictFloat, StrictInt, StrictStr

from {_BASE} import ABSENT, Always, Blob, OpenEnum, OutputModel, PaginateModel, PaginatorConfig, RequestModel
from {_BASE} import ResponseModel, Shape, WaiterConfig, WaitModel
"""
"""More than any module of a topic needs: the frame drops the imports that are not used."""
_LAZILY: Final = """
    __all__ = [*_MODULES, *_ALIASES]

    def __getattr__(name: str) -> object:
        original = _ALIASES.get(name, name)
        if original not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[original]), original)
        return value

    def __dir__() -> list[str]:
        return sorted(__all__)
"""
"""What a package does at run time when a name is asked for. Type checkers see imports, so that they know every name."""
_SHARED: Final = ("Model", "PaginatorConfig", "ResponseMetadata", "WaiterConfig")
"""Classes that are no service's own; the packages of both services have them from the models' base."""
_PLAIN: Final = Spelling(structure=str, enum=literal_name)


@dataclass(frozen=True, slots=True)
class _Class:
    """A class to make: a structure as requests hold it, or, as `Output`, as responses do when there are both."""

    structure: Structure
    form: Form
    base: str

    @property
    def name(self) -> str:
        return f"{self.structure.name}{self.form}"

    @property
    def is_request(self) -> bool:
        return self.base not in ("OutputModel", "ResponseModel")


def files(service: Service) -> Mapping[str, str]:
    """The package of one service: `__init__.py`, and a module per topic."""
    topics: dict[str, list[_Class]] = {topic: [] for topic in _topics(service.name)}
    for structure, topic in _topic_of(service).items():
        topics[topic] += _classes(service, structure)
    modules = {f"models/{topic}.py": _module(service, topic, topics) for topic in topics}
    return {"models/__init__.py": _package(service, topics), **modules}


@cache
def _topics(service: ServiceName) -> Mapping[str, list[str]]:
    return tomllib.loads(_TOPICS.read_text())[service]


def _topic_of(service: Service) -> Mapping[str, str]:
    """The topic of each structure, each behind the ones that it is made of. Raises KeyError when one has no topic."""
    first: dict[str, str] = {}
    for topic, names in _topics(service.name).items():
        for operation in (service.operations[name] for name in names):
            for structure in (*_within(service, operation.input), *_within(service, operation.output)):
                first.setdefault(structure, topic)
    return {structure: first[structure] for structure in usage(service).order}


def _within(service: Service, name: str) -> Iterator[str]:
    yield name
    for part in parts(service, name):
        yield from _within(service, part)


def _classes(service: Service, name: str) -> Iterator[_Class]:
    used, structure = usage(service), service.structure(name)
    if name in used.requests:
        yield _Class(structure, "", "RequestModel")
    if name in used.responses:
        base = "OutputModel" if name in used.outputs else "ResponseModel"
        yield _Class(structure, "Output" if name in used.requests else "", base)
    if any(service.operations[operation].input == name for operation in service.paginators):
        yield _Class(structure, "Paginate", "PaginateModel")
    if any(service.operations[waiter.operation].input == name for waiter in service.waiters.values()):
        yield _Class(structure, "Wait", "WaitModel")


def _module(service: Service, topic: str, topics: Mapping[str, list[_Class]]) -> str:
    package = f"wharfside_sdk.{PACKAGES[service.name]}"
    known = {f"{package}.models.{other}": [made.name for made in topics[other]] for other in topics if other != topic}
    shapes = service.shapes.items()
    known[f"{package}.literals"] = [literal_name(name) for name, shape in shapes if isinstance(shape, Enum)]
    lines = [
        "# Members are called as the service calls them.",
        "# ruff: noqa: N803, N815",
        f'"""Pydantic models of {TITLES[service.name]}: {topic.replace("_", " ")}."""',
        _IMPORTS,
        *(f"from {module} import ({', '.join(names)})" for module, names in known.items() if names),
        "if TYPE_CHECKING:",
        f"    from {package} import requests, type_defs",
    ]
    return "\n".join([*lines, *(line for made in topics[topic] for line in _source(service, made))])


def _source(service: Service, made: _Class) -> Iterator[str]:
    fields = list(_fields(service, made))
    yield f"class {made.name}({made.base}):"
    yield f'    """{_meaning(service, made)}"""'
    member = _request_member if made.is_request else _response_member
    yield from (f"    {field.name}: {member(service, made, field)}" for field in fields)
    if not fields:
        return
    yield "    if TYPE_CHECKING:"
    if made.is_request:
        yield f"        def __init__(self, *, {', '.join(_parameters(service, made, fields))}) -> None: ..."
    same = made.form == "Output" and made.structure.name not in usage(service).split
    type_def = type_def_name(made.structure.name, "" if same else made.form)
    yield f"        def to_boto(self) -> type_defs.{type_def}: ..."


def _meaning(service: Service, made: _Class) -> str:
    side = "input" if made.is_request else "output"
    taker = {"Paginate": ", as its paginator takes it", "Wait": ", as its waiter takes it"}.get(made.form, "")
    for operation in service.operations.values():
        if made.structure.name in (operation.input, operation.output):
            return f"The {side} of {operation.name}{taker}."
    return f"A part of {'requests' if made.is_request else 'responses'}."


def _fields(service: Service, made: _Class) -> Iterator[Field]:
    walked: set[str] = set()
    for paginator in service.paginators.values():
        if made.form == "Paginate" and service.operations[paginator.operation].input == made.structure.name:
            walked |= {paginator.input_token, paginator.limit_key}
    return (field for field in made.structure.fields if field.name not in walked)


def _request_member(service: Service, made: _Class, field: Field) -> str:
    kept = _checked(service, field.shape)
    if field.pattern:
        kept = f'Annotated[str, Shape("{service.name}", "{made.structure.name}.{field.name}")]'
    return kept if field.required else f"{kept} | None = None"


def _response_member(service: Service, made: _Class, field: Field) -> str:
    kept = _read(service, field.shape)
    return f"Always[{kept}] = ABSENT" if field.always else f"{kept} | None = None"


def _parameters(service: Service, made: _Class, fields: list[Field]) -> Iterator[str]:
    """What the constructor takes: besides models also typed dicts and parts of responses."""
    responses = usage(service).responses

    def structure(name: str) -> str:
        output = f" | {name}Output" if name in responses else ""
        return f"{name}{output} | requests.{name}"

    spelling = Spelling(structure, literal_name, sequence="Sequence", mapping="Mapping", blob="Blob")
    for field in fields:
        default = "" if field.required else " | None = ..."
        yield f"{field.name}: {annotation(service, field.shape, spelling)}{default}"
    if made.form == "Paginate":
        yield "PaginationConfig: PaginatorConfig | type_defs.PaginatorConfigTypeDef | None = ..."
    if made.form == "Wait":
        yield "WaiterConfig: WaiterConfig | type_defs.WaiterConfigTypeDef | None = ..."


def _checked(service: Service, name: str) -> str:
    """The type of a value in a request: what the service's model says of it."""
    mark = f'Shape("{service.name}", "{name}")'
    match service.shapes[name]:
        case Structure():
            return name
        case Enum():
            return literal_name(name)
        case ListShape(item=item):
            return f"Annotated[list[{_checked(service, item)}], {mark}]"
        case MapShape(key=key, value=value):
            return f"dict[{_checked(service, key)}, {_checked(service, value)}]"
        case Scalar():
            return f"Annotated[{annotation(service, name, _PLAIN)}, {mark}]"


def _read(service: Service, name: str) -> str:
    """The type of a value in a response: only its type is checked."""
    match service.shapes[name]:
        case Structure():
            return f"{name}Output" if name in usage(service).requests else name
        case Enum():
            return f"Annotated[{literal_name(name)} | str, OpenEnum()]"
        case ListShape(item=item):
            return f"list[{_read(service, item)}]"
        case MapShape(key=key, value=value):
            return f"dict[{_read(service, key)}, {_read(service, value)}]"
        case Scalar():
            plain = annotation(service, name, _PLAIN)
            return plain if plain == "datetime" else f"Strict{plain.capitalize()}"


def _package(service: Service, topics: Mapping[str, list[_Class]]) -> str:
    package = f"wharfside_sdk.{PACKAGES[service.name]}.models"
    modules = dict.fromkeys(_SHARED, _BASE)
    modules |= {made.name: f"{package}.{topic}" for topic, members in topics.items() for made in members}
    aliases = {type_def_name(name): name for name in modules if name != "Model"} | {"BaseValidatorModel": "Model"}
    aliases |= {name: aliases[today] for name, today in earlier_type_defs(service).items()}
    lines = [
        "# Some names are longer than lines may be.",
        "# ruff: noqa: E501, RUF100",
        f'"""The structures of {TITLES[service.name]} as Pydantic models, one module per topic.',
        "",
        "A module is imported when one of its models is first asked for. Names that end in `TypeDef`, of today's",
        "and of earlier stubs, and `BaseValidatorModel` are other names for the same classes.",
        '"""',
        "from importlib import import_module",
        "from typing import TYPE_CHECKING",
        "if TYPE_CHECKING:",
        *(f"    from {module} import {name} as {name}" for name, module in modules.items()),
        *(f"    {alias} = {name}" for alias, name in aliases.items()),
        "else:",
        f"    _MODULES = {modules}",
        f"    _ALIASES = {aliases}",
    ]
    return "\n".join([*lines, _LAZILY])
