"""Makes `exceptions.py`: a class for each error of a service, and what its clients have as `exceptions`."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from tools.codegen.naming import TITLES
from wharfside_sdk.model.ir import Service, Structure


def files(service: Service) -> Mapping[str, str]:
    """The module of one service."""
    errors = sorted(
        (shape for shape in service.shapes.values() if isinstance(shape, Structure) and shape.http_status is not None),
        key=lambda error: error.name,
    )
    lines = [
        f'"""The errors of {TITLES[service.name]}: the classes that its clients raise, and have in `exceptions`."""',
        "from __future__ import annotations",
        "from wharfside_sdk.errors import ClientError, ServiceExceptions",
    ]
    for error in errors:
        lines += [f"class {error.name}(ClientError):", f'    """{_facts(service, error)}"""']
    lines += ["class Exceptions(ServiceExceptions):", f'    """Every error of {TITLES[service.name]}, by its code."""']
    lines += [f"    {name} = {name}" for name in ("ClientError", *(error.name for error in errors))]
    return {"exceptions.py": "\n".join(lines)}


def _facts(service: Service, error: Structure) -> str:
    raised_by = [operation.name for operation in service.operations.values() if error.name in operation.errors]
    facts = f"HTTP status {error.http_status}."
    if not raised_by:
        return facts
    if len(raised_by) == len(service.operations):
        return f"{facts} Any operation may raise it."
    names = textwrap.wrap(f"Raised by {', '.join(raised_by)}.", 110)
    return "\n    ".join([facts, "", *names, ""])
