"""Lifecycle policies of repositories, and the images that they judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, select, update

from wharfside.core import lifecycle
from wharfside.core.lifecycle_policies import StorageClass
from wharfside.store.images import find_image, tags_of_image
from wharfside.store.policies import setting
from wharfside.store.prepared import Prepared
from wharfside.store.tables import image, image_child, lifecycle_policy, tag


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A policy as it was set. `last_evaluated_at`: seconds since the epoch, 0 before the first time."""

    document: str
    last_evaluated_at: float


_FIND = Prepared(
    select(lifecycle_policy.c.document, lifecycle_policy.c.last_evaluated_at).where(
        lifecycle_policy.c.repository_id == bindparam("repository")
    )
)
_SET = setting(lifecycle_policy, "document", "last_evaluated_at")


def find_policy(connection: Connection, repository_id: int) -> StoredPolicy | None:
    """The policy of a repository."""
    row = _FIND.first(connection, repository=repository_id)
    return StoredPolicy(*row) if row is not None else None


def put_policy(connection: Connection, repository_id: int, document: str) -> None:
    """Set or replace the policy of a repository; it has not been evaluated yet."""
    _SET.run(connection, repository_id=repository_id, document=document, last_evaluated_at=0.0)


def delete_policy(connection: Connection, repository_id: int) -> None:
    """Remove the policy of a repository."""
    connection.execute(delete(lifecycle_policy).where(lifecycle_policy.c.repository_id == repository_id))


def set_evaluated(connection: Connection, repository_id: int, now: float) -> None:
    """Record that the policy of a repository was evaluated."""
    of_repository = lifecycle_policy.c.repository_id == repository_id
    connection.execute(update(lifecycle_policy).where(of_repository).values(last_evaluated_at=now))


def repositories_with_policy(connection: Connection, after: int, limit: int) -> list[int]:
    """Ids of repositories that have a policy, in their order, those greater than `after`."""
    query = select(lifecycle_policy.c.repository_id).where(lifecycle_policy.c.repository_id > after)
    return list(connection.scalars(query.order_by(lifecycle_policy.c.repository_id).limit(limit)))


_OF_REPOSITORY = image.c.repository_id == bindparam("repository")
_IMAGES = Prepared(
    select(
        image.c.id,
        image.c.digest,
        image.c.pushed_at,
        image.c.subject,
        image.c.status,
        image.c.last_pulled_at,
        image.c.last_archived_at,
        image.c.last_activated_at,
    ).where(_OF_REPOSITORY)
)
_TAGS = Prepared(
    select(tag.c.image_id, tag.c.name).where(tag.c.repository_id == bindparam("repository")).order_by(tag.c.name)
)
_CHILDREN = Prepared(
    select(image_child.c.image_id, image_child.c.digest)
    .join(image, image.c.id == image_child.c.image_id)
    .where(_OF_REPOSITORY)
    .order_by(image_child.c.image_id, image_child.c.digest)
)
_CHILDREN_OF = Prepared(
    select(image_child.c.digest).where(image_child.c.image_id == bindparam("image")).order_by(image_child.c.digest)
)


def judged_images(connection: Connection, repository_id: int) -> list[lifecycle.Image]:
    """Every image of a repository, as policies judge it."""
    tags: defaultdict[int, list[str]] = defaultdict(list)
    children: defaultdict[int, list[str]] = defaultdict(list)
    for found, statement in ((tags, _TAGS), (children, _CHILDREN)):
        for image_id, name in statement.all(connection, repository=repository_id):
            found[image_id].append(name)
    return [
        _judged(digest, tags.get(id_, ()), children.get(id_, ()), *rest)
        for id_, digest, *rest in _IMAGES.all(connection, repository=repository_id)
    ]


def judged_image(connection: Connection, repository_id: int, digest: str) -> lifecycle.Image | None:
    """One image of a repository, as policies judge it now."""
    found = find_image(connection, repository_id, digest)
    if found is None:
        return None
    tags = tags_of_image(connection, found.id)
    children = [row[0] for row in _CHILDREN_OF.all(connection, image=found.id)]
    return _judged(
        digest,
        tags,
        children,
        found.pushed_at,
        found.subject,
        found.status,
        found.last_pulled_at,
        found.last_archived_at,
        found.last_activated_at,
    )


def _judged(
    digest: str,
    tags: Sequence[str],
    children: Sequence[str],
    pushed_at: float,
    subject: str | None,
    status: str,
    last_pulled_at: float | None,
    last_archived_at: float | None,
    last_activated_at: float | None,
) -> lifecycle.Image:
    return lifecycle.Image(
        digest,
        tuple(tags),
        pushed_at,
        StorageClass.STANDARD if status == "ACTIVE" else StorageClass.ARCHIVE,
        last_activated_at,
        last_pulled_at,
        last_archived_at,
        subject,
        tuple(children),
        restoring=status == "ACTIVATING",
    )
