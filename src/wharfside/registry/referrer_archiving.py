"""Archiving the referrers of an archived image, and restoring them with it; in small steps, each of which looks again.

A referrer that is archived is an archived image itself, so what refers to it follows another day later.
"""

from __future__ import annotations

from sqlalchemy import Connection

from wharfside.registry.audit import by_itself, record_of
from wharfside.registry.context import Unit
from wharfside.registry.referrers import STEP, Following, Step
from wharfside.registry.storage_classes import ARCHIVE_REFERRERS, archive_image, restore_image
from wharfside.store import images as stored
from wharfside.store import jobs
from wharfside.store.audit import AuditRecord, insert_record
from wharfside.store.images import Image
from wharfside.store.repositories import Repository, find_repository_by_id


def archive_referrers(connection: Connection, following: Following, after: int, now: float) -> Step:
    """Archive the next referrers, those after the image with this id.

    None follow when the subject is not archived any more, and when it was archived once more meanwhile.
    """
    repository = find_repository_by_id(connection, following.repository_id, lock=True)
    if repository is None or jobs.waits(connection, ARCHIVE_REFERRERS, following.key):
        return Step()
    subject = stored.find_image(connection, repository.id, following.subject)
    if subject is None or subject.status != "ARCHIVED":
        return Step()
    found = stored.list_referrers(connection, repository.id, following.subject, after, STEP)
    found = [image for image in found if image.id <= following.newest]
    if not found:
        return Step()
    unit = Unit(connection, repository.account, repository.region, now)
    wanted = [image for image in found if image.status != "ARCHIVED"]
    free = [image for image in wanted if not stored.parents_of(connection, repository.id, image.digest, archived=False)]
    for image in free:
        archive_image(unit, repository, image)
    record = _record(unit, repository, subject, "archivedReferrers", free)
    return Step(found[-1].id, len(free) < len(wanted), record)


def restore_referrers(connection: Connection, repository_id: int, subject: str, after: int, now: float) -> Step:
    """Begin to restore the next referrers of an image that is active again, those after the image with this id."""
    repository = find_repository_by_id(connection, repository_id, lock=True)
    image = stored.find_image(connection, repository_id, subject)
    if repository is None or image is None or image.status != "ACTIVE":
        return Step()
    found = stored.list_referrers(connection, repository_id, subject, after, STEP, status="ARCHIVED")
    unit = Unit(connection, repository.account, repository.region, now)
    for each in found:
        restore_image(unit, repository, each)
    record = _record(unit, repository, image, "restoredReferrers", found)
    return Step(found[-1].id if found else None, record=record)


def _record(unit: Unit, repository: Repository, subject: Image, member: str, images: list[Image]) -> AuditRecord | None:
    """Record which images followed their subject, in the transaction that does it."""
    if not images:
        return None
    details = {
        "repositoryName": repository.name,
        "subjectManifestDigest": subject.digest,
        member: [{"digest": each.digest, "artifactType": each.artifact_type} for each in images],
    }
    record = record_of(by_itself("ReferrerStorageClassEvent", repository, details), unit.now)
    insert_record(unit.connection, record)
    return record
