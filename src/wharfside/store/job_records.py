"""Jobs as people see them: listed, counted, tried again, cancelled, forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection, delete, func, select, update

from wharfside.store.announcements import announce
from wharfside.store.jobs import QUEUED, queue_again
from wharfside.store.tables import job

State = Literal["queued", "running", "done", "dead", "cancelled"]
KEPT_SECONDS: Final = {"done": 24 * 3600.0, "cancelled": 24 * 3600.0, "dead": 30 * 24 * 3600.0}
"""How long jobs are kept after their end."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job. Moments are seconds since the epoch; `payload` is JSON.

    `due_at`: when a queued job may run, and when the lease on a running one ends, which `owner` holds.
    """

    id: int
    kind: str
    key: str
    payload: str
    state: State
    priority: int
    attempts: int
    due_at: float
    owner: str | None
    heartbeat_at: float | None
    error: str | None
    created_at: float
    started_at: float | None
    finished_at: float | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many jobs of a kind are in a state, and the earliest moment at which one of them was due."""

    kind: str
    state: State
    jobs: int
    earliest_due_at: float


_COLUMNS = tuple(job.c[name] for name in JobRecord.__slots__)


def find_job(connection: Connection, id_: int) -> JobRecord | None:
    """One job."""
    row = connection.execute(select(*_COLUMNS).where(job.c.id == id_)).one_or_none()
    return JobRecord(*row) if row is not None else None


def list_jobs(
    connection: Connection, limit: int, *, state: State | None = None, kind: str | None = None
) -> list[JobRecord]:
    """The newest jobs, in a state and of a kind where these are given."""
    query = select(*_COLUMNS).order_by(job.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(job.c.state == state)
    if kind is not None:
        query = query.where(job.c.kind == kind)
    return [JobRecord(*row) for row in connection.execute(query)]


def count_jobs(connection: Connection) -> list[Count]:
    """What waits, what runs, and what is dead."""
    unfinished = job.c.state.in_(("queued", "running", "dead"))
    query = select(job.c.kind, job.c.state, func.count(), func.min(job.c.due_at)).where(unfinished)
    return [Count(*row) for row in connection.execute(query.group_by(job.c.kind, job.c.state))]


def retry_job(connection: Connection, id_: int, now: float) -> bool:
    """Have a job that is dead, cancelled or waiting run now, with all its attempts.

    False, and nothing changes, if there is no such job, it runs, is done, or another one of its kind and key waits.
    """
    found = _lock(connection, id_)
    if found is None or found.state in ("running", "done"):
        return False
    same = select(job.c.id).where(job.c.kind == found.kind, job.c.key == found.key, QUEUED, job.c.id != id_)
    if connection.scalar(same) is not None:
        return False
    queue_again(connection, id_, {"attempts": 0, "due_at": now})
    announce(connection)
    return True


def cancel_job(connection: Connection, id_: int, now: float) -> bool:
    """Have a job not run that waits; one that runs loses its lease, so nothing that it still does has effects.

    False, and nothing changes, if there is no such job or it has ended.
    """
    found = _lock(connection, id_)
    if found is None or found.state not in ("queued", "running"):
        return False
    ended = {"state": "cancelled", "owner": None, "finished_at": now}
    connection.execute(update(job).where(job.c.id == id_).values(ended))
    return True


def _lock(connection: Connection, id_: int) -> JobRecord | None:
    row = connection.execute(select(*_COLUMNS).where(job.c.id == id_).with_for_update()).one_or_none()
    return JobRecord(*row) if row is not None else None


def forget_jobs(connection: Connection, now: float, limit: int) -> int:
    """Delete at most so many jobs, in each state, that ended long ago; how many."""
    deleted = 0
    for state, seconds in KEPT_SECONDS.items():
        old = select(job.c.id).where(job.c.state == state, job.c.finished_at < now - seconds).limit(limit)
        deleted += connection.execute(delete(job).where(job.c.id.in_(old))).rowcount
    return deleted
