"""The audit trail of a process: changes with their own transaction, denials and reads in batches soon after."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from wharfside.api.batches import Batches
from wharfside.core.errors import RegistryError, Throttled
from wharfside.registry.audit import Event, is_read, line_of, record_of
from wharfside.store.audit import AuditRecord, insert_record
from wharfside.store.db import Db

MOST_REFUSALS: Final = 100
"""Refused calls per batch, that is twice a second. More come only from somebody who tries, and would fill the disk."""
MOST_READS: Final = 10_000
"""Reads per batch."""
MOST_LINES: Final = 20_000
"""Records that wait for the file."""
TOGETHER: Final = 200
"""Records per transaction, so that changes need not wait for long."""
_CLOSING = 5.0
_DENIALS = frozenset({"AccessDeniedException", "AccessDenied"})


def _nobody(_: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class TrailSettings:
    """What is recorded, where to, and for how long."""

    reads: bool = False
    """Whether calls that change nothing are recorded, too, when they succeed."""
    retention: float = 90 * 86_400.0
    """Seconds."""
    file: str | None = None
    """Where records are appended as JSON lines besides; `-` is the standard output."""
    lock: Path | None = None
    """A file that all processes which write to `file` lock meanwhile."""


class Trail:
    """Records calls. `on_dropped` hears how many records are lost."""

    def __init__(
        self,
        db: Db,
        clock: Callable[[], float],
        settings: TrailSettings | None = None,
        on_dropped: Callable[[int], None] | None = None,
    ) -> None:
        on_dropped = on_dropped or _nobody
        self.settings = settings or TrailSettings()
        self.reads = self.settings.reads
        self._db = db
        self._clock = clock
        self._lines: Batches[AuditRecord] | None = None
        if self.settings.file is not None:
            lines = AuditFile(self.settings.file, self.settings.lock)
            self._lines = Batches("audit-file", MOST_LINES, lines.write, on_dropped)
        self._refusals = Batches("audit-refusals", MOST_REFUSALS, self._insert, on_dropped)
        self._successes = Batches("audit-reads", MOST_READS, self._insert, on_dropped)

    @property
    def has_file(self) -> bool:
        """Whether records are appended to a file besides."""
        return self._lines is not None

    def change(self, connection: Connection, event: Event, now: float) -> AuditRecord:
        """Record a change in the transaction that makes it; `committed` is to follow."""
        record = record_of(event, now)
        insert_record(connection, record)
        return record

    def committed(self, record: AuditRecord) -> None:
        """Append what `change` recorded to the file, now that it is true."""
        if self._lines is not None:
            self._lines.add(record)

    def refuse(self, operation: str, error: RegistryError, event: Callable[[], Event]) -> None:
        """Record that a call was refused. Of those that only read, denials alone count, unless reads are recorded."""
        if isinstance(error, Throttled):
            return
        if self.reads or error.code in _DENIALS or not is_read(operation):
            self._refusals.add(record_of(event(), self._clock(), error))

    def refuse_sign_in(self, event: Event, error: RegistryError) -> None:
        """Record that somebody was not recognized. What is slowed down for that already is only counted."""
        if not isinstance(error, Throttled):
            self._refusals.add(record_of(event, self._clock(), error))

    def grant(self, event: Event) -> None:
        """Record that credentials were given out, of which nothing is stored."""
        self._successes.add(record_of(event, self._clock()))

    def read(self, event: Callable[[], Event]) -> None:
        """Record a call that succeeded and changed nothing, if such calls are recorded."""
        if self.reads:
            self._successes.add(record_of(event(), self._clock()))

    def close(self) -> None:
        """Write what waits. To be called before the database is closed."""
        for batches in (self._refusals, self._successes, self._lines):
            if batches is not None:
                batches.close(_CLOSING)

    def _insert(self, records: Sequence[AuditRecord]) -> None:
        for start in range(0, len(records), TOGETHER):
            some = records[start : start + TOGETHER]
            self._db.write(lambda connection, some=some: _insert_all(connection, some)).result()
            for record in some:
                self.committed(record)


def _insert_all(connection: Connection, records: Sequence[AuditRecord]) -> None:
    for record in records:
        insert_record(connection, record)


class AuditFile:
    """Appends lines to a file, which is opened anew for each batch, so that it can be rotated."""

    def __init__(self, file: str, lock: Path | None) -> None:
        """`file`: `-` is the standard output. `lock`: a file that all who write to `file` lock meanwhile."""
        self._file = file
        self._lock = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) if lock is not None else None

    def write(self, records: Sequence[AuditRecord]) -> None:
        """Append records. Raises OSError."""
        content = "".join([f"{line_of(record)}\n" for record in records]).encode()
        if self._lock is not None:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            if self._file == "-":
                _write_whole(sys.stdout.fileno(), content)
            else:
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
                descriptor = os.open(self._file, flags, 0o600)
                try:
                    _write_all_or_none(descriptor, content)
                finally:
                    os.close(descriptor)
        finally:
            if self._lock is not None:
                fcntl.flock(self._lock, fcntl.LOCK_UN)


def _write_all_or_none(descriptor: int, content: bytes) -> None:
    before = os.fstat(descriptor).st_size
    try:
        _write_whole(descriptor, content)
    except OSError:
        with suppress(OSError):  # no file that has an end, but a pipe
            # Or the next record would begin in the middle of a line.
            os.ftruncate(descriptor, before)
        raise


def _write_whole(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
