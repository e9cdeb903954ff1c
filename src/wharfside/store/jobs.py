"""Jobs: work that a transaction leaves to be done later. A job exists if and only if that transaction committed.

    queued ──claim──► running ──complete──► done
      ▲ │                │├────fail────► queued again, later, or dead after the last attempt
      │ └──► cancelled ◄─┘└──release──► queued again, as if it had not run
      └── retry ── dead

Who runs a job holds a lease on it, renewed by heartbeats. When it ends, because its holder has died, the job is claimed
by somebody else. Whatever a holder writes for a job it writes through `hold` or `complete`, which refuse one that has
lost its lease; so the effects of an attempt that was given up never happen beside those of the next.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, and_, bindparam, delete, exists, literal_column, or_, select, update

from wharfside.store.announcements import announce
from wharfside.store.prepared import Prepared
from wharfside.store.tables import job

LEASE_SECONDS: Final = 30.0
LONGEST_PAYLOAD: Final = 65_536
"""Characters of a payload as JSON."""
LONGEST_ERROR: Final = 2_000
"""Characters of the text that is kept of a failure."""

# As literals, because SQLite uses a partial index only where it sees its condition.
QUEUED: Final = job.c.state == literal_column("'queued'")
RUNNING: Final = job.c.state == literal_column("'running'")


class LeaseLost(Exception):
    """The job is not, or no longer, run by whoever wanted to write for it: adopted by somebody else, or cancelled."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that an owner may run. `waited`: seconds since it was due."""

    id: int
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempt: int
    owner: str
    waited: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many jobs of a kind a process can start, and how many attempts each has."""

    slots: int
    attempts: int


_NEW: Final = (
    "INSERT INTO job (kind, key, payload, state, priority, attempts, due_at, created_at)"
    " VALUES (:kind, :key, :payload, 'queued', :priority, 0, :due_at, :created_at)"
    " ON CONFLICT (kind, key) WHERE state = 'queued' DO "
)
_ENQUEUE = Prepared(
    sa.text(
        # The row of the same kind and key is locked: nobody can start it before what this transaction wrote is there.
        f"{_NEW}UPDATE SET payload = excluded.payload,"
        " priority = CASE WHEN excluded.priority < job.priority THEN excluded.priority ELSE job.priority END,"
        " due_at = CASE WHEN job.attempts = 0 AND excluded.due_at < job.due_at THEN excluded.due_at"
        " ELSE job.due_at END RETURNING id"
    )
)
_LEAVE_AGAIN = Prepared(sa.text(f"{_NEW}NOTHING"))


def enqueue(
    connection: Connection,
    kind: str,
    key: str,
    payload: Mapping[str, Any],
    now: float,
    *,
    delay: float = 0.0,
    priority: int = 0,
) -> int:
    """Leave a job to be done after this transaction, `delay` seconds later at the earliest; its id.

    Of one kind and key at most one waits: if there is one, it gets this payload, the earlier moment (unless it waits
    for another attempt) and the lower priority number, which comes first. One that runs already is not seen as waiting.
    """
    text = json.dumps(payload, separators=(",", ":"))
    if len(text) > LONGEST_PAYLOAD:
        raise ValueError(f"the payload of {kind} has {len(text)} characters; {LONGEST_PAYLOAD} are allowed")
    row = _ENQUEUE.first(
        connection, kind=kind, key=key, payload=text, priority=priority, due_at=now + delay, created_at=now
    )
    assert row is not None
    announce(connection)
    return row[0]


def leave_again(connection: Connection, claimed: Claimed, now: float, *, delay: float) -> None:
    """Leave a job as the one that ends with this transaction, `delay` seconds later, unless a newer one waits."""
    _LEAVE_AGAIN.run(
        connection,
        kind=claimed.kind,
        key=claimed.key,
        payload=json.dumps(claimed.payload, separators=(",", ":")),
        priority=0,
        due_at=now + delay,
        created_at=now,
    )


_WAITS = Prepared(select(job.c.id).where(job.c.kind == bindparam("kind"), job.c.key == bindparam("key"), QUEUED))


def waits(connection: Connection, kind: str, key: str) -> bool:
    """Whether a job of this kind and key waits."""
    return _WAITS.first(connection, kind=kind, key=key) is not None


def look_for(kinds: Iterable[str], *others: sa.ColumnElement[bool]) -> Prepared:
    """A statement whose one row says for each of the kinds whether a job may be claimed at the moment `now`.

    The other conditions follow in the same row, so that a look is one statement.
    """
    due = job.c.due_at <= bindparam("now")
    return Prepared(
        select(
            *(
                or_(exists().where(job.c.kind == kind, QUEUED, due), exists().where(job.c.kind == kind, RUNNING, due))
                for kind in kinds
            ),
            *others,
        )
    )


_running = job.alias("running")
_SAME_RUNS = exists().where(
    _running.c.kind == job.c.kind, _running.c.key == job.c.key, _running.c.state == literal_column("'running'")
)
_ROW = (job.c.id, job.c.key, job.c.payload, job.c.attempts, job.c.due_at)
_DUE = and_(job.c.kind == bindparam("kind"), job.c.due_at <= bindparam("now"))
_ABANDONED = Prepared(
    select(*_ROW).where(_DUE, RUNNING).limit(bindparam("slots")).with_for_update(skip_locked=True, of=job)
)
_NEXT = Prepared(
    select(*_ROW)
    .where(_DUE, QUEUED, ~_SAME_RUNS)
    .order_by(job.c.priority, job.c.due_at, job.c.id)
    .limit(bindparam("slots"))
    .with_for_update(skip_locked=True, of=job)
)


def claim(
    connection: Connection, owner: str, wanted: Mapping[str, Wanted], now: float
) -> tuple[list[Claimed], list[Claimed]]:
    """Take leases on jobs that are due, those of dead owners first; and the jobs that died with their last owner."""
    claimed: list[Claimed] = []
    buried: list[Claimed] = []
    for kind, want in wanted.items():
        left = want.slots
        for adopted, statement in ((True, _ABANDONED), (False, _NEXT)):
            for id_, key, payload, attempts, due_at in statement.all(connection, kind=kind, now=now, slots=left):
                one = Claimed(id_, kind, key, json.loads(payload), attempts + 1, owner, now - due_at)
                if adopted and attempts >= want.attempts:
                    _finish(connection, id_, "dead", now, "whoever ran it died, or was cut off, every time")
                    buried.append(one)
                else:
                    _take(connection, one, now)
                    claimed.append(one)
                    left -= 1
    return claimed, buried


_TAKE = Prepared(
    update(job)
    .where(job.c.id == bindparam("job"))
    .values(
        state=literal_column("'running'"),
        owner=bindparam("by"),
        attempts=bindparam("attempt"),
        due_at=bindparam("until"),
        heartbeat_at=bindparam("now"),
        started_at=bindparam("now"),
    )
)


def _take(connection: Connection, one: Claimed, now: float) -> None:
    _TAKE.run(connection, job=one.id, by=one.owner, attempt=one.attempt, until=now + LEASE_SECONDS, now=now)


def renew(connection: Connection, owner: str, ids: Collection[int], now: float) -> set[int]:
    """Prolong leases; the ids of the jobs that the owner still holds."""
    held = (
        update(job)
        .where(job.c.id.in_(ids), job.c.owner == owner, RUNNING)
        .values(due_at=now + LEASE_SECONDS, heartbeat_at=now)
        .returning(job.c.id)
    )
    return set(connection.scalars(held))


# The attempt as well: the same owner may have given it up, and claimed it again.
_MINE = and_(
    job.c.id == bindparam("job"), job.c.owner == bindparam("by"), job.c.attempts == bindparam("attempt"), RUNNING
)
_HOLD = Prepared(select(job.c.id).where(_MINE).with_for_update())


def hold(connection: Connection, claimed: Claimed) -> None:
    """Make sure that the job stays with this attempt until the end of the transaction. Raises LeaseLost."""
    if _HOLD.first(connection, job=claimed.id, by=claimed.owner, attempt=claimed.attempt) is None:
        raise LeaseLost


def complete(connection: Connection, claimed: Claimed, now: float) -> None:
    """The job is done. Raises LeaseLost."""
    hold(connection, claimed)
    _finish(connection, claimed.id, "done", now, None)


def fail(connection: Connection, claimed: Claimed, error: str, now: float, delay: float | None) -> None:
    """The attempt failed: another one follows after `delay` seconds, or none (None). Raises LeaseLost."""
    hold(connection, claimed)
    if delay is None:
        _finish(connection, claimed.id, "dead", now, error)
        return
    # One that was left meanwhile takes over: it waits as long, and has as few attempts left.
    later = update(job).where(job.c.kind == claimed.kind, job.c.key == claimed.key, QUEUED)
    values = {"attempts": claimed.attempt, "due_at": now + delay, "error": error[:LONGEST_ERROR]}
    if connection.execute(later.values(values)).rowcount:
        connection.execute(delete(job).where(job.c.id == claimed.id))
    else:
        queue_again(connection, claimed.id, values)


def release(connection: Connection, claimed: Claimed, now: float) -> None:
    """Give the lease back, as if the attempt had not been made. Raises LeaseLost."""
    hold(connection, claimed)
    if connection.scalar(select(job.c.id).where(job.c.kind == claimed.kind, job.c.key == claimed.key, QUEUED)):
        connection.execute(delete(job).where(job.c.id == claimed.id))  # another one waits already
    else:
        queue_again(connection, claimed.id, {"attempts": claimed.attempt - 1, "due_at": now})
    announce(connection)


def queue_again(connection: Connection, id_: int, values: Mapping[str, object]) -> None:
    """Have a job wait once more, with these values."""
    free: dict[str, object] = {"state": "queued", "owner": None, "heartbeat_at": None, "finished_at": None}
    connection.execute(update(job).where(job.c.id == id_).values(free | dict(values)))


_FINISH = Prepared(
    update(job)
    .where(job.c.id == bindparam("job"))
    .values(
        state=bindparam("end"), owner=sa.null(), finished_at=bindparam("now"), error=bindparam("text", type_=sa.Text)
    )
)


def _finish(connection: Connection, id_: int, state: str, now: float, error: str | None) -> None:
    _FINISH.run(connection, job=id_, end=state, now=now, text=error and error[:LONGEST_ERROR])
