"""Makes `client` and `aio`: the classes with a typed method for each operation of a service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tools.codegen.annotations import Spelling, annotation
from tools.codegen.naming import CLASS_PREFIXES, PACKAGES, TITLES, snake_case
from wharfside_sdk.model.ir import ListShape, Operation, Service

_HEAD = '''"""The {kind}synchronous client of {title}.

Called and answered as {likeness}'s client is. Besides, `iter_...` methods walk over what a paginator's pages hold;
they are named like the operation without its verb, or like the result where two operations would have the same name.
"""
from __future__ import annotations

from collections.abc import {asynchronous}Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack, overload

from wharfside_sdk.core.{module} import {base}
from wharfside_sdk.{package}.exceptions import Exceptions

if TYPE_CHECKING:
    from wharfside_sdk.{package} import paginator, requests, responses, waiter
    from wharfside_sdk.model.ir import ServiceName


class {name}({base}):
    """{title}. Amazon's, or a Wharfside's with `endpoint_url`; the settings are those of `ClientSettings`."""

    _service: ClassVar[ServiceName] = "{service}"

    @property
    def exceptions(self) -> Exceptions:
        """The classes of the service's errors; they can be imported from `exceptions`, too."""
        return Exceptions()

'''


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between synchronous and asynchronous classes."""

    prefix: str
    """What the names of its classes and types begin with."""
    definition: str
    call: str
    module: str
    likeness: str


SYNCHRONOUS = Dialect("", "def", "", "sync", "boto3")
ASYNCHRONOUS = Dialect("Async", "async def", "await ", "asynchronous", "aiobotocore")


def files(service: Service) -> Mapping[str, str]:
    """Both modules of one service."""
    return {"client.py": _module(service, SYNCHRONOUS), "aio.py": _module(service, ASYNCHRONOUS)}


def operation_facts(operation: Operation) -> str:
    """Which operation a method calls, and what whoever calls it must be allowed."""
    actions = " or\n        ".join(f"`{action}`" for action in operation.iam_actions)
    return f"{operation.name}: needs {actions}."


def iterator_names(service: Service) -> Mapping[str, str]:
    """The `iter_...` method of each operation whose paginator gathers one list."""
    single = {name: paginator for name, paginator in service.paginators.items() if len(paginator.result_keys) == 1}
    return {
        name: f"iter_{snake_case(paginator.result_keys[0] if _is_shadowed(name, single) else _noun(name))}"
        for name, paginator in single.items()
    }


def _noun(operation: str) -> str:
    """`DescribeImages` as `Images`."""
    verb, _, _ = snake_case(operation).partition("_")
    return operation[len(verb) :]


def _is_shadowed(operation: str, others: Iterable[str]) -> bool:
    """Whether another operation describes what this one only lists."""
    return operation.startswith("List") and f"Describe{_noun(operation)}" in others


def _module(service: Service, dialect: Dialect) -> str:
    head = _HEAD.format(
        kind="" if dialect is SYNCHRONOUS else "a",
        title=TITLES[service.name],
        likeness=dialect.likeness,
        asynchronous=dialect.prefix,
        module=dialect.module,
        base=f"{dialect.prefix or 'Sync'}Client",
        package=PACKAGES[service.name],
        name=f"{dialect.prefix}{CLASS_PREFIXES[service.name]}Client",
        service=service.name,
    )
    lines = [
        *(line for operation in service.operations.values() for line in _operation(service, operation, dialect)),
        *(
            line
            for operation, name in iterator_names(service).items()
            for line in _iterator(service, operation, name, dialect)
        ),
        *_getter("paginator", sorted(service.paginators), dialect.prefix),
        *_getter("waiter", sorted(service.waiters), dialect.prefix),
    ]
    return head + "\n".join(f"    {line}" for line in lines)


def _operation(service: Service, operation: Operation, dialect: Dialect) -> Iterator[str]:
    has_parameters = bool(service.structure(operation.input).fields)
    given = f", **parameters: Unpack[requests.{operation.input}]" if has_parameters else ""
    answer = f"responses.{operation.output}"
    yield f"{dialect.definition} {snake_case(operation.name)}(self{given}) -> {answer}:"
    yield f'    """{operation_facts(operation)}"""'
    invocation = f'self._invoke("{operation.name}", {"parameters" if has_parameters else "{}"})'
    yield f"    answer: {answer} = {dialect.call}{invocation}"
    yield "    return answer"


def _iterator(service: Service, operation: str, name: str, dialect: Dialect) -> Iterator[str]:
    (result,) = service.paginators[operation].result_keys
    output = service.structure(service.operations[operation].output)
    entries = service.shapes[next(field.shape for field in output.fields if field.name == result)]
    assert isinstance(entries, ListShape)
    item = annotation(service, entries.item, Spelling(lambda name: f"responses.{name}", str))
    request = f"paginator.{service.operations[operation].input}Paginate"
    pages = f'self.get_paginator("{snake_case(operation)}").paginate(**parameters)'
    yield (f"{dialect.definition} {name}(self, **parameters: Unpack[{request}]) -> {dialect.prefix}Iterator[{item}]:")
    yield f'    """Each of `{result}` on all pages of {operation}."""'
    if dialect is SYNCHRONOUS:
        yield from (f"    for page in {pages}:", f'        yield from page.get("{result}", ())')
    else:
        yield from (f"    async for page in {pages}:", f'        for entry in page.get("{result}", ()):')
        yield "            yield entry"


def overloads(kind: str, names: list[str], prefix: str, end: str = "") -> Iterator[str]:
    """`get_paginator` or `get_waiter`, so that a type checker refuses other names."""
    argument = "operation_name" if kind == "paginator" else "waiter_name"
    for name in names:
        # The base class takes any name.
        yield "@overload" if end or name != names[0] else "@overload  # type: ignore[override]"
        answer = f"{'' if end else f'{kind}.'}{prefix}{name}{kind.capitalize()}"
        yield f'def get_{kind}(self, {argument}: Literal["{snake_case(name)}"]{end}) -> {answer}: ...'


def _getter(kind: str, names: list[str], prefix: str) -> Iterator[str]:
    argument = "operation_name" if kind == "paginator" else "waiter_name"
    yield from overloads(kind, names, prefix)
    if names:
        yield f"def get_{kind}(self, {argument}: str) -> Any:"
        yield f'    """The {kind} of this name."""'
        yield f"    return super().get_{kind}({argument})"
