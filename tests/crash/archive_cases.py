"""Moves between storage classes, for the program that kills at each of their steps."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from sqlalchemy import Connection, delete, select

from crash.left_case import Case
from image_life import manifest_of
from wharfside.api.node import Node
from wharfside.core.manifests import parse_manifest
from wharfside.registry import images, storage_classes
from wharfside.registry.context import Unit
from wharfside.registry.events import IMAGE_ACTION, REFERRER_ACTION
from wharfside.registry.images import Push
from wharfside.registry.referrers import FOLLOW_SECONDS, STEP
from wharfside.registry.repositories import get_repository
from wharfside.registry.storage_classes import ARCHIVE_LAYERS, ARCHIVE_REFERRERS, RESTORE_IMAGE
from wharfside.store import images as stored_images
from wharfside.store import storage_classes as stored
from wharfside.store.images import Image
from wharfside.store.tables import blob, event, image, job

SCOPE = ("000000000000", "us-east-1")
DAY = 86_400.0
REFERRERS = 2 * STEP + 1


def push(unit: Unit, *layers: bytes, **members: Any) -> Image:
    manifest = manifest_of(*layers, **members)
    digest = images.put_image(unit, "app", Push(manifest, parse_manifest(manifest, None), ())).digest
    found = stored_images.find_image(unit.connection, get_repository(unit, "app").id, digest)
    assert found is not None
    return found


def archive(unit: Unit, each: Image) -> Image:
    return storage_classes.archive_image(unit, get_repository(unit, "app"), each)


def archive_two_layers(connection: Connection, moment: float) -> None:
    """An image of three layers is archived, of which another image needs one."""
    before = Unit(connection, *SCOPE, moment - 3 * DAY)
    archived = push(before, b"loose 1", b"loose 2", b"kept")
    push(before, b"kept")
    archive(Unit(connection, *SCOPE, moment), archived)


def restore_three_layers(connection: Connection, moment: float) -> None:
    """An image is on its way back; its layers are about to be archived, which `to_archive` does."""
    archived = archive(
        Unit(connection, *SCOPE, moment - 2 * DAY),
        push(Unit(connection, *SCOPE, moment - 3 * DAY), b"loose 1", b"loose 2", b"kept"),
    )
    unit = Unit(connection, *SCOPE, moment)
    storage_classes.restore_image(unit, get_repository(unit, "app"), archived)
    connection.execute(delete(job).where(job.c.kind == ARCHIVE_LAYERS))


def to_archive(node: Node) -> None:
    places = node.db.read(
        lambda c: [stored.Place(*row) for row in c.execute(select(blob.c.id, blob.c.location).order_by(blob.c.id))]
    )
    for place in places:
        location = node.blobs.copy(place.location, archived=True)
        new = {"location": location, "archived": True}
        node.db.write(lambda c, i=place.blob_id, new=new: c.execute(blob.update().where(blob.c.id == i), new)).result()
        node.blobs.delete(place.location)


def archive_a_subject(connection: Connection, moment: float) -> None:
    before = Unit(connection, *SCOPE, moment - 3 * DAY)
    subject = push(before, b"loose 1")
    named = {"mediaType": "application/x", "digest": subject.digest, "size": 2}
    for number in range(REFERRERS):
        push(before, b"kept", subject=named, annotations={"number": str(number)})
    archive(Unit(connection, *SCOPE, moment - FOLLOW_SECONDS), subject)


def see(connection: Connection) -> tuple[Counter[str], int, int, list[dict[str, Any]]]:
    """How many images there are by status, how many blobs in the archive and out of it, and what events tell."""
    statuses = Counter(connection.scalars(select(image.c.status)))
    archived = list(connection.scalars(select(blob.c.archived)))
    of_images = select(event.c.content).where(event.c.detail_type.in_([IMAGE_ACTION, REFERRER_ACTION]))
    told = [json.loads(content) for content in connection.scalars(of_images)]
    details = [each["detail"] for each in told if "detail" in each]
    moves = [each for each in details if each["action-type"] == "UPDATE_STORAGE_CLASS"]
    return statuses, archived.count(True), archived.count(False), moves


def check_archived(seen: tuple[Counter[str], int, int, list[dict[str, Any]]]) -> None:
    statuses, archived, others, moves = seen
    assert statuses == {"ARCHIVED": 1, "ACTIVE": 1}
    assert (archived, others, len(moves)) == (2, 1, 1)


def check_restored(seen: tuple[Counter[str], int, int, list[dict[str, Any]]]) -> None:
    statuses, archived, others, moves = seen
    assert statuses == {"ACTIVE": 1}
    assert (archived, others) == (0, 3)
    assert [each["target-storage-class"] for each in moves] == ["ARCHIVE", "STANDARD"]


def check_followed(seen: tuple[Counter[str], int, int, list[dict[str, Any]]]) -> None:
    statuses, archived, others, moves = seen
    assert statuses == {"ARCHIVED": REFERRERS + 1}
    assert (archived, others) == (2, 1)
    assert len({each["image-digest"] for each in moves}) == len(moves) == REFERRERS + 1


ARCHIVE_CASES = {
    ARCHIVE_LAYERS: Case(archive_two_layers, see, check_archived),
    RESTORE_IMAGE: Case(restore_three_layers, see, check_restored, to_archive),
    ARCHIVE_REFERRERS: Case(archive_a_subject, see, check_followed, follow=(ARCHIVE_LAYERS,)),
}
