"""Jobs of storage classes: layers move to the archive and back, and referrers follow their subject.

The bytes of a layer get a second location first, then its row names that one, then the first is removed. So a crash
leaves at most bytes that no row names, which `remove_strays` finds, and what a row names is always whole.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from wharfside.api.node import Node
from wharfside.jobs.work import Effects, Work
from wharfside.registry import referrer_archiving, storage_classes
from wharfside.registry.context import Unit
from wharfside.registry.referrers import FOLLOW_SECONDS, Following, Step
from wharfside.registry.storage_classes import ARCHIVE_LAYERS, RESTORE_IMAGE, coming_with, restoring_key
from wharfside.store import storage_classes as stored
from wharfside.store.images import Image, find_image
from wharfside.store.jobs import enqueue, leave_again
from wharfside.store.repositories import find_repository_by_id
from wharfside.store.storage_classes import Place

CHECK: Final = "check-archive"
_TOGETHER: Final = 200
"""Rows that are read at once."""


def archive_layers(node: Node, work: Work) -> None:
    """Move those layers of a repository to the archive that only archived images need, of all repositories."""
    repository, last = int(work.key), 0

    def following(connection: Connection) -> list[Place]:
        return stored.blobs_to_archive(connection, repository, last, _TOGETHER)

    while places := node.db.read_apart(following):
        for place in places:
            work.end_if_stopping()
            _move(node, work, place, archived=True)
            last = place.blob_id


def restore_image(node: Node, work: Work) -> None:
    """Bring the layers of an image back; one that is on its way is active then. What refers to it comes next."""
    repository, _, digest = work.key.partition("/")
    id_ = int(repository)

    def places(connection: Connection) -> list[Place]:
        image = find_image(connection, id_, digest)
        if image is None or image.status == "ARCHIVED":
            return []
        together = coming_with(connection, image) if image.status == "ACTIVATING" else [image]
        return [place for each in together for place in stored.archived_blobs_of(connection, each.id)]

    for place in node.db.read_apart(places):
        work.end_if_stopping()
        _move(node, work, place, archived=False)
    work.write(lambda connection: _finish_restoring(connection, id_, digest, node.clock())).result()
    step = Step(last=0)
    while step.last is not None:
        work.end_if_stopping()
        after = step.last
        step = work.write(
            lambda connection, after=after: referrer_archiving.restore_referrers(
                connection, id_, digest, after, node.clock()
            )
        ).result()
        if step.record is not None:
            node.trail.committed(step.record)


def archive_referrers(node: Node, work: Work) -> Effects | None:
    """Archive what refers to an archived image. What an index names is looked at again a day later."""
    following = Following.of(work.payload)
    if (early := following.due_at - node.clock()) > 0:  # it was archived again, after the job was left
        return lambda connection: leave_again(connection, work.claimed, node.clock(), delay=early)
    step, held = Step(last=0), False
    while step.last is not None:
        work.end_if_stopping()
        after = step.last
        step = work.write(
            lambda connection, after=after: referrer_archiving.archive_referrers(
                connection, following, after, node.clock()
            )
        ).result()
        held = held or step.held
        if step.record is not None:
            node.trail.committed(step.record)
    if not held:
        return None
    return lambda connection: leave_again(connection, work.claimed, node.clock(), delay=FOLLOW_SECONDS)


def check_archive(node: Node, work: Work) -> None:
    """Leave jobs for whatever is not where it belongs: layers that ended up unneeded, restores that failed."""
    now, last, last_image = node.clock(), 0, (0, 0)

    def leave_archiving(connection: Connection) -> list[int]:
        found = stored.repositories_with_archived_images(connection, last, _TOGETHER)
        for repository in found:
            enqueue(connection, ARCHIVE_LAYERS, str(repository), {}, now)
        return found

    def leave_restoring(connection: Connection) -> list[Image]:
        found = stored.activating_images(connection, last_image, _TOGETHER)
        for image in found:
            enqueue(connection, RESTORE_IMAGE, restoring_key(image.repository_id, image.digest), {}, now)
        return found

    while repositories := work.write(leave_archiving).result():
        last = repositories[-1]
    while images := work.write(leave_restoring).result():
        last_image = images[-1].repository_id, images[-1].id
    _bring_back_needed(node, work)


def _bring_back_needed(node: Node, work: Work) -> None:
    """Layers that somebody pushed an image with at the very moment when they were moved; they are read all the same."""
    last = 0

    def following(connection: Connection) -> list[Place]:
        return stored.needed_archived_blobs(connection, last, _TOGETHER)

    while places := node.db.read_apart(following):
        for place in places:
            work.end_if_stopping()
            _move(node, work, place, archived=False)
            last = place.blob_id


def _finish_restoring(connection: Connection, repository_id: int, digest: str, now: float) -> None:
    repository = find_repository_by_id(connection, repository_id, lock=True)
    image = find_image(connection, repository_id, digest)
    if repository is not None and image is not None and image.status == "ACTIVATING":
        unit = Unit(connection, repository.account, repository.region, now)
        storage_classes.finish_restoring(unit, repository, image)


def _move(node: Node, work: Work, place: Place, *, archived: bool) -> None:
    """Move the bytes of a blob, unless they are needed where they are, or somebody else has moved them."""
    try:
        location = node.blobs.copy(place.location, archived=archived)
    except FileNotFoundError:
        if node.db.read_apart(lambda connection: stored.location_of(connection, place.blob_id)) == place.location:
            raise
        return
    record = stored.move_to_archive if archived else stored.move_out_of_archive
    moved = work.write(lambda connection: record(connection, place, location)).result()
    node.blobs.delete(place.location if moved else location)
