"""What happened, in the form in which Amazon EventBridge tells of it (Amazon ECR user guide, "Events and EventBridge").

A use case emits what it has done in its own transaction; so an event exists if and only if what it tells of is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from pydantic_core import to_json

from wharfside.core.moments import text_of_moment
from wharfside.registry.context import Unit
from wharfside.registry.unique_ids import random_uuid
from wharfside.registry.webhooks import leave_deliveries
from wharfside.store import events as stored

SOURCE: Final = "aws.ecr"
IMAGE_ACTION: Final = "ECR Image Action"
REFERRER_ACTION: Final = "ECR Referrer Action"


class Happened(Protocol):
    """Something that happened to a repository or in it."""

    @property
    def repository(self) -> str:
        """The name of the repository."""
        ...

    @property
    def detail_type(self) -> str:
        """What EventBridge calls such events."""
        ...

    def detail(self) -> Mapping[str, object]:
        """What EventBridge tells of it."""
        ...


@dataclass(frozen=True, slots=True)
class ImageAction:
    """An image was pushed or deleted, or a tag was put on one or taken from it: one for each tag, or one without."""

    action: Literal["PUSH", "DELETE"]
    """As in the member action-type."""
    repository: str
    digest: str
    tag: str | None = None

    @property
    def detail_type(self) -> str:
        """Image Action."""
        return IMAGE_ACTION

    def detail(self) -> Mapping[str, object]:
        """Result, names and action."""
        return _action(self.repository, self.digest, self.action, self.tag)


@dataclass(frozen=True, slots=True)
class StorageClassUpdated:
    """An image, or a referrer with its subject, was archived, or restored from the archive."""

    repository: str
    digest: str
    target: Literal["STANDARD", "ARCHIVE"]
    media_type: str
    artifact_type: str | None = None
    tag: str | None = None
    last_activated_at: float | None = None
    """When it was restored; seconds since the epoch."""
    referrer: bool = False

    @property
    def detail_type(self) -> str:
        """Referrers have one of their own."""
        return REFERRER_ACTION if self.referrer else IMAGE_ACTION

    def detail(self) -> Mapping[str, object]:
        """Result, names, action, media types, and when it was restored."""
        found = _action(self.repository, self.digest, "UPDATE_STORAGE_CLASS", self.tag)
        found |= {"target-storage-class": self.target, "manifest-media-type": self.media_type}
        if self.artifact_type is not None:
            found["artifact-media-type"] = self.artifact_type
        if self.last_activated_at is not None:
            found["last-activated-at"] = text_of_moment(self.last_activated_at)
        return found


@dataclass(frozen=True, slots=True)
class EventSettings:
    """For how long events are kept, and their delivery is tried; how long a receiver may take to answer. In seconds."""

    retention: float = 7 * 86_400.0
    give_up: float = 86_400.0
    timeout: float = 10.0


def emit(unit: Unit, *happened: Happened) -> None:
    """Tell what the unit of work has done, once it is committed. The repository is locked by the unit."""
    told: list[tuple[int, str, str]] = []
    for each in happened:
        content = to_json(rendered(unit, each)).decode()
        row = stored.Event(unit.now, unit.account, unit.region, each.repository, each.detail_type, content)
        number, has_webhooks = stored.insert_event(unit.connection, row)
        if has_webhooks:
            told.append((number, each.detail_type, each.repository))
    if told:
        leave_deliveries(unit.connection, unit.account, unit.region, told, unit.now)


def event_of_a_test(account: str, region: str, now: float) -> tuple[str, bytes]:
    """An event of a registry to which nothing has happened: its id, and all of it."""
    event = _enveloped(account, region, now, "wharfside", "Wharfside Test", {"result": "SUCCESS"})
    return str(event["id"]), to_json(event)


def rendered(unit: Unit, happened: Happened) -> dict[str, object]:
    """A new event in EventBridge's form."""
    return _enveloped(unit.account, unit.region, unit.now, SOURCE, happened.detail_type, happened.detail())


def _enveloped(
    account: str, region: str, now: float, source: str, detail_type: str, detail: Mapping[str, object]
) -> dict[str, object]:
    return {
        "version": "0",
        "id": random_uuid(),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": text_of_moment(now),
        "region": region,
        "resources": [],
        "detail": detail,
    }


def _action(repository: str, digest: str, action: str, tag: str | None) -> dict[str, object]:
    found: dict[str, object] = {
        "result": "SUCCESS",
        "repository-name": repository,
        "image-digest": digest,
        "action-type": action,
    }
    if tag is not None:
        found["image-tag"] = tag
    return found
