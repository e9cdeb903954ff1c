"""Listing images (DescribeImages, ListImages)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wharfside.registry.context import Unit
from wharfside.registry.image_batches import ImageId, get_image, require_valid
from wharfside.registry.repositories import get_repository
from wharfside.store import images as stored
from wharfside.store.images import Chosen, Image


@dataclass(frozen=True, slots=True)
class ImageDetail:
    """An image and its tags."""

    image: Image
    tags: list[str]


def describe_images(unit: Unit, name: str, image_ids: Sequence[ImageId]) -> list[ImageDetail]:
    """DescribeImages by id: each image once. Raises ImageNotFoundException if one of them is not there."""
    for image_id in image_ids:
        require_valid(image_id)
    repository = get_repository(unit, name)
    found = [get_image(unit, repository, image_id) for image_id in image_ids]
    return _details(unit, list({image.id: image for image in found}.values()))


def list_image_details(unit: Unit, name: str, before: int | None, limit: int, chosen: Chosen) -> list[ImageDetail]:
    """DescribeImages without ids: the newest first, from those pushed before the image with id `before`."""
    repository = get_repository(unit, name)
    return _details(unit, stored.list_images(unit.connection, repository.id, before, limit, chosen))


def _details(unit: Unit, images: list[Image]) -> list[ImageDetail]:
    tags = stored.tags_of(unit.connection, [image.id for image in images])
    return [ImageDetail(image, tags.get(image.id, [])) for image in images]


def list_images(
    unit: Unit, name: str, after: tuple[int, str], limit: int, chosen: Chosen
) -> list[tuple[int, str, str | None]]:
    """ListImages: rows of (position, digest, tag)."""
    repository = get_repository(unit, name)
    return stored.list_image_ids(unit.connection, repository.id, after, limit, chosen)
