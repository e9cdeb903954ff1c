"""The page of every operation, structure, error, literal, paginator and waiter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from tools.codegen.naming import CLASS_PREFIXES, PACKAGES, TITLES, literal_name, snake_case
from tools.codegen.usage import parts, usage
from tools.reference.facts import facts
from tools.reference.names import page_of, public_names
from tools.reference.refusals import refusals
from tools.reference.words import code, link, members, page, python_block, table, type_of
from wharfside_sdk.model.ir import Enum, Operation, Paginator, Service, Structure, Waiter

# Several hundred pages in the navigation of each of them would be most of its bytes; the indexes lead to them all.
_HEAD: Final = "---\norphan: true\n---\n\n"
_UNIMPLEMENTED: Final = (
    "Wharfside does not answer {} yet: it refuses it with `UnsupportedCommandException`. Amazon answers it."
)
_REFUSED: Final = (
    "These are the texts of `InvalidParameterException`. Where the structure is a part of a request, the way to it "
    "stands before the member, as in `'tags.1.member.key'`."
)


def pages(service: Service) -> Mapping[str, str]:
    """All of them, by path."""
    made: dict[str, list[str]] = {}
    for operation in service.operations.values():
        made[f"operations/{operation.name}"] = [*_operation(service, operation)]
    for shape in service.shapes.values():
        path = page_of(service, shape.name)
        if isinstance(shape, Enum) and path:
            made[path] = [*_literal(service, shape)]
        if isinstance(shape, Structure) and path:
            made[path] = [*(_structure(service, shape) if shape.http_status is None else _error(service, shape))]
    for paginator in service.paginators.values():
        made[f"paginators/{paginator.operation}Paginator"] = [*_paginator(service, paginator)]
    for waiter in service.waiters.values():
        made[f"waiters/{waiter.name}Waiter"] = [*_waiter(service, waiter)]
    up = f"[{TITLES[service.name]}](../index.md)"
    return {f"{path}.md": f"{_HEAD}{up}\n\n{page(lines)}" for path, lines in made.items()}


def _operation(service: Service, operation: Operation) -> Iterator[str]:
    name, method, known = operation.name, snake_case(operation.name), facts(service.name)
    yield from (f"# {name}", "", known.operations[name], "")
    yield from _not_yet(service, name)
    client, command = CLASS_PREFIXES[service.name], method.replace("_", "-")
    waiters = [f"waiters/{each.name}Waiter" for each in service.waiters.values() if each.operation == name]
    needed = (field.name for field in service.structure(operation.input).fields if field.required)
    options = "".join(f" --{snake_case(member).replace('_', '-')} …" for member in needed)
    rows = [
        [f"boto3, `{client}Client`", f"`ecr.{method}(…)`"],
        [f"aiobotocore, `Async{client}Client`", f"`await ecr.{method}(…)`"],
        ["AWS CLI", f"`aws {service.name} {command}{options}`"],
        ["HTTP", f"`POST /` with `X-Amz-Target: {service.target_prefix}.{name}`"],
        ["IAM action", " or ".join(f"`{action}`" for action in operation.iam_actions)],
        ["paginator", link(f"paginators/{name}Paginator") if name in service.paginators else ""],
        ["waiters", ", ".join(link(waiter) for waiter in waiters)],
    ]
    yield from table(("", ""), (row for row in rows if row[1]))
    yield from _example(service, name)
    for title, structure in (("Request", operation.input), ("Answer", operation.output)):
        yield from (f"## {title}", "", f"{link(f'structures/{structure}')}:")
        is_request = title == "Request"
        yield from members(service, service.structure(structure), required=is_request, always=not is_request)
        if is_request:
            yield f"The texts with which values are refused are on the page of {link(f'structures/{structure}')}."
    yield "## Errors"
    rows = [[link(f"exceptions/{error}"), _texts(service, error, operation)] for error in operation.errors]
    yield from table(("error", "text"), rows)
    yield "Errors that any call may meet are on the [page of all errors](../exceptions.md)."


def _not_yet(service: Service, operation: str) -> Iterator[str]:
    if operation in facts(service.name).not_yet:
        yield from (":::{note}", _UNIMPLEMENTED.format(operation), ":::", "")


def _texts(service: Service, error: str, operation: Operation | None = None) -> str:
    return "<br>".join(code(text) for text in facts(service.name).error_texts(error, operation))


def _example(service: Service, name: str) -> Iterator[str]:
    """The example of an operation, a paginator or a waiter."""
    example, client = facts(service.name).examples[name], f"{CLASS_PREFIXES[service.name]}Client"
    imported = "import boto3" if example.boto3 else f"from wharfside_sdk.{PACKAGES[service.name]} import {client}"
    made = f'boto3.client("{service.name}")' if example.boto3 else f"{client}()"
    yield from ("## Example", *python_block(f"{imported}\n\necr = {made}\n{example.code}"))
    if example.prints:
        yield from ("prints", "", "```text", example.prints.strip("\n"), "```", "")


def _structure(service: Service, structure: Structure) -> Iterator[str]:
    used, name, known = usage(service), structure.name, facts(service.name)
    asked = [each.name for each in service.operations.values() if name == each.input]
    answered = [each.name for each in service.operations.values() if name == each.output]
    yield from (f"# {name}", "")
    if asked or answered:
        yield f"What {link(f'operations/{(asked or answered)[0]}')} {'takes' if asked else 'answers'}."
    else:
        yield known.structures[name]
        yield from ("", f"Part of {', '.join(_holders(service)[name])}.")
    yield "## Members"
    yield from members(service, structure, required=name in used.requests, always=name in used.responses)
    refused = list(refusals(service, structure)) if name in used.requests else []
    if refused:
        yield from ("## Refused values", "", _REFUSED, "")
        yield from (f"- `{text}`" for text in refused)
    yield from _names(service, f"structures/{name}")


def _error(service: Service, error: Structure) -> Iterator[str]:
    name, known = error.name, facts(service.name)
    yield from (f"# {name}", "", f"{known.errors[name]} HTTP status {error.http_status}.", "")
    texts = known.error_texts(name)
    if texts:
        yield from ("## Texts", "", "Names in braces stand for values.", "", *(f"- `{text}`" for text in texts), "")
    carried = [field for field in error.fields if field.name != "message"]
    if carried:
        yield "## Members"
        row = ([code(field.name), type_of(service, field.shape), known.member(name, field.name)] for field in carried)
        yield from table(("member", "type", "meaning"), row)
    yield "## Catching it"
    client = CLASS_PREFIXES[service.name]
    module = f"wharfside_sdk.{PACKAGES[service.name]}"
    yield from python_block(
        f"from {module} import {client}Client\nfrom {module}.exceptions import {name}\n\n\n"
        f"def describe(ecr: {client}Client) -> None:\n    try:\n        ecr.describe_repositories()\n"
        f"    except {name} as error:\n        print(error.code, error.message, error.request_id)"
    )
    yield f"Any client, boto3's too, has the class as `ecr.exceptions.{name}`."
    raised_by = [each.name for each in service.operations.values() if name in each.errors]
    yield from ("", "## Raised by", "")
    if len(raised_by) == len(service.operations):
        yield "Any operation."
    else:
        yield ", ".join(link(f"operations/{each}") for each in raised_by) + "."


def _literal(service: Service, enum: Enum) -> Iterator[str]:
    name, known = enum.name, facts(service.name)
    yield from (f"# {literal_name(name)}", "", f"`{name}`: {known.literals[name]}")
    yield from table(
        ("value", "meaning"), ([code(value), known.values.get(f"{name}.{value}", "")] for value in enum.values)
    )
    yield from (f"Part of {', '.join(_holders(service)[name])}.", "")
    if name in usage(service).requests:
        listed = ", ".join(enum.listed)
        yield f"Another value in a request: `Member must satisfy enum value set: [{listed}]`."
    else:
        yield "Only answers hold it: a newer service may answer other values."
    yield from _names(service, f"literals/{literal_name(name)}")


def _paginator(service: Service, paginator: Paginator) -> Iterator[str]:
    name = f"{paginator.operation}Paginator"
    yield from (f"# {name}", "", f"Walks over the pages of {link(f'operations/{paginator.operation}')}.", "")
    yield from _not_yet(service, paginator.operation)
    rows = [
        ["made by", f'`ecr.get_paginator("{snake_case(paginator.operation)}")`'],
        ["results", ", ".join(code(key) for key in paginator.result_keys)],
        ["same on every page", ", ".join(code(key) for key in paginator.non_aggregate_keys)],
        ["next page", f"`{paginator.output_token}` of an answer is `{paginator.input_token}` of the next request"],
        ["page size", f'`{paginator.limit_key}`, given as `PaginationConfig={{"PageSize": …}}`'],
    ]
    yield from table(("", ""), (row for row in rows if row[1]))
    yield from _example(service, name)
    yield from _names(service, f"paginators/{name}")


def _waiter(service: Service, waiter: Waiter) -> Iterator[str]:
    name = f"{waiter.name}Waiter"
    yield from (f"# {name}", "", facts(service.name).waiters[waiter.name], "")
    yield from _not_yet(service, waiter.operation)
    yield f'`ecr.get_waiter("{snake_case(waiter.name)}")` asks {link(f"operations/{waiter.operation}")}'
    yield f"every {waiter.delay} seconds, at most {waiter.max_attempts} times, until:"
    rows = ([code(each.argument), f"`{each.expected}`", each.state] for each in waiter.acceptors)
    yield from table(("in the answer", "is", "ends in"), rows)
    yield "Failure, an error that the service answers, and asking too often raise `WaiterError` or the error itself."
    yield from ("", *_example(service, name))
    yield from _names(service, f"waiters/{name}")


def _names(service: Service, path: str) -> Iterator[str]:
    """What is called what in Python, in which module."""
    yield from ("## Names in Python", "")
    package = f"wharfside_sdk.{PACKAGES[service.name]}"
    known = [name for name in public_names(service) if name.page == path]
    modules = dict.fromkeys(name.module for name in known)
    rows = (
        [
            f"`{package}.{module}`",
            ", ".join(f"`{each.name}`" for each in known if each.module == module and each.today is None),
            ", ".join(f"`{each.name}`" for each in known if each.module == module and each.today is not None),
        ]
        for module in modules
    )
    yield from table(("module", "names", "of earlier stubs"), rows)


@cache
def _holders(service: Service) -> Mapping[str, tuple[str, ...]]:
    """The members that hold each shape, themselves or in a list, as links."""
    found: dict[str, set[str]] = {}
    for shape in service.shapes.values():
        for field in shape.fields if isinstance(shape, Structure) else ():
            for name in _values(service, field.shape):
                path = page_of(service, shape.name) or ""
                found.setdefault(name, set()).add(link(path, f"{shape.name}.{field.name}"))
    return {name: tuple(sorted(links)) for name, links in found.items()}


def _values(service: Service, name: str) -> Iterator[str]:
    """A shape, and those of its items when it is a list or a map."""
    yield name
    if not isinstance(service.shapes[name], Structure):
        for part in parts(service, name):
            yield from _values(service, part)
