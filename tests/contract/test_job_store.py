"""Jobs and schedules as rows: what is left, claimed, kept, given up, and done exactly once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from wharfside.store import job_records, jobs, schedules
from wharfside.store.announcements import POLL_SECONDS
from wharfside.store.db import Db, open_engine
from wharfside.store.job_records import JobRecord
from wharfside.store.jobs import LEASE_SECONDS, Claimed, LeaseLost, Wanted
from wharfside.store.schedules import Schedule
from wharfside.store.tables import metadata

NOW = 1_800_000_000.0


class Queue:
    """The jobs of one database, at the moment `now`."""

    def __init__(self, db: Db) -> None:
        self.db = db
        self.now = NOW

    def enqueue(self, key: str = "a", kind: str = "scan", **options: Any) -> int:
        payload = options.pop("payload", {})
        return self.write(lambda c: jobs.enqueue(c, kind, key, payload, self.now, **options))

    def claim(self, owner: str = "one", slots: int = 1, attempts: int = 5, kind: str = "scan") -> list[Claimed]:
        wanted = {kind: Wanted(slots, attempts)}
        return self.write(lambda c: jobs.claim(c, owner, wanted, self.now))[0]

    def claim_one(self, owner: str = "one") -> Claimed:
        (claimed,) = self.claim(owner)
        return claimed

    def write(self, work: Callable[[Connection], Any]) -> Any:
        return self.db.write(work).result(30)

    def job(self, id_: int) -> JobRecord:
        found = self.db.read(lambda c: job_records.find_job(c, id_))
        assert found is not None
        return found

    def states(self) -> Counter[str]:
        return Counter(each.state for each in self.db.read(lambda c: job_records.list_jobs(c, 1000)))


@pytest.fixture
def queue(db: Db) -> Queue:
    return Queue(db)


def test_a_job_exists_if_and_only_if_its_transaction_committed(queue: Queue) -> None:
    def refuse(connection: Connection) -> None:
        jobs.enqueue(connection, "scan", "a", {}, NOW)
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        queue.write(refuse)
    assert queue.claim() == []
    id_ = queue.enqueue(payload={"digest": "sha256:1"})
    assert queue.claim() == [Claimed(id_, "scan", "a", {"digest": "sha256:1"}, 1, "one", 0.0)]


def test_a_payload_has_a_bound(queue: Queue) -> None:
    queue.enqueue(payload={"x": "y" * (jobs.LONGEST_PAYLOAD - 8)})
    with pytest.raises(ValueError, match="65537 characters"):
        queue.enqueue("b", payload={"x": "y" * (jobs.LONGEST_PAYLOAD - 7)})


def test_of_one_kind_and_key_one_waits(queue: Queue) -> None:
    first = queue.enqueue(payload={"n": 1}, delay=60, priority=3)
    queue.now += 1
    assert queue.enqueue(payload={"n": 2}, delay=10, priority=5) == first
    waiting = queue.job(first)
    assert (waiting.payload, waiting.priority, waiting.due_at) == ('{"n":2}', 3, NOW + 11)
    assert queue.enqueue(payload={"n": 3}, delay=100, priority=1) == first
    waiting = queue.job(first)
    assert (waiting.payload, waiting.priority, waiting.due_at) == ('{"n":3}', 1, NOW + 11)
    assert queue.enqueue(kind="sign") != first
    assert queue.enqueue("b") != first


def test_what_is_left_while_a_job_runs_waits_for_its_end(queue: Queue) -> None:
    first = queue.enqueue()
    running = queue.claim_one()
    second = queue.enqueue()
    assert second != first
    assert queue.claim() == []
    queue.write(lambda c: jobs.complete(c, running, queue.now))
    assert queue.claim_one().id == second


def test_the_lowest_priority_comes_first_and_then_what_was_due_first(queue: Queue) -> None:
    queue.enqueue("last", priority=1)
    queue.enqueue("third", delay=3)
    queue.enqueue("second", delay=2)
    queue.enqueue("first", priority=-1, delay=4)
    queue.enqueue("later", delay=60)
    queue.now += 10
    assert [claimed.key for claimed in queue.claim(slots=9)] == ["first", "second", "third", "last"]


def test_claims_that_race_never_get_the_same_job(queue: Queue) -> None:
    for number in range(60):
        queue.enqueue(str(number))

    def claim_all(owner: str) -> list[int]:
        mine: list[int] = []
        while some := queue.claim(owner, slots=3):
            mine += [claimed.id for claimed in some]
        return mine

    with ThreadPoolExecutor(6) as threads:
        claimed = [id_ for ids in threads.map(claim_all, [f"owner {n}" for n in range(6)]) for id_ in ids]
    assert len(claimed) == len(set(claimed)) == 60


def test_jobs_left_by_races_wait_once(queue: Queue) -> None:
    with ThreadPoolExecutor(6) as threads:
        ids = list(threads.map(lambda n: queue.enqueue(f"key {n % 5}"), range(60)))
    assert len(set(ids)) == 5
    assert queue.states() == {"queued": 5}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_waiting_job_is_not_started_before_what_somebody_adds_to_it_is_committed(
    queue: Queue, engine: sa.Engine
) -> None:
    """On SQLite nobody could: there is one transaction that writes."""
    queue.enqueue()
    with engine.connect() as connection, connection.begin():
        jobs.enqueue(connection, "scan", "a", {"n": 2}, NOW)
        assert queue.claim() == []
    assert queue.claim_one().payload == {"n": 2}


def test_a_lease_that_is_not_renewed_ends_and_the_job_is_adopted(queue: Queue) -> None:
    queue.enqueue()
    first = queue.claim_one("one")
    queue.now += LEASE_SECONDS - 1
    assert queue.write(lambda c: jobs.renew(c, "one", [first.id], queue.now)) == {first.id}
    queue.now += LEASE_SECONDS - 1
    assert queue.claim("two") == []
    queue.now += 1
    second = queue.claim_one("two")
    assert (second.id, second.attempt, second.owner) == (first.id, 2, "two")
    assert queue.write(lambda c: jobs.renew(c, "one", [first.id], queue.now)) == set()


def test_what_an_attempt_writes_after_it_lost_its_lease_has_no_effect(queue: Queue) -> None:
    queue.enqueue()
    first = queue.claim_one("one")
    queue.now += LEASE_SECONDS
    second = queue.claim_one("two")

    def finish(claimed: Claimed) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            jobs.enqueue(connection, "effect", claimed.owner, {}, NOW)
            jobs.complete(connection, claimed, queue.now)

        return work

    for late in (
        finish(first),
        lambda c: jobs.hold(c, first),
        lambda c: jobs.release(c, first, queue.now),
        lambda c: jobs.fail(c, first, "x", queue.now, 1.0),
    ):
        with pytest.raises(LeaseLost):
            queue.write(late)
    queue.write(finish(second))
    with pytest.raises(LeaseLost):
        queue.write(finish(second))
    assert [claimed.key for claimed in queue.claim(kind="effect", slots=9)] == ["two"]


def test_an_attempt_that_its_own_process_gave_up_has_lost_its_lease_as_well(queue: Queue) -> None:
    queue.enqueue()
    first = queue.claim_one()
    queue.write(lambda c: jobs.fail(c, first, "too slow", queue.now, 0.0))
    second = queue.claim_one()
    with pytest.raises(LeaseLost):
        queue.write(lambda c: jobs.complete(c, first, queue.now))
    queue.write(lambda c: jobs.complete(c, second, queue.now))


def test_a_job_that_takes_every_owner_with_it_dies(queue: Queue) -> None:
    id_ = queue.enqueue()
    for _ in range(3):
        assert [claimed.id for claimed in queue.claim(attempts=3)] == [id_]
        queue.now += LEASE_SECONDS
    assert queue.claim(attempts=3) == []
    dead = queue.job(id_)
    assert (dead.state, dead.error) == ("dead", "whoever ran it died, or was cut off, every time")


def test_a_failed_attempt_is_followed_by_another_until_the_job_is_dead(queue: Queue) -> None:
    id_ = queue.enqueue()
    first = queue.claim_one()
    queue.write(lambda c: jobs.fail(c, first, "E" * 9000, queue.now, 8.0))
    failed = queue.job(id_)
    assert (failed.state, failed.owner, failed.attempts) == ("queued", None, 1)
    assert failed.error == "E" * jobs.LONGEST_ERROR
    queue.enqueue()  # does not make the next attempt come earlier
    queue.now += 7.9
    assert queue.claim() == []
    queue.now += 0.1
    second = queue.claim_one()
    assert second.attempt == 2
    queue.write(lambda c: jobs.fail(c, second, "again", queue.now, None))
    dead = queue.job(id_)
    assert (dead.state, dead.error, dead.finished_at) == ("dead", "again", queue.now)
    assert queue.enqueue() != id_


def test_one_that_was_left_meanwhile_takes_over_from_a_failed_attempt(queue: Queue) -> None:
    queue.enqueue(payload={"n": 1})
    running = queue.claim_one()
    second = queue.enqueue(payload={"n": 2})
    queue.write(lambda c: jobs.fail(c, running, "no", queue.now, 4.0))
    assert queue.states() == {"queued": 1}
    assert queue.claim() == []
    queue.now += 4
    claimed = queue.claim_one()
    assert (claimed.id, claimed.attempt, claimed.payload) == (second, 2, {"n": 2})


def test_a_lease_that_is_given_back_costs_no_attempt(queue: Queue) -> None:
    id_ = queue.enqueue()
    first = queue.claim_one()
    queue.write(lambda c: jobs.release(c, first, queue.now))
    second = queue.claim_one("two")
    assert (second.id, second.attempt) == (id_, 1)
    third = queue.enqueue(payload={"n": 2})
    queue.write(lambda c: jobs.release(c, second, queue.now))
    assert queue.states() == {"queued": 1}
    assert queue.claim_one().id == third


def test_jobs_are_cancelled_and_tried_again(queue: Queue) -> None:
    def cancel(id_: int) -> bool:
        return queue.write(lambda c: job_records.cancel_job(c, id_, queue.now))

    def retry(id_: int) -> bool:
        return queue.write(lambda c: job_records.retry_job(c, id_, queue.now))

    id_ = queue.enqueue(delay=60)
    assert cancel(id_)
    assert not cancel(id_)
    assert queue.job(id_).state == "cancelled"
    assert retry(id_)
    running = queue.claim_one()
    assert not retry(id_)
    assert queue.job(id_).state == "running"
    assert cancel(id_)
    with pytest.raises(LeaseLost):
        queue.write(lambda c: jobs.complete(c, running, queue.now))
    other = queue.enqueue()
    assert not retry(id_)  # the other one waits
    again = queue.claim_one()
    assert again.id == other
    queue.write(lambda c: jobs.fail(c, again, "no", queue.now, None))
    assert not cancel(other)
    assert retry(other)
    assert queue.claim_one().attempt == 1
    assert not retry(999)
    assert not cancel(999)


def test_jobs_that_ended_long_ago_are_forgotten(queue: Queue) -> None:
    done, dead = queue.enqueue("done"), queue.enqueue("dead")
    first, second = queue.claim(slots=2)
    queue.write(lambda c: jobs.complete(c, first, queue.now))
    queue.write(lambda c: jobs.fail(c, second, "no", queue.now, None))
    queue.enqueue("waits")
    queue.now += 24 * 3600 + 1
    assert queue.write(lambda c: job_records.forget_jobs(c, queue.now, 10)) == 1
    assert queue.db.read(lambda c: job_records.find_job(c, done)) is None
    assert queue.job(dead).state == "dead"
    queue.now += 30 * 24 * 3600
    assert queue.write(lambda c: job_records.forget_jobs(c, queue.now, 10)) == 1
    assert queue.states() == {"queued": 1}


def test_jobs_are_listed_and_counted(queue: Queue) -> None:
    queue.enqueue("a", delay=5)
    queue.enqueue("b")
    queue.enqueue("c", kind="sign", delay=9)
    queue.claim_one()
    listed = queue.db.read(lambda c: job_records.list_jobs(c, 2))
    assert [each.key for each in listed] == ["c", "b"]
    listed = queue.db.read(lambda c: job_records.list_jobs(c, 9, state="queued", kind="scan"))
    assert [each.key for each in listed] == ["a"]
    counts = {(each.kind, each.state): each for each in queue.db.read(job_records.count_jobs)}
    assert {key: each.jobs for key, each in counts.items()} == {
        ("scan", "queued"): 1,
        ("scan", "running"): 1,
        ("sign", "queued"): 1,
    }
    assert counts["scan", "queued"].earliest_due_at == NOW + 5


def test_a_schedule_fires_once_however_many_see_that_it_is_due(queue: Queue) -> None:
    hourly = [Schedule("hourly", "sweep", "@hourly"), Schedule("daily", "report", "0 3 * * *")]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: queue.write(lambda c: schedules.register(c, hourly, NOW)), range(6)))
        fired: list[int] = []
        for hour in range(30):
            moment = NOW + hour * 3600
            rounds = threads.map(
                lambda _, moment=moment: queue.write(lambda c: schedules.fire(c, hourly, moment)), range(6)
            )
            fired += [id_ for ids in rounds for id_ in ids]
            for kind in ("sweep", "report"):
                for claimed in queue.claim(kind=kind, slots=9):
                    queue.write(lambda c, one=claimed: jobs.complete(c, one, NOW))
            queue.now += 3600
    found = Counter(each.kind for each in queue.db.read(lambda c: job_records.list_jobs(c, 1000)))
    assert len(fired) == len(set(fired)) == sum(found.values())
    assert found == {"sweep": 30, "report": 2}  # at once, and at 03:00 of the next day


def test_moments_that_passed_while_nobody_ran_are_made_up_for_by_one_job(queue: Queue) -> None:
    hourly = [Schedule("sweep", "sweep", "15 * * * *")]
    queue.write(lambda c: schedules.register(c, hourly, NOW))
    assert len(queue.write(lambda c: schedules.fire(c, hourly, NOW))) == 1
    for claimed in queue.claim(kind="sweep"):
        queue.write(lambda c, one=claimed: jobs.complete(c, one, NOW))
    back = NOW + 10 * 3600
    queue.write(lambda c: schedules.register(c, hourly, back))
    for later, fired in ((0, 1), (1, 0), (899, 0), (900, 1)):
        assert len(queue.write(lambda c, now=back + later: schedules.fire(c, hourly, now))) == fired
    (recorded,) = queue.db.read(schedules.list_schedules)
    assert (recorded.next_at, recorded.fired_at) == (back + 900 + 3600, back + 900)


def test_a_job_is_left_again_unless_a_newer_one_waits(queue: Queue) -> None:
    queue.enqueue()
    claimed = queue.claim_one()

    def end(connection: Connection) -> None:
        jobs.complete(connection, claimed, queue.now)
        jobs.leave_again(connection, claimed, queue.now, delay=60.0)

    assert not queue.db.read(lambda c: jobs.waits(c, claimed.kind, claimed.key))
    queue.write(end)
    assert queue.db.read(lambda c: jobs.waits(c, claimed.kind, claimed.key))
    assert queue.claim() == []
    queue.now += 60
    again = queue.claim_one()
    assert (again.key, again.payload, again.attempt) == (claimed.key, claimed.payload, 1)
    queue.write(lambda c: jobs.enqueue(c, again.kind, again.key, {"newer": True}, queue.now))
    queue.write(lambda c: (jobs.complete(c, again, queue.now), jobs.leave_again(c, again, queue.now, delay=60.0)))
    assert queue.claim_one().payload == {"newer": True}


def test_a_schedule_that_was_changed_fires_at_its_new_moments(queue: Queue) -> None:
    queue.write(lambda c: schedules.register(c, [Schedule("sweep", "sweep", "0 * * * *")], NOW))
    queue.write(lambda c: schedules.fire(c, [Schedule("sweep", "sweep", "0 * * * *")], NOW))
    new = [Schedule("sweep", "sweep", "* * * * *")]
    for _ in range(2):
        queue.write(lambda c: schedules.register(c, new, NOW))
    (recorded,) = queue.db.read(schedules.list_schedules)
    assert (recorded.cron, recorded.next_at, recorded.fired_at) == ("* * * * *", NOW + 60, NOW)


@pytest.mark.parametrize("names", [[], ["one"], ["one", "two"]])
def test_a_look_finds_what_is_due(queue: Queue, names: list[str]) -> None:
    known = [Schedule(name, "sweep", "* * * * *") for name in names]
    look = jobs.look_for(["scan", "sign"], schedules.any_due(known))

    def found() -> list[bool]:
        return [bool(each) for each in queue.db.read(lambda c: look.first(c, now=queue.now)) or ()]

    queue.write(lambda c: schedules.register(c, [Schedule("two", "sweep", "* * * * *")], NOW + 5))
    queue.enqueue(delay=2)
    assert found() == [False, False, False]
    queue.now += 2
    assert found() == [True, False, False]
    queue.claim_one()
    assert found() == [False, False, False]
    queue.now += 3
    assert found() == [False, False, "two" in names]
    queue.now += LEASE_SECONDS
    assert found() == [True, False, "two" in names]


@pytest.mark.parametrize("outcome", ["commit", "roll back"])
def test_whoever_listens_is_told_of_what_was_committed(database_url: str, outcome: str) -> None:
    here, elsewhere = Db(open_engine(database_url)), Db(open_engine(database_url))
    told_here, told_elsewhere = threading.Event(), threading.Event()
    listeners = [here.listen(told_here.set), elsewhere.listen(told_elsewhere.set)]
    assert told_here.wait(10)  # of what may have been before
    assert told_elsewhere.wait(10)
    threading.Event().wait(2 * POLL_SECONDS)
    told_here.clear()
    told_elsewhere.clear()

    def leave(connection: Connection) -> None:
        jobs.enqueue(connection, "scan", "a", {}, NOW)
        if outcome == "roll back":
            raise ValueError("refused")

    left = here.write(leave)
    if outcome == "commit":
        left.result(10)
        assert told_here.wait(10)
        assert told_elsewhere.wait(10)
    else:
        assert isinstance(left.exception(10), ValueError)
        assert not told_elsewhere.wait(3 * POLL_SECONDS)
    for listener in listeners:
        listener.close()
    here.close()
    elsewhere.close()


def test_jobs_are_found_by_index() -> None:
    engine = open_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        look = jobs.look_for(["scan", "sign"], schedules.any_due([Schedule("hourly", "sweep", "@hourly")])).statement
        for statement in (look, vars(jobs)["_NEXT"].statement, vars(jobs)["_ABANDONED"].statement):
            sql = str(statement.compile(dialect=engine.dialect))
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?"))
            steps = [row[3] for row in plan]
            assert [step for step in steps if step.startswith("SEARCH")]
            assert not [step for step in steps if "SCAN job" in step or "SCAN running" in step], steps
    engine.dispose()
