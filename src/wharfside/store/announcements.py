"""Announcements: that a transaction has left work for others, told to every process once it is committed.

On PostgreSQL they are notifications, which the server sends with the commit. On SQLite the process that commits tells
itself, and the others ask four times a second whether the file has changed, which costs a look into shared memory.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import threading
from collections.abc import Callable, Generator
from typing import Any, Final

import sqlalchemy as sa

from wharfside.store.prepared import Prepared

ANNOUNCED: Final = "wharfside_announced"
"""Set in the `info` of an SQLite connection whose transaction has announced something."""
POLL_SECONDS: Final = 0.25
_CHANNEL: Final = "wharfside_jobs"
_PATIENCE_SECONDS: Final = 5.0
"""Before listening is tried again."""
_NOTIFY: Final = Prepared(sa.text(f"SELECT pg_notify('{_CHANNEL}', '')"))

_log = logging.getLogger(__name__)


def announce(connection: sa.Connection) -> None:
    """Have everybody who listens told, once this transaction is committed."""
    if connection.dialect.name == "sqlite":
        connection.info[ANNOUNCED] = True
    else:
        _NOTIFY.first(connection)


class Listener:
    """A thread that calls `tell` whenever something may have been announced; also when nothing was, now and then."""

    def __init__(self, engine: sa.Engine, tell: Callable[[], None]) -> None:
        self._engine = engine
        self._tell = tell
        self._closed = threading.Event()
        self._wake, self._end = os.pipe()
        """Written to at the end, so that a thread that waits for a socket wakes up."""
        self._thread = threading.Thread(target=self._listen, name="announcements", daemon=True)
        self._thread.start()

    def tell(self) -> None:
        """Tell at once, from any thread, unless it is closed."""
        if not self._closed.is_set():
            self._tell()

    def close(self) -> None:
        """End the thread. Once only."""
        self._closed.set()
        os.write(self._end, b"x")
        self._thread.join()
        os.close(self._wake)
        os.close(self._end)

    def _listen(self) -> None:
        wait = self._changes if self._engine.dialect.name == "sqlite" else self._notifications
        while not self._closed.is_set():
            try:
                with self._engine.connect() as connection, contextlib.closing(wait(connection)) as news:
                    for _ in news:
                        self.tell()
            except Exception as error:
                _log.warning("not listening to announcements: %s; it is tried again", error)
                self._closed.wait(_PATIENCE_SECONDS)

    def _changes(self, connection: sa.Connection) -> Generator[None]:
        driver: Any = connection.connection.dbapi_connection
        before = None
        while True:
            (version,) = driver.execute("PRAGMA data_version").fetchone()
            if version != before:
                yield
            before = version
            if self._closed.wait(POLL_SECONDS):
                return

    def _notifications(self, connection: sa.Connection) -> Generator[None]:
        connection.detach()  # it is kept for long, and must not be one of the pool's
        driver: Any = connection.connection.dbapi_connection
        driver.autocommit = True
        driver.execute(f"LISTEN {_CHANNEL}")
        yield  # what was announced before it listened
        news = select.poll()  # as descriptors may have numbers that `select.select` does not take
        news.register(driver.fileno(), select.POLLIN)
        news.register(self._wake, select.POLLIN)
        while True:
            if self._wake in dict(news.poll()):
                return
            if list(driver.notifies(timeout=0)):
                yield
