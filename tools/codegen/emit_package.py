"""Makes the `__init__` of a service's package, which imports nothing until a name is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from tools.codegen.naming import TITLES
from wharfside_sdk.model.ir import Service


def files(service: Service) -> Mapping[str, str]:
    """The package itself."""
    return {"__init__.py": f'"""Types of {TITLES[service.name]}."""\n'}
