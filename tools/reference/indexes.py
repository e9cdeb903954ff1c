"""The pages that lead to all others. Their anchors are those of the pages that the stubs' documentation had."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

import tools.codegen
from tools.codegen.naming import CLASS_PREFIXES, PACKAGES, TITLES, snake_case
from tools.reference.facts import facts
from tools.reference.names import Name, public_names
from tools.reference.words import code, page, table
from wharfside_sdk.model.ir import Service, Structure

_TOPICS: Final = Path(tools.codegen.__file__).parent / "topics.toml"
_LISTS: Final = {
    "literals": "Literals",
    "type_defs": "Type definitions",
    "models": "Pydantic models",
    "paginators": "Paginators",
    "waiters": "Waiters",
}


def pages(service: Service) -> Mapping[str, str]:
    """All of them, by path."""
    made = {"client": [*_client(service)], "exceptions": [*_exceptions(service)]}
    for path, title in _LISTS.items():
        listed = [name for name in public_names(service) if path.startswith(name.module)]
        if listed:
            intro = facts(service.name).names[path]
            made[path] = [f"# {title} of {TITLES[service.name]}", "", intro, "", *_listed(service, listed)]
    made["index"] = [*_index(service, made)]
    return {f"{path}.md": page(lines) for path, lines in made.items()}


def _index(service: Service, others: Iterable[str]) -> Iterator[str]:
    known = facts(service.name)
    yield from (f"# {TITLES[service.name]}", "")
    yield f"API version {service.api_version}, signed for `{service.signing_name}`;"
    yield f"the model is that of botocore {service.botocore_version}. Its types and clients are in"
    yield f"`wharfside_sdk.{PACKAGES[service.name]}`."
    yield from ("", "```{toctree}", ":maxdepth: 1", *others, "```", "", "## Operations")
    topics: Mapping[str, list[str]] = tomllib.loads(_TOPICS.read_text())[service.name]
    for topic, operations in topics.items():
        yield from ("", f"### {topic.replace('_', ' ').capitalize()}")
        rows = (
            [f"[{name}](operations/{name}.md)", known.operations[name].partition(". ")[0].rstrip(".") + "."]
            for name in operations
        )
        yield from table(("operation", "what it does"), rows)


def _listed(service: Service, names: Iterable[Name]) -> list[str]:
    """A table of names, each with an anchor: the name in lower case."""
    known, rows = facts(service.name), list[list[str]]()
    for name in sorted(names, key=lambda name: name.name.lower()):
        shown = f"[{name.page.partition('/')[2]}]({name.page}.md)" if name.page else known.names[name.name]
        note = f"earlier name of `{name.today}`" if name.today else ""
        rows.append([_anchor(name.name), shown, note])
    return table(("name", "explained", ""), rows)


def _anchor(name: str, target: str = "") -> str:
    shown = f"[`{name}`]({target})" if target else f"`{name}`"
    return f'<a id="{name.lower()}"></a>{shown}'


def _client(service: Service) -> Iterator[str]:
    prefix, known = CLASS_PREFIXES[service.name], facts(service.name)
    yield from (f"# Clients of {TITLES[service.name]}", "", known.names["clients"], "## Classes")
    package = f"wharfside_sdk.{PACKAGES[service.name]}"
    homes: dict[str, list[str]] = {}
    for each in public_names(service):
        if each.module not in {*_LISTS, "exceptions"} and not each.page:
            homes.setdefault(each.name, []).append(f"`{package}.{each.module}`")
    rows = ([_anchor(name), ", ".join(modules), known.names[name]] for name, modules in homes.items())
    yield from table(("class", "module", ""), rows)
    yield from ("## Methods of operations", "", "The asynchronous client's are awaited.")
    rows = ([_anchor(snake_case(name)), f"[{name}](operations/{name}.md)"] for name in service.operations)
    yield from table(("method", "operation"), rows)
    yield "## Other methods"
    methods = {snake_case(each) for each in service.operations}
    others = {name: meaning for name, meaning in _methods(service).items() if name not in methods}
    yield from table(("method", ""), ([_anchor(name), meaning] for name, meaning in others.items()))
    yield f"`{prefix}Client` closes itself after `with`, and `Async{prefix}Client` after `async with`."


def _methods(service: Service) -> Mapping[str, str]:
    """The first paragraph of what every public member of the client says of itself, by its name."""
    module = import_module(f"wharfside_sdk.{PACKAGES[service.name]}.client")
    client = getattr(module, f"{CLASS_PREFIXES[service.name]}Client")
    documented = ((name, inspect.getdoc(getattr(client, name)) or "") for name in dir(client) if name[0] != "_")
    return {name: text.partition("\n\n")[0].replace("\n", " ") for name, text in documented}


def _exceptions(service: Service) -> Iterator[str]:
    known = facts(service.name)
    yield from (f"# Errors of {TITLES[service.name]}", "", known.names["exceptions"], "", "## Errors of operations")
    errors = [shape for shape in service.shapes.values() if isinstance(shape, Structure) and shape.http_status]
    rows = (
        [_anchor(each.name, f"exceptions/{each.name}.md"), str(each.http_status), known.errors[each.name]]
        for each in errors
    )
    yield from table(("error", "status", "meaning"), rows)
    yield from ("## Errors of any call", "", known.names["any call"])
    rows = (
        [_anchor(name), meaning, "<br>".join(code(text) for text in known.error_texts(name))]
        for name, meaning in known.any_call.items()
        if name not in service.shapes
    )
    yield from table(("error", "meaning", "text"), rows)
    yield from ("## Classes", "")
    rows = ([_anchor(name), known.names[name]] for name in ("ClientError", "Exceptions"))
    yield from table(("class", ""), rows)
