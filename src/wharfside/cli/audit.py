"""`wharfside audit`: who did what, and who was refused what."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from wharfside.cli.administration import STORABLE, Administration, Options, administration, fail

if TYPE_CHECKING:
    from wharfside.store.audit import Search, StoredRecord

COLUMNS: Final = ("time", "event", "principal", "repository", "error", "source")
_WIDTHS: Final = (20, 24, 30, 30, 28, 0)
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
PAGE: Final = 500
POLLING: Final = 1.0
LATE: Final = 10.0
"""Seconds by which a record may come later than others of its time: batches, and transactions that take long."""


@Parameter(name="*")
@dataclass(frozen=True)
class Wanted:
    """Which records, and how many."""

    since: Annotated[str | None, Parameter(help="From this moment: 2026-01-31T12:00, or 15m, 2h, 7d ago.")] = None
    last: Annotated[int | None, STORABLE, Parameter(help="So many, the newest (default 50 without --since).")] = None
    account: Annotated[str | None, Parameter(help="About the registry of this account.")] = None
    principal: Annotated[str | None, Parameter(help="By this user, role session or ARN.")] = None
    event: Annotated[str | None, Parameter(help="Of this operation, such as PutImage.")] = None
    repository: Annotated[str | None, Parameter(help="About this repository.")] = None
    errors: Annotated[bool, Parameter(negative="", show_default=False, help="Only what was refused.")] = False


ALL = Wanted()


def audit(
    *,
    wanted: Wanted = ALL,
    follow: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    as_json: Annotated[bool, Parameter("--json", negative="", show_default=False)] = False,
    data: Path | None = None,
) -> None:
    """Show the audit trail: the oldest of the records that are wanted first.

    Changes are always recorded, and so are denials and failed sign-ins; what only
    reads is where the server is set so (WHARFSIDE_AUDIT_READS=true).

    Examples:

        wharfside audit
        wharfside audit --since 2h --errors
        wharfside audit --principal alice --event PutImage --json
        wharfside audit --repository team/app --follow

    Parameters
    ----------
    follow
        Go on until Ctrl-C with what is recorded from now on.
    as_json
        Print the whole records, one in each line, in CloudTrail's form.
    data
        Data folder (default $WHARFSIDE_DATA, else ./data).
    """

    from wharfside.store.audit import Search

    search = Search(
        since=None if wanted.since is None else parse_moment(wanted.since, time.time()),
        account=wanted.account,
        principal=wanted.principal,
        event=wanted.event,
        repository=wanted.repository,
        errors=wanted.errors,
    )
    with administration(Options(data=data)) as admin:
        began = time.time()
        found = _past(admin, search, wanted.last)
        if not follow:
            show = _show_json if as_json else _show_table
            show(found)
            return
        seen: dict[int, float] = {}
        show_line = _show_json if as_json else _show_lines
        show_line(_remembering(found, seen))
        _follow(admin, replace(search, since=began), seen, show_line)


def parse_moment(text: str, now: float) -> float:
    """A moment in seconds since the epoch: ISO 8601 (UTC unless it says otherwise), or a time before `now`.

    Ends the command for anything else.
    """
    if ago := re.fullmatch(r"([0-9]{1,6})([smhdw])", text):
        return now - int(ago[1]) * _UNITS[ago[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{text!r} is no moment: write 2026-01-31T12:00, or how long ago it is, such as 15m, 2h or 7d.")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _past(admin: Administration, search: Search, last: int | None) -> Generator[StoredRecord]:
    """What was recorded so far, page by page."""

    from wharfside.store.audit import find_records

    if last is not None or search.since is None:
        yield from admin.read(find_records, search, 50 if last is None else last, newest=True)
        return
    while page := admin.read(find_records, search, PAGE):
        yield from page
        search = replace(search, after_id=page[-1].id)


def _remembering(found: Iterable[StoredRecord], seen: dict[int, float]) -> Generator[StoredRecord]:
    for record in found:
        if record.id not in seen:
            seen[record.id] = record.record.time
            yield record


def _follow(
    admin: Administration,
    search: Search,
    seen: dict[int, float],
    show: Callable[[Iterable[StoredRecord]], None],
) -> None:
    """Show what comes, until interrupted. Ids do not tell what is new: they are given before a transaction ends."""
    assert search.since is not None
    since = search.since
    while True:
        began = time.time()
        late = replace(search, since=since - LATE)
        show(_remembering(_past(admin, late, None), seen))
        sys.stdout.flush()
        for id_, moment in list(seen.items()):
            if moment < since - LATE:
                del seen[id_]
        since = began
        time.sleep(POLLING)


def _show_json(records: Iterable[StoredRecord]) -> None:
    from wharfside.registry.audit import line_of

    for record in records:
        print(line_of(record.record))


def _show_table(records: Iterable[StoredRecord]) -> None:
    """All of them with columns as wide as they need to be: an ARN that is cut off is no good."""
    rows = [_cells(record) for record in records]
    _print_rows(rows, [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)], heading=True)


def _show_lines(records: Iterable[StoredRecord]) -> None:
    """Each of them as it comes, with columns whose widths do not depend on what is still to come."""
    _print_rows((_cells(record) for record in records), _WIDTHS)


def _print_rows(rows: Iterable[Sequence[str]], widths: Sequence[int], *, heading: bool = False) -> None:
    """Columns on a terminal, else values between tabs."""
    aligned = sys.stdout.isatty()
    for row in (COLUMNS, *rows) if heading and aligned else rows:
        if aligned:
            print("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
        else:
            print("\t".join(row))


def _cells(record: StoredRecord) -> list[str]:
    return [str(cell or "") for cell in _row(record).values()]


def _row(record: StoredRecord) -> dict[str, Any]:
    from wharfside.registry.audit import complete

    content = complete(record.record)
    resources = [resource["ARN"].partition(":repository/")[2] for resource in content.get("resources", ())]
    return {
        "time": content["eventTime"],
        "event": content["eventName"],
        "principal": _principal(content["userIdentity"]),
        "repository": ", ".join(resources),
        "error": content.get("errorCode"),
        "source": content["sourceIPAddress"],
    }


def _principal(identity: dict[str, Any]) -> str:
    """Who it was, as short as it is unmistakable within an account."""
    if "arn" in identity:
        return identity["arn"].partition("::")[2].partition(":")[2]
    if identity["type"] == "SystemUser":
        return f"local {identity['userName']}".rstrip()
    if identity.get("accountId") == "ANONYMOUS_PRINCIPAL":
        return "anonymous"
    return identity.get("userName") or identity.get("accessKeyId") or "unknown"
