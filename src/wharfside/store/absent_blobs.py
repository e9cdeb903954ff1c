"""Layers that an image names and that were not there when it was pushed: they may come later, and are kept then.

Those that may live elsewhere need not be there, and no layer need be where sparse manifests are allowed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, and_, delete, select

from wharfside.store.layers import keep_blobs, repository_exists
from wharfside.store.prepared import insertion
from wharfside.store.tables import absent_blob, blob, image, repository, repository_blob

_INSERT = insertion(absent_blob, "image_id", "digest", "media_type")


def record_absent_blobs(connection: Connection, image_id: int, media_types: Mapping[str, str]) -> None:
    """Remember what an image names and the repository does not have: media types by digest."""
    for digest, media_type in media_types.items():
        _INSERT.run(connection, image_id=image_id, digest=digest, media_type=media_type)


# As subqueries, since SQLite would begin a join with all images.
_repository_id = select(image.c.repository_id).where(image.c.id == absent_blob.c.image_id).scalar_subquery()
_blob_id = (
    select(blob.c.id)
    .select_from(
        image.join(repository)
        .join(blob, blob.c.encryption_domain == repository.c.encryption_domain)
        .join(
            repository_blob,
            and_(repository_blob.c.repository_id == repository.c.id, repository_blob.c.blob_id == blob.c.id),
        )
    )
    .where(
        image.c.id == absent_blob.c.image_id,
        image.c.status == "ACTIVE",
        blob.c.digest == absent_blob.c.digest,
    )
    .correlate(absent_blob)
    .scalar_subquery()
)


def images_with_arrived_blobs(connection: Connection, limit: int) -> dict[int, set[int]]:
    """Active images that name a blob which came after them and is not kept for them yet: ids by repository's id.

    Looks at everything that is absent, so it is nothing for a transaction that writes.
    """
    images: dict[int, set[int]] = {}
    arrived = select(_repository_id, absent_blob.c.image_id).where(_blob_id.is_not(None)).limit(limit)
    for repository_id, image_id in connection.execute(arrived):
        images.setdefault(repository_id, set()).add(image_id)
    return images


def keep_arrived_blobs(connection: Connection, repository_id: int, images: Collection[int]) -> None:
    """Record that these images of a repository need the blobs that came after them."""
    if not repository_exists(connection, repository_id):  # whoever changes its links or images waits from here on
        return
    arrived = select(absent_blob, _blob_id).where(absent_blob.c.image_id.in_(images), _repository_id == repository_id)
    for image_id, digest, media_type, blob_id in connection.execute(arrived.where(_blob_id.is_not(None))).all():
        keep_blobs(connection, repository_id, image_id, {blob_id: media_type})
        connection.execute(
            delete(absent_blob).where(absent_blob.c.image_id == image_id, absent_blob.c.digest == digest)
        )
