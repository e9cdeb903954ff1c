"""The database: one unit of work is one transaction and one thread hop.

Only this module begins and commits. A unit of work is a plain function of a connection; it may be run again after a
conflict, so it has no effects besides its SQL.

On SQLite one thread writes. It takes every write that waits, runs each in its own savepoint, and commits them together:
one fsync serves them all, and each caller is answered after it. PostgreSQL does the same inside the server, so there
every write has a transaction of its own.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from sqlite3 import Connection as SqliteConnection
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from wharfside.store.announcements import ANNOUNCED, Listener

T = TypeVar("T")

POSTGRESQL_READERS = 8
POSTGRESQL_WRITERS = 8
MAXIMUM_BATCH = 128
"""Writes per commit."""
_BUSY_SECONDS = 30
_CONFLICTS = ("40", "23")  # SQLSTATE classes: serialization failure or deadlock; a constraint that does not hold
_ATTEMPTS = 5
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""How long a server is waited for that says nothing: seconds, and the last one milliseconds. Without it, for hours."""
_DRIVERS = ("sqlite", "postgresql", "postgresql+psycopg")


class DatabaseAddressRefused(ValueError):
    """This is no address of a database that can be used. The text says what one looks like, and nothing of a secret."""


def open_engine(url: str) -> sa.Engine:
    """An engine for `sqlite:///…` or `postgresql+psycopg://…`. Raises DatabaseAddressRefused.

    A PostgreSQL that no longer answers is given up after a minute, unless the address has other times for that (libpq,
    "Parameter Key Words"). What is stored does not show in the texts of its errors, which are logged.
    """
    address = _parse(url)
    if address.drivername == "sqlite":
        engine = sa.create_engine(
            url,
            poolclass=sa.NullPool,
            connect_args={"check_same_thread": False, "cached_statements": 512},
            hide_parameters=True,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    return sa.create_engine(
        url,
        pool_size=POSTGRESQL_READERS + POSTGRESQL_WRITERS,
        max_overflow=4,
        pool_pre_ping=True,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={name: value for name, value in _PATIENCE.items() if name not in address.query},
    )


def _parse(url: str) -> sa.URL:
    # Without the cause, whose text may hold a part of the password.
    refusal = DatabaseAddressRefused("It looks like postgresql+psycopg://user@host/database.")
    try:
        address = sa.make_url(url)
    except (ArgumentError, ValueError):
        raise refusal from None
    if address.drivername not in _DRIVERS:
        raise refusal
    return address


def _prepare_sqlite(connection: SqliteConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # this module begins and commits, not the driver
    connection.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")
    # Not mapped into memory: whenever somebody has written, every reader would map the whole file anew.
    connection.execute("PRAGMA mmap_size=0")
    connection.execute("PRAGMA wal_autocheckpoint=4000")


def use_write_ahead_log(engine: sa.Engine) -> None:
    """Switch an SQLite database to its write-ahead log. Once, before there are workers: switching races."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")


@dataclass(frozen=True, slots=True)
class _Write:
    work: Callable[[sa.Connection], Any]
    answer: Future[Any]


class Db:
    """Runs units of work: reads in the thread that asks, writes in a thread of its own."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._sqlite = engine.dialect.name == "sqlite"
        self._local = threading.local()
        self._connections: list[sa.Connection] = []
        self._closed = False
        self._listeners: list[Listener] = []
        if self._sqlite:
            self._writes: SimpleQueue[_Write | None] = SimpleQueue()
            self._writer = threading.Thread(target=self._write_batches, name="db-write", daemon=True)
            self._writer.start()
        else:
            self._writers = ThreadPoolExecutor(POSTGRESQL_WRITERS, "db-write")

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Run a unit of work that only reads, on one snapshot, in this thread. It may be part of another one."""
        if not self._sqlite:
            with self.engine.connect().execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            ) as connection:
                try:
                    return work(connection)
                finally:
                    # The pool would roll back, after which the driver forgets every statement that it has prepared.
                    cast("Any", connection.connection.dbapi_connection).commit()
        return _read_snapshot(self._connection(), work)

    def look(self, work: Callable[[sa.Connection], T]) -> T:
        """As `read`, for a unit of work of one statement, which is a snapshot by itself."""
        return work(self._connection()) if self._sqlite else self.read(work)

    def read_apart(self, work: Callable[[sa.Connection], T]) -> T:
        """As `read`, on a connection of its own that is closed afterwards: for threads that soon end."""
        if not self._sqlite:
            return self.read(work)
        with self.engine.connect() as connection:
            return _read_snapshot(connection, work)

    def write(self, work: Callable[[sa.Connection], T]) -> Future[T]:
        """Run a unit of work that may write. The future's result means: committed, and on disk."""
        if not self._sqlite:
            return self._writers.submit(self._write_alone, work)
        if self._closed:
            raise RuntimeError("the database is closed")
        answer: Future[T] = Future()
        self._writes.put(_Write(work, answer))
        return answer

    def listen(self, tell: Callable[[], None]) -> Listener:
        """Have `tell` called, in some thread, after commits with an announcement; those of this object's at once."""
        listener = Listener(self.engine, tell)
        self._listeners.append(listener)
        return listener

    def close(self) -> None:
        """Finish the writes that were submitted, and close every connection. Nobody may be reading."""
        self._closed = True
        if self._sqlite:
            self._writes.put(None)
            self._writer.join()
        else:
            self._writers.shutdown()
        for connection in self._connections:
            connection.close()
        self.engine.dispose()

    def _connection(self) -> sa.Connection:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self.engine.connect()
            self._connections.append(connection)
        return cast("sa.Connection", connection)

    def _write_alone(self, work: Callable[[sa.Connection], T]) -> T:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self.engine.begin() as connection:
                    return work(connection)
            except Exception as error:
                # A row that somebody else inserted or deleted meanwhile is seen by the work when it runs again.
                if attempt == _ATTEMPTS or not _is_conflict(error):
                    raise
        raise AssertionError("unreachable")

    def _write_batches(self) -> None:
        connection = self.engine.connect()
        driver = cast("SqliteConnection", connection.connection.dbapi_connection)
        more = True
        while more:
            batch, more = self._next_batch()
            if batch:
                _commit_together(connection, driver, batch)
            if connection.info.pop(ANNOUNCED, False):
                for listener in self._listeners:
                    listener.tell()
        connection.close()

    def _next_batch(self) -> tuple[list[_Write], bool]:
        """The writes that wait, or else the next one; and whether more may come."""
        batch: list[_Write] = []
        item = self._writes.get()
        while item is not None:
            if item.answer.set_running_or_notify_cancel():  # nobody can cancel it from here on
                batch.append(item)
            if len(batch) == MAXIMUM_BATCH:
                break
            try:
                item = self._writes.get_nowait()
            except Empty:
                break
        return batch, item is not None


def _read_snapshot(connection: sa.Connection, work: Callable[[sa.Connection], T]) -> T:
    driver = cast("SqliteConnection", connection.connection.dbapi_connection)
    if driver.in_transaction:  # of the unit of work that this one is part of
        return work(connection)
    driver.execute("BEGIN")
    try:
        return work(connection)
    finally:
        driver.execute("COMMIT")


def _is_conflict(error: Exception) -> bool:
    """Whether PostgreSQL refused a statement for what somebody else did at the same time."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    return isinstance(state, str) and state.startswith(_CONFLICTS)


def _commit_together(connection: sa.Connection, driver: SqliteConnection, batch: list[_Write]) -> None:
    answers: list[Callable[[], None]] = []
    try:
        driver.execute("BEGIN IMMEDIATE")
        if len(batch) == 1:  # nobody else's work is in the transaction, so it needs no savepoint
            result = batch[0].work(connection)
            answers.append(lambda: batch[0].answer.set_result(result))
        else:
            answers += [_run_in_savepoint(connection, driver, write) for write in batch]
        driver.execute("COMMIT")
    except BaseException as error:
        with contextlib.suppress(Exception):
            driver.execute("ROLLBACK")
        for write in batch:
            write.answer.set_exception(error)
        return
    for answer in answers:
        answer()


def _run_in_savepoint(connection: sa.Connection, driver: SqliteConnection, write: _Write) -> Callable[[], None]:
    """Run one write; what it returns gives the answer, once the batch is on disk."""
    driver.execute("SAVEPOINT unit")
    try:
        result = write.work(connection)
    except Exception as error:
        if not driver.in_transaction:
            raise  # SQLite has undone the whole batch, as it may when the disk is full: all are to hear why
        driver.execute("ROLLBACK TO unit")
        driver.execute("RELEASE unit")
        refusal = error
        return lambda: write.answer.set_exception(refusal)
    driver.execute("RELEASE unit")
    return lambda: write.answer.set_result(result)
