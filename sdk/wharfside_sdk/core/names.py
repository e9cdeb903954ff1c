"""The names that operations and waiters have in Python."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


@cache
def method_name(name: str) -> str:
    """The client's method for an operation, or the name of a waiter: `DescribeImages` is `describe_images`."""
    return _WORD_START.sub("_", name).lower()


def by_method_name(names: Iterable[str]) -> dict[str, str]:
    """From Python's names to the model's."""
    return {method_name(name): name for name in names}
