"""Images: pushing, finding and listing them. One way in for the ECR API and the data plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from wharfside.core import errors
from wharfside.core.digests import Digest, algorithm_of, digest_of, sha256_of
from wharfside.core.manifests import Descriptor, Manifest
from wharfside.core.names import TAG_RULE, is_tag
from wharfside.registry.context import Unit
from wharfside.registry.encryption import require_key
from wharfside.registry.events import ImageAction, emit
from wharfside.registry.repositories import get_repository
from wharfside.registry.storage_classes import activate_image
from wharfside.store import images as stored
from wharfside.store import layers as stored_layers
from wharfside.store.absent_blobs import record_absent_blobs
from wharfside.store.images import Image, Status
from wharfside.store.repositories import Repository

MAXIMUM_IMAGES = 100_000
"""Images per repository (ECR quota)."""
MAXIMUM_TAGS = 1_000
"""Tags per image (ECR quota)."""
REFERRERS_SIZE = 1024 * 1024
"""How large the manifests of referrers that are told of together may be. Their annotations are part of them, and grow
up to three times when they are written in ASCII; clients accept answers of 4 MiB."""


@dataclass(frozen=True, slots=True)
class Referrers:
    """Some of the referrers of a digest, in push order."""

    images: list[Image]
    annotations: dict[int, dict[str, str]]
    """By the ids of the images; none of those that were deleted at this moment."""
    more: bool
    """Whether others follow."""


@dataclass(frozen=True, slots=True)
class Push:
    """A manifest on its way in. `digest`: what the client says it is; `algorithm` it is to be stored under."""

    content: bytes
    manifest: Manifest
    tags: tuple[str, ...] = ()
    digest: Digest | None = None
    sparse: bool = False
    """Whether layers and children may be missing (off unless the registry is set so)."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of it: `again` when image and tags were there already."""

    digest: Digest
    again: bool


def digest_for(push: Push) -> Digest:
    """The digest of the content, by the algorithm that the client used."""
    if push.digest is None or algorithm_of(push.digest) == "sha256":
        return sha256_of(push.content)
    return digest_of(push.content, algorithm_of(push.digest))


def put_image(unit: Unit, name: str, push: Push) -> Pushed:
    """PutImage, and a manifest PUT on the data plane. Everything it may raise is in ECR's order of checks.

    Raises KmsException, ImageDigestDoesNotMatchException, LayersNotFoundException, ReferencedImagesNotFoundException,
    ImageTagAlreadyExistsException, LimitExceededException.
    """
    repository = get_repository(unit, name, lock=True)
    require_key(unit, repository.encryption_domain)
    digest = digest_for(push)
    if push.digest is not None and push.digest != digest:
        raise errors.image_digest_does_not_match(name, unit.account, push.digest)
    for tag in push.tags:
        if not is_tag(tag):
            raise errors.invalid_parameter("imageTag", TAG_RULE)
    image = stored.find_image(unit.connection, repository.id, digest)
    blobs = _require_blobs(unit, repository, push) if image is None else _Blobs({}, {})
    is_active = image is not None and image.status == "ACTIVE"
    children = _require_children(unit, repository, push) if not is_active else {}
    moves = _moves(unit, repository, push, digest)
    if is_active and not moves:
        return Pushed(digest, again=True)
    present = 0
    if image is None:
        image = _insert(unit, repository, push, digest, blobs, children)
    else:
        if not is_active:  # its layers are those of the archived image
            activate_image(unit, repository, image)
        present = stored.count_tags(unit.connection, image.id)
    if present + len(moves) > MAXIMUM_TAGS:
        over = list(moves)[MAXIMUM_TAGS - present]
        raise errors.too_many_image_tags(name, unit.account, over, MAXIMUM_TAGS)
    for tag, exists in moves.items():
        stored.put_tag(unit.connection, repository.id, tag, image.id, exists=exists)
    emit(unit, *(ImageAction("PUSH", name, digest, tag) for tag in moves or push.tags or (None,)))
    return Pushed(digest, again=False)


@dataclass(frozen=True, slots=True)
class _Blobs:
    """What a manifest names: media types of what is here by blob id, and of what is not by digest."""

    present: dict[int, str]
    absent: dict[str, str]


def _require_blobs(unit: Unit, repository: Repository, push: Push) -> _Blobs:
    """Layers that may live elsewhere need not be here."""
    wanted = push.manifest.blobs
    found = stored_layers.visible_blobs(unit.connection, repository.id, (each.digest for each in wanted), unit.now)
    missing = dict.fromkeys(each.digest for each in wanted if each.digest not in found and not each.foreign)
    if missing and not push.sparse:
        raise errors.layers_not_found(repository.name, unit.account, missing)
    present = [each for each in wanted if each.digest in found]
    for each in present:
        _require_size(each, found[each.digest].size)
    return _Blobs(
        present={found[each.digest].id: each.media_type for each in present},
        absent={each.digest: each.media_type for each in wanted if each.digest not in found},
    )


def _require_children(unit: Unit, repository: Repository, push: Push) -> dict[str, Image]:
    wanted = [child.digest for child in push.manifest.children]
    images = stored.find_images(unit.connection, repository.id, wanted)
    found = {digest: image for digest, image in images.items() if image.status == "ACTIVE"}
    missing = [digest for digest in dict.fromkeys(wanted) if digest not in found]
    if missing and not push.sparse:
        raise errors.referenced_images_not_found(repository.name, unit.account, missing)
    for child in push.manifest.children:
        if child.digest in found:
            _require_size(child, found[child.digest].manifest_size)
    return found


def _require_size(descriptor: Descriptor, size: int) -> None:
    """A manifest that tells another size than the content has could be pushed, but no client would pull it."""
    if descriptor.size != size:
        reason = f"Size of the content with digest {descriptor.digest} is {size} instead of {descriptor.size}"
        raise errors.invalid_parameter("ImageManifest", reason)


def _moves(unit: Unit, repository: Repository, push: Push, digest: Digest) -> dict[str, bool]:
    """The tags that have to be set, and whether each exists already. Raises ImageTagAlreadyExistsException."""
    moves: dict[str, bool] = {}
    for tag in push.tags:
        current = stored.find_image_by_tag(unit.connection, repository.id, tag)
        if current is None:
            moves[tag] = False
        elif current.digest != digest:
            if not repository.mutability.allows_overwriting(tag):
                raise errors.image_tag_already_exists(repository.name, tag)
            moves[tag] = True
    return moves


def _insert(
    unit: Unit, repository: Repository, push: Push, digest: Digest, blobs: _Blobs, children: dict[str, Image]
) -> Image:
    manifest = push.manifest
    size = manifest.declared_size or max((child.image_size for child in children.values()), default=0)
    new = Image(
        id=0,
        repository_id=repository.id,
        digest=digest,
        media_type=manifest.media_type,
        artifact_type=manifest.artifact_type,
        subject=manifest.subject,
        manifest_size=len(push.content),
        image_size=size,
        pushed_at=unit.now,
    )
    named = [child.digest for child in manifest.children]
    made = stored.insert_image(unit.connection, new, push.content, named, manifest.annotations)
    # Images are numbered from 1 over all repositories: below the quota, none of them needs to be counted.
    if made.id > MAXIMUM_IMAGES and stored.count_images(unit.connection, repository.id) > MAXIMUM_IMAGES:
        raise errors.too_many_images(repository.name, unit.account, MAXIMUM_IMAGES)
    stored_layers.keep_blobs(unit.connection, repository.id, made.id, blobs.present)
    record_absent_blobs(unit.connection, made.id, blobs.absent)
    return made


def list_tags(unit: Unit, name: str, after: str, limit: int) -> list[str]:
    """The tag list of the data plane: of what can be pulled (OCI distribution specification, "Listing Tags")."""
    repository = get_repository(unit, name)
    return stored.list_tags(unit.connection, repository.id, after, limit)


def list_referrers(
    unit: Unit,
    name: str,
    subject: str,
    after: int,
    limit: int,
    artifact_types: Sequence[str] = (),
    status: Status | None = "ACTIVE",
) -> Referrers:
    """ListImageReferrers, and the referrers list of the data plane: at most `limit`. The subject need not be here."""
    repository = get_repository(unit, name)
    found = stored.list_referrers(unit.connection, repository.id, subject, after, limit + 1, artifact_types, status)
    page = found[: min(limit, _fitting(found))]
    annotations = stored.annotations_of(unit.connection, [each.id for each in page]) if page else {}
    return Referrers(page, annotations, more=len(page) < len(found))


def _fitting(found: Sequence[Image]) -> int:
    """How many of these one answer may tell of: one of any size, or more that are small."""
    ends = accumulate(each.manifest_size for each in found)
    return max(1, sum(end <= REFERRERS_SIZE for end in ends))
