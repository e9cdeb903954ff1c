"""Tells what another version of the facts adds, removes or changes, one line per difference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast


def differences(vendored: object, installed: object, path: str = "") -> Iterator[str]:
    """Every difference of two JSON values, as a readable line that begins with where it is."""
    if isinstance(vendored, dict) and isinstance(installed, dict):
        yield from _of_objects(cast(dict[str, Any], vendored), cast(dict[str, Any], installed), path)
    elif isinstance(vendored, list) and isinstance(installed, list):
        yield from _of_lists(cast(list[Any], vendored), cast(list[Any], installed), path)
    elif vendored != installed:
        yield f"{path}: {vendored!r} is now {installed!r}"


def _of_objects(vendored: dict[str, Any], installed: dict[str, Any], path: str) -> Iterator[str]:
    for name in vendored | installed:
        where = f"{path}.{name}" if path else name
        if name not in installed:
            yield f"{where}: removed"
        elif name not in vendored:
            yield f"{where}: added: {installed[name]!r}"
        else:
            yield from differences(vendored[name], installed[name], where)


def _of_lists(vendored: list[Any], installed: list[Any], path: str) -> Iterator[str]:
    added = [item for item in installed if item not in vendored]
    removed = [item for item in vendored if item not in installed]
    if added:
        yield f"{path}: added: {', '.join(map(str, added))}"
    if removed:
        yield f"{path}: removed: {', '.join(map(str, removed))}"
    if not added and not removed and vendored != installed:
        yield f"{path}: the order is now {', '.join(map(str, installed))}"
