"""Makes `client` and `aio`, the classes with a typed method for each operation, and the types of their pages and waits.

What differs between synchronous and asynchronous classes is what the names of the latter begin with, and a few words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from textwrap import wrap
from typing import Final, Literal, TypeAlias

from tools.codegen.annotations import Spelling, annotation, members, typed_dict
from tools.codegen.naming import CLASS_PREFIXES, PACKAGES, TITLES, literal_name, snake_case
from wharfside_sdk.model.ir import ListShape, Operation, Service

Dialect: TypeAlias = Literal["", "Async"]
DIALECTS: Final[tuple[Dialect, ...]] = ("", "Async")

_HEAD: Final = '''"""The {kind} client of {title}.

Called and answered as {likeness}'s client is. Besides, `iter_...` methods walk over what a paginator's pages hold;
they are named like the operation without its verb, or like the result where two operations would have the same name.
"""
from __future__ import annotations

from collections.abc import {dialect}Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack, overload

from wharfside_sdk.core.{module} import {base}
from wharfside_sdk.{package}.exceptions import Exceptions

if TYPE_CHECKING:
    from wharfside_sdk.{package} import paginator, requests, responses, type_defs, waiter
    from wharfside_sdk.model.ir import ServiceName


class {dialect}{name}Client({base}):
    """{title}. Amazon's, or a Wharfside's with `endpoint_url`; the settings are those of `ClientSettings`."""

    _service: ClassVar[ServiceName] = "{service}"

    @property
    def exceptions(self) -> Exceptions:
        """The classes of the service's errors; they can be imported from `exceptions`, too."""
        return Exceptions()

'''
_KINDS: Final[Mapping[Dialect, Mapping[str, str]]] = {
    "": {"kind": "synchronous", "likeness": "boto3", "module": "sync", "base": "SyncClient"},
    "Async": {"kind": "asynchronous", "likeness": "aiobotocore", "module": "asynchronous", "base": "AsyncClient"},
}
_ARGUMENTS: Final = {"paginator": "operation_name", "waiter": "waiter_name"}
_PAGING_HEAD: Final = '''"""The types of {title}'s {kind}s, which the clients' `get_{kind}` gives."""
from collections.abc import Mapping, Sequence
from typing import NotRequired, Protocol, TypedDict, Unpack

from wharfside_sdk.core.asynchronous import AsyncPageIterator
from wharfside_sdk.core.sync import PageIterator
from wharfside_sdk.{package} import literals, requests, responses, type_defs


'''
_GIVEN: Final = Spelling(
    lambda name: f"requests.{name}",
    lambda name: f"literals.{literal_name(name)}",
    sequence="Sequence",
    mapping="Mapping",
)


def files(service: Service) -> Mapping[str, str]:
    """The modules of one service; it has no `waiter` when there is none."""
    names = {"title": TITLES[service.name], "package": PACKAGES[service.name]}
    made = {"client.py": _client(service, ""), "aio.py": _client(service, "Async")}
    for kind, lines in (("paginator", list(_paginators(service))), ("waiter", list(_waiters(service)))):
        if lines:
            made[f"{kind}.py"] = _PAGING_HEAD.format(kind=kind, **names) + "\n".join(lines)
    return made


def operation_facts(operation: Operation) -> str:
    """Which operation a method calls, and what whoever calls it must be allowed."""
    actions = " or\n        ".join(f"`{action}`" for action in operation.iam_actions)
    return f"{operation.name}: needs {actions}."


def method(definition: str, signature: str, meaning: str) -> Iterator[str]:
    """A method of a protocol."""
    yield from (f"    {definition} {signature}:", f'        """{meaning}"""', "        ...")


def defined(dialect: Dialect) -> str:
    """How a function begins that does input and output."""
    return "async def" if dialect else "def"


def overloads(kind: str, names: Iterable[str], answer: str, mark: str = "") -> Iterator[str]:
    """`get_paginator` or `get_waiter` by name, so that a type checker refuses other names."""
    for name in names:
        yield f"    @overload{mark}"
        type_of_name = f'Literal["{snake_case(name)}"]'
        yield f"    def get_{kind}(self, {_ARGUMENTS[kind]}: {type_of_name}) -> {answer}{name}{kind.capitalize()}: ..."
        mark = ""


def _client(service: Service, dialect: Dialect) -> str:
    names = {"title": TITLES[service.name], "package": PACKAGES[service.name], "name": CLASS_PREFIXES[service.name]}
    lines = [line for operation in service.operations.values() for line in _operation(service, operation, dialect)]
    for name in service.paginators:
        lines += _iterator(service, name, dialect)
    for kind, known in (("paginator", service.paginators), ("waiter", service.waiters)):
        # The base class takes any name.
        lines += overloads(kind, sorted(known), f"{kind}.{dialect}", "  # type: ignore[override]")
        if known:
            lines += [f"    def get_{kind}(self, {_ARGUMENTS[kind]}: str) -> Any:"]
            lines += [
                f'        """The {kind} of this name."""',
                f"        return super().get_{kind}({_ARGUMENTS[kind]})",
            ]
    return _HEAD.format(dialect=dialect, service=service.name, **names, **_KINDS[dialect]) + "\n".join(lines)


def _operation(service: Service, operation: Operation, dialect: Dialect) -> Iterator[str]:
    has_members = bool(service.structure(operation.input).fields)
    given = f", **parameters: Unpack[requests.{operation.input}]" if has_members else ""
    answer = f"responses.{operation.output}"
    yield f"    {defined(dialect)} {snake_case(operation.name)}(self{given}) -> {answer}:"
    yield f'        """{operation_facts(operation)}'
    yield from _members_text(service, operation)
    yield '        """'
    invocation = f'self._invoke("{operation.name}", {"parameters" if has_members else "{}"})'
    yield f"        answer: {answer} = {'await ' if dialect else ''}{invocation}"
    yield "        return answer"


def _members_text(service: Service, operation: Operation) -> Iterator[str]:
    """What a call takes, for `help` and notebooks, which show no members of the TypedDict in a signature."""
    fields = service.structure(operation.input).fields
    required = ", ".join(f"`{field.name}`" for field in fields if field.required)
    optional = ", ".join(f"`{field.name}`" for field in fields if not field.required)
    if required:
        text = f"Takes {required}, and perhaps {optional}." if optional else f"Takes {required}."
    else:
        text = f"May take {optional}."
    if fields:
        yield ""
        yield from wrap(text, 120, initial_indent=" " * 8, subsequent_indent=" " * 8)


def _iterator(service: Service, name: str, dialect: Dialect) -> Iterator[str]:
    """An `iter_...` method, for a paginator that gathers one list."""
    operation, paginator = service.operations[name], service.paginators[name]
    result, *others = paginator.result_keys
    if others:
        return
    fields = service.structure(operation.output).fields
    entries = service.shapes[next(field.shape for field in fields if field.name == result)]
    assert isinstance(entries, ListShape)
    verb, _, noun = snake_case(name).partition("_")
    # What one operation describes, another only lists.
    called = snake_case(result) if verb == "list" and f"Describe{name[4:]}" in service.paginators else noun
    given = f"Unpack[paginator.{operation.input}Paginate]"
    item = annotation(service, entries.item, Spelling(lambda structure: f"responses.{structure}", str))
    yield f"    {defined(dialect)} iter_{called}(self, **parameters: {given}) -> {dialect}Iterator[{item}]:"
    yield f'        """Each of `{result}` on all pages of {name}."""'
    yield f'        pages = self.get_paginator("{snake_case(name)}").paginate(**parameters)'
    results = f'page.get("{result}", ())'
    if dialect:
        yield from ("        async for page in pages:", f"            for entry in {results}:")
        yield "                yield entry"
    else:
        yield from ("        for page in pages:", f"            yield from {results}")


def _paginators(service: Service) -> Iterator[str]:
    for name, paginator in service.paginators.items():
        given = f"{service.operations[name].input}Paginate"
        paging = (paginator.input_token, paginator.limit_key)
        yield _request(service, name, given, "PaginationConfig", "PaginatorConfigTypeDef", paging)
        for dialect in DIALECTS:
            yield f"class {dialect}{name}Paginator(Protocol):"
            yield f'    """Walks over the pages of {name}."""'
            pages = f"{dialect}PageIterator[responses.{service.operations[name].output}]"
            signature = f"paginate(self, **parameters: Unpack[{given}]) -> {pages}"
            yield from method("def", signature, "The pages, asked for one after another as they are iterated over.")


def _waiters(service: Service) -> Iterator[str]:
    for name, waiter in service.waiters.items():
        yield _request(service, waiter.operation, f"{name}Wait", "WaiterConfig", "WaiterConfigTypeDef")
        ends = [each for each in waiter.acceptors if each.state == "success"]
        wanted = " or ".join(f"{each.argument} is {each.expected}" for each in ends)
        for dialect in DIALECTS:
            yield f"class {dialect}{name}Waiter(Protocol):"
            asks = f"Asks {waiter.operation} every {waiter.delay} seconds, at most {waiter.max_attempts} times."
            yield f'    """{asks}"""'
            signature = f"wait(self, **parameters: Unpack[{name}Wait]) -> None"
            yield from method(defined(dialect), signature, f"Return once {wanted}. Raises WaiterError.")


def _request(
    service: Service, operation: str, name: str, config: str, config_type: str, without: Iterable[str] = ()
) -> str:
    fields = service.structure(service.operations[operation].input).fields
    kept = [field for field in fields if field.name not in without]
    typed = members(service, kept, _GIVEN, attrgetter("required"))
    typed.append((config, f"NotRequired[type_defs.{config_type}]"))
    return typed_dict(name, f"What is asked with {operation}.", typed)
