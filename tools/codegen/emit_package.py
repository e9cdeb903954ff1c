"""Makes the `__init__` of a service's package, which imports nothing until a name is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from tools.codegen.naming import CLASS_PREFIXES, PACKAGES, TITLES
from wharfside_sdk.model.ir import Service


def files(service: Service) -> Mapping[str, str]:
    """The package itself."""
    client, package = f"{CLASS_PREFIXES[service.name]}Client", PACKAGES[service.name]
    api = f"{CLASS_PREFIXES[service.name].replace('ECR', 'Ecr')}Api"
    homes = {f"Async{client}": "aio", f"Async{api}": "api", client: "client", api: "api"}
    lines = [
        f'"""{TITLES[service.name]}: clients, and types for theirs and boto3\'s requests and answers.',
        "",
        "Importing this imports nothing else: the modules of the names below are imported when they are asked for.",
        '"""',
        "from typing import TYPE_CHECKING",
        "if TYPE_CHECKING:",
        *(f"    from wharfside_sdk.{package}.{module} import {name} as {name}" for name, module in homes.items()),
        f"__all__ = {sorted(homes)}",
        f"_HOMES = {homes}",
        "def __getattr__(name: str) -> object:",
        "    if name not in _HOMES:",
        '        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")',
        "    from importlib import import_module",
        '    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)',
        "def __dir__() -> list[str]:",
        "    return __all__",
    ]
    return {"__init__.py": "\n".join(lines)}
