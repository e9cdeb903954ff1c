"""`wharfside jobs`: what is done in the background."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

from cyclopts import App, Parameter

from wharfside.cli.administration import (
    DEFAULTS,
    STORABLE,
    Administration,
    Options,
    administration,
    examples,
    fail,
    moment,
    say,
    show_one,
    show_rows,
)

if TYPE_CHECKING:
    from wharfside.store.job_records import JobRecord

jobs = App(
    name="jobs",
    help="Jobs: what is done in the background, such as the removal of blobs that nobody needs.",
    help_epilogue=examples("wharfside jobs list --state dead", "wharfside jobs retry 4711", "wharfside jobs schedules"),
)

_Number = Annotated[int, STORABLE]
State = Literal["queued", "running", "done", "dead", "cancelled"]


@jobs.command(name="list", help_epilogue=examples("wharfside jobs list --state dead --json"))
def list_(
    *,
    state: Annotated[State | None, Parameter(help="Only those in this state.")] = None,
    kind: Annotated[str | None, Parameter(help="Only those of this kind.")] = None,
    last: Annotated[int, STORABLE, Parameter(help="So many, the newest.")] = 50,
    options: Options = DEFAULTS,
) -> None:
    """List jobs, the newest first. Those that are done or cancelled are kept for a day, dead ones for 30 days."""

    from wharfside.store import job_records

    with administration(options) as admin:
        found = admin.read(job_records.list_jobs, max(0, last), state=state, kind=kind)
        columns = ("job", "kind", "key", "state", "attempts", "due", "error")
        show_rows([_members(each) for each in found], columns, as_json=options.as_json)


@jobs.command(help_epilogue=examples("wharfside jobs show 4711"))
def show(job: _Number, /, *, options: Options = DEFAULTS) -> None:
    """Show everything about a job.

    Parameters
    ----------
    job
        The job's number.
    """

    from wharfside.store import job_records

    with administration(options) as admin:
        found = admin.read(job_records.find_job, job)
        if found is None:
            fail(f"There is no job {job}.")
        show_one(_members(found), as_json=options.as_json)


@jobs.command(help_epilogue=examples("wharfside jobs retry 4711 4712"))
def retry(first: _Number, /, *others: _Number, options: Options = DEFAULTS) -> None:
    """Have jobs run now that are dead, cancelled or waiting, with all their attempts.

    Parameters
    ----------
    first
        A job's number.
    others
        Numbers of more jobs.
    """

    from wharfside.store import job_records

    ids = (first, *others)
    with administration(options) as admin:
        for id_ in ids:
            if not admin.write(job_records.retry_job, id_, admin.now):
                _refuse(admin, id_, "another job of the same kind and key waits already")
        say(f"{_named(ids)} can run now.", as_json=options.as_json, jobs=list(ids))


@jobs.command(help_epilogue=examples("wharfside jobs cancel 4711"))
def cancel(first: _Number, /, *others: _Number, options: Options = DEFAULTS) -> None:
    """Have jobs not run. One that runs is stopped within 10 seconds, and nothing that it still does has effects.

    Parameters
    ----------
    first
        A job's number.
    others
        Numbers of more jobs.
    """

    from wharfside.store import job_records

    ids = (first, *others)
    with administration(options) as admin:
        for id_ in ids:
            if not admin.write(job_records.cancel_job, id_, admin.now):
                _refuse(admin, id_, "it has ended")
        say(f"Cancelled {_named(ids).lower()}.", as_json=options.as_json, jobs=list(ids))


@jobs.command(help_epilogue=examples("wharfside jobs schedules"))
def schedules(*, options: Options = DEFAULTS) -> None:
    """List what is done again and again, the next one first. Moments are in UTC."""

    from wharfside.store import schedules as stored

    with administration(options) as admin:
        rows = [
            {
                "schedule": each.name,
                "kind": each.kind,
                "cron": each.cron,
                "next": moment(each.next_at),
                "last": _moment(each.fired_at),
            }
            for each in admin.read(stored.list_schedules)
        ]
        show_rows(rows, ("schedule", "kind", "cron", "next", "last"), as_json=options.as_json)


def _members(job: JobRecord) -> dict[str, object]:
    """A job for people and programs: `due` is when it may run, `leaseUntil` when whoever runs it must have renewed."""
    running = job.state == "running"
    return {
        "job": job.id,
        "kind": job.kind,
        "key": job.key,
        "state": job.state,
        "priority": job.priority,
        "attempts": job.attempts,
        "due": moment(job.due_at) if job.state == "queued" else None,
        "created": moment(job.created_at),
        "started": _moment(job.started_at),
        "finished": _moment(job.finished_at),
        "owner": job.owner,
        "heartbeat": _moment(job.heartbeat_at),
        "leaseUntil": moment(job.due_at) if running else None,
        "error": job.error,
        "payload": json.loads(job.payload),
    }


def _moment(seconds: float | None) -> str | None:
    return moment(seconds) if seconds is not None else None


def _named(ids: tuple[int, ...]) -> str:
    return f"{'Job' if len(ids) == 1 else 'Jobs'} {', '.join(map(str, ids))}"


def _refuse(admin: Administration, id_: int, otherwise: str) -> NoReturn:
    from wharfside.store import job_records

    found = admin.read(job_records.find_job, id_)
    if found is None:
        fail(f"There is no job {id_}. `wharfside jobs list` shows those there are.")
    why = {"running": "it runs", "done": "it is done"}.get(found.state, otherwise)
    fail(f"Nothing was changed about job {id_}: {why}.")
