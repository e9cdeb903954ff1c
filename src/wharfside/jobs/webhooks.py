"""Jobs that deliver events to webhooks: one for each webhook for which something is due.

Lanes go on side by side, and within a lane one delivery after the other. An attempt that fails holds its lane until the
next, and one that has failed for too long lets the lane go on without it. What is sent, but not yet written down when
the process ends, is sent again: with the same event id.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from wharfside.api.node import Node
from wharfside.jobs.work import Watch, Work
from wharfside.registry.webhooks import open_secret
from wharfside.remote.webhooks import Endpoint, endpoint
from wharfside.store import webhook_deliveries as deliveries
from wharfside.store.jobs import enqueue
from wharfside.store.webhook_deliveries import DELIVER, Delivery
from wharfside.store.webhooks import Webhook, find_webhook_by_id

LANES: Final = 8
"""Deliveries to one webhook at a time."""
WEBHOOKS: Final = 64
"""To which one process delivers at a time."""
SLICE_SECONDS: Final = 60.0
"""After which others have their turn."""
LOOK_SECONDS: Final = 1.0
"""How soon what has become due is seen while lanes are under way."""
LONGEST_DELAY: Final = 3600.0
"""Between two attempts, in seconds."""
_TOGETHER: Final = 20
"""Deliveries of a lane that are read at once."""


def retry_delay(attempts: int) -> float:
    """Seconds to wait after so many attempts that failed: 1, 2, 4 and so on."""
    return min(2.0 ** min(attempts - 1, 30), LONGEST_DELAY)


def _leave_jobs(connection: Connection, now: float) -> None:
    for webhook in deliveries.due_webhooks(connection, now):
        enqueue(connection, DELIVER, str(webhook), {}, now)


WATCH: Final = Watch(deliveries.any_due(), _leave_jobs)


async def deliver_events(node: Node, work: Work) -> None:
    """Deliver what is due for a webhook, as long as it is this job's turn."""
    ends = time.monotonic() + SLICE_SECONDS
    under_way: dict[str, asyncio.Task[None]] = {}
    async with endpoint(node.event_settings.timeout, LANES, node.clock) as connections, asyncio.TaskGroup() as group:
        while not work.stopping and time.monotonic() < ends:
            webhook = await node.look_up(lambda connection: find_webhook_by_id(connection, int(work.key)))
            if webhook is None or not webhook.enabled:
                return
            now = node.clock()
            due = await node.look_up(
                lambda connection, id_=webhook.id, now=now: deliveries.due_lanes(connection, id_, now)
            )
            if not due and not under_way:
                return
            sender = _Sender(node, work, webhook, open_secret(node.sealer, webhook), connections, ends)
            for repository in [each for each in due if each not in under_way]:
                while len(under_way) == LANES:
                    await _wait_for_one(under_way)
                under_way[repository] = group.create_task(sender.go_through(repository))
            # One that waits for the receiver holds up no other: what is due meanwhile is looked for again.
            await _wait_for_one(under_way, LOOK_SECONDS)


async def _wait_for_one(under_way: dict[str, asyncio.Task[None]], seconds: float | None = None) -> None:
    """Wait until a lane is through, for so many seconds at most, and forget those that are."""
    done, _ = await asyncio.wait(under_way.values(), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for repository in [repository for repository, task in under_way.items() if task in done]:
        del under_way[repository]


@dataclass(frozen=True, slots=True)
class _Sender:
    """Delivers to one webhook."""

    node: Node
    work: Work
    webhook: Webhook
    secret: str
    connections: Endpoint
    ends: float

    async def go_through(self, repository: str) -> None:
        """Deliver some of a lane in order, until one fails."""
        some = await self.node.look_up(
            lambda connection: deliveries.head_of_lane(connection, self.webhook.id, repository, _TOGETHER)
        )
        if some and some[0].due_at > self.node.clock():
            await self._move(repository, some[0].due_at, later=True)
            return
        for each in some:
            if self.work.stopping or time.monotonic() >= self.ends:
                return
            if not await self._deliver(repository, each):
                return

    async def _deliver(self, repository: str, each: Delivery) -> bool:
        """Make an attempt; whether the lane goes on."""
        body = each.content.encode()
        error = await self.connections.post(self.webhook.url, self.secret, json.loads(body)["id"], body)
        now = self.node.clock()
        if error is not None and now - each.waiting_since < self.node.event_settings.give_up:
            due_at = now + retry_delay(each.attempts + 1)
            await asyncio.wrap_future(
                self.work.write(
                    lambda connection: deliveries.fail_delivery(connection, self.webhook.id, each, error, due_at)
                )
            )
            self.node.observe_delivery("failed")
            await self._move(repository, due_at, later=True)
            return False
        await asyncio.wrap_future(
            self.work.write(
                lambda connection: deliveries.end_delivery(connection, self.webhook.id, each, now, error=error)
            )
        )
        self.node.observe_delivery("delivered" if error is None else "dead")
        if each.attempts:
            await self._move(repository, now, later=False)
        return True

    async def _move(self, repository: str, due_at: float, *, later: bool) -> None:
        """Make a lane due at a moment; in steps, since it may be long."""

        def move(connection: Connection) -> bool:
            return deliveries.move_lane(connection, self.webhook.id, repository, due_at, later=later)

        while await asyncio.wrap_future(self.work.write(move)):
            pass
