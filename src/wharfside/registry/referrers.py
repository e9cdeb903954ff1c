"""Referrers follow their subject: what is done to an image is done a day later to those that refer to it.

ECR does so with signatures, SBOMs and whatever else has a subject (ECR user guide, "Deleting an image" and "Archiving
images"). Only referrers follow that were there when it was done to the subject: one that is pushed without its subject,
before or afterwards, waits for it as long as it has to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from wharfside.registry.context import Unit
from wharfside.store import images as stored
from wharfside.store.audit import AuditRecord
from wharfside.store.images import Image
from wharfside.store.jobs import enqueue
from wharfside.store.repositories import Repository

FOLLOW_SECONDS: Final = 24 * 3600.0
"""How long referrers stay after something was done to their subject, so that it can be undone."""
DELETE_REFERRERS: Final = "delete-referrers"
"""The kind of the jobs that delete what referred to a deleted image; their key is that of `Following`."""

STEP: Final = 10
"""Images per transaction, and per audit record."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one transaction did. `last`: the id of the last referrer that it came to, None if there are no more."""

    last: int | None = None
    held: bool = False
    """Whether an index keeps one of the referrers, which therefore stays as it is."""
    record: AuditRecord | None = None


@dataclass(frozen=True, slots=True)
class Following:
    """The referrers of an image, which are to follow it: as far as they were there at the moment `since`.

    `newest` is the id of the last of them. Ids of images rise with every push into a repository.
    """

    repository_id: int
    subject: str
    newest: int
    since: float

    @property
    def key(self) -> str:
        """Names the subject, so that what is done to it again takes the place of what was done before."""
        return f"{self.repository_id}/{self.subject}"

    @property
    def due_at(self) -> float:
        """When the referrers follow, in seconds since the epoch."""
        return self.since + FOLLOW_SECONDS

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Following:
        """What was left with a job."""
        return cls(**payload)


def leave_to_referrers(unit: Unit, kind: str, repository: Repository, image: Image) -> None:
    """Leave a job of this kind for a day later, if something refers to the image."""
    newest = stored.newest_referrer(unit.connection, repository.id, image.digest)
    if newest is not None:
        following = Following(repository.id, image.digest, newest, unit.now)
        enqueue(unit.connection, kind, following.key, asdict(following), unit.now, delay=FOLLOW_SECONDS)
