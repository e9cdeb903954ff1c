"""Operations on many image ids at once, where each id succeeds or fails alone (BatchGetImage, BatchDeleteImage)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wharfside.core.errors import RegistryError, image_not_found, invalid_parameter, manifests_too_large
from wharfside.core.names import DIGEST_PATTERN, DIGEST_RULE, TAG_PATTERN, TAG_RULE, is_tag
from wharfside.registry.context import Unit
from wharfside.registry.encryption import key_refusal
from wharfside.registry.image_deletion import delete_image, referenced_reason, remove_tag
from wharfside.registry.repositories import get_repository
from wharfside.store import images as stored
from wharfside.store.images import Image
from wharfside.store.repositories import Repository

MAXIMUM_MANIFESTS_BYTES = 32 * 1024 * 1024
"""In one answer, which is made in memory: eight of the largest manifests, or a hundred of 300 KiB."""
_DIGEST = re.compile(r"[a-zA-Z0-9\-_+.]+:[a-fA-F0-9]+")


@dataclass(frozen=True, slots=True)
class ImageId:
    """How a request names an image: by digest, by tag, or by both, which must then agree."""

    digest: str | None
    tag: str | None


@dataclass(frozen=True, slots=True)
class ImageFailure:
    """Why one id of a batch failed (ECR structure ImageFailure)."""

    image_id: ImageId
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class GotImage:
    """An image with its manifest, as it was asked for."""

    image_id: ImageId
    image: Image
    content: bytes


def _refusal(image_id: ImageId) -> ImageFailure | None:
    if image_id.digest is None and image_id.tag is None:
        return ImageFailure(
            image_id, "MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null"
        )
    if image_id.digest is not None and not is_image_digest(image_id.digest):
        reason = f"Invalid request parameters: image digest should satisfy the regex '{DIGEST_PATTERN}'"
        return ImageFailure(image_id, "InvalidImageDigest", reason)
    if image_id.tag is not None and not is_tag(image_id.tag):
        reason = f"Invalid request parameters: image tag should satisfy the regex '{TAG_PATTERN}'"
        return ImageFailure(image_id, "InvalidImageTag", reason)
    return None


def is_image_digest(text: str) -> bool:
    """Whether this has the form in which ECR takes the digest of an image, whatever its algorithm."""
    return _DIGEST.fullmatch(text) is not None


def require_valid(image_id: ImageId) -> None:
    """Raises InvalidParameterException for an id that could name no image, where one id fails the whole call."""
    refusal = _refusal(image_id)
    if refusal is None:
        return
    if refusal.code == "InvalidImageDigest":
        raise invalid_parameter("imageDigest", DIGEST_RULE)
    if refusal.code == "InvalidImageTag":
        raise invalid_parameter("imageTag", TAG_RULE)
    raise RegistryError("InvalidParameterException", refusal.reason)


def get_image(unit: Unit, repository: Repository, image_id: ImageId) -> Image:
    """The image that an id names, where one id fails the whole call. Raises ImageNotFoundException."""
    found = resolve(unit, repository, image_id)
    if isinstance(found, ImageFailure):
        raise image_not_found(repository.name, unit.account, image_id.digest, image_id.tag)
    return found


def resolve(unit: Unit, repository: Repository, image_id: ImageId) -> Image | ImageFailure:
    """The image that an id names, or why it names none."""
    refusal = _refusal(image_id)
    if refusal is not None:
        return refusal
    missing = ImageFailure(image_id, "ImageNotFound", "Requested image not found")
    if image_id.tag is None:
        return stored.find_image(unit.connection, repository.id, image_id.digest or "") or missing
    image = stored.find_image_by_tag(unit.connection, repository.id, image_id.tag)
    if image is None:
        return missing
    if image_id.digest is not None and image.digest != image_id.digest:
        return ImageFailure(
            image_id,
            "ImageTagDoesNotMatchDigest",
            "Invalid request parameters: given tag does not map to the given digest",
        )
    return image


def batch_get_image(
    unit: Unit, name: str, image_ids: Sequence[ImageId], accepted: Sequence[str]
) -> tuple[list[GotImage], list[ImageFailure]]:
    """BatchGetImage: the stored form, if its media type is accepted (none given: every one is).

    Raises RepositoryNotFoundException, and LimitExceededException for more than `MAXIMUM_MANIFESTS_BYTES` together.
    """
    repository = get_repository(unit, name)
    refusal = key_refusal(unit, repository.encryption_domain)
    images: list[GotImage] = []
    failures: list[ImageFailure] = []
    size = 0
    for image_id in dict.fromkeys(image_ids):
        found = resolve(unit, repository, image_id)
        if isinstance(found, Image) and accepted and found.media_type not in accepted:
            found = ImageFailure(image_id, "ImageNotFound", "Requested image not found")
        elif isinstance(found, Image) and found.status != "ACTIVE":
            found = ImageFailure(
                image_id, "ImageInaccessible", "Requested image is archived: it can be pulled once it is restored"
            )
        if isinstance(found, ImageFailure):
            failures.append(found)
        elif refusal is not None:
            failures.append(ImageFailure(image_id, "KmsError", refusal.message))
        else:
            size += found.manifest_size
            if size > MAXIMUM_MANIFESTS_BYTES:
                raise manifests_too_large(MAXIMUM_MANIFESTS_BYTES // 1024 // 1024)
            content = stored.content_of(unit.connection, found.digest)
            images.append(GotImage(ImageId(found.digest, image_id.tag), found, content))
    return images, failures


def batch_delete_image(unit: Unit, name: str, image_ids: Sequence[ImageId]) -> tuple[list[ImageId], list[ImageFailure]]:
    """BatchDeleteImage. Indexes go first, so that an index and its children can be deleted in one call."""
    repository = get_repository(unit, name, lock=True)
    deleted: list[ImageId] = []
    failures: list[ImageFailure] = []
    wanted: list[tuple[ImageId, Image]] = []
    for image_id in dict.fromkeys(image_ids):
        found = resolve(unit, repository, image_id)
        if isinstance(found, ImageFailure):
            failures.append(found)
        else:
            wanted.append((image_id, found))
    while wanted:
        blocked: list[tuple[ImageId, Image]] = []
        for image_id, image in wanted:
            outcome = _delete(unit, repository, image_id, image)
            if outcome is None:
                blocked.append((image_id, image))
            else:
                deleted += outcome
        if len(blocked) == len(wanted):
            for image_id, image in blocked:
                parents = stored.parents_of(unit.connection, repository.id, image.digest)
                failures.append(ImageFailure(image_id, "ImageReferencedByManifestList", referenced_reason(parents)))
            break
        wanted = blocked
    return deleted, failures


def _delete(unit: Unit, repository: Repository, image_id: ImageId, image: Image) -> list[ImageId] | None:
    """The ids that went, or None while an index of the repository names the image."""
    if stored.find_image(unit.connection, repository.id, image.digest) is None:
        return []  # another id of the same call named it too
    tags = stored.tags_of_image(unit.connection, image.id)
    if image_id.digest is None and image_id.tag is not None and len(tags) > 1:
        remove_tag(unit, repository, image, image_id.tag)
        return [ImageId(image.digest, image_id.tag)]
    if stored.parents_of(unit.connection, repository.id, image.digest):
        return None
    delete_image(unit, repository, image)
    return [ImageId(image.digest, tag) for tag in tags] or [ImageId(image.digest, None)]
