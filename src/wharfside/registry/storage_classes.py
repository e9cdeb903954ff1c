"""Storage classes of images: into the archive, and out of it (UpdateImageStorageClass, lifecycle policies, pushes)."""

from __future__ import annotations

from dataclasses import replace

from wharfside.core import errors
from wharfside.registry.context import Unit
from wharfside.registry.image_deletion import referenced_reason
from wharfside.store import images as stored_images
from wharfside.store import storage_classes as stored
from wharfside.store.images import Image
from wharfside.store.repositories import Repository


def archive_image(unit: Unit, repository: Repository, image: Image) -> Image:
    """Move an image to the archive, which takes effect at once; the image as it is then.

    One that is there already stays as it is. The repository is locked. Raises
    ImageStorageClassUpdateNotSupportedException while an index that is not archived names the image.
    """
    if image.status == "ARCHIVED":
        return image
    parents = stored_images.parents_of(unit.connection, repository.id, image.digest, archived=False)
    if parents:
        reason = referenced_reason(parents)
        raise errors.storage_class_update_not_supported(repository.name, unit.account, image.digest, reason)
    stored.unlink_blobs(unit.connection, repository.id, image.id)
    stored.set_archived(unit.connection, image.id, unit.now)
    return replace(image, status="ARCHIVED", last_archived_at=unit.now)
