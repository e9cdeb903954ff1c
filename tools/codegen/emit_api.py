"""Makes `api`: the protocols that boto3's and aiobotocore's clients satisfy, and the SDK's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tools.codegen.annotations import Spelling, annotation
from tools.codegen.emit_clients import DIALECTS, Dialect, defined, method, operation_facts, overloads
from tools.codegen.naming import CLASS_PREFIXES, PACKAGES, TITLES, literal_name, snake_case, type_def_name
from tools.codegen.read import read_overlay
from wharfside_sdk.model.ir import Service, Structure

_HEAD: Final = '''# ruff: noqa: N802, N803 -- the names are the service's
"""Protocols of {title}'s clients: code that is typed with them takes any client.

The stubs of boto3 (mypy-boto3) and aiobotocore (types-aiobotocore) satisfy them, and the SDK's own clients, in pyright
and mypy. What a method takes is therefore what all of them take, `type_defs`; what it answers is in `views`.
Only what each of these clients has is here: protocols of their own have the operations that some stubs lack.
"""
from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, Literal, Protocol, overload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wharfside_sdk.core.pages import AnyAsyncPages, AnyPages
    from wharfside_sdk.{package} import literals, type_defs, views


'''
_LATER: Final = "ReplicationBackfill"
"""What the names of the operations have in common that types-aiobotocore lacks."""
_GROWN: Final = frozenset({"ReplicationConfiguration"})
"""Structures of requests that stubs know without their newest member: no type but Any fits all of their types."""
_GIVEN: Final = Spelling(
    lambda name: "Any" if name in _GROWN else f"type_defs.{type_def_name(name)}",
    lambda name: f"literals.{literal_name(name)}",
    sequence="Sequence",
    mapping="Mapping",
    blob="str | bytes | IO[bytes]",
)


def files(service: Service) -> Mapping[str, str]:
    """The module of one service."""
    lines = ["class AnyExceptions(Protocol):", f'    """The errors of {TITLES[service.name]}, by their codes."""']
    errors = [
        name
        for name, shape in service.shapes.items()
        if isinstance(shape, Structure) and shape.http_status is not None and _LATER not in name
    ]
    for name in ("ClientError", *errors):
        lines += ["    @property", *method("def", f"{name}(self) -> type[Exception]", f"{name}.")]
    for dialect in DIALECTS:
        lines += [*_pagers(service, dialect), *_waiters(service, dialect), *_apis(service, dialect)]
    return {"api.py": _HEAD.format(title=TITLES[service.name], package=PACKAGES[service.name]) + "\n".join(lines)}


def _apis(service: Service, dialect: Dialect) -> Iterator[str]:
    title, name = TITLES[service.name], f"{dialect}{CLASS_PREFIXES[service.name].replace('ECR', 'Ecr')}"
    later = [operation for operation in service.operations if _LATER in operation]
    yield from (f"class {name}Api(Protocol):", f'    """Any client of {title}."""', "    @property")
    yield from method("def", "exceptions(self) -> AnyExceptions", "The classes of the service's errors.")
    yield from method("def", "can_paginate(self, operation_name: str) -> bool", "Whether a method has a paginator.")
    yield from method(defined(dialect), "close(self) -> None", "Close the connections.")
    for operation in (operation for operation in service.operations if operation not in later):
        yield from _operation(service, operation, dialect)
    for kind in ("paginator", "waiter"):
        yield from overloads(kind, _common(service, f"{kind}s"), dialect)
    if later:
        yield f"class {name}{_LATER}Api({name}Api, Protocol):"
        yield f'    """A client of {title} that has the operations on replication backfills, too."""'
    for operation in later:
        yield from _operation(service, operation, dialect)


def _common(service: Service, section: str) -> list[str]:
    """The names of the paginators or waiters that every client has: those that botocore has, but for later ones."""
    ours = read_overlay(service.name)[section]
    return [name for name in sorted(getattr(service, section)) if name not in ours and _LATER not in name]


def _operation(service: Service, name: str, dialect: Dialect) -> Iterator[str]:
    operation = service.operations[name]
    # Stubs say no more than this of an answer without members.
    answer = f"views.{operation.output}" if service.structure(operation.output).fields else "Mapping[str, object]"
    signature = f"{snake_case(name)}(self{_keywords(service, name)}) -> {answer}"
    yield from method(defined(dialect), signature, operation_facts(operation))


def _pagers(service: Service, dialect: Dialect) -> Iterator[str]:
    for name in _common(service, "paginators"):
        paginator = service.paginators[name]
        paging = (paginator.input_token, paginator.limit_key)
        given = _keywords(service, name, "PaginationConfig: type_defs.PaginatorConfigTypeDef", paging)
        pages = f"Any{dialect}Pages[views.{service.operations[name].output}]"
        yield from (f"class {dialect}{name}Paginator(Protocol):", f'    """Walks over the pages of {name}."""')
        yield from method("def", f"paginate(self{given}) -> {pages}", "The pages, asked for one by one.")


def _waiters(service: Service, dialect: Dialect) -> Iterator[str]:
    for name in _common(service, "waiters"):
        operation = service.waiters[name].operation
        given = _keywords(service, operation, "WaiterConfig: type_defs.WaiterConfigTypeDef")
        yield f"class {dialect}{name}Waiter(Protocol):"
        yield f'    """Asks {operation} until it answers what is waited for."""'
        yield from method(defined(dialect), f"wait(self{given}) -> None", "Return once it is so.")


def _keywords(service: Service, operation: str, config: str = "", without: Iterable[str] = ()) -> str:
    """An operation's members as keyword-only parameters behind `self`: what newer stubs take besides does no harm."""
    fields = service.structure(service.operations[operation].input).fields
    kept = sorted((field for field in fields if field.name not in without), key=lambda field: not field.required)
    typed = [(f"{each.name}: {annotation(service, each.shape, _GIVEN)}", each.required) for each in kept]
    parameters = [text if required else f"{text} = ..." for text, required in typed]
    parameters += [f"{config} = ..."] if config else []
    return f", *, {', '.join(parameters)}" if parameters else ""
