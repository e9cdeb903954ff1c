"""Storage classes of images: into the archive, and out of it (UpdateImageStorageClass, lifecycle policies, pushes).

The bytes of layers follow in the background (`jobs/storage_classes.py`); until then they are read where they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from sqlalchemy import Connection

from wharfside.core import errors
from wharfside.registry.context import Unit
from wharfside.registry.events import StorageClassUpdated, emit
from wharfside.registry.image_batches import ImageId, get_image, require_valid
from wharfside.registry.image_deletion import referenced_reason
from wharfside.registry.referrers import leave_to_referrers
from wharfside.registry.repositories import get_repository
from wharfside.store import images as stored_images
from wharfside.store import storage_classes as stored
from wharfside.store.images import Image
from wharfside.store.jobs import enqueue
from wharfside.store.repositories import Repository

ARCHIVE_LAYERS: Final = "archive-layers"
"""The kind of the jobs that move layers to the archive; their key is the repository's id."""
RESTORE_IMAGE: Final = "restore-image"
"""The kind of the jobs that bring an image's layers back; their key is that of `restoring_key`."""
ARCHIVE_REFERRERS: Final = "archive-referrers"
"""The kind of the jobs that archive what refers to an archived image; their key is that of `Following`."""


def update_image_storage_class(
    unit: Unit, name: str, image_id: ImageId, target: Literal["STANDARD", "ARCHIVE"]
) -> Image:
    """UpdateImageStorageClass; the image as it is then. One that is of the class already stays as it is.

    Raises ImageNotFoundException, ImageStorageClassUpdateNotSupportedException.
    """
    require_valid(image_id)
    repository = get_repository(unit, name, lock=True)
    found = get_image(unit, repository, image_id)
    if target == "ARCHIVE":
        return archive_image(unit, repository, found)
    return restore_image(unit, repository, found)


def archive_image(unit: Unit, repository: Repository, image: Image) -> Image:
    """Move an image to the archive, which takes effect at once; the image as it is then.

    One that is there already stays as it is. What refers to the image follows in a day. The repository is locked.
    Raises ImageStorageClassUpdateNotSupportedException while an index that is not archived names the image.
    """
    if image.status == "ARCHIVED":
        return image
    parents = stored_images.parents_of(unit.connection, repository.id, image.digest, archived=False)
    if parents:
        reason = referenced_reason(parents)
        raise errors.storage_class_update_not_supported(repository.name, unit.account, image.digest, reason)
    stored.unlink_blobs(unit.connection, repository.id, image.id)
    stored.set_archived(unit.connection, image.id, unit.now)
    archived = StorageClassUpdated(
        repository.name,
        image.digest,
        "ARCHIVE",
        image.media_type,
        image.artifact_type,
        referrer=image.subject is not None,
    )
    emit(unit, archived)
    leave_to_referrers(unit, ARCHIVE_REFERRERS, repository, image)
    enqueue(unit.connection, ARCHIVE_LAYERS, str(repository.id), {}, unit.now)
    return replace(image, status="ARCHIVED", last_archived_at=unit.now)


def restore_image(unit: Unit, repository: Repository, image: Image) -> Image:
    """Begin to bring an image back from the archive, and an index with the images that it names; the image as it is.

    It can be pulled once a job has brought its layers back. The repository is locked.
    """
    if image.status == "ACTIVE":
        return image
    if image.status == "ARCHIVED":
        for each in coming_with(unit.connection, image):
            stored.set_activating(unit.connection, each.id)
    # Also for one that is on its way already: the job may have failed as often as it may.
    enqueue(unit.connection, RESTORE_IMAGE, restoring_key(repository.id, image.digest), {}, unit.now)
    return replace(image, status="ACTIVATING")


def restoring_key(repository_id: int, digest: str) -> str:
    """Names the image that a job restores."""
    return f"{repository_id}/{digest}"


def coming_with(connection: Connection, image: Image) -> list[Image]:
    """An image, and of an index also those images below it that have the same status."""
    found = {image.id: image}
    unseen = [image]
    while unseen:
        index = unseen.pop()
        for child in stored.children_with_status(connection, index, image.status):
            if child.id not in found:
                found[child.id] = child
                unseen.append(child)
    return list(found.values())


def activate_image(unit: Unit, repository: Repository, image: Image) -> None:
    """Make an image that is archived, or on its way back, active at once: its layers are readable where they are.

    So it is with one that is pushed again. A job brings its layers back. The repository is locked.
    """
    _activate(unit, repository, image)
    enqueue(unit.connection, RESTORE_IMAGE, restoring_key(repository.id, image.digest), {}, unit.now)


def finish_restoring(unit: Unit, repository: Repository, image: Image) -> None:
    """The layers of an image are back: it is active from now on, and an index with what was to come with it."""
    for each in coming_with(unit.connection, image):
        _activate(unit, repository, each)


def _activate(unit: Unit, repository: Repository, image: Image) -> None:
    stored.link_blobs(unit.connection, repository.id, image.id)
    stored.set_active(unit.connection, image.id, unit.now)
    restored = StorageClassUpdated(
        repository.name,
        image.digest,
        "STANDARD",
        image.media_type,
        image.artifact_type,
        last_activated_at=unit.now,
        referrer=image.subject is not None,
    )
    emit(unit, restored)
