"""Events: what use cases emit, in the order of what happened, and for as long as they are kept."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Connection, select

from wharfside.core.event_positions import Position, advanced
from wharfside.core.manifests import OCI_MANIFEST, parse_manifest
from wharfside.core.mutability import TagMutability
from wharfside.registry import image_batches, image_deletion, images, repositories
from wharfside.registry.context import Unit
from wharfside.registry.events import ImageAction, StorageClassUpdated, emit
from wharfside.registry.image_batches import ImageId
from wharfside.registry.images import Push
from wharfside.store import events as stored
from wharfside.store.db import Db
from wharfside.store.tables import event

ACCOUNT, REGION = "000000000000", "us-east-1"
NOW = float(int(time.time()))


@dataclass(frozen=True)
class Registry:
    """Runs use cases on one database, and reads the events of them."""

    db: Db

    def write(self, work: Any) -> Any:
        return self.db.write(lambda c: work(Unit(c, ACCOUNT, REGION, NOW))).result(30)

    def push(self, content: str, *tags: str) -> str:
        config = f'{{"mediaType":"application/x-{content}","digest":"sha256:{"0" * 64}","size":2}}'
        manifest = f'{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{config},"layers":[]}}'.encode()
        push = Push(manifest, parse_manifest(manifest, None), tags, sparse=True)
        return self.write(lambda unit: images.put_image(unit, "app", push)).digest

    def events(self) -> list[dict[str, Any]]:
        rows = self.db.read(lambda c: c.execute(select(event.c.content).order_by(event.c.id)).all())
        return [json.loads(row.content) for row in rows]

    def told(self) -> list[tuple[str, str, str | None]]:
        details = [each["detail"] for each in self.events()]
        return [(each["action-type"], each["image-digest"], each.get("image-tag")) for each in details]


@pytest.fixture
def registry(db: Db) -> Registry:
    made = Registry(db)
    made.write(lambda unit: repositories.create_repository(unit, "app", TagMutability(), {}))
    return made


def test_an_event_has_the_form_of_eventbridge(registry: Registry) -> None:
    digest = registry.push("a", "v1")
    (told,) = registry.events()
    assert told.pop("id").count("-") == 4
    assert told == {
        "version": "0",
        "detail-type": "ECR Image Action",
        "source": "aws.ecr",
        "account": ACCOUNT,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW)),
        "region": REGION,
        "resources": [],
        "detail": {
            "result": "SUCCESS",
            "repository-name": "app",
            "image-digest": digest,
            "action-type": "PUSH",
            "image-tag": "v1",
        },
    }


def test_every_tag_that_is_put_is_told_of_once(registry: Registry) -> None:
    first = registry.push("a")
    registry.push("a")
    registry.push("a", "v1", "v2")
    registry.push("a", "v1")
    second = registry.push("b", "v2", "v3")
    assert registry.told() == [
        ("PUSH", first, None),
        ("PUSH", first, "v1"),
        ("PUSH", first, "v2"),
        ("PUSH", second, "v2"),
        ("PUSH", second, "v3"),
    ]


def test_every_way_of_deleting_is_told_of(registry: Registry) -> None:
    first, second, third = registry.push("a", "v1", "v2"), registry.push("b", "w1", "w2"), registry.push("c")
    before = len(registry.told())
    registry.write(lambda unit: image_deletion.delete_tag(unit, "app", "v1"))
    registry.write(lambda unit: image_batches.batch_delete_image(unit, "app", [ImageId(None, "w1")]))
    registry.write(lambda unit: image_batches.batch_delete_image(unit, "app", [ImageId(second, None)]))
    registry.write(lambda unit: image_deletion.delete_manifest(unit, "app", third))
    registry.write(lambda unit: repositories.delete_repository(unit, "app", force=True))
    assert registry.told()[before:] == [
        ("DELETE", first, "v1"),
        ("DELETE", second, "w1"),
        ("DELETE", second, "w2"),
        ("DELETE", third, None),
        ("DELETE", first, "v2"),
    ]


def test_a_change_of_the_storage_class_tells_what_was_changed(registry: Registry) -> None:
    restored = StorageClassUpdated(
        "app", "sha256:1", "STANDARD", OCI_MANIFEST, "application/x-sbom", last_activated_at=0.5, referrer=True
    )
    archived = StorageClassUpdated("app", "sha256:2", "ARCHIVE", OCI_MANIFEST, tag="v1")
    registry.write(lambda unit: emit(unit, restored, archived))
    first, second = registry.events()
    assert (first["detail-type"], second["detail-type"]) == ("ECR Referrer Action", "ECR Image Action")
    assert first["detail"] == {
        "result": "SUCCESS",
        "repository-name": "app",
        "image-digest": "sha256:1",
        "action-type": "UPDATE_STORAGE_CLASS",
        "target-storage-class": "STANDARD",
        "manifest-media-type": OCI_MANIFEST,
        "artifact-media-type": "application/x-sbom",
        "last-activated-at": "1970-01-01T00:00:00Z",
    }
    assert second["detail"]["image-tag"] == "v1"
    assert "artifact-media-type" not in second["detail"]


def test_what_is_not_committed_is_not_told(registry: Registry) -> None:
    def fail(unit: Unit) -> None:
        emit(unit, ImageAction("PUSH", "app", "sha256:1"))
        raise LookupError

    with pytest.raises(LookupError):
        registry.write(fail)
    assert registry.events() == []


def test_old_events_go_in_batches_and_numbers_never_come_again(registry: Registry) -> None:
    def insert(moment: float) -> int:
        row = stored.Event(moment, ACCOUNT, REGION, "app", "ECR Image Action", "{}")
        return registry.db.write(lambda c: stored.insert_event(c, row)).result(30)[0]

    numbers = [insert(moment) for moment in (1.0, 2.0, 3.0, 9.0)]
    deleted = [registry.db.write(lambda c: stored.delete_old_events(c, 5.0, 2)).result(30) for _ in range(3)]
    assert deleted == [2, 1, 0]
    assert registry.db.write(lambda c: stored.delete_old_events(c, 10.0, 2)).result(30) == 1
    assert insert(1.0) > numbers[-1]


def read_new(db: Db, position: Position) -> tuple[list[str], Position]:
    """What a stream shows next: tags."""

    def read(connection: Connection) -> tuple[list[str], Position]:
        found = stored.read_events(connection, position, 500)
        seen = stored.seen_transactions(connection)
        tags = [json.loads(each.event.content)["detail"]["image-tag"] for each in found]
        return tags, advanced(position, [each.number for each in found], seen)

    return db.read(read)


def test_a_stream_misses_nothing_of_transactions_that_end_late(db: Db) -> None:
    """The numbers of events are given before their transactions end, which is in another order on PostgreSQL."""
    slow_has_written, slow_may_end = threading.Event(), threading.Event()

    def push(tag: str, connection: Connection) -> None:
        repositories.create_repository(Unit(connection, ACCOUNT, REGION, NOW), f"of-{tag}", TagMutability(), {})
        emit(Unit(connection, ACCOUNT, REGION, NOW), ImageAction("PUSH", f"of-{tag}", "sha256:1", tag))

    def slow(connection: Connection) -> None:
        push("slow", connection)
        slow_has_written.set()
        assert slow_may_end.wait(20)

    def refused(connection: Connection) -> None:
        push("refused", connection)
        raise LookupError

    writing = db.write(slow)
    assert slow_has_written.wait(20)
    concurrent = db.engine.dialect.name == "postgresql"
    refusal = db.write(refused)
    quick = db.write(lambda c: push("quick", c))
    if concurrent:
        quick.result(20)
    tags, position = read_new(db, Position(0))
    assert tags == (["quick"] if concurrent else [])
    assert len(position.gaps) == (1 if concurrent else 0)
    again, position = read_new(db, position)
    assert again == []
    slow_may_end.set()
    writing.result(20)
    quick.result(20)
    with pytest.raises(LookupError):
        refusal.result(20)
    late, position = read_new(db, position)
    assert late == (["slow"] if concurrent else ["slow", "quick"])
    assert read_new(db, position) == ([], Position(position.number))


def test_the_first_event_since_a_moment_is_found(db: Db) -> None:
    def insert(moment: float) -> int:
        row = stored.Event(moment, ACCOUNT, REGION, "app", "ECR Image Action", "{}")
        return db.write(lambda c: stored.insert_event(c, row)).result(30)[0]

    assert db.read(lambda c: stored.first_number_since(c, 0.0)) == 0
    numbers = [insert(1000.0 * hour) for hour in range(20)]
    for hour, number in enumerate(numbers):
        assert db.read(lambda c, hour=hour: stored.first_number_since(c, 1000.0 * hour)) == number
    assert db.read(lambda c: stored.first_number_since(c, 1e9)) == numbers[-1] + 1
    newest = db.read(lambda c: stored.newest_events(c, None, 3))
    assert [each.number for each in newest] == numbers[:-4:-1]
    assert [each.number for each in db.read(lambda c: stored.newest_events(c, numbers[1], 3))] == [numbers[0]]
