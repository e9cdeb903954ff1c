"""Jobs of referrers, which follow their subject a day later."""

from __future__ import annotations

import asyncio
import time

from sqlalchemy import Connection

from wharfside.api.node import Node
from wharfside.jobs.work import Effects, Work, rest_after
from wharfside.registry import referrer_deletion
from wharfside.registry.referrers import FOLLOW_SECONDS, Following, Step
from wharfside.store.jobs import leave_again


async def delete_referrers(node: Node, work: Work) -> Effects | None:
    """Delete what referred to a deleted image. What an index names is looked at again a day later."""
    following = Following.of(work.payload)
    if (early := following.due_at - node.clock()) > 0:  # it was deleted again, after the job was left
        return _again(node, work, early)
    step, held = Step(last=0), False
    while step.last is not None:
        after = step.last

        def delete(connection: Connection, after: int = after) -> Step:
            return referrer_deletion.delete_referrers(connection, following, after, node.clock())

        began = time.monotonic()
        step = await asyncio.wrap_future(work.write(delete))
        held = held or step.held
        if step.record is not None:
            node.trail.committed(step.record)
        await asyncio.sleep(rest_after(time.monotonic() - began))
    return _again(node, work, FOLLOW_SECONDS) if held else None


def _again(node: Node, work: Work, delay: float) -> Effects:
    return lambda connection: leave_again(connection, work.claimed, node.clock(), delay=delay)
