"""Deleting images and tags (BatchDeleteImage; deletes on the data plane)."""

from __future__ import annotations

from wharfside.core import errors
from wharfside.core.names import is_tag
from wharfside.registry.context import Unit
from wharfside.registry.events import ImageAction, emit
from wharfside.registry.referrers import DELETE_REFERRERS, leave_to_referrers
from wharfside.registry.repositories import get_repository
from wharfside.store import images as stored
from wharfside.store import layers as stored_layers
from wharfside.store.images import Image
from wharfside.store.repositories import Repository


def delete_image(unit: Unit, repository: Repository, image: Image) -> None:
    """Delete an image with its tags; blobs that nothing else needs are orphaned, and referrers follow in a day."""
    tags = stored.tags_of_image(unit.connection, image.id)
    leave_to_referrers(unit, DELETE_REFERRERS, repository, image)
    stored_layers.release_blobs(unit.connection, repository.id, image.id, unit.now)
    stored.delete_image(unit.connection, image)
    emit(unit, *(ImageAction("DELETE", repository.name, image.digest, tag) for tag in tags or (None,)))


def delete_manifest(unit: Unit, name: str, digest: str) -> None:
    """DELETE of a manifest by digest on the data plane.

    Raises ImageNotFoundException, and ImageReferencedByManifestList while an index of the repository names it.
    """
    repository = get_repository(unit, name, lock=True)
    image = stored.find_image(unit.connection, repository.id, digest)
    if image is None:
        raise errors.image_not_found(name, unit.account, digest, None)
    parents = stored.parents_of(unit.connection, repository.id, digest)
    if parents:
        raise errors.RegistryError("ImageReferencedByManifestList", referenced_reason(parents))
    delete_image(unit, repository, image)


def delete_tag(unit: Unit, name: str, tag: str) -> None:
    """DELETE of a tag on the data plane: the image stays (OCI distribution specification, "Deleting tags")."""
    repository = get_repository(unit, name, lock=True)
    image = stored.find_image_by_tag(unit.connection, repository.id, tag) if is_tag(tag) else None
    if image is None:
        raise errors.image_not_found(name, unit.account, None, tag)
    remove_tag(unit, repository, image, tag)


def remove_tag(unit: Unit, repository: Repository, image: Image, tag: str) -> None:
    """Take a tag from an image, which stays."""
    stored.delete_tag(unit.connection, repository.id, tag)
    emit(unit, ImageAction("DELETE", repository.name, image.digest, tag))


def referenced_reason(parents: list[str]) -> str:
    """Why an image that an index names is not deleted."""
    return f"Requested image referenced by manifest list: [{', '.join(parents)}]"
