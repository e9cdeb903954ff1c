"""Events: what happened to images, kept for a while for those who want to be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, delete, exists, func, insert, or_, select, text

from wharfside.core.event_positions import Position, Transactions
from wharfside.store.prepared import Prepared
from wharfside.store.tables import event, webhook


class Event(NamedTuple):
    """An event: what it is found by, and the whole of it as a JSON object (`content`)."""

    time: float
    """Seconds since the epoch."""
    account: str
    region: str
    repository: str
    detail_type: str
    content: str


_COLUMNS = [event.c[name] for name in Event._fields]
_INSERT = Prepared(
    insert(event)
    .values({name: bindparam(name) for name in Event._fields})
    .returning(
        event.c.id, exists().where(webhook.c.account == bindparam("account"), webhook.c.region == bindparam("region"))
    )
)


def insert_event(connection: Connection, each: Event) -> tuple[int, bool]:
    """Add an event: its number, and whether its registry has webhooks.

    The transaction has locked the repository before, so that within a repository the numbers are in the order of what
    happened, and nobody who sees a number misses a lower one of the repository. From then on the transaction has a
    number, too, by which `seen_transactions` tells that it runs, and may still fill a gap.
    """
    time, account, region, repository, detail_type, content = each
    row = _INSERT.first(
        connection,
        time=time,
        account=account,
        region=region,
        repository=repository,
        detail_type=detail_type,
        content=content,
    )
    assert row is not None
    return row[0], bool(row[1])


def delete_old_events(connection: Connection, before: float, limit: int) -> int:
    """Delete the first events, as far as they are from before a moment, with all deliveries of them; how many."""
    first = select(event.c.id, event.c.time).order_by(event.c.id).limit(limit).subquery()
    old = select(first.c.id).where(first.c.time < before)
    return connection.execute(delete(event).where(event.c.id.in_(old))).rowcount


class StoredEvent(NamedTuple):
    """An event with its number."""

    number: int
    event: Event


_NUMBERED: Select[Any] = select(event.c.id, *_COLUMNS)
_SLACK: float = 60.0
"""Seconds by which the time of an event may lie before that of one with a lower number: transactions take time."""
_SNAPSHOT = text(
    "SELECT pg_snapshot_xmin(snapshot)::text::bigint, pg_snapshot_xmax(snapshot)::text::bigint"
    " FROM pg_current_snapshot() AS snapshot"
)


def seen_transactions(connection: Connection) -> Transactions:
    """Which transactions this one sees. On SQLite, writes are one after the other."""
    if connection.dialect.name == "sqlite":
        return Transactions(0, 0)
    oldest, next_ = connection.execute(_SNAPSHOT).one()
    return Transactions(oldest, next_)


def read_events(connection: Connection, position: Position, limit: int) -> list[StoredEvent]:
    """The first events behind a position, and all in its gaps, in the order of their numbers."""
    number = event.c.id
    found = _stored(connection, _NUMBERED.where(number > position.number).order_by(number).limit(limit))
    if not position.gaps:
        return found
    inside = or_(*(and_(number >= gap.first, number <= gap.last) for gap in position.gaps))
    return _stored(connection, _NUMBERED.where(inside).order_by(number)) + found


def newest_events(connection: Connection, before: int | None, limit: int) -> list[StoredEvent]:
    """The newest events, or the newest before a number; the newest first."""
    query = _NUMBERED if before is None else _NUMBERED.where(event.c.id < before)
    return _stored(connection, query.order_by(event.c.id.desc()).limit(limit))


def _stored(connection: Connection, query: Select[Any]) -> list[StoredEvent]:
    return [StoredEvent(row[0], Event._make(tuple(row)[1:])) for row in connection.execute(query)]


def newest_numbers(connection: Connection, limit: int) -> Sequence[int]:
    """The numbers of the newest events."""
    return list(connection.scalars(select(event.c.id).order_by(event.c.id.desc()).limit(limit)))


def first_number_since(connection: Connection, moment: float) -> int:
    """A number with none before it of an event since a moment. Numbers rise with time, so it is searched for."""
    first, last = connection.execute(select(func.min(event.c.id), func.max(event.c.id))).one()
    if first is None:
        return 0
    low, high = first, last + 1
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(
            select(event.c.id, event.c.time).where(event.c.id >= middle).order_by(event.c.id).limit(1)
        ).one()
        if row.time < moment - _SLACK:
            low = row.id + 1
        else:
            high = middle
    return low
