"""Images in the archive, and the blobs that only such images need.

A repository has no link to a blob that none of its active images needs, but an archived one does: nobody sees the blob
there, and the image keeps it. Once no repository has a link to it, and all images that need it are archived, its bytes
may be in the archive.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, insert, literal_column, select, update

from wharfside.store.layers import adopt_blobs
from wharfside.store.prepared import Prepared
from wharfside.store.tables import image, image_blob, repository_blob

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
