"""Makes `api`: the protocols that boto3's and aiobotocore's clients satisfy, and the SDK's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tools.codegen.annotations import Spelling
from tools.codegen.emit_clients import ASYNCHRONOUS, SYNCHRONOUS, Dialect, operation_facts, overloads
from tools.codegen.naming import CLASS_PREFIXES, PACKAGES, TITLES, literal_name, snake_case, type_def_name
from tools.codegen.parameters import as_keywords, of_operation, of_paginator, of_waiter
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
    for name, shape in service.shapes.items():
        if isinstance(shape, Structure) and shape.http_status is not None and _LATER not in name:
            lines += ["    @property", *_method("def", name, "", "type[Exception]", f"{name}.")]
    for dialect in (SYNCHRONOUS, ASYNCHRONOUS):
        lines += [*_pagers(service, dialect), *_waiters(service, dialect), *_apis(service, dialect)]
    return {"api.py": _HEAD.format(title=TITLES[service.name], package=PACKAGES[service.name]) + "\n".join(lines)}


def _apis(service: Service, dialect: Dialect) -> Iterator[str]:
    name = f"{dialect.prefix}{CLASS_PREFIXES[service.name].replace('ECR', 'Ecr')}"
    later = [operation for operation in service.operations if _LATER in operation]
    yield from (f"class {name}Api(Protocol):", f'    """Any client of {TITLES[service.name]}."""', "    @property")
    yield from _method("def", "exceptions", "", "AnyExceptions", "The classes of the service's errors.")
    yield from _method("def", "can_paginate", ", operation_name: str, /", "bool", "Whether a method has a paginator.")
    yield from _method(dialect.definition, "close", "", "None", "Close the connections.")
    for operation in (name for name in service.operations if name not in later):
        yield from _operation(service, operation, dialect)
    for kind, names in (("paginator", _common(service, "paginators")), ("waiter", _common(service, "waiters"))):
        yield from (f"    {line}" for line in overloads(kind, names, dialect.prefix, ", /"))
    if later:
        yield f"class {name}{_LATER}Api({name}Api, Protocol):"
        yield f'    """A client of {TITLES[service.name]} that has the operations on replication backfills, too."""'
    for operation in later:
        yield from _operation(service, operation, dialect)


def _common(service: Service, section: str) -> list[str]:
    """The names of the paginators or waiters that every client has: those that botocore has, but for later ones."""
    ours = read_overlay(service.name)[section]
    return [name for name in sorted(getattr(service, section)) if name not in ours and _LATER not in name]


def _operation(service: Service, name: str, dialect: Dialect) -> Iterator[str]:
    operation = service.operations[name]
    parameters = as_keywords(of_operation(service, name, _GIVEN))
    # Stubs say no more than this of an answer without members.
    answer = f"views.{operation.output}" if service.structure(operation.output).fields else "Mapping[str, object]"
    yield from _method(dialect.definition, snake_case(name), parameters, answer, operation_facts(operation))


def _pagers(service: Service, dialect: Dialect) -> Iterator[str]:
    for name in _common(service, "paginators"):
        paginator = service.paginators[name]
        parameters = of_paginator(service, paginator, _GIVEN, "type_defs.PaginatorConfigTypeDef")
        yield f"class {dialect.prefix}{name}Paginator(Protocol):"
        yield f'    """Walks over the pages of {name}."""'
        pages = f"Any{dialect.prefix}Pages[views.{service.operations[name].output}]"
        yield from _method("def", "paginate", as_keywords(parameters), pages, "The pages, asked for one by one.")


def _waiters(service: Service, dialect: Dialect) -> Iterator[str]:
    for name in _common(service, "waiters"):
        parameters = of_waiter(service, service.waiters[name], _GIVEN, "type_defs.WaiterConfigTypeDef")
        yield f"class {dialect.prefix}{name}Waiter(Protocol):"
        yield f'    """Asks {service.waiters[name].operation} until it answers what is waited for."""'
        yield from _method(dialect.definition, "wait", as_keywords(parameters), "None", "Return once it is so.")


def _method(definition: str, name: str, parameters: str, answer: str, meaning: str) -> Iterator[str]:
    yield f"    {definition} {name}(self{parameters}) -> {answer}:"
    yield f'        """{meaning}"""'
    yield "        ..."
