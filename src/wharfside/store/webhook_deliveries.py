"""Deliveries of events to webhooks.

    waiting ──► delivered
      ▲ │
      │ └─────► dead      after it has failed for too long
      └─ retry ─┘

The deliveries of one repository to one webhook are a lane: the one with the lowest number is its head, and goes first.
The numbers of events are in the order of what happened, so nothing overtakes within a lane. While its head waits for
another attempt, the lane is held: whatever is due in it gets the head's moment as soon as somebody looks.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal_column,
    select,
    update,
)

from wharfside.store.jobs import QUEUED, RUNNING
from wharfside.store.prepared import Prepared, insertion
from wharfside.store.tables import event, job, webhook, webhook_delivery

DELIVER: Final = "deliver-events"
"""The kind of the jobs that deliver; their key is the webhook's id."""
LONGEST_ERROR: Final = 500
"""Characters that are kept of why an attempt failed."""

State = Literal["waiting", "delivered", "dead"]

# As a literal, because SQLite uses a partial index only where it sees its condition.
_WAITING: Final = webhook_delivery.c.state == literal_column("'waiting'")
_THEIR_JOB = and_(job.c.kind == literal_column(f"'{DELIVER}'"), job.c.key == cast(webhook.c.id, String))


class Delivery(NamedTuple):
    """An event that waits to be delivered."""

    number: int
    """That of the event."""
    attempts: int
    due_at: float
    waiting_since: float
    content: str


_LEAVE = insertion(
    webhook_delivery, "webhook_id", "event_id", "repository", "state", "attempts", "due_at", "waiting_since"
)


def leave_delivery(connection: Connection, webhook_id: int, number: int, repository: str, now: float) -> None:
    """Have an event delivered to a webhook after this transaction."""
    _LEAVE.run(
        connection,
        webhook_id=webhook_id,
        event_id=number,
        repository=repository,
        state="waiting",
        attempts=0,
        due_at=now,
        waiting_since=now,
    )


def _is_due() -> ColumnElement[bool]:
    """Something is due for the webhook at the moment `now`, and no job is there for it."""
    return and_(
        webhook.c.enabled,
        exists().where(
            webhook_delivery.c.webhook_id == webhook.c.id, _WAITING, webhook_delivery.c.due_at <= bindparam("now")
        ),
        ~exists().where(_THEIR_JOB, QUEUED),
        ~exists().where(_THEIR_JOB, RUNNING),
    )


def any_due() -> ColumnElement[bool]:
    """The condition that at the moment `now` a webhook needs a job, for `jobs.look_for`."""
    return exists().where(_is_due())


def due_webhooks(connection: Connection, now: float) -> list[int]:
    """The ids of the webhooks that need a job."""
    return list(connection.scalars(select(webhook.c.id).where(_is_due()).order_by(webhook.c.id), {"now": now}))


_SOME: Final = 1000
_FIRST_DUE = (
    select(webhook_delivery.c.repository)
    .where(
        webhook_delivery.c.webhook_id == bindparam("webhook"), _WAITING, webhook_delivery.c.due_at <= bindparam("now")
    )
    .order_by(webhook_delivery.c.due_at)
    .limit(_SOME)
    .subquery()
)
_LANES = select(_FIRST_DUE.c.repository).distinct()


def due_lanes(connection: Connection, webhook_id: int, now: float) -> list[str]:
    """The repositories of the deliveries that have been due for longest."""
    return list(connection.scalars(_LANES, {"webhook": webhook_id, "now": now}))


_LANE = Prepared(
    select(
        webhook_delivery.c.event_id,
        webhook_delivery.c.attempts,
        webhook_delivery.c.due_at,
        webhook_delivery.c.waiting_since,
        event.c.content,
    )
    .select_from(
        webhook_delivery.join(event, event.c.id == webhook_delivery.c.event_id).join(
            webhook, webhook.c.id == webhook_delivery.c.webhook_id
        )
    )
    .where(
        webhook_delivery.c.webhook_id == bindparam("webhook"),
        webhook_delivery.c.repository == bindparam("repository"),
        _WAITING,
        webhook.c.enabled,
    )
    .order_by(webhook_delivery.c.event_id)
    .limit(bindparam("most"))
)


def head_of_lane(connection: Connection, webhook_id: int, repository: str, limit: int) -> list[Delivery]:
    """The first deliveries of a lane, in their order; none while the webhook is disabled."""
    rows = _LANE.all(connection, webhook=webhook_id, repository=repository, most=limit)
    return [Delivery(*row) for row in rows]


_END = Prepared(
    update(webhook_delivery)
    .where(webhook_delivery.c.webhook_id == bindparam("webhook"), webhook_delivery.c.event_id == bindparam("number"))
    .values(
        state=bindparam("new_state"),
        attempts=bindparam("made"),
        ended_at=bindparam("now"),
        error=bindparam("why"),
    )
)


def end_delivery(
    connection: Connection, webhook_id: int, each: Delivery, now: float, *, error: str | None = None
) -> None:
    """The last attempt has been made: it was delivered, or with an error it is dead."""
    _END.run(
        connection,
        webhook=webhook_id,
        number=each.number,
        new_state="delivered" if error is None else "dead",
        made=each.attempts + 1,
        now=now,
        why=error and error[:LONGEST_ERROR],
    )


def fail_delivery(connection: Connection, webhook_id: int, each: Delivery, error: str, due_at: float) -> None:
    """An attempt has failed, and another one follows at this moment."""
    connection.execute(
        update(webhook_delivery)
        .where(webhook_delivery.c.webhook_id == webhook_id, webhook_delivery.c.event_id == each.number)
        .values(attempts=each.attempts + 1, due_at=due_at, error=error[:LONGEST_ERROR])
    )


def move_lane(connection: Connection, webhook_id: int, repository: str, due_at: float, *, later: bool) -> bool:
    """Make some of a lane due at this moment instead of an earlier, or a later one; whether there was anything."""
    due = webhook_delivery.c.due_at
    some = (
        select(webhook_delivery.c.event_id)
        .where(
            webhook_delivery.c.webhook_id == webhook_id,
            webhook_delivery.c.repository == repository,
            _WAITING,
            due < due_at if later else due > due_at,
        )
        .limit(_SOME)
    )
    moved = update(webhook_delivery).where(
        webhook_delivery.c.webhook_id == webhook_id, webhook_delivery.c.event_id.in_(some)
    )
    return connection.execute(moved.values(due_at=due_at)).rowcount > 0


def retry_deliveries(connection: Connection, webhook_id: int, numbers: Collection[int], now: float) -> int:
    """Have dead deliveries tried again, and waiting ones at once; all of them if no number is given. How many."""
    condition = webhook_delivery.c.state.in_(("waiting", "dead"))
    if numbers:
        condition = and_(condition, webhook_delivery.c.event_id.in_(numbers))
    again = update(webhook_delivery).where(webhook_delivery.c.webhook_id == webhook_id, condition)
    values = {"state": "waiting", "due_at": now, "ended_at": None}
    dead = webhook_delivery.c.state == "dead"
    return connection.execute(
        again.values(
            **values,
            waiting_since=case((dead, now), else_=webhook_delivery.c.waiting_since),
            attempts=case((dead, 0), else_=webhook_delivery.c.attempts),
        )
    ).rowcount


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery as it is recorded. Moments are seconds since the epoch."""

    number: int
    content: str
    state: State
    attempts: int
    due_at: float
    waiting_since: float
    ended_at: float | None
    error: str | None


def list_deliveries(
    connection: Connection, webhook_id: int, limit: int, *, state: State | None = None
) -> list[DeliveryRecord]:
    """Deliveries to a webhook, the newest event first."""
    columns = webhook_delivery.c
    names = ("state", "attempts", "due_at", "waiting_since", "ended_at", "error")
    query = (
        select(columns.event_id, event.c.content, *(columns[name] for name in names))
        .join(event, event.c.id == columns.event_id)
        .where(columns.webhook_id == webhook_id)
    )
    if state is not None:
        query = query.where(columns.state == state)
    rows = connection.execute(query.order_by(columns.event_id.desc()).limit(limit))
    return [DeliveryRecord(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Undelivered:
    """What waits for webhooks that are enabled, and since when the first of it does."""

    deliveries: int
    since: float | None


def count_undelivered(connection: Connection) -> Undelivered:
    """What waits, over all registries."""
    found: Any = connection.execute(
        select(func.count(), func.min(webhook_delivery.c.waiting_since))
        .select_from(webhook_delivery.join(webhook, webhook.c.id == webhook_delivery.c.webhook_id))
        .where(_WAITING, webhook.c.enabled)
    ).one()
    return Undelivered(*found)
