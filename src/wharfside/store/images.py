"""Images, their manifests and their tags."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    select,
    tuple_,
    update,
)

from wharfside.store.prepared import Prepared, insertion
from wharfside.store.tables import image, image_child, manifest, repository, tag

Status: TypeAlias = Literal["ACTIVE", "ARCHIVED", "ACTIVATING"]
"""Whether an image can be pulled, is in the archive, or is on its way back from there (ECR: imageStatus)."""
NOT_ACTIVE = image.c.status != literal_column("'ACTIVE'")
"""In just these words, so that the index of such images is used."""


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest in a repository. Sizes in bytes; `image_size` is what DescribeImages reports."""

    id: int
    repository_id: int
    digest: str
    media_type: str
    artifact_type: str | None
    subject: str | None
    manifest_size: int
    image_size: int
    pushed_at: float
    status: Status = "ACTIVE"
    last_pulled_at: float | None = None
    last_archived_at: float | None = None
    last_activated_at: float | None = None


@dataclass(frozen=True, slots=True)
class FoundManifest:
    """What a pull needs: the stored bytes, their digest and media type, and whether they may be pulled.

    `encryption_domain`: that of the repository.
    """

    repository_id: int
    digest: str
    media_type: str
    content: bytes
    status: Status
    encryption_domain: str


_COLUMNS = (
    image.c.id,
    image.c.repository_id,
    image.c.digest,
    image.c.media_type,
    image.c.artifact_type,
    image.c.subject,
    image.c.manifest_size,
    image.c.image_size,
    image.c.pushed_at,
    image.c.status,
    image.c.last_pulled_at,
    image.c.last_archived_at,
    image.c.last_activated_at,
)
"""The fields of an `Image`, in their order."""


def _images(connection: Connection, query: Executable) -> list[Image]:
    return [Image(*row) for row in connection.execute(query)]


_REPOSITORY = and_(
    repository.c.account == bindparam("account"),
    repository.c.region == bindparam("region"),
    repository.c.name == bindparam("repository"),
)
_PULLED = (
    repository.c.id,
    image.c.digest,
    image.c.media_type,
    manifest.c.content,
    image.c.status,
    repository.c.encryption_domain,
)
_BY_TAG = Prepared(
    select(*_PULLED)
    .select_from(
        repository.outerjoin(tag, and_(tag.c.repository_id == repository.c.id, tag.c.name == bindparam("tag")))
        .outerjoin(image, image.c.id == tag.c.image_id)
        .outerjoin(manifest, manifest.c.digest == image.c.digest)
    )
    .where(_REPOSITORY)
)
_BY_DIGEST = Prepared(
    select(*_PULLED)
    .select_from(
        repository.outerjoin(
            image, and_(image.c.repository_id == repository.c.id, image.c.digest == bindparam("digest"))
        ).outerjoin(manifest, manifest.c.digest == image.c.digest)
    )
    .where(_REPOSITORY)
)


def find_manifest(
    connection: Connection, account: str, region: str, name: str, *, digest: str | None = None, by_tag: str = ""
) -> tuple[bool, FoundManifest | None]:
    """In one statement: whether the repository exists, and the manifest by digest or else by tag."""
    scope = {"account": account, "region": region, "repository": name}
    if digest is not None:
        row = _BY_DIGEST.first(connection, **scope, digest=digest)
    else:
        row = _BY_TAG.first(connection, **scope, tag=by_tag)
    if row is None:
        return False, None
    if row[1] is None:
        return True, None
    return True, FoundManifest(row[0], row[1], row[2], bytes(row[3]), row[4], row[5])


_IMAGE = Prepared(
    select(*_COLUMNS).where(image.c.repository_id == bindparam("repository"), image.c.digest == bindparam("digest"))
)
_TAGGED_IMAGE = Prepared(
    select(*_COLUMNS)
    .join(tag, tag.c.image_id == image.c.id)
    .where(tag.c.repository_id == bindparam("repository"), tag.c.name == bindparam("tag"))
)


def find_image(connection: Connection, repository_id: int, digest: str) -> Image | None:
    """The image with this digest."""
    row = _IMAGE.first(connection, repository=repository_id, digest=digest)
    return Image(*row) if row else None


def find_image_by_tag(connection: Connection, repository_id: int, name: str) -> Image | None:
    """The image that a tag names."""
    row = _TAGGED_IMAGE.first(connection, repository=repository_id, tag=name)
    return Image(*row) if row else None


def find_images(connection: Connection, repository_id: int, digests: Iterable[str]) -> dict[str, Image]:
    """Those images of the repository that have one of the digests, by digest."""
    found = ((digest, find_image(connection, repository_id, digest)) for digest in dict.fromkeys(digests))
    return {digest: each for digest, each in found if each is not None}


def content_of(connection: Connection, digest: str) -> bytes:
    """The bytes of a stored manifest."""
    return bytes(connection.execute(select(manifest.c.content).where(manifest.c.digest == digest)).scalar_one())


def tags_of(connection: Connection, image_ids: Iterable[int]) -> dict[int, list[str]]:
    """The tags of images, sorted, by image."""
    found: dict[int, list[str]] = {}
    wanted = list(image_ids)
    for start in range(0, len(wanted), 500):
        query = select(tag.c.image_id, tag.c.name).where(tag.c.image_id.in_(wanted[start : start + 500]))
        for image_id, name in connection.execute(query.order_by(tag.c.name)):
            found.setdefault(image_id, []).append(name)
    return found


_TAGS_OF_IMAGE = Prepared(select(tag.c.name).where(tag.c.image_id == bindparam("image")).order_by(tag.c.name))


def tags_of_image(connection: Connection, image_id: int) -> list[str]:
    """The tags of one image, sorted."""
    return [row[0] for row in _TAGS_OF_IMAGE.all(connection, image=image_id)]


_COUNT_TAGS = Prepared(select(func.count()).select_from(tag).where(tag.c.image_id == bindparam("image")))
_COUNT_IMAGES = Prepared(
    select(func.count()).select_from(image).where(image.c.repository_id == bindparam("repository"))
)


def count_tags(connection: Connection, image_id: int) -> int:
    """How many tags an image has."""
    row = _COUNT_TAGS.first(connection, image=image_id)
    return row[0] if row else 0


def count_images(connection: Connection, repository_id: int) -> int:
    """How many images a repository has."""
    row = _COUNT_IMAGES.first(connection, repository=repository_id)
    return row[0] if row else 0


_MANIFEST_EXISTS = Prepared(select(manifest.c.digest).where(manifest.c.digest == bindparam("digest")))
_INSERT_MANIFEST = insertion(manifest, "digest", "content")
_INSERT_IMAGE = insertion(
    image,
    "repository_id",
    "digest",
    "media_type",
    "artifact_type",
    "subject",
    "annotations",
    "manifest_size",
    "image_size",
    "pushed_at",
    returning="id",
)
_INSERT_CHILD = insertion(image_child, "image_id", "digest")


def insert_image(
    connection: Connection, new: Image, content: bytes, children: Iterable[str], annotations: Mapping[str, str]
) -> Image:
    """Store a manifest and make it an image of the repository; `new.id` is ignored."""
    if _MANIFEST_EXISTS.first(connection, digest=new.digest) is None:
        _INSERT_MANIFEST.run(connection, digest=new.digest, content=content)
    row = _INSERT_IMAGE.first(
        connection,
        repository_id=new.repository_id,
        digest=new.digest,
        media_type=new.media_type,
        artifact_type=new.artifact_type,
        subject=new.subject,
        annotations=json.dumps(annotations),
        manifest_size=new.manifest_size,
        image_size=new.image_size,
        pushed_at=new.pushed_at,
    )
    assert row is not None
    for digest in dict.fromkeys(children):
        _INSERT_CHILD.run(connection, image_id=row[0], digest=digest)
    return replace(new, id=row[0])


_DELETE_IMAGE = Prepared(delete(image).where(image.c.id == bindparam("image")))
_DELETE_UNUSED_MANIFEST = Prepared(
    delete(manifest).where(
        manifest.c.digest == bindparam("digest"), ~exists().where(image.c.digest == manifest.c.digest)
    )
)


def delete_image(connection: Connection, each: Image) -> None:
    """Delete an image with its tags, and the manifest's bytes when no repository has it any more."""
    _DELETE_IMAGE.run(connection, image=each.id)
    delete_unused_manifests(connection, [each.digest])


def delete_unused_manifests(connection: Connection, digests: Iterable[str]) -> None:
    """Delete the bytes of those manifests that are no image of any repository."""
    for digest in digests:
        _DELETE_UNUSED_MANIFEST.run(connection, digest=digest)


def digests_and_tags_of(connection: Connection, repository_id: int) -> list[tuple[str, str | None]]:
    """Every image of a repository in push order: its digest with each of its tags, or with None if it has none."""
    query = (
        select(image.c.digest, tag.c.name)
        .select_from(image.outerjoin(tag, tag.c.image_id == image.c.id))
        .where(image.c.repository_id == repository_id)
        .order_by(image.c.id, tag.c.name)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


_MOVE_TAG = Prepared(
    update(tag)
    .where(tag.c.repository_id == bindparam("repository"), tag.c.name == bindparam("tag"))
    .values(image_id=bindparam("image"))
)
_INSERT_TAG = insertion(tag, "repository_id", "name", "image_id")


def put_tag(connection: Connection, repository_id: int, name: str, image_id: int, *, exists: bool) -> None:
    """Point a tag at an image. `exists`: it points at another one now."""
    if exists:
        _MOVE_TAG.run(connection, repository=repository_id, tag=name, image=image_id)
    else:
        _INSERT_TAG.run(connection, repository_id=repository_id, name=name, image_id=image_id)


def delete_tag(connection: Connection, repository_id: int, name: str) -> None:
    """Remove a tag."""
    connection.execute(delete(tag).where(tag.c.repository_id == repository_id, tag.c.name == name))


_PARENTS = Prepared(
    select(image.c.digest, image.c.status)
    .join(image_child, image_child.c.image_id == image.c.id)
    .where(image.c.repository_id == bindparam("repository"), image_child.c.digest == bindparam("child"))
    .order_by(image.c.id)
)


def parents_of(connection: Connection, repository_id: int, digest: str, *, archived: bool = True) -> list[str]:
    """The digests of the indexes of the repository that name this digest; those in the archive only if wanted."""
    found = _PARENTS.all(connection, repository=repository_id, child=digest)
    return [parent for parent, status in found if archived or status != "ARCHIVED"]


_OTHERS = select(image.c.id).where(image.c.repository_id == bindparam("repository"), NOT_ACTIVE)
_HAS_OTHERS = Prepared(_OTHERS.limit(1))
_TAGS = (
    select(tag.c.name)
    .where(tag.c.repository_id == bindparam("repository"), tag.c.name > bindparam("after"))
    .order_by(tag.c.name)
    .limit(bindparam("most"))
)
_ALL_TAGS = Prepared(_TAGS)
_ACTIVE_TAGS = Prepared(_TAGS.where(tag.c.image_id.not_in(_OTHERS)))


def list_tags(connection: Connection, repository_id: int, after: str, limit: int) -> list[str]:
    """Tags of active images greater than `after`, in the order of their bytes."""
    # Where all are active, as mostly, the index of tags says it all, and no row is read.
    has_others = _HAS_OTHERS.first(connection, repository=repository_id) is not None
    tags = (_ACTIVE_TAGS if has_others else _ALL_TAGS).all(
        connection, repository=repository_id, after=after, most=limit
    )
    return [row[0] for row in tags]


_TAGGED = exists().where(tag.c.image_id == image.c.id)


def _with_status(status: Status | None) -> Sequence[ColumnElement[bool]]:
    """What a query adds that looks for images with this status."""
    if status is None:
        return ()
    return (image.c.status == status,) if status == "ACTIVE" else (NOT_ACTIVE, image.c.status == status)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which images are listed: only the tagged or untagged ones, and only those with a status, unless it is None."""

    tagged: bool | None = None
    status: Status | None = None


def list_images(
    connection: Connection, repository_id: int, before: int | None, limit: int, chosen: Chosen
) -> list[Image]:
    """Images pushed before the one with id `before`, the newest first."""
    query = select(*_COLUMNS).where(image.c.repository_id == repository_id, *_with_status(chosen.status))
    if before is not None:
        query = query.where(image.c.id < before)
    if chosen.tagged is not None:
        query = query.where(_TAGGED if chosen.tagged else ~_TAGGED)
    return _images(connection, query.order_by(image.c.id.desc()).limit(limit))


def list_image_ids(
    connection: Connection, repository_id: int, after: tuple[int, str], limit: int, chosen: Chosen
) -> list[tuple[int, str, str | None]]:
    """One row (image id, digest, tag) for each tag of each image, and one for each untagged image; in push order."""
    name = func.coalesce(tag.c.name, "")
    query = (
        select(image.c.id, image.c.digest, tag.c.name)
        .select_from(image.outerjoin(tag, tag.c.image_id == image.c.id))
        # The first condition follows from the second, which PostgreSQL finds no beginning in an index by.
        .where(image.c.repository_id == repository_id, image.c.id >= after[0])
        .where(tuple_(image.c.id, name) > tuple_(*after))
        .where(*_with_status(chosen.status))
    )
    if chosen.tagged is not None:
        query = query.where(tag.c.name.is_not(None) if chosen.tagged else tag.c.name.is_(None))
    rows = connection.execute(query.order_by(image.c.id, name).limit(limit))
    return [(row[0], row[1], row[2]) for row in rows]


_NEWEST_REFERRER = Prepared(
    select(func.max(image.c.id)).where(
        image.c.repository_id == bindparam("repository"), image.c.subject == bindparam("subject")
    )
)


def newest_referrer(connection: Connection, repository_id: int, subject: str) -> int | None:
    """The id of the image that was pushed last of those whose subject is this digest."""
    row = _NEWEST_REFERRER.first(connection, repository=repository_id, subject=subject)
    return row[0] if row else None


def list_referrers(
    connection: Connection,
    repository_id: int,
    subject: str,
    after: int,
    limit: int,
    artifact_types: Sequence[str] = (),
    status: Status | None = None,
) -> list[Image]:
    """Images whose subject is this digest, in push order, after the image with id `after`."""
    query = select(*_COLUMNS).where(
        image.c.repository_id == repository_id, image.c.subject == subject, image.c.id > after
    )
    if status is not None:
        query = query.where(image.c.status == status)
    if artifact_types:
        query = query.where(image.c.artifact_type.in_(artifact_types))
    return _images(connection, query.order_by(image.c.id).limit(limit))


def annotations_of(connection: Connection, image_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """The annotations of images, by their ids. They can be nearly as large as the manifests."""
    rows = connection.execute(select(image.c.id, image.c.annotations).where(image.c.id.in_(image_ids)))
    return {image_id: json.loads(annotations) for image_id, annotations in rows}
