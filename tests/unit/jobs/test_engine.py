"""The engine of one process: how attempts end, how many run at a time, and how it stops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from job_nodes import effect, effects, make_effects, until
from running_node import Clock, in_a_node
from wharfside.api.node import Node
from wharfside.jobs.engine import LONGEST_DELAY, Engine, retry_delay
from wharfside.jobs.handlers import HANDLERS, SCHEDULES
from wharfside.jobs.work import Effects, Handler, Work
from wharfside.store import job_records, jobs
from wharfside.store.job_records import JobRecord

PATIENCE = 20.0


async def leave(node: Node, *keys: str) -> None:
    for key in keys:
        await asyncio.wrap_future(
            node.db.write(lambda c, key=key: jobs.enqueue(c, "work", key, {"n": 1}, node.clock()))
        )


async def listed(node: Node) -> list[JobRecord]:
    return await node.look_up(lambda c: job_records.list_jobs(c, 100))


async def states(node: Node) -> list[str]:
    return [each.state for each in await listed(node)]


async def until_states(node: Node, state: str, jobs: int) -> None:
    async def there() -> bool:
        return (await states(node)).count(state) == jobs

    await until(there)


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Callable[[Node, Clock], Awaitable[None]]], None]:
    def start(work: Callable[[Node, Clock], Awaitable[None]]) -> None:
        async def prepared(node: Node, clock: Clock) -> None:
            make_effects(f"sqlite:///{tmp_path / 'data' / 'registry.db'}")
            await work(node, clock)

        in_a_node(tmp_path / "data", prepared)

    return start


Run = Callable[[Callable[[Node, Clock], Awaitable[None]]], None]


def engine(node: Node, handle: Any, outcomes: list[str] | None = None, **options: Any) -> Engine:
    ends = outcomes if outcomes is not None else []
    return Engine(
        node, [Handler("work", handle, **options)], observe=lambda kind, outcome, waited, _: ends.append(outcome)
    )


def test_delays_double_up_to_an_hour() -> None:
    assert [retry_delay(attempt) for attempt in (1, 2, 3)] == [2.0, 4.0, 8.0]
    assert retry_delay(30) == LONGEST_DELAY


def test_every_schedule_is_of_a_kind_that_is_handled() -> None:
    kinds = {handler.kind for handler in HANDLERS}
    assert len(kinds) == len(HANDLERS)
    assert {schedule.kind for schedule in SCHEDULES} <= kinds
    assert len({schedule.name for schedule in SCHEDULES}) == len(SCHEDULES)


@pytest.mark.parametrize("way", ["coroutine", "plain"])
def test_a_handler_does_the_job_and_its_effects_come_with_the_completion(run: Run, way: str) -> None:
    async def coroutine(node: Node, work: Work) -> Effects:
        assert (work.key, work.payload, work.stopping) == ("a", {"n": 1}, False)
        return effect(threading.current_thread().name)

    def plain(node: Node, work: Work) -> Effects:
        work.write(effect("meanwhile")).result(PATIENCE)
        return effect(threading.current_thread().name)

    async def drive(node: Node, clock: Clock) -> None:
        await leave(node, "a")
        runs = engine(node, coroutine if way == "coroutine" else plain)
        assert await runs.turn()
        await runs.settle()
        assert not await runs.turn()
        assert await states(node) == ["done"]
        expected = {"MainThread": 1} if way == "coroutine" else {"meanwhile": 1, "job-work": 1}
        assert await node.look_up(effects) == expected

    run(drive)


@pytest.mark.parametrize("way", ["coroutine", "plain"])
def test_an_attempt_that_fails_is_repeated_later_and_the_last_one_is_the_end(run: Run, way: str) -> None:
    async def coroutine(node: Node, work: Work) -> Effects:
        raise ValueError(f"attempt {work.claimed.attempt}")

    def plain(node: Node, work: Work) -> Effects:
        raise ValueError(f"attempt {work.claimed.attempt}")

    async def drive(node: Node, clock: Clock) -> None:
        outcomes: list[str] = []
        await leave(node, "a")
        runs = engine(node, coroutine if way == "coroutine" else plain, outcomes, attempts=3)
        for delay in (2.0, 4.0):
            await runs.turn()
            await runs.settle()
            assert not await runs.turn()
            clock.now += delay
        await runs.turn()
        await runs.settle()
        (job,) = await listed(node)
        assert (job.state, job.error, job.attempts) == ("dead", "ValueError: attempt 3", 3)
        assert outcomes == ["failed", "failed", "dead"]

    run(drive)


def test_effects_that_fail_undo_the_completion(run: Run) -> None:
    def spoil(connection: Any) -> None:
        effect("half")(connection)
        raise ValueError("spoiled")

    async def handle(node: Node, work: Work) -> Effects:
        return spoil if work.claimed.attempt == 1 else effect("whole")

    async def drive(node: Node, clock: Clock) -> None:
        await leave(node, "a")
        runs = engine(node, handle)
        await runs.turn()
        await runs.settle()
        assert await states(node) == ["queued"]
        clock.now += 2
        await runs.turn()
        await runs.settle()
        assert await node.look_up(effects) == {"whole": 1}

    run(drive)


def test_no_more_run_at_a_time_than_may(run: Run) -> None:
    async def drive(node: Node, clock: Clock) -> None:
        go, running, most = asyncio.Event(), 0, 0

        async def handle(node: Node, work: Work) -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await go.wait()
            running -= 1

        await leave(node, *"abcdefg")
        runs = engine(node, handle, concurrency=3)
        runs.start()
        await until_states(node, "running", 3)
        await asyncio.sleep(0.1)
        assert (await states(node)).count("queued") == 4
        go.set()
        await until_states(node, "done", 7)
        await runs.stop()
        assert most == 3

    run(drive)


def test_a_coroutine_whose_time_is_up_is_cancelled(run: Run) -> None:
    async def handle(node: Node, work: Work) -> None:
        await asyncio.Event().wait()

    async def drive(node: Node, clock: Clock) -> None:
        await leave(node, "a")
        runs = engine(node, handle, timeout=0.05)
        await runs.turn()
        await runs.settle(PATIENCE)
        (job,) = await listed(node)
        assert (job.state, job.error) == ("queued", "it was not done within 0.05 seconds")

    run(drive)


def test_a_plain_function_whose_time_is_up_keeps_its_place_until_it_ends(run: Run) -> None:
    end = threading.Event()

    def handle(node: Node, work: Work) -> Effects:
        if work.claimed.attempt == 1:
            assert end.wait(PATIENCE)
            assert work.stopping
        return effect(f"attempt {work.claimed.attempt}")

    async def drive(node: Node, clock: Clock) -> None:
        outcomes: list[str] = []
        await leave(node, "a")
        runs = engine(node, handle, outcomes, timeout=0.05)
        await runs.turn()
        await until_states(node, "queued", 1)
        clock.now += 60
        assert not await runs.turn()
        await runs.beat()  # it holds no lease any more, and nothing is done about that
        end.set()
        await runs.settle(PATIENCE)
        assert await runs.turn()
        await runs.settle(PATIENCE)
        assert outcomes == ["failed", "done"]
        assert await node.look_up(effects) == {"attempt 2": 1}

    run(drive)


def test_a_plain_function_that_ends_early_at_a_stop_gives_its_job_back(run: Run) -> None:
    def handle(node: Node, work: Work) -> Effects:
        if work.claimed.attempt == 1 and not stopped:
            began.set()
            assert work.ended.wait(PATIENCE)
        work.end_if_stopping()
        return effect(f"attempt {work.claimed.attempt}")

    began = threading.Event()
    stopped: list[bool] = []

    async def drive(node: Node, clock: Clock) -> None:
        outcomes: list[str] = []
        runs = engine(node, handle, outcomes)
        runs.start()
        await leave(node, "a")
        assert await asyncio.to_thread(began.wait, PATIENCE)
        await runs.stop(PATIENCE)
        assert outcomes == ["released"]
        assert await states(node) == ["queued"]
        stopped.append(True)
        runs = engine(node, handle, outcomes)
        await runs.turn()
        await runs.settle(PATIENCE)
        assert outcomes == ["released", "done"]
        assert await node.look_up(effects) == {"attempt 1": 1}

    run(drive)


def test_a_stop_waits_for_what_runs(run: Run) -> None:
    async def drive(node: Node, clock: Clock) -> None:
        began = asyncio.Event()

        async def handle(node: Node, work: Work) -> Effects:
            began.set()
            await asyncio.to_thread(work.ended.wait, PATIENCE)
            return effect("done")

        runs = engine(node, handle)
        runs.start()
        await leave(node, "a")
        await asyncio.wait_for(began.wait(), PATIENCE)
        await runs.stop()
        assert await states(node) == ["done"]
        await leave(node, "b")
        await asyncio.sleep(0.1)
        assert await states(node) == ["queued", "done"]

    run(drive)


@pytest.mark.parametrize("way", ["coroutine", "plain"])
def test_a_stop_gives_the_lease_back_of_what_does_not_end(run: Run, way: str) -> None:
    end = threading.Event()

    async def coroutine(node: Node, work: Work) -> Effects:
        await asyncio.Event().wait()
        return effect("late")

    def plain(node: Node, work: Work) -> Effects:
        end.wait(PATIENCE)
        return effect("late")

    async def drive(node: Node, clock: Clock) -> None:
        outcomes: list[str] = []
        runs = engine(node, coroutine if way == "coroutine" else plain, outcomes)
        runs.start()
        await leave(node, "a")
        await until_states(node, "running", 1)
        await runs.stop(0.05)
        (job,) = await listed(node)
        assert (job.state, job.attempts, job.owner) == ("queued", 0, None)
        assert outcomes == ["released"]
        end.set()
        await asyncio.sleep(0.1)
        assert await node.look_up(effects) == {}

    run(drive)
