"""What a handler of jobs is, and what it is given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection

from wharfside.api.node import Node
from wharfside.store import jobs
from wharfside.store.db import Db
from wharfside.store.jobs import Claimed

T = TypeVar("T")

Effects: TypeAlias = Callable[[Connection], object]
"""What a job does to the database; it commits in one transaction with the job's completion, or not at all."""


LONGEST_REST: Final = 1.0


def rest_after(seconds: float) -> float:
    """For how many seconds a job leaves the database to others after a step that took so many: half of the time is
    theirs."""
    return min(seconds, LONGEST_REST)


class Interrupted(Exception):
    """An attempt has ended before the job is done, because it was to end. The next one takes the job up again."""


@dataclass(frozen=True, slots=True)
class Work:
    """One attempt at a job, as its handler sees it."""

    db: Db
    claimed: Claimed
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def key(self) -> str:
        """What the job is about; at no moment do two attempts at jobs of the same kind and key hold a lease."""
        return self.claimed.key

    @property
    def payload(self) -> Mapping[str, Any]:
        """What was left with the job."""
        return self.claimed.payload

    @property
    def stopping(self) -> bool:
        """Whether the attempt is to end: the process stops, time is up, or the job is cancelled.

        A handler that is a coroutine is cancelled; a plain function, which cannot be, looks at this now and then.
        """
        return self.ended.is_set()

    def end_if_stopping(self) -> None:
        """Raises Interrupted if the attempt is to end. To be called where a job can be left half done."""
        if self.stopping:
            raise Interrupted

    def write(self, effects: Callable[[Connection], T]) -> Future[T]:
        """Run a unit of work before the job is done, as `Db.write` does. Its result may be LeaseLost, and no effects.

        What is done by this is done again by the next attempt, unless it finds that it is done.
        """

        def write(connection: Connection) -> T:
            jobs.hold(connection, self.claimed)
            return effects(connection)

        return self.db.write(write)


@dataclass(frozen=True, slots=True)
class Handler:
    """How jobs of a kind are done, how many at a time in one process, for how many seconds, and how often.

    `run` is a coroutine function, or a plain one, which gets a thread. It may run twice for one job, so its effects
    outside the database must be idempotent by kind and key; those in it, it returns, and they happen once.
    """

    kind: str
    run: Callable[[Node, Work], Effects | None] | Callable[[Node, Work], Coroutine[Any, Any, Effects | None]]
    concurrency: int = 1
    timeout: float = 600.0
    attempts: int = 5


@dataclass(frozen=True, slots=True)
class Watch:
    """Jobs that follow from what the database says, without anybody leaving them at that time.

    While `condition` holds at the moment `now`, `leave` is called to leave jobs after which it does not hold.
    """

    condition: ColumnElement[bool]
    leave: Callable[[Connection, float], object]
