"""Images in the archive, and the blobs that only such images need.

A repository has no link to a blob that none of its active images needs, but an archived one does: nobody sees the blob
there, and the image keeps it. Once no repository has a link to it, and all images that need it are archived, its bytes
may be in the archive.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    exists,
    false,
    insert,
    literal_column,
    select,
    true,
    tuple_,
    update,
)

from wharfside.store.images import NOT_ACTIVE, Image, Status, find_image, find_images
from wharfside.store.layers import Blob, adopt_blobs
from wharfside.store.prepared import Prepared
from wharfside.store.tables import blob, image, image_blob, image_child, repository, repository_blob

_SELF = image.c.id == bindparam("image")
_ARCHIVE = Prepared(update(image).where(_SELF).values(status="ARCHIVED", last_archived_at=bindparam("now")))
_BEGIN_TO_ACTIVATE = Prepared(update(image).where(_SELF).values(status="ACTIVATING"))
_ACTIVATE = Prepared(update(image).where(_SELF).values(status="ACTIVE", last_activated_at=bindparam("now")))


def set_archived(connection: Connection, image_id: int, now: float) -> None:
    """Record that an image is in the archive from now on."""
    _ARCHIVE.run(connection, image=image_id, now=now)


def set_activating(connection: Connection, image_id: int) -> None:
    """Record that an image is on its way out of the archive."""
    _BEGIN_TO_ACTIVATE.run(connection, image=image_id)


def set_active(connection: Connection, image_id: int, now: float) -> None:
    """Record that an image has left the archive."""
    _ACTIVATE.run(connection, image=image_id, now=now)


def _needed_by_others() -> ColumnElement[bool]:
    """Whether another active image of the repository needs the blob."""
    of_other, other = image_blob.alias("of_other"), image.alias("other")
    # As a subquery, since SQLite would begin a join with all images of the repository.
    active_in = (
        select(other.c.repository_id)
        .where(other.c.id == of_other.c.image_id, other.c.status == literal_column("'ACTIVE'"))
        .scalar_subquery()
    )
    return exists().where(
        of_other.c.blob_id == image_blob.c.blob_id,
        of_other.c.image_id != image_blob.c.image_id,
        active_in == bindparam("repository"),
    )


_UNLINK = Prepared(
    delete(repository_blob).where(
        repository_blob.c.repository_id == bindparam("repository"),
        repository_blob.c.blob_id.in_(
            select(image_blob.c.blob_id).where(image_blob.c.image_id == bindparam("image"), ~_needed_by_others())
        ),
    )
)
_linked = repository_blob.alias("linked")
_LINK = Prepared(
    insert(repository_blob).from_select(
        ["repository_id", "blob_id"],
        select(image.c.repository_id, image_blob.c.blob_id)
        .join(image_blob, image_blob.c.image_id == image.c.id)
        .where(
            _SELF,
            ~exists().where(
                _linked.c.repository_id == image.c.repository_id, _linked.c.blob_id == image_blob.c.blob_id
            ),
        ),
    )
)


def unlink_blobs(connection: Connection, repository_id: int, image_id: int) -> None:
    """Take out of the repository's sight what only this image needs, of all that are active."""
    _UNLINK.run(connection, repository=repository_id, image=image_id)


def link_blobs(connection: Connection, repository_id: int, image_id: int) -> None:
    """Let the repository see every blob that the image needs."""
    _LINK.run(connection, image=image_id)
    adopt_blobs(connection, repository_id, image_id)


_ARCHIVED_LAYER = Prepared(
    select(blob.c.id, blob.c.digest, blob.c.size, blob.c.location, blob.c.encryption_domain, image_blob.c.media_type)
    .select_from(
        repository.join(blob, blob.c.encryption_domain == repository.c.encryption_domain)
        .join(image_blob, image_blob.c.blob_id == blob.c.id)
        .join(image, image.c.id == image_blob.c.image_id)
    )
    .where(repository.c.id == bindparam("repository"), blob.c.digest == bindparam("digest"))
    .where(image.c.repository_id == repository.c.id, NOT_ACTIVE)
    .limit(1)
)


def find_archived_layer(connection: Connection, repository_id: int, digest: str) -> tuple[Blob, str] | None:
    """The blob with this digest that an image of the repository needs which is not active, and its media type."""
    row = _ARCHIVED_LAYER.first(connection, repository=repository_id, digest=digest)
    return None if row is None else (Blob(*row[:5]), row[5])


_CHILDREN = Prepared(
    select(image_child.c.digest).where(image_child.c.image_id == bindparam("image")).order_by(image_child.c.digest)
)


def children_with_status(connection: Connection, index: Image, status: Status) -> list[Image]:
    """Those images of its repository that an index names and that have this status."""
    digests = [row[0] for row in _CHILDREN.all(connection, image=index.id)]
    found = find_images(connection, index.repository_id, digests)
    return [each for each in found.values() if each.status == status]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bytes of a blob are."""

    blob_id: int
    location: str


_LINKED = exists().where(repository_blob.c.blob_id == blob.c.id)
_WANTED = exists().where(
    image_blob.c.blob_id == blob.c.id, image.c.id == image_blob.c.image_id, image.c.status != "ARCHIVED"
)


def blobs_to_archive(connection: Connection, repository_id: int, after: int, limit: int) -> list[Place]:
    """Blobs of archived images of a repository that nobody else needs, and that are not in the archive.

    In the order of their ids, those after `after`.
    """
    mine, its = image.alias("mine"), image_blob.alias("its")
    query = (
        select(blob.c.id, blob.c.location)
        .distinct()
        .select_from(mine.join(its, its.c.image_id == mine.c.id).join(blob, blob.c.id == its.c.blob_id))
        .where(
            mine.c.repository_id == repository_id,
            mine.c.status != literal_column("'ACTIVE'"),
            mine.c.status == "ARCHIVED",
            blob.c.archived == false(),
            blob.c.id > after,
            ~_LINKED,
            ~_WANTED,
        )
    )
    return [Place(*row) for row in connection.execute(query.order_by(blob.c.id).limit(limit))]


def archived_blobs_of(connection: Connection, image_id: int) -> list[Place]:
    """Those blobs of an image whose bytes are in the archive."""
    query = select(blob.c.id, blob.c.location).join(image_blob, image_blob.c.blob_id == blob.c.id)
    query = query.where(image_blob.c.image_id == image_id, blob.c.archived == true())
    return [Place(*row) for row in connection.execute(query.order_by(blob.c.id))]


def needed_archived_blobs(connection: Connection, after: int, limit: int) -> list[Place]:
    """Blobs in the archive that some repository sees, in the order of their ids, those after `after`."""
    query = select(blob.c.id, blob.c.location).where(blob.c.archived == true(), blob.c.id > after, _LINKED)
    return [Place(*row) for row in connection.execute(query.order_by(blob.c.id).limit(limit))]


def move_to_archive(connection: Connection, place: Place, location: str) -> bool:
    """Record that the bytes of a blob are in the archive, if they are still where they were, and nobody needs them."""
    # Whoever links the blob meanwhile waits for this, or this for them.
    connection.execute(select(blob.c.id).where(blob.c.id == place.blob_id).with_for_update())
    moved = connection.execute(
        update(blob)
        .where(blob.c.id == place.blob_id, blob.c.location == place.location, ~_LINKED, ~_WANTED)
        .values(location=location, archived=True)
    )
    return moved.rowcount > 0


_MOVE_OUT = Prepared(
    update(blob)
    .where(blob.c.id == bindparam("blob"), blob.c.location == bindparam("from_"))
    .values(location=bindparam("to"), archived=False)
)


def move_out_of_archive(connection: Connection, place: Place, location: str) -> bool:
    """Record that the bytes of a blob are out of the archive, if they are still where they were."""
    return _MOVE_OUT.run(connection, blob=place.blob_id, from_=place.location, to=location) > 0


def repositories_with_archived_images(connection: Connection, after: int, limit: int) -> list[int]:
    """Ids of repositories that have archived images, in their order, those greater than `after`."""
    query = select(image.c.repository_id).distinct().where(image.c.repository_id > after, NOT_ACTIVE)
    query = query.where(image.c.status == "ARCHIVED").order_by(image.c.repository_id)
    return list(connection.scalars(query.limit(limit)))


def activating_images(connection: Connection, after: tuple[int, int], limit: int) -> list[Image]:
    """Images that are on their way out of the archive, in the order of their repositories' ids and their own.

    Those after the image with these two ids.
    """
    # Also by repository, as the index of images that are not active is: it spares looking at all others.
    place = (image.c.repository_id, image.c.id)
    query = select(image.c.repository_id, image.c.digest).where(tuple_(*place) > tuple_(*after), NOT_ACTIVE)
    rows = connection.execute(query.where(image.c.status == "ACTIVATING").order_by(*place).limit(limit)).all()
    found = (find_image(connection, repository_id, digest) for repository_id, digest in rows)
    return [each for each in found if each is not None]


def location_of(connection: Connection, blob_id: int) -> str | None:
    """Where the bytes of a blob are now; None when there is no such blob any more."""
    return connection.scalar(select(blob.c.location).where(blob.c.id == blob_id))
