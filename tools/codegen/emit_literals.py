"""Makes `literals`: what strings an enum, a paginator's name and so on may be, under the names of today's stubs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tools.codegen.annotations import literal
from tools.codegen.naming import CLASS_PREFIXES, TITLES, earlier_literals, literal_name, snake_case
from wharfside_sdk.model.ir import Enum, Service


def files(service: Service) -> Mapping[str, str]:
    """The module `literals`."""
    lines = [
        f'"""The literals of {TITLES[service.name]}. Importing them needs the standard library only.',
        "",
        "`ServiceName` has the services of this SDK, where stubs have all of AWS's. Other spellings, which older stubs",
        "had, stay as aliases at the end.",
        '"""',
        "from typing import Literal",
        "",
        *(f"{name} = {literal(values)}" for name, values in _literals(service)),
        "",
        *(f"{earlier} = {name}" for earlier, name in earlier_literals(service).items()),
    ]
    return {"literals.py": "\n".join(lines)}


def _literals(service: Service) -> Iterator[tuple[str, Iterable[str]]]:
    for name, shape in sorted(service.shapes.items()):
        if isinstance(shape, Enum):
            yield literal_name(name), shape.values
    yield from _names(sorted(service.paginators), "Paginator")
    yield from _names(sorted(service.waiters), "Waiter")
    yield f"{CLASS_PREFIXES[service.name]}ServiceName", [service.name]
    yield "ServiceName", CLASS_PREFIXES
    yield "ResourceServiceName", service.resource_services
    yield "RegionName", service.regions


def _names(names: Iterable[str], kind: str) -> Iterator[tuple[str, Iterable[str]]]:
    """A literal for each name, and one for all."""
    for name in names:
        yield f"{name}{kind}Name", [snake_case(name)]
    if names:
        yield f"{kind}Name", [snake_case(name) for name in names]
