"""Webhooks: events come at least once, in order within a repository, whatever the receiver does."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from job_nodes import opened, until
from webhook_receiver import CLOSE, HANG, Receiver
from wharfside.api.node import Node, Scope
from wharfside.core.mutability import TagMutability
from wharfside.jobs import webhooks as jobs_of_webhooks
from wharfside.jobs.engine import Engine
from wharfside.jobs.handlers import HANDLERS, WATCHES
from wharfside.registry import repositories, webhooks
from wharfside.registry.events import EventSettings, ImageAction, emit
from wharfside.store import webhook_deliveries
from wharfside.store.tables import account
from wharfside.store.webhook_deliveries import DELIVER, DeliveryRecord
from wharfside.store.webhooks import Webhook

ACCOUNT, REGION = "000000000000", "us-east-1"
SECRET = "a secret of the tests"
PATIENT = EventSettings(timeout=60.0)
DELIVERING = [handler for handler in HANDLERS if handler.kind == DELIVER]
Drive = Callable[["Registry"], Awaitable[None]]


class Registry:
    """A node, and an engine that only delivers."""

    def __init__(self, node: Node) -> None:
        self.outcomes: list[str] = []
        self.node = replace(node, observe_delivery=self.outcomes.append)

    async def write(self, work: Any) -> Any:
        return await self.node.write(Scope(ACCOUNT, REGION), work, None)

    async def repositories(self, *names: str) -> None:
        for name in names:
            await self.write(lambda unit, name=name: repositories.create_repository(unit, name, TagMutability(), {}))

    async def push(self, repository: str, *tags: str) -> None:
        """As if images were pushed, each in a transaction of its own."""
        for tag in tags:
            pushed = ImageAction("PUSH", repository, "sha256:1", tag)

            def tell(unit: Any, pushed: ImageAction = pushed) -> None:
                repositories.get_repository(unit, repository, lock=True)
                emit(unit, pushed)

            await self.write(tell)

    async def webhook(self, name: str, url: str, *, types: Sequence[str] = (), patterns: Sequence[str] = ()) -> Webhook:
        sealed = webhooks.seal_secret(self.node.sealer, SECRET)
        new = Webhook(0, ACCOUNT, REGION, name, url, sealed, tuple(types), tuple(patterns), True, self.node.clock())
        return await self.write(lambda unit: webhooks.add_webhook(unit.connection, new))

    async def deliveries(self, webhook: Webhook) -> list[DeliveryRecord]:
        return await self.node.look_up(lambda c: webhook_deliveries.list_deliveries(c, webhook.id, 1000))

    async def waiting(self) -> int:
        return (await self.node.look_up(webhook_deliveries.count_undelivered)).deliveries

    async def nothing_waits(self) -> bool:
        return not await self.waiting()

    async def one_waits(self) -> bool:
        return await self.waiting() == 1

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        engine = Engine(self.node, DELIVERING, watches=WATCHES)
        engine.start()
        try:
            yield
        finally:
            await engine.stop()


@pytest.fixture(autouse=True)
def _retries_come_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_of_webhooks, "retry_delay", lambda attempts: 0.05)


def run(database_url: str, tmp_path: Path, drive: Drive, settings: EventSettings = PATIENT) -> None:
    async def main() -> None:
        async with opened(database_url, tmp_path / "data", time.time) as node:
            new = {"id": ACCOUNT, "created_at": 0.0}
            await asyncio.wrap_future(node.db.write(lambda c: c.execute(sa.insert(account), new)))
            changed = replace(node, event_settings=settings)
            await drive(Registry(changed))

    asyncio.run(main())


def test_what_happens_is_delivered_signed_and_once(database_url: str, tmp_path: Path) -> None:
    async def drive(registry: Registry) -> None:
        await registry.repositories("app", "base")
        await registry.push("app", "before")
        with Receiver(SECRET) as receiver:
            webhook = await registry.webhook("ci", receiver.url)
            async with registry.delivering():
                await registry.push("app", "v1", "v2")
                await registry.push("base", "v1")
                await until(registry.nothing_waits)
                assert receiver.order() == {"app": ["v1", "v2"], "base": ["v1"]}
                assert all(each.signed for each in receiver.received)
                first = receiver.received[0]
                assert first.headers["Wharfside-Event-Id"] == first.id
                assert first.headers["Content-Type"] == "application/json"
                assert first.headers["User-Agent"].startswith("wharfside/")
                assert first.event["detail-type"] == "ECR Image Action"
            assert len(receiver.received) == 3
            assert [each.state for each in await registry.deliveries(webhook)] == ["delivered"] * 3
            assert registry.outcomes == ["delivered"] * 3

    run(database_url, tmp_path, drive)


def test_a_webhook_is_told_of_what_it_wants(database_url: str, tmp_path: Path) -> None:
    async def drive(registry: Registry) -> None:
        await registry.repositories("app", "team/app", "team/base")
        with Receiver(SECRET) as receiver:
            await registry.webhook("team", receiver.url, patterns=("team/*",), types=("ECR Image Action",))
            await registry.webhook("scans", receiver.url, types=("ECR Image Scan",))
            for name in ("app", "team/app", "team/base"):
                await registry.push(name, "v1")
            async with registry.delivering():
                await until(registry.nothing_waits)
            assert receiver.order() == {"team/app": ["v1"], "team/base": ["v1"]}

    run(database_url, tmp_path, drive)


def test_nothing_is_lost_or_overtaken_when_the_receiver_fails_at_times(database_url: str, tmp_path: Path) -> None:
    chance = random.Random(11)
    tags = [f"v{number}" for number in range(6)]
    names = ("a1", "b1", "c1")

    def answer(event: dict[str, Any]) -> int:
        return chance.choice([200, 200, 200, 200, 500, 302, CLOSE])

    async def drive(registry: Registry) -> None:
        await registry.repositories(*names)
        with Receiver(SECRET, answer) as receiver:
            await registry.webhook("ci", receiver.url)
            async with registry.delivering():
                for tag in tags:
                    for name in names:
                        await registry.push(name, tag)
                await until(registry.nothing_waits, 120)
            assert receiver.order() == dict.fromkeys(names, tags)
            assert len(receiver.received) > len(names) * len(tags)
            # Whatever failed came again before anything else of the repository.
            for name in names:
                attempts = [each for each in receiver.received if each.repository == name]
                for one, next_ in pairwise(attempts):
                    assert (one.status == 200) == (one.id != next_.id)

    run(database_url, tmp_path, drive)


def test_a_failing_delivery_holds_back_its_own_repository_only(database_url: str, tmp_path: Path) -> None:
    broken = [True]

    def answer(event: dict[str, Any]) -> int:
        return 503 if broken[0] and event["detail"]["repository-name"] == "held" else 200

    async def drive(registry: Registry) -> None:
        await registry.repositories("held", "free")
        with Receiver(SECRET, answer) as receiver:
            webhook = await registry.webhook("ci", receiver.url)
            async with registry.delivering():
                await registry.push("held", "v1", "v2")
                await registry.push("free", "v1")
                await until(lambda: _has(receiver, {"free": ["v1"]}))
                await registry.push("held", "v3")
                await registry.push("free", "v2")
                await until(lambda: _has(receiver, {"free": ["v1", "v2"]}))
                assert {each.tag for each in receiver.received if each.repository == "held"} == {"v1"}
                head = (await registry.deliveries(webhook))[-1]
                assert (head.state, head.error) == ("waiting", "It answered with the status 503.")
                broken[0] = False
                await until(registry.nothing_waits)
            assert receiver.order() == {"free": ["v1", "v2"], "held": ["v1", "v2", "v3"]}

    run(database_url, tmp_path, drive)


async def _has(receiver: Receiver, order: dict[str, list[str | None]]) -> bool:
    return receiver.order() == order


def test_a_receiver_that_hangs_holds_back_no_other(database_url: str, tmp_path: Path) -> None:
    async def drive(registry: Registry) -> None:
        await registry.repositories("app")
        with Receiver(SECRET, lambda event: HANG) as hanging, Receiver(SECRET) as receiver:
            webhook = await registry.webhook("a", hanging.url)
            await registry.webhook("b", receiver.url)
            async with registry.delivering():
                await registry.push("app", "v1")
                await until(lambda: _has(receiver, {"app": ["v1"]}))
                await registry.push("app", "v2")
                await until(lambda: _has(receiver, {"app": ["v1", "v2"]}))

                async def timed_out() -> bool:
                    head = (await registry.deliveries(webhook))[-1]
                    return head.error == "It did not answer within 0.5 seconds."

                await until(timed_out)
            assert {each.tag for each in hanging.received} == {"v1"}

    run(database_url, tmp_path, drive, EventSettings(timeout=0.5))


def test_a_delivery_that_hangs_holds_back_its_own_repository_only(database_url: str, tmp_path: Path) -> None:
    def answer(event: dict[str, Any]) -> int:
        return HANG if event["detail"]["repository-name"] == "held" else 200

    async def drive(registry: Registry) -> None:
        await registry.repositories("held", "free", "new")
        with Receiver(SECRET, answer) as receiver:
            await registry.webhook("ci", receiver.url)
            many = [f"v{number}" for number in range(50)]
            await registry.push("held", "v1")
            await registry.push("free", *many)
            async with registry.delivering():
                await until(lambda: _has(receiver, {"free": [*many]}))
                assert [each.repository for each in receiver.received if each.status != 200] == ["held"]
                await registry.push("new", "v1")
                await until(lambda: _has(receiver, {"free": [*many], "new": ["v1"]}))
                await until(registry.one_waits)  # what was received is recorded a moment later

    run(database_url, tmp_path, drive)


def test_a_delivery_is_given_up_and_can_be_tried_again(database_url: str, tmp_path: Path) -> None:
    statuses = {"v1": 500, "v2": 200}

    async def drive(registry: Registry) -> None:
        await registry.repositories("app")
        with Receiver(SECRET, lambda event: statuses[event["detail"]["image-tag"]]) as receiver:
            webhook = await registry.webhook("ci", receiver.url)
            async with registry.delivering():
                await registry.push("app", "v1", "v2")
                await until(registry.nothing_waits)
                second, first = await registry.deliveries(webhook)
                assert (first.state, second.state) == ("dead", "delivered")
                assert first.error == "It answered with the status 500."
                assert registry.outcomes.count("dead") == 1
                statuses["v1"] = 200
                scope = (ACCOUNT, REGION, "ci", (first.number,), registry.node.clock())
                assert await registry.write(lambda unit: webhooks.retry_deliveries(unit.connection, *scope)) == 1
                await until(registry.nothing_waits)
            assert [each.state for each in await registry.deliveries(webhook)] == ["delivered"] * 2
            assert len({each.id for each in receiver.received if each.tag == "v1"}) == 1

    run(database_url, tmp_path, drive, EventSettings(give_up=1.5, timeout=60.0))


def test_what_is_for_a_disabled_webhook_waits(database_url: str, tmp_path: Path) -> None:
    async def drive(registry: Registry) -> None:
        await registry.repositories("app")

        def enable(*, enabled: bool) -> Awaitable[None]:
            return registry.write(
                lambda unit: webhooks.enable_webhook(unit.connection, ACCOUNT, REGION, "ci", enabled=enabled)
            )

        with Receiver(SECRET) as receiver, Receiver(SECRET) as other:
            await registry.webhook("ci", receiver.url)
            await registry.webhook("other", other.url)
            await enable(enabled=False)
            async with registry.delivering():
                await registry.push("app", "v1", "v2")
                await until(lambda: _has(other, {"app": ["v1", "v2"]}))
                assert receiver.received == []
                await enable(enabled=True)
                await until(registry.nothing_waits)
            assert receiver.order() == {"app": ["v1", "v2"]}

    run(database_url, tmp_path, drive)


def test_a_receiver_that_is_not_there_gets_it_when_it_is(database_url: str, tmp_path: Path) -> None:
    async def drive(registry: Registry) -> None:
        await registry.repositories("app")
        with Receiver(SECRET) as receiver:
            url = receiver.url
        webhook = await registry.webhook("ci", url)
        async with registry.delivering():
            await registry.push("app", "v1")

            async def refused() -> bool:
                return (await registry.deliveries(webhook))[0].error is not None

            await until(refused)
        (delivery,) = await registry.deliveries(webhook)
        assert delivery.error == "It cannot be connected to: Connection refused."
        assert delivery.state == "waiting"

    run(database_url, tmp_path, drive)
