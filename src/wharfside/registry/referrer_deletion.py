"""Deleting the referrers of a deleted image, in small steps, each of which looks again whether they still are to go.

A referrer that is deleted is a deleted image itself, so what refers to it follows another day later.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from wharfside.registry.audit import by_itself, record_of
from wharfside.registry.context import Unit
from wharfside.registry.image_deletion import delete_image
from wharfside.registry.referrers import DELETE_REFERRERS, STEP, Following, Step
from wharfside.store import images as stored
from wharfside.store import jobs
from wharfside.store.audit import AuditRecord, insert_record
from wharfside.store.images import Image
from wharfside.store.repositories import Repository, find_repository_by_id

_MOST_TAGS: Final = 40
"""Tags of an image in an audit record, which has room for STEP images with so many."""


def delete_referrers(connection: Connection, following: Following, after: int, now: float) -> Step:
    """Delete the next referrers, those after the image with this id.

    None go when the subject is back, when it was deleted once more meanwhile, and with their repository.
    """
    repository = find_repository_by_id(connection, following.repository_id, lock=True)
    if repository is None or jobs.waits(connection, DELETE_REFERRERS, following.key):
        return Step()
    if stored.find_image(connection, repository.id, following.subject) is not None:
        return Step()
    found = stored.list_referrers(connection, repository.id, following.subject, after, STEP)
    found = [image for image in found if image.id <= following.newest]
    if not found:
        return Step()
    unit = Unit(connection, repository.account, repository.region, now)
    deleted = [image for image in found if not stored.parents_of(connection, repository.id, image.digest)]
    tagged = [(image, stored.tags_of_image(connection, image.id)) for image in deleted]
    for image in deleted:
        delete_image(unit, repository, image)
    record = _record(connection, repository, following, tagged, now)
    return Step(found[-1].id, len(deleted) < len(found), record)


def _record(
    connection: Connection,
    repository: Repository,
    following: Following,
    deleted: list[tuple[Image, list[str]]],
    now: float,
) -> AuditRecord | None:
    """Record what was deleted, in the transaction that does it."""
    if not deleted:
        return None
    details = {
        "repositoryName": repository.name,
        "subjectManifestDigest": following.subject,
        "deletedReferrers": [
            {"digest": image.digest, "artifactType": image.artifact_type, "tagList": tags[:_MOST_TAGS]}
            for image, tags in deleted
        ],
    }
    record = record_of(by_itself("ReferrerDeletionEvent", repository, details), now)
    insert_record(connection, record)
    return record
