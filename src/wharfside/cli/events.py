"""`wharfside events`: what happened, one event of EventBridge's form in each line."""

from __future__ import annotations

import io
import select
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from wharfside.cli.administration import STORABLE, Administration, Options, administration
from wharfside.cli.audit import parse_moment

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wharfside.core.event_positions import Position
    from wharfside.store.events import StoredEvent

PAGE: Final = 500
POLL_MILLISECONDS: Final = 500
_LOOKED_BACK: Final = 1000
"""Numbers before the newest of which some may still come when a stream begins."""


@Parameter(name="*")
@dataclass(frozen=True)
class Wanted:
    """Which events."""

    since: Annotated[str | None, Parameter(help="From this moment: 2026-01-31T12:00, or 15m, 2h, 7d ago.")] = None
    last: Annotated[
        int | None, STORABLE, Parameter(help="So many, the newest (default 50 without --since and --follow).")
    ] = None
    repository: Annotated[str | None, Parameter(help="Of this repository; team/* for several.")] = None
    detail_type: Annotated[str | None, Parameter(help='Of this detail-type, such as "ECR Image Action".')] = None
    account: Annotated[str | None, Parameter(help="Of the registry of this account.")] = None
    region: Annotated[str | None, Parameter(help="Of this region.")] = None


ALL = Wanted()


def events(
    *,
    wanted: Wanted = ALL,
    follow: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    data: Path | None = None,
) -> None:
    """Show what happened to images, as lines of JSON in the form of Amazon EventBridge.

    Examples:

        wharfside events
        wharfside events --since 2h --repository 'team/*'
        wharfside events --follow | jq -r '.detail["image-digest"]'

    Parameters
    ----------
    follow
        Go on until Ctrl-C with what happens from now on.
    data
        Data folder (default $WHARFSIDE_DATA, else ./data).
    """

    from wharfside.core.event_positions import Position
    from wharfside.store.events import first_number_since

    since = None if wanted.since is None else parse_moment(wanted.since, time.time())
    is_wanted = _filter(wanted, since)
    with administration(Options(data=data)) as admin:
        if since is not None:
            reader = _Reader(admin, Position(admin.read(first_number_since, since) - 1))
            found = filter(is_wanted, reader.read())
            _print(found if wanted.last is None else deque(found, maxlen=max(0, wanted.last)))
        else:
            last = wanted.last if wanted.last is not None else 0 if follow else 50
            newest, now = admin.read(_newest, is_wanted, last)
            reader = _Reader(admin, now)
            _print(reversed(newest))
        while follow and _wait():
            _print(filter(is_wanted, reader.read()))


class _Reader:
    """Reads all events once, the oldest first, as far as they are there."""

    def __init__(self, admin: Administration, position: Position) -> None:
        self._admin = admin
        self._position = position

    def read(self) -> Generator[StoredEvent]:
        """What is there now."""
        while True:
            before = self._position.number
            found, self._position = self._admin.read(_page, self._position)
            yield from found
            if self._position.number == before:
                return


def _page(connection: Connection, position: Position) -> tuple[list[StoredEvent], Position]:
    from wharfside.core.event_positions import advanced
    from wharfside.store.events import read_events, seen_transactions

    found = read_events(connection, position, PAGE)
    return found, advanced(position, [each.number for each in found], seen_transactions(connection))


def _newest(
    connection: Connection, is_wanted: Callable[[StoredEvent], bool], most: int
) -> tuple[list[StoredEvent], Position]:
    """The newest events that are wanted, the newest first, and the position behind all."""
    from wharfside.store.events import newest_events

    found: list[StoredEvent] = []
    before = None
    while len(found) < most and (page := newest_events(connection, before, PAGE)):
        found += filter(is_wanted, page)
        before = page[-1].number
    return found[:most], _now(connection)


def _now(connection: Connection) -> Position:
    """Behind everything that is there, with gaps for what is about to be."""
    from wharfside.core.event_positions import Position, advanced
    from wharfside.store.events import newest_numbers, seen_transactions

    numbers = newest_numbers(connection, _LOOKED_BACK)
    return advanced(Position(min(numbers, default=1) - 1), numbers, seen_transactions(connection))


def _filter(wanted: Wanted, since: float | None) -> Callable[[StoredEvent], bool]:
    from wharfside.core.wildcards import compile_wildcards

    repositories = compile_wildcards(["*" if wanted.repository is None else wanted.repository])

    def is_wanted(stored: StoredEvent) -> bool:
        event = stored.event
        return (
            (since is None or event.time >= since)
            and repositories.match(event.repository)
            and wanted.detail_type in (None, event.detail_type)
            and wanted.account in (None, event.account)
            and wanted.region in (None, event.region)
        )

    return is_wanted


def _print(found: Iterable[StoredEvent]) -> None:
    for each in found:
        print(each.event.content)
    sys.stdout.flush()


def _wait() -> bool:
    """Wait a little; False as soon as nobody reads the output any more."""
    try:
        output = sys.stdout.fileno()
    except io.UnsupportedOperation:
        time.sleep(POLL_MILLISECONDS / 1000)
        return True
    waiting = select.poll()
    waiting.register(output, 0)
    return not waiting.poll(POLL_MILLISECONDS)
