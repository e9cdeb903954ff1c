"""Previews of lifecycle policies: what each would expire or archive, kept apart from the images themselves.

The newest preview of a repository counts. Older ones, and results that are too old, are removed in time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from wharfside.core.lifecycle import Decision, Plan
from wharfside.core.lifecycle_policies import ActionType, StorageClass
from wharfside.store.prepared import Prepared
from wharfside.store.tables import job, lifecycle_preview, lifecycle_preview_image

RESULTS_SECONDS: Final = 24 * 3600.0
"""How long the results of a preview are kept."""

Status = Literal["IN_PROGRESS", "COMPLETE", "EXPIRED", "FAILED"]


@dataclass(frozen=True, slots=True)
class Preview:
    """The newest preview of a repository. `id` is that of its job.

    `expiring` is how many images would expire, and `transitioning` how many would go to the archive.
    """

    id: int
    document: str
    status: Status
    expiring: int
    transitioning: int


@dataclass(frozen=True, slots=True)
class PreviewImage:
    """An image, the rule that takes it, and what that does to it. `position` is its place in the preview."""

    position: int
    digest: str
    tags: tuple[str, ...]
    pushed_at: float
    rule_priority: int
    action: ActionType
    storage_class: StorageClass


_NEWEST = Prepared(
    select(
        lifecycle_preview.c.id,
        lifecycle_preview.c.document,
        lifecycle_preview.c.completed_at,
        lifecycle_preview.c.expiring,
        lifecycle_preview.c.transitioning,
        job.c.state,
    )
    .outerjoin(job, job.c.id == lifecycle_preview.c.id)
    .where(lifecycle_preview.c.repository_id == bindparam("repository"))
    .order_by(lifecycle_preview.c.id.desc())
    .limit(1)
)


def find_preview(connection: Connection, repository_id: int, now: float) -> Preview | None:
    """The newest preview of a repository."""
    row = _NEWEST.first(connection, repository=repository_id)
    if row is None:
        return None
    id_, document, completed_at, expiring, transitioning, state = row
    if completed_at is not None:
        status = "COMPLETE" if now < completed_at + RESULTS_SECONDS else "EXPIRED"
        return Preview(id_, document, status, expiring, transitioning)
    # A job that died, or was cancelled, completes nothing any more.
    return Preview(id_, document, "IN_PROGRESS" if state in ("queued", "running") else "FAILED", 0, 0)


def insert_preview(connection: Connection, job_id: int, repository_id: int, document: str) -> None:
    """Begin a preview, which the job is to complete."""
    row = {"id": job_id, "repository_id": repository_id, "document": document, "expiring": 0}
    connection.execute(insert(lifecycle_preview), row)


def find_document(connection: Connection, job_id: int) -> tuple[int, str] | None:
    """The repository and the policy of the preview that a job is to complete."""
    columns = (lifecycle_preview.c.repository_id, lifecycle_preview.c.document)
    row = connection.execute(select(*columns).where(lifecycle_preview.c.id == job_id)).one_or_none()
    return (row[0], row[1]) if row is not None else None


def add_images(connection: Connection, preview_id: int, first: int, decisions: Sequence[Decision]) -> None:
    """Add results, whose positions count from `first`."""
    rows = [
        {
            "preview_id": preview_id,
            "position": position,
            "digest": each.image.digest,
            "tags": json.dumps(each.image.tags),
            "pushed_at": each.image.pushed_at,
            "rule_priority": each.rule.priority,
            "action": each.rule.action,
            "storage_class": each.image.storage_class,
        }
        for position, each in enumerate(decisions, first)
    ]
    connection.execute(insert(lifecycle_preview_image), rows)


def complete_preview(connection: Connection, preview_id: int, plan: Plan, now: float) -> None:
    """All results of a preview are there, which are those of the plan."""
    values = {
        "completed_at": now,
        "expiring": plan.total(ActionType.EXPIRE),
        "transitioning": plan.total(ActionType.TRANSITION),
    }
    connection.execute(update(lifecycle_preview).where(lifecycle_preview.c.id == preview_id).values(values))


_COLUMNS = (
    lifecycle_preview_image.c.position,
    lifecycle_preview_image.c.digest,
    lifecycle_preview_image.c.tags,
    lifecycle_preview_image.c.pushed_at,
    lifecycle_preview_image.c.rule_priority,
    lifecycle_preview_image.c.action,
    lifecycle_preview_image.c.storage_class,
)
_TAGGED = lifecycle_preview_image.c.tags != "[]"


def list_images(
    connection: Connection, preview_id: int, after: int, limit: int, *, tagged: bool | None
) -> list[PreviewImage]:
    """Results of a preview, those with a position greater than `after`; only the (un)tagged if `tagged` says so."""
    query = select(*_COLUMNS).where(
        lifecycle_preview_image.c.preview_id == preview_id, lifecycle_preview_image.c.position > after
    )
    if tagged is not None:
        query = query.where(_TAGGED if tagged else ~_TAGGED)
    rows = connection.execute(query.order_by(lifecycle_preview_image.c.position).limit(limit))
    return [
        PreviewImage(
            position,
            digest,
            tuple(json.loads(tags)),
            pushed_at,
            rule_priority,
            ActionType(action),
            StorageClass(storage_class),
        )
        for position, digest, tags, pushed_at, rule_priority, action, storage_class in rows
    ]


def delete_images(connection: Connection, preview_id: int, limit: int) -> int:
    """Remove at most so many results of a preview; how many."""
    return _delete_images(connection, lifecycle_preview_image.c.preview_id == preview_id, limit)


def delete_old_images(connection: Connection, now: float, limit: int) -> int:
    """Remove at most so many results of previews that are too old, or not the newest; how many."""
    newer = lifecycle_preview.alias("newer")
    old = select(lifecycle_preview.c.id).where(
        sa.or_(
            lifecycle_preview.c.completed_at < now - RESULTS_SECONDS,
            sa.exists().where(
                newer.c.repository_id == lifecycle_preview.c.repository_id, newer.c.id > lifecycle_preview.c.id
            ),
        )
    )
    return _delete_images(connection, lifecycle_preview_image.c.preview_id.in_(old), limit)


def delete_old_previews(connection: Connection, limit: int) -> int:
    """Remove at most so many previews without results that are not the newest of their repository; how many."""
    newer = lifecycle_preview.alias("newer")
    old = select(lifecycle_preview.c.id).where(
        sa.exists().where(
            newer.c.repository_id == lifecycle_preview.c.repository_id, newer.c.id > lifecycle_preview.c.id
        ),
        ~sa.exists().where(lifecycle_preview_image.c.preview_id == lifecycle_preview.c.id),
    )
    return connection.execute(delete(lifecycle_preview).where(lifecycle_preview.c.id.in_(old.limit(limit)))).rowcount


def _delete_images(connection: Connection, condition: sa.ColumnElement[bool], limit: int) -> int:
    columns = (lifecycle_preview_image.c.preview_id, lifecycle_preview_image.c.position)
    rows = [{"p": row[0], "o": row[1]} for row in connection.execute(select(*columns).where(condition).limit(limit))]
    if rows:
        one = sa.and_(columns[0] == bindparam("p"), columns[1] == bindparam("o"))
        connection.execute(delete(lifecycle_preview_image).where(one), rows)
    return len(rows)
