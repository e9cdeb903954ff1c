"""The moments of pulls, gathered in a process and recorded together a moment later.

A pull waits for nothing of this, and most pulls end at one look into a dictionary: what was recorded less than
RESOLUTION ago is not recorded again. A process that is killed loses the pulls of its last seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from wharfside.api.batches import Batches
from wharfside.registry.pull_times import RESOLUTION, Pull, record_pulls
from wharfside.store.db import Db

GATHERING: Final = 2.0
"""Seconds for which pulls are gathered."""
MOST_WAITING: Final = 20_000
"""Pulls per batch; of more only the next ones are recorded."""
MOST_REMEMBERED: Final = 50_000
"""Recorded pulls that a process knows of, after which it begins anew."""
TOGETHER: Final = 200
"""Per transaction, so that pushes need not wait for long."""
_CLOSING = 5.0

_Key = tuple[int, str, str | None]


class PullTimes:
    """Records pulls. Any thread may tell it of one."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._known: dict[_Key, float] = {}
        self._batches = Batches("pull-times", MOST_WAITING, self._record, lambda _: None, gathering=GATHERING)

    def add(self, pull: Pull) -> None:
        """Have a pull recorded soon, if none of the image by the principal was a short time ago."""
        key = _key(pull)
        last = self._known.get(key)
        if last is not None and abs(pull.at - last) < RESOLUTION:  # also when the clock was set back
            return
        if len(self._known) >= MOST_REMEMBERED:
            self._known = {}
        self._known[key] = pull.at
        self._batches.add(pull)

    def close(self) -> None:
        """Record what waits. To be called before the database is closed."""
        self._batches.close(_CLOSING)

    def _record(self, pulls: Sequence[Pull]) -> None:
        for start in range(0, len(pulls), TOGETHER):
            some = pulls[start : start + TOGETHER]
            try:
                ignored = self._db.write(lambda connection, some=some: record_pulls(connection, some)).result()
            except Exception:
                self._forget(pulls[start:])
                raise
            # Whoever is no longer excluded counts at once.
            self._forget(ignored)

    def _forget(self, pulls: Iterable[Pull]) -> None:
        for pull in pulls:
            self._known.pop(_key(pull), None)


def _key(pull: Pull) -> _Key:
    return pull.repository_id, pull.digest, pull.principal
