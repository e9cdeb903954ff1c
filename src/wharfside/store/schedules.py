"""Schedules: jobs that are left again and again. A moment fires once, however many nodes see that it has come."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, bindparam, exists, false, insert, or_, select, update

from wharfside.core.cron import parse_cron
from wharfside.store.jobs import enqueue
from wharfside.store.tables import schedule


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job of a kind, with the schedule's name as its key, at the minutes that a cron expression names, in UTC.

    Moments that pass while nobody runs are made up for by one job.
    """

    name: str
    kind: str
    cron: str

    def next_after(self, moment: float) -> float:
        """The first of the moments after this one."""
        return parse_cron(self.cron).next_after(moment)


def register(connection: Connection, schedules: Collection[Schedule], now: float) -> None:
    """Record schedules: new ones fire at once, and those that were changed at the next moment that they have now."""
    for each in schedules:
        values = {"kind": each.kind, "cron": each.cron}
        columns = (schedule.c.kind, schedule.c.cron)
        row = connection.execute(select(*columns).where(schedule.c.name == each.name)).one_or_none()
        if row is None:
            connection.execute(insert(schedule), {"name": each.name, "next_at": now, **values})
        elif row != tuple(values.values()):
            changed = values | {"next_at": each.next_after(now)}
            connection.execute(update(schedule).where(schedule.c.name == each.name).values(changed))


def any_due(schedules: Collection[Schedule]) -> ColumnElement[bool]:
    """The condition that at the moment `now` one of the schedules is due, for `jobs.look_for`."""
    names = [each.name for each in schedules]
    # A list of names would be a parameter that is written out anew for each execution.
    named = or_(false(), *(schedule.c.name == name for name in names))
    return exists().where(named, schedule.c.next_at <= bindparam("now"))


def fire(connection: Connection, schedules: Collection[Schedule], now: float) -> list[int]:
    """Leave the jobs of those schedules whose moment has come, each in one transaction with its next moment; ids."""
    known = {each.name: each for each in schedules}
    due = select(schedule.c.name).where(schedule.c.name.in_(known), schedule.c.next_at <= now)
    ids: list[int] = []
    for name in connection.scalars(due.with_for_update(skip_locked=True)).all():
        each = known[name]
        ids.append(enqueue(connection, each.kind, name, {}, now))
        moved = {"next_at": each.next_after(now), "fired_at": now}
        connection.execute(update(schedule).where(schedule.c.name == name).values(moved))
    return ids


@dataclass(frozen=True, slots=True)
class Recorded:
    """A schedule as it is recorded. Moments are seconds since the epoch."""

    name: str
    kind: str
    cron: str
    next_at: float
    fired_at: float | None


def list_schedules(connection: Connection) -> list[Recorded]:
    """Every recorded schedule, the next one first."""
    columns = (schedule.c.name, schedule.c.kind, schedule.c.cron, schedule.c.next_at, schedule.c.fired_at)
    return [Recorded(*row) for row in connection.execute(select(*columns).order_by(schedule.c.next_at))]
