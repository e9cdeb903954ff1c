"""Events: what happened to images, kept for a while for those who want to be told."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, insert, select

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
    happened, and nobody who sees a number misses a lower one of the repository.
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
