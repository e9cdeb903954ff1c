"""Runs and previews of lifecycle policies, for the program that kills at each of their steps."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from crash.left_case import Case
from image_life import manifest_of
from wharfside.core.manifests import parse_manifest
from wharfside.jobs.lifecycle import RUN
from wharfside.registry import images
from wharfside.registry.context import Unit
from wharfside.registry.images import Push
from wharfside.registry.lifecycle import PREVIEW, put_lifecycle_policy, start_preview
from wharfside.registry.lifecycle_runs import STEP
from wharfside.registry.repositories import get_repository
from wharfside.registry.storage_classes import ARCHIVE_LAYERS
from wharfside.store.jobs import enqueue
from wharfside.store.tables import (
    audit_record,
    event,
    image,
    lifecycle_policy,
    lifecycle_preview,
    lifecycle_preview_image,
)

DAY = 86_400.0
OLD = STEP + 1
"""Images that expire, and images that go to the archive, by the policy."""
AGED = {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1}
POLICY = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {"tagStatus": "tagged", "tagPatternList": ["v*"], **AGED},
                "action": {"type": "transition", "targetStorageClass": "archive"},
            },
            {"rulePriority": 2, "selection": {"tagStatus": "untagged", **AGED}, "action": {"type": "expire"}},
        ]
    }
)


def push(unit: Unit, number: int, *tags: str) -> None:
    manifest = manifest_of(b"kept", annotations={"number": str(number)})
    images.put_image(unit, "app", Push(manifest, parse_manifest(manifest, None), tags))


def push_old_images(connection: Connection, moment: float) -> Unit:
    """As many untagged images as tagged ones, two days old, and one that is new; the moment of the last."""
    unit = Unit(connection, "000000000000", "us-east-1", moment - 2 * DAY)
    for number in range(OLD):
        push(unit, number)
        push(unit, OLD + number, f"v{number}")
    unit = replace(unit, now=moment)
    push(unit, 2 * OLD)
    return unit


def leave_a_run(connection: Connection, moment: float) -> None:
    unit = push_old_images(connection, moment)
    put_lifecycle_policy(unit, "app", POLICY)
    enqueue(connection, RUN, str(get_repository(unit, "app").id), {}, moment)


def run_of_a_policy(connection: Connection) -> tuple[list[str], float, list[Any], list[Any]]:
    """The statuses of the images that are there, when the policy was evaluated, and what was recorded and told."""
    statuses = list(connection.scalars(select(image.c.status)))
    evaluated_at = connection.scalar(select(lifecycle_policy.c.last_evaluated_at))
    of_event = select(audit_record.c.content).where(audit_record.c.event == "PolicyExecutionEvent")
    records = [json.loads(content)["serviceEventDetails"] for content in connection.scalars(of_event)]
    actions = [each for record in records for each in record["lifecycleEventImageActions"]]
    recorded = [(each["lifecycleEventImage"]["digest"], each["action"]) for each in actions]
    events = [json.loads(content) for content in connection.scalars(select(event.c.content))]
    details = [each["detail"] for each in events if "detail" in each]  # those that are to expire have none
    told = [(each["image-digest"], each["action-type"]) for each in details if each["action-type"] != "PUSH"]
    return statuses, evaluated_at or 0.0, recorded, told


def check_run(seen: tuple[list[str], float, list[Any], list[Any]]) -> None:
    statuses, evaluated_at, recorded, told = seen
    assert Counter(statuses) == {"ARCHIVED": OLD, "ACTIVE": 1}
    assert evaluated_at > 0
    assert len(set(recorded)) == len(recorded)
    assert Counter(action for _, action in recorded) == {"transition": OLD, "expire": OLD}
    assert len(set(told)) == len(told)
    assert Counter(action for _, action in told) == {"UPDATE_STORAGE_CLASS": OLD, "DELETE": OLD}


def leave_a_preview(connection: Connection, moment: float) -> None:
    start_preview(push_old_images(connection, moment), "app", POLICY)


def preview(connection: Connection) -> tuple[Any, list[Any]]:
    """Whether the preview is complete, with its totals, and its results by position."""
    table, rows = lifecycle_preview.c, lifecycle_preview_image.c
    totals = connection.execute(select(table.completed_at, table.expiring, table.transitioning)).one()
    results = connection.execute(select(rows.position, rows.digest, rows.action).order_by(rows.position))
    return tuple(totals), [tuple(row) for row in results]


def check_preview(seen: tuple[Any, list[Any]]) -> None:
    (completed_at, expiring, transitioning), results = seen
    assert completed_at is not None
    assert (expiring, transitioning) == (OLD, OLD)
    assert [position for position, _, _ in results] == list(range(2 * OLD))
    assert len({digest for _, digest, _ in results}) == 2 * OLD
    assert Counter(action for _, _, action in results) == {"expire": OLD, "transition": OLD}


LIFECYCLE_CASES = {
    RUN: Case(leave_a_run, run_of_a_policy, check_run, follow=(ARCHIVE_LAYERS,)),
    PREVIEW: Case(leave_a_preview, preview, check_preview),
}
