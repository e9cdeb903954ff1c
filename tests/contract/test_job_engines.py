"""Two processes' engines on one database: every job is done, and has its effects once, whoever dies meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from job_nodes import effect, effects, make_effects, opened, until
from running_node import Clock
from wharfside.api.node import Node
from wharfside.jobs import engine as engine_module
from wharfside.jobs.engine import Engine
from wharfside.jobs.work import Effects, Handler, Work
from wharfside.store import job_records, jobs
from wharfside.store.schedules import Schedule

Drive = Callable[[Node, Node, Clock], Awaitable[None]]


async def leave(node: Node, key: str, kind: str = "count") -> None:
    await asyncio.wrap_future(node.db.write(lambda c: jobs.enqueue(c, kind, key, {}, node.clock())))


async def counted(node: Node, work: Work) -> Effects:
    await asyncio.sleep(0)
    return effect(work.key)


async def all_done(node: Node) -> bool:
    listed = await node.look_up(lambda c: job_records.list_jobs(c, 1000))
    return {each.state for each in listed} == {"done"}


def with_two_nodes(database_url: str, tmp_path: Path, drive: Drive) -> None:
    make_effects(database_url)

    async def run() -> None:
        clock = Clock()
        async with (
            opened(database_url, tmp_path / "data", clock) as one,
            opened(database_url, tmp_path / "data", clock) as two,
        ):
            await drive(one, two, clock)

    asyncio.run(run())


def test_two_engines_share_the_work(database_url: str, tmp_path: Path) -> None:
    async def drive(one: Node, two: Node, clock: Clock) -> None:
        for number in range(40):
            await leave(one, f"job {number}")
        engines = [Engine(node, [Handler("count", counted, concurrency=4)]) for node in (one, two)]
        for engine in engines:
            engine.start()
        await until(lambda: all_done(one))
        for engine in engines:
            await engine.stop()
        assert await one.look_up(effects) == {f"job {number}": 1 for number in range(40)}

    with_two_nodes(database_url, tmp_path, drive)


def test_a_job_is_run_when_it_is_left_here_or_elsewhere(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Because somebody tells: the look that comes once a second would come too late here."""
    monkeypatch.setattr(engine_module, "LOOK_SECONDS", 600.0)

    async def drive(one: Node, two: Node, clock: Clock) -> None:
        engine = Engine(one, [Handler("count", counted)])
        engine.start()
        await asyncio.sleep(0.6)  # what it is told at the start is over
        for node in (one, two):
            await leave(node, "here" if node is one else "elsewhere")
            await until(lambda: all_done(one))
        await engine.stop()
        assert await one.look_up(effects) == {"here": 1, "elsewhere": 1}

    with_two_nodes(database_url, tmp_path, drive)


def test_the_jobs_of_an_engine_that_died_are_adopted(database_url: str, tmp_path: Path) -> None:
    async def drive(one: Node, two: Node, clock: Clock) -> None:
        hanging = asyncio.Event()

        async def hang(node: Node, work: Work) -> Effects:
            if work.claimed.attempt == 1:
                await hanging.wait()
            return effect(work.key)

        first, second = (Engine(node, [Handler("count", hang)]) for node in (one, two))
        await leave(one, "a")
        assert await first.turn()
        assert not await second.turn()
        clock.now += jobs.LEASE_SECONDS - 1
        await first.beat()
        clock.now += jobs.LEASE_SECONDS - 1
        assert not await second.turn()
        clock.now += 1
        assert await second.turn()
        await second.settle()
        assert await one.look_up(effects) == {"a": 1}
        hanging.set()  # it was not dead after all
        await first.settle()
        assert await one.look_up(effects) == {"a": 1}

    with_two_nodes(database_url, tmp_path, drive)


def test_an_attempt_that_has_lost_its_lease_is_cancelled(database_url: str, tmp_path: Path) -> None:
    async def drive(one: Node, two: Node, clock: Clock) -> None:
        ends: list[str] = []

        async def hang(node: Node, work: Work) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ends.append(work.key)

        engine = Engine(one, [Handler("count", hang)], observe=lambda kind, outcome, _w, _s: ends.append(outcome))
        await leave(one, "a")
        await engine.turn()
        (job,) = await two.look_up(lambda c: job_records.list_jobs(c, 10))
        await asyncio.wrap_future(two.db.write(lambda c: job_records.cancel_job(c, job.id, clock.now)))
        await engine.beat()
        await engine.settle(20)
        assert ends == ["a", "lost"]

    with_two_nodes(database_url, tmp_path, drive)


def test_schedules_fire_exactly_once_over_all_engines(database_url: str, tmp_path: Path) -> None:
    async def drive(one: Node, two: Node, clock: Clock) -> None:
        clock.now = 1_800_000_000.0
        schedules = [Schedule("every minute", "count", "* * * * *")]
        engines = [Engine(node, [Handler("count", counted)], schedules) for node in (one, two)]
        for _ in range(10):
            await asyncio.gather(*(engine.turn() for engine in engines))
            await asyncio.gather(*(engine.turn() for engine in engines))
            await asyncio.gather(*(engine.settle() for engine in engines))
            clock.now += 30
        assert await one.look_up(effects) == {"every minute": 5}

    with_two_nodes(database_url, tmp_path, drive)


def test_what_an_attempt_writes_meanwhile_needs_its_lease(database_url: str, tmp_path: Path) -> None:
    async def drive(one: Node, two: Node, clock: Clock) -> None:
        outcomes: list[str] = []
        adopted = asyncio.Event()

        async def step(node: Node, work: Work) -> Effects:
            await asyncio.wrap_future(work.write(effect("before")))
            if work.claimed.attempt == 1:
                await adopted.wait()
            await asyncio.wrap_future(work.write(effect("after")))
            return effect("done")

        first, second = (
            Engine(node, [Handler("count", step)], observe=lambda kind, outcome, _w, _s: outcomes.append(outcome))
            for node in (one, two)
        )
        await leave(one, "a")
        await first.turn()
        await until(lambda: has_effect(one, "before"))
        clock.now += jobs.LEASE_SECONDS
        await second.turn()
        await second.settle()
        adopted.set()
        await first.settle()
        assert outcomes == ["done", "lost"]
        assert await one.look_up(effects) == {"before": 2, "after": 1, "done": 1}

    with_two_nodes(database_url, tmp_path, drive)


async def has_effect(node: Node, name: str) -> bool:
    return name in await node.look_up(effects)
