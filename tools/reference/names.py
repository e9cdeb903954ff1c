"""The public names of the SDK's modules of one service, and the page that each is explained on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tools.codegen.naming import PACKAGES, earlier_literals, earlier_type_defs, literal_name
from wharfside_sdk.model.ir import Enum, Service, Structure

MODULES: Final = (
    "literals",
    "type_defs",
    "models",
    "requests",
    "responses",
    "views",
    "results",
    "paginator",
    "waiter",
    "exceptions",
    "api",
    "client",
    "aio",
)
_FORMS: Final = re.compile(r"(Output|Union|Paginate|Wait)?$")


@dataclass(frozen=True, slots=True)
class Name:
    """A public name of a module."""

    module: str
    """Inside the service's package."""
    name: str
    page: str | None
    """Path of its page without ending, inside the service's folder: `structures/Repository`. None: only indexes."""
    today: str | None
    """The name that today's stubs have in place of this earlier one; None for today's names."""


@cache
def public_names(service: Service) -> tuple[Name, ...]:
    """Every public name, in the order of the modules."""
    earlier = {**earlier_literals(service), **earlier_type_defs(service)}
    return tuple(
        Name(module, name, _page(service, module, earlier.get(name, name)), earlier.get(name))
        for module in MODULES
        for name in _defined(f"wharfside_sdk.{PACKAGES[service.name]}", module)
    )


def page_of(service: Service, shape: str) -> str | None:
    """The page of a shape; None when it has none of its own."""
    match service.shapes.get(shape):
        case Structure(http_status=None):
            return f"structures/{shape}"
        case Structure():
            return f"exceptions/{shape}"
        case Enum():
            return f"literals/{literal_name(shape)}"
        case _:
            return None


def _page(service: Service, module: str, name: str) -> str | None:
    called = name.removeprefix("Async")
    for kind, known, endings in (
        ("paginators", service.paginators, ("Paginator", "PaginatorName")),
        ("waiters", service.waiters, ("Waiter", "WaiterName", "Wait")),
    ):
        for item in known:
            if called in {f"{item}{ending}" for ending in endings}:
                return f"{kind}/{item}{endings[0]}"
    if module == "literals":
        return next((page_of(service, shape) for shape in service.shapes if literal_name(shape) == name), None)
    return page_of(service, _FORMS.sub("", name.removesuffix("TypeDef"))) or page_of(service, name)


def _defined(package: str, module: str) -> Iterator[str]:
    spec = find_spec(f"{package}.{module}")
    if spec is None:
        return
    if spec.submodule_search_locations:  # A lazy package tells its names when it is asked.
        yield from (name for name in dir(import_module(f"{package}.{module}")) if not name.startswith("_"))
        return
    assert spec.origin is not None
    for statement in ast.parse(Path(spec.origin).read_text()).body:
        match statement:
            case ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name
            case _:
                pass
