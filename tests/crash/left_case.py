"""What a case of a job is that a transaction leaves, for the program that kills at each of its steps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from wharfside.api.node import Node


@dataclass(frozen=True)
class Case:
    """How a job is left so that it is due at a moment, what is looked at, and what that must be afterwards.

    There is a repository `app` that sees the layers `loose 1`, `loose 2` and `kept`, and has no image. The job is the
    only one of its kind; besides it, only those of the kinds that `follow` may be left, any number of them.
    """

    furnish: Callable[[Connection, float], None]
    see: Callable[[Connection], Any]
    check: Callable[[Any], None]
    prepare: Callable[[Node], None] = lambda node: None
    """What is done to the node after that."""
    follow: tuple[str, ...] = ()
    around: Callable[[], AbstractContextManager[object]] = nullcontext
    """What lasts from before anything is left until the end, in the process that is not killed."""
