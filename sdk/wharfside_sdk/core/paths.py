"""Paths into responses: the dotted form of JMESPath, which is all that paginators and waiters of the models use."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from wharfside_sdk.errors import MissingDependency


@dataclass(frozen=True, slots=True)
class Path:
    """A path such as `imageScanStatus.status`."""

    expression: str

    def search(self, value: Any) -> Any:
        """What is at this path, None when there is nothing."""
        for name in self.expression.split("."):
            if not isinstance(value, dict):
                return None
            value = cast(dict[str, Any], value).get(name)
        return value

    def put(self, value: dict[str, Any], part: Any) -> None:
        """Put `part` at this path, making the objects on the way that are missing."""
        *way, last = self.expression.split(".")
        for name in way:
            value = value.setdefault(name, {})
        value[last] = part


def compiled_search(expression: str) -> Any:
    """A compiled JMESPath expression. Raises MissingDependency when there is no jmespath, else what that raises."""
    try:
        return import_module("jmespath").compile(expression)
    except ImportError as missing:
        raise MissingDependency("search() needs the package jmespath: pip install jmespath") from missing
