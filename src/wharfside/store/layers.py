"""Blobs, and which repository may see them.

A link says that a repository may see a blob. `orphaned_at` tells since when no image of the repository needs it (null:
one does). An orphaned link counts as absent after half the grace period, and is removed after all of it: so whoever was
told that a blob is there has half a grace period to push the manifest that keeps it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, delete, exists, literal_column, null, or_, select, update

from wharfside.store.prepared import Prepared, insertion
from wharfside.store.tables import blob, image, image_blob, repository, repository_blob

GRACE_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored blob: size in bytes, place in the blob store, encryption domain, which is that of who may see it."""

    id: int
    digest: str
    size: int
    location: str
    domain: str


_BLOB = (blob.c.id, blob.c.digest, blob.c.size, blob.c.location, blob.c.encryption_domain)
_VISIBLE = or_(repository_blob.c.orphaned_at.is_(None), repository_blob.c.orphaned_at > bindparam("since"))
# From the blob to its link: from the other end, every link that the repository has would be looked at.
_SEES = (
    select(repository_blob.c.blob_id)
    .where(repository_blob.c.repository_id == repository.c.id, repository_blob.c.blob_id == blob.c.id, _VISIBLE)
    .correlate(repository, blob)
    .exists()
)
_NAMED = and_(blob.c.encryption_domain == repository.c.encryption_domain, blob.c.digest == bindparam("digest"))
_FIND = Prepared(
    select(repository.c.id, *_BLOB)
    .select_from(repository.outerjoin(blob, and_(_NAMED, _SEES)))
    .where(
        repository.c.account == bindparam("account"),
        repository.c.region == bindparam("region"),
        repository.c.name == bindparam("repository"),
    )
)


def find_layer(
    connection: Connection, account: str, region: str, name: str, digest: str, now: float
) -> tuple[bool, Blob | None]:
    """In one statement: whether the repository exists, and the blob if the repository may see it."""
    row = _FIND.first(
        connection, account=account, region=region, repository=name, digest=digest, since=now - GRACE_SECONDS / 2
    )
    if row is None:
        return False, None
    return True, Blob(*row[1:]) if row[1] is not None else None


_OF_REPOSITORY = Prepared(
    select(*_BLOB).select_from(blob.join(repository, repository.c.id == bindparam("repository"))).where(_NAMED, _SEES)
)


def visible_blobs(connection: Connection, repository_id: int, digests: Iterable[str], now: float) -> dict[str, Blob]:
    """Those of the digests that are blobs which the repository may see, by digest."""
    since = now - GRACE_SECONDS / 2
    found: dict[str, Blob] = {}
    for digest in dict.fromkeys(digests):
        row = _OF_REPOSITORY.first(connection, repository=repository_id, digest=digest, since=since)
        if row is not None:
            found[digest] = Blob(*row)
    return found


_MEDIA_TYPE = Prepared(
    select(image_blob.c.media_type)
    .join(image, image.c.id == image_blob.c.image_id)
    .where(image.c.repository_id == bindparam("repository"), image_blob.c.blob_id == bindparam("blob"))
    .where(image.c.status == "ACTIVE")
    .limit(1)
)


def media_type_of(connection: Connection, repository_id: int, blob_id: int) -> str | None:
    """The media type by which an active image of the repository names the blob; None when none does."""
    row = _MEDIA_TYPE.first(connection, repository=repository_id, blob=blob_id)
    return row[0] if row else None


_STORED = Prepared(
    select(*_BLOB, repository_blob.c.blob_id, repository_blob.c.orphaned_at)
    .select_from(
        blob.outerjoin(
            repository_blob,
            and_(repository_blob.c.blob_id == blob.c.id, repository_blob.c.repository_id == bindparam("repository")),
        )
    )
    .where(blob.c.encryption_domain == bindparam("domain"), blob.c.digest == bindparam("digest"))
)
_INSERT_BLOB = insertion(blob, "encryption_domain", "digest", "size", "location", "created_at", returning="id")
_LINK = and_(repository_blob.c.repository_id == bindparam("repository"), repository_blob.c.blob_id == bindparam("blob"))
_INSERT_LINK = insertion(repository_blob, "repository_id", "blob_id", "orphaned_at")
_RENEW_LINK = Prepared(
    update(repository_blob)
    .where(_LINK, repository_blob.c.orphaned_at.is_not(None))
    .values(orphaned_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class Link:
    """That a repository may see a blob, and since when no image of it needs the blob."""

    orphaned_at: float | None


def find_blob(connection: Connection, repository_id: int, domain: str, digest: str) -> tuple[Blob | None, Link | None]:
    """The blob that is stored in the repository's domain, whoever may see it, and the repository's link to it."""
    row = _STORED.first(connection, repository=repository_id, domain=domain, digest=digest)
    if row is None:
        return None, None
    return Blob(*row[:5]), Link(row[6]) if row[5] is not None else None


def insert_blob(connection: Connection, domain: str, digest: str, size: int, location: str, now: float) -> Blob:
    """Record a stored blob."""
    row = _INSERT_BLOB.first(
        connection, encryption_domain=domain, digest=digest, size=size, location=location, created_at=now
    )
    assert row is not None
    return Blob(row[0], digest, size, location, domain)


def link_blob(connection: Connection, repository_id: int, blob_id: int, now: float, present: Link | None) -> bool:
    """Let a repository see a blob; whether it could before. `present` is its link to the blob, if there is one.

    The grace period of a link that was there begins anew if no image needs it.
    """
    if present is None:
        _INSERT_LINK.run(connection, repository_id=repository_id, blob_id=blob_id, orphaned_at=now)
        return False
    if present.orphaned_at is None:
        return True
    _RENEW_LINK.run(connection, repository=repository_id, blob=blob_id, now=now)
    return present.orphaned_at > now - GRACE_SECONDS / 2


def unlink_blob(connection: Connection, repository_id: int, blob_id: int) -> None:
    """Take the blob out of the repository's sight."""
    connection.execute(
        delete(repository_blob).where(
            repository_blob.c.repository_id == repository_id, repository_blob.c.blob_id == blob_id
        )
    )


_KEEP = insertion(image_blob, "image_id", "blob_id", "media_type")
_ADOPT = Prepared(
    update(repository_blob)
    .where(
        repository_blob.c.repository_id == bindparam("repository"),
        repository_blob.c.blob_id.in_(select(image_blob.c.blob_id).where(image_blob.c.image_id == bindparam("image"))),
        repository_blob.c.orphaned_at.is_not(None),
    )
    .values(orphaned_at=null())
)


def keep_blobs(connection: Connection, repository_id: int, image_id: int, blobs: dict[int, str]) -> None:
    """Record that an image needs these blobs (media types by blob id)."""
    for blob_id, media_type in blobs.items():
        _KEEP.run(connection, image_id=image_id, blob_id=blob_id, media_type=media_type)
    adopt_blobs(connection, repository_id, image_id)


def adopt_blobs(connection: Connection, repository_id: int, image_id: int) -> None:
    """End the grace periods of the repository's links to blobs that an active image needs."""
    _ADOPT.run(connection, repository=repository_id, image=image_id)


_other = image_blob.alias("other")
# As a subquery, since SQLite would begin a join with all images of the repository.
_where_other_is = (
    select(image.c.repository_id)
    .where(image.c.id == _other.c.image_id, image.c.status == literal_column("'ACTIVE'"))
    .scalar_subquery()
)
_needed = exists().where(
    _other.c.blob_id == image_blob.c.blob_id,
    _other.c.image_id != bindparam("image"),
    _where_other_is == bindparam("repository"),
)
_RELEASE = Prepared(
    update(repository_blob)
    .where(
        repository_blob.c.repository_id == bindparam("repository"),
        repository_blob.c.blob_id.in_(
            select(image_blob.c.blob_id).where(image_blob.c.image_id == bindparam("image"), ~_needed)
        ),
    )
    .values(orphaned_at=bindparam("now"))
)


def release_blobs(connection: Connection, repository_id: int, image_id: int, now: float) -> None:
    """Before an image is deleted: blobs that no other active image of the repository needs are orphaned from now on."""
    _RELEASE.run(connection, repository=repository_id, image=image_id, now=now)


def delete_old_orphans(connection: Connection, now: float, limit: int) -> int:
    """Remove links whose grace period is over; how many were looked at.

    Whoever links a blob, or has an image need it, holds the repository until the end of the transaction: so this waits
    for them, and a grace period that they began anew, or ended, is seen.
    """
    is_old = repository_blob.c.orphaned_at < now - GRACE_SECONDS
    old = (
        select(repository_blob.c.repository_id, repository_blob.c.blob_id)
        .join(repository, repository.c.id == repository_blob.c.repository_id)
        .where(is_old)
        .limit(limit)
        .with_for_update(of=repository)
    )
    rows = [{"r": repository_id, "b": blob_id} for repository_id, blob_id in connection.execute(old)]
    if rows:
        connection.execute(
            delete(repository_blob).where(
                repository_blob.c.repository_id == bindparam("r"), repository_blob.c.blob_id == bindparam("b"), is_old
            ),
            rows,
        )
    return len(rows)


_UNLINKED = (
    ~exists().where(repository_blob.c.blob_id == blob.c.id),
    ~exists().where(image_blob.c.blob_id == blob.c.id),
)


def unlinked_blobs(connection: Connection, after: int, limit: int) -> list[int]:
    """Ids of blobs that no repository may see and no image needs, in their order, those greater than `after`.

    Looks at every blob, so it is nothing for a transaction that writes.
    """
    query = select(blob.c.id).where(blob.c.id > after, *_UNLINKED).order_by(blob.c.id).limit(limit)
    return list(connection.scalars(query))


def delete_unlinked_blobs(connection: Connection, ids: Collection[int]) -> list[str]:
    """Remove those of the blobs that are unlinked still; the locations, whose bytes may be deleted after the commit."""
    return list(connection.scalars(delete(blob).where(blob.c.id.in_(ids), *_UNLINKED).returning(blob.c.location)))


def known_locations(connection: Connection, locations: Iterable[str]) -> set[str]:
    """Those of the locations that a blob is recorded at."""
    return set(connection.scalars(select(blob.c.location).where(blob.c.location.in_(list(locations)))))


_REPOSITORY_EXISTS = Prepared(
    select(repository.c.id).where(repository.c.id == bindparam("repository")).with_for_update()
)


def repository_exists(connection: Connection, repository_id: int) -> bool:
    """Whether the repository is there; keeps it there until the end of the transaction."""
    return _REPOSITORY_EXISTS.first(connection, repository=repository_id) is not None


def repositories_with(
    connection: Connection, account: str, region: str, domain: str, digest: str, now: float, limit: int
) -> list[str]:
    """Names of the account's repositories in the region that may see the blob of this domain."""
    # As a subquery, since SQLite would begin a join with all repositories of the account.
    name = (
        select(repository.c.name)
        .where(repository.c.id == repository_blob.c.repository_id)
        .where(repository.c.account == account, repository.c.region == region)
        .scalar_subquery()
    )
    query = (
        select(name)
        .select_from(repository_blob.join(blob, blob.c.id == repository_blob.c.blob_id))
        .where(blob.c.encryption_domain == domain, blob.c.digest == digest, _VISIBLE, name.is_not(None))
        .order_by(repository_blob.c.repository_id)
        .limit(limit)
    )
    return list(connection.scalars(query, {"since": now - GRACE_SECONDS / 2}))
