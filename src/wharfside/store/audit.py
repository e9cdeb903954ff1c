"""The audit trail: rows are added, read, and deleted once they are old. Nothing changes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, or_, select

from wharfside.store.prepared import Prepared, insertion
from wharfside.store.tables import audit_record


class AuditRecord(NamedTuple):
    """A record: what it is found by, and as a JSON object (`content`) all that does not follow from this."""

    time: float
    """Seconds since the epoch."""
    account: str
    """Empty when it is not known."""
    principal: str | None
    """The ARN of whoever called; None where nobody was recognized."""
    event: str
    repository: str | None
    error: str | None
    """None for what succeeded."""
    content: str


class StoredRecord(NamedTuple):
    """A record with its place in the trail."""

    id: int
    record: AuditRecord


@dataclass(frozen=True, slots=True)
class Search:
    """Which records are wanted: those for which everything that is given holds.

    `principal` is an ARN, or the name at the end of one; `after_id` excludes itself.
    """

    since: float | None = None
    account: str | None = None
    principal: str | None = None
    event: str | None = None
    repository: str | None = None
    errors: bool = False
    after_id: int | None = None


_COLUMNS = [audit_record.c[name] for name in AuditRecord._fields]
_INSERT = insertion(audit_record, *AuditRecord._fields)


def insert_record(connection: Connection, record: AuditRecord) -> None:
    """Add a record."""
    time, account, principal, event, repository, error, content = record
    _INSERT.run(
        connection,
        time=time,
        account=account,
        principal=principal,
        event=event,
        repository=repository,
        error=error,
        content=content,
    )


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    columns = audit_record.c
    found: list[ColumnElement[bool]] = []
    if search.since is not None:
        found.append(columns.time >= search.since)
    if search.after_id is not None:
        found.append(columns.id > search.after_id)
    for column, value in ((columns.account, search.account), (columns.event, search.event)):
        if value is not None:
            found.append(column == value)
    if search.repository is not None:
        found.append(columns.repository == search.repository)
    if search.principal is not None:
        ending = columns.principal.endswith(f"/{search.principal}", autoescape=True)
        found.append(or_(columns.principal == search.principal, ending))
    if search.errors:
        found.append(columns.error.is_not(None))
    return found


def find_records(connection: Connection, search: Search, limit: int, *, newest: bool = False) -> Sequence[StoredRecord]:
    """The first records that are wanted, or the newest, in either case the oldest of them first."""
    columns = audit_record.c
    order = columns.id.desc() if newest else columns.id
    statement = select(columns.id, *_COLUMNS).where(*_conditions(search)).order_by(order)
    rows = [StoredRecord(row[0], AuditRecord._make(row[1:])) for row in connection.execute(statement.limit(limit))]
    return rows[::-1] if newest else rows


_DELETE_OLD = Prepared(
    delete(audit_record).where(
        audit_record.c.id.in_(
            select(audit_record.c.id)
            .where(audit_record.c.time < bindparam("before"))
            .order_by(audit_record.c.time)
            .limit(bindparam("most"))
        )
    )
)


def delete_old_records(connection: Connection, before: float, limit: int) -> int:
    """Delete the oldest records from before a moment; how many there were."""
    return _DELETE_OLD.run(connection, before=before, most=limit)
