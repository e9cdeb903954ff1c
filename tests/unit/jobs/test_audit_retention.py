"""How long audit records stay."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from running_node import Clock, in_a_node
from wharfside.api.node import Node, Scope
from wharfside.jobs import housekeeping
from wharfside.jobs.engine import Engine
from wharfside.jobs.handlers import HANDLERS
from wharfside.registry.audit import Event, Unrecognized
from wharfside.store import jobs
from wharfside.store.audit import Search, find_records

DAY = 86_400.0


def test_records_end_after_ninety_days_in_small_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 3)

    async def record(node: Node, name: str) -> None:
        event = Event(name, "us-east-1", "000000000000", Unrecognized(), "192.0.2.1", "", {})
        await node.write(Scope("000000000000", "us-east-1"), lambda _: None, lambda _: event)

    async def names(node: Node) -> list[str]:
        found = await node.look_up(lambda connection: find_records(connection, Search(), 100))
        return [each.record.event for each in found]

    async def expire(node: Node) -> None:
        enqueued = node.db.write(
            lambda connection: jobs.enqueue(connection, "expire-audit-records", "", {}, node.clock())
        )
        await asyncio.wrap_future(enqueued)
        engine = Engine(node, HANDLERS)
        while await engine.turn():
            await engine.settle()

    async def work(node: Node, clock: Clock) -> None:
        for number in range(10):
            await record(node, f"Old{number}")
        clock.now += 89.9 * DAY
        await record(node, "New")
        await expire(node)
        assert await names(node) == ["CreateAccount", *(f"Old{number}" for number in range(10)), "New"]
        clock.now += 0.2 * DAY
        await expire(node)
        assert await names(node) == ["New"]

    in_a_node(tmp_path / "data", work)
