"""Units of work: isolation, savepoints, group commit, conflicts."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import DBAPIError

from wharfside.store.db import MAXIMUM_BATCH, Db, open_engine
from wharfside.store.prepared import Prepared
from wharfside.store.tables import account


def add(connection: Connection, number: int) -> int:
    connection.execute(insert(account), {"id": f"{number:012}", "created_at": 1.0})
    return number


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(account)).scalar_one()


def test_a_write_is_seen_by_later_reads(db: Db) -> None:
    assert db.write(lambda connection: add(connection, 1)).result(10) == 1
    assert db.read(count) == 1


def test_a_failed_write_leaves_nothing_behind_and_does_not_harm_its_neighbours(db: Db) -> None:
    def fail(connection: Connection) -> None:
        add(connection, 500)
        raise ValueError("refused")

    answers = [db.write(fail if number % 5 == 0 else lambda c, n=number: add(c, n)) for number in range(100)]
    wait(answers, 30)
    for number, answer in enumerate(answers):
        if number % 5 == 0:
            with pytest.raises(ValueError, match="refused"):
                answer.result()
        else:
            assert answer.result() == number
    assert db.read(count) == 80


def test_a_statement_that_fails_in_the_database_fails_only_its_own_write(db: Db) -> None:
    db.write(lambda connection: add(connection, 1)).result(10)
    answers = [db.write(lambda connection, n=number: add(connection, n)) for number in (1, 2, 1, 3)]
    wait(answers, 30)
    assert [answer.exception() is None for answer in answers] == [False, True, False, True]
    assert db.read(count) == 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_writes_that_wait_are_committed_together(db: Db) -> None:
    """PostgreSQL groups commits itself."""
    began, go, commits = threading.Event(), threading.Event(), []

    def hold(connection: Connection) -> None:
        driver = connection.connection.dbapi_connection
        driver.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
        began.set()
        assert go.wait(10)

    first = db.write(hold)
    assert began.wait(10)
    others = [db.write(lambda connection, n=number: add(connection, n)) for number in range(50)]
    go.set()
    waiting: list[Future[Any]] = [first, *others]
    wait(waiting, 30)
    assert len(commits) == 2
    assert db.read(count) == 50


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_failure_after_which_sqlite_undoes_everything_is_told_to_everybody(db: Db) -> None:
    """As of a full disk; here the statement asks for it."""
    db.write(lambda connection: add(connection, 1)).result(10)
    began, go = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        began.set()
        assert go.wait(30)

    def undo(connection: Connection) -> None:
        connection.execute(sa.text("INSERT OR ROLLBACK INTO account (id, created_at) VALUES ('000000000001', 1.0)"))

    first = db.write(hold)
    assert began.wait(30)
    together = [db.write(work) for work in (lambda c: add(c, 2), undo, lambda c: add(c, 3))]
    go.set()
    first.result(30)
    wait(together, 30)
    assert all("UNIQUE constraint failed" in str(answer.exception()) for answer in together)
    assert db.read(count) == 1
    assert db.write(lambda connection: add(connection, 4)).result(10) == 4
    assert db.read(count) == 2


def test_every_write_that_was_submitted_before_the_end_is_answered_in_its_order(engine: sa.Engine) -> None:
    began, go, order = threading.Event(), threading.Event(), list[int]()
    db = Db(engine)

    def hold(_: Connection) -> None:
        began.set()
        assert go.wait(30)

    first = db.write(hold)
    assert began.wait(30)
    many = 2 * MAXIMUM_BATCH + 1
    others = [db.write(lambda connection, n=number: order.append(add(connection, n))) for number in range(many)]
    closing = threading.Thread(target=db.close)
    closing.start()
    go.set()
    closing.join(60)
    waiting: list[Future[Any]] = [first, *others]
    assert not wait(waiting, 30).not_done
    assert sorted(order) == list(range(many))
    if engine.dialect.name == "sqlite":
        assert order == sorted(order)
    with engine.connect() as connection:
        assert count(connection) == many


def test_a_write_answers_only_after_its_commit(db: Db, engine: sa.Engine) -> None:
    db.write(lambda connection: add(connection, 7)).result(10)
    with engine.connect() as other:
        assert count(other) == 1


def test_a_read_sees_one_moment(db: Db) -> None:
    def look_twice(connection: Connection) -> tuple[int, int]:
        before = count(connection)
        db.write(lambda other: add(other, 9)).result(10)
        return before, count(connection)

    assert db.read(look_twice) == (0, 0)
    assert db.read(count) == 1


def test_concurrent_increments_are_not_lost(db: Db) -> None:
    db.write(lambda connection: add(connection, 1)).result(10)

    def increment(connection: Connection) -> None:
        row = select(account.c.created_at).where(account.c.id == f"{1:012}").with_for_update()
        value = connection.execute(row).scalar_one()
        connection.execute(account.update().values(created_at=value + 1))

    with ThreadPoolExecutor(8) as threads:
        wait([threads.submit(lambda: db.write(increment).result(30)) for _ in range(60)], 60)
    assert db.read(lambda connection: connection.execute(select(account.c.created_at)).scalar_one()) == 61.0


def test_a_write_that_loses_a_race_for_a_name_runs_again_and_finds_the_winner(db: Db) -> None:
    def make_unless_there(connection: Connection) -> bool:
        if connection.scalar(select(account.c.id).where(account.c.id == f"{5:012}")) is not None:
            return False
        add(connection, 5)
        return True

    answers = [db.write(make_unless_there) for _ in range(20)]
    wait(answers, 30)
    assert sorted(answer.result() for answer in answers) == [False] * 19 + [True]


def test_statements_of_reads_stay_prepared(db: Db) -> None:
    """On PostgreSQL, the driver prepares what it is given often, and forgets it when a transaction is rolled back."""
    often = Prepared(sa.text("SELECT 4711 + :number"))
    for number in range(20):
        assert db.read(lambda connection, number=number: often.first(connection, number=number)) == (4711 + number,)
    if db.engine.dialect.name == "postgresql":
        prepared = sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 4711 + $%'")
        assert db.read(lambda connection: connection.scalar(prepared)) == 1


def test_a_silent_server_is_given_up_as_the_address_says_or_within_a_minute(database_url: str) -> None:
    if not database_url.startswith("postgresql"):
        assert database_url.startswith("sqlite:///"), "a file needs no patience"
        return
    url = sa.make_url(database_url)
    for address, patience in ((url, "10"), (url.update_query_dict({"connect_timeout": "3"}), "3")):
        engine = open_engine(address.render_as_string(hide_password=False))
        with engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            given = driver.info.get_parameters()
        engine.dispose()
        assert given["connect_timeout"] == patience
        assert given["tcp_user_timeout"] == "60000"
        assert (given["keepalives_idle"], given["keepalives_interval"], given["keepalives_count"]) == ("30", "10", "3")


def test_what_was_to_be_stored_does_not_show_in_an_error(db: Db) -> None:
    statement = sa.text("INSERT INTO no_such_table VALUES (:value)")
    with pytest.raises(DBAPIError) as failure:
        db.write(lambda connection: connection.execute(statement, {"value": "c2VjcmV0"})).result(30)
    assert "no_such_table" in str(failure.value)
    assert "c2VjcmV0" not in str(failure.value)
