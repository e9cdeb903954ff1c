"""Jobs of lifecycle policies: a sweep leaves one for each repository with a policy, and previews are jobs, too."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from sqlalchemy import Connection

from wharfside.api.node import Node
from wharfside.core.lifecycle import plan
from wharfside.core.lifecycle_policies import parse_lifecycle_policy
from wharfside.jobs.work import Effects, Work, rest_after
from wharfside.registry.lifecycle_runs import carry_out, evaluate, read_judged
from wharfside.store import lifecycle_policies, lifecycle_previews
from wharfside.store.jobs import enqueue

SWEEP: Final = "run-lifecycle-policies"
RUN: Final = "run-lifecycle-policy"
"""Its key is the repository's id."""
TOGETHER: Final = 200
"""Rows per transaction: jobs that are left, and results of previews."""


async def run_lifecycle_policies(node: Node, work: Work) -> None:
    """Leave a job for each repository with a policy."""
    now, last = node.clock(), 0

    def leave(connection: Connection) -> list[int]:
        found = lifecycle_policies.repositories_with_policy(connection, last, TOGETHER)
        for repository in found:
            enqueue(connection, RUN, str(repository), {}, now)
        return found

    while found := await asyncio.wrap_future(work.write(leave)):
        last = found[-1]


def run_lifecycle_policy(node: Node, work: Work) -> None:
    """Evaluate the policy of a repository, and expire or archive what it takes."""
    judged = node.db.read_apart(lambda connection: read_judged(connection, int(work.key)))
    if judged is None:
        return
    run = evaluate(judged, node.clock())
    began = time.monotonic()
    for step in carry_out(run, lambda transaction: work.write(transaction).result(), node.clock):
        if step.record is not None:
            node.trail.committed(step.record)
        work.ended.wait(rest_after(time.monotonic() - began))
        work.end_if_stopping()
        began = time.monotonic()


def preview_lifecycle_policy(node: Node, work: Work) -> Effects | None:
    """Complete the preview that this job was left with, unless the repository is gone."""
    preview = work.claimed.id
    found = node.db.read_apart(lambda connection: lifecycle_previews.find_document(connection, preview))
    if found is None:
        return None
    repository, document = found
    images = node.db.read_apart(lambda connection: lifecycle_policies.judged_images(connection, repository))
    now = node.clock()
    planned = plan(parse_lifecycle_policy(document), images, now)
    # What an attempt before this one has left, which may have seen other images.
    while work.write(lambda connection: lifecycle_previews.delete_images(connection, preview, TOGETHER)).result():
        work.end_if_stopping()
    for first in range(0, len(planned.decisions), TOGETHER):
        work.end_if_stopping()
        some = planned.decisions[first : first + TOGETHER]
        work.write(
            lambda connection, first=first, some=some: lifecycle_previews.add_images(connection, preview, first, some)
        ).result()
    return lambda connection: lifecycle_previews.complete_preview(connection, preview, planned, now)
