"""Lifecycle policies carried out, on both databases, also while somebody pushes, deletes and tags."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from job_nodes import opened, until
from running_node import Clock
from wharfside.api.node import Node
from wharfside.core.lifecycle import DAY
from wharfside.core.manifests import OCI_INDEX, OCI_MANIFEST, parse_manifest
from wharfside.core.mutability import TagMutability
from wharfside.jobs import lifecycle as jobs_of_policies
from wharfside.jobs.engine import Engine
from wharfside.jobs.handlers import HANDLERS, schedules
from wharfside.registry import image_deletion, images, lifecycle, repositories, storage_classes
from wharfside.registry.audit import complete
from wharfside.registry.context import Unit
from wharfside.registry.image_batches import ImageId
from wharfside.registry.images import Push
from wharfside.registry.lifecycle_runs import STEP, Step, carry_out, evaluate, read_judged
from wharfside.registry.pull_times import Pull, record_pulls
from wharfside.store import audit, job_records, lifecycle_previews
from wharfside.store import images as stored_images
from wharfside.store.db import Db
from wharfside.store.images import Image
from wharfside.store.repositories import Repository
from wharfside.store.storage_classes import set_activating, set_active

ACCOUNT, REGION = "000000000000", "us-east-1"
EXECUTED = "PolicyExecutionEvent"
START = 1_790_000_000.0
OLD_UNTAGGED = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1}
PULLED = {"tagStatus": "any", "countType": "sinceImagePulled", "countUnit": "days", "countNumber": 30}
ARCHIVED = {
    "tagStatus": "any",
    "storageClass": "archive",
    "countType": "sinceImageTransitioned",
    "countUnit": "days",
    "countNumber": 90,
}
EXPIRE = {"type": "expire"}
ARCHIVE = {"type": "transition", "targetStorageClass": "archive"}
KEEP_ONE = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}


def policy(*selections: dict[str, Any], action: dict[str, str] = EXPIRE) -> str:
    rules = [
        {"rulePriority": number, "selection": selection, "action": action}
        for number, selection in enumerate(selections, 1)
    ]
    return json.dumps({"rules": rules})


@dataclass
class Registry:
    """Use cases on a new repository `app`, at a moment that the test sets."""

    db: Db
    now: float = START
    pushed: int = 0
    id: int = field(init=False)

    def __post_init__(self) -> None:
        self.id = self.write(lambda unit: repositories.create_repository(unit, "app", TagMutability(), {})).id

    def write(self, work: Callable[[Unit], Any]) -> Any:
        return self.db.write(lambda c: work(Unit(c, ACCOUNT, REGION, self.now))).result(30)

    def repository(self, unit: Unit) -> Repository:
        return repositories.get_repository(unit, "app", lock=True)

    def push(self, *tags: str, children: tuple[str, ...] = (), **members: Any) -> str:
        """Push an image without layers, or an index; its digest."""
        self.pushed += 1
        kind = {"mediaType": OCI_INDEX if children else OCI_MANIFEST}
        annotations = {"number": str(self.pushed)}
        document: dict[str, Any] = {"schemaVersion": 2, **kind, "annotations": annotations, **members}
        if children:
            size = len(self.content_of(children[0]))
            document["manifests"] = [{"mediaType": OCI_MANIFEST, "digest": each, "size": size} for each in children]
        else:
            config = {"mediaType": "application/x-config", "digest": f"sha256:{'0' * 64}", "size": 2}
            document |= {"config": config, "layers": []}
        content = json.dumps(document).encode()
        push = Push(content, parse_manifest(content, None), tags, sparse=True)
        return self.write(lambda unit: images.put_image(unit, "app", push)).digest

    def content_of(self, digest: str) -> bytes:
        return self.db.read(lambda c: stored_images.content_of(c, digest))

    def digests(self) -> set[str]:
        return {digest for digest, _ in self.db.read(lambda c: stored_images.digests_and_tags_of(c, self.id))}

    def set_policy(self, *selections: dict[str, Any], action: dict[str, str] = EXPIRE) -> None:
        self.write(lambda unit: lifecycle.put_lifecycle_policy(unit, "app", policy(*selections, action=action)))

    def find(self, digest: str) -> Image:
        found = self.db.read(lambda c: stored_images.find_image(c, self.id, digest))
        assert found is not None
        return found

    def pull(self, digest: str) -> None:
        pull = Pull(ACCOUNT, REGION, self.id, digest, None, self.now)
        assert self.write(lambda unit: record_pulls(unit.connection, [pull])) == []

    def steps(self) -> Iterator[Step]:
        """Evaluate now, and carry out step by step."""
        judged = self.db.read(lambda c: read_judged(c, self.id))
        assert judged is not None
        run = evaluate(judged, self.now)
        return carry_out(run, lambda work: self.db.write(work).result(30), lambda: self.now)

    def carry_out(self) -> list[str]:
        return [each.image.digest for step in self.steps() for each in step.done]

    def last_evaluated_at(self) -> float:
        found = self.db.read(lambda c: lifecycle.get_lifecycle_policy(Unit(c, ACCOUNT, REGION, self.now), "app"))
        return found.last_evaluated_at

    def records(self) -> list[dict[str, Any]]:
        search = audit.Search(event=EXECUTED)
        found = self.db.read(lambda c: audit.find_records(c, search, 100))
        return [complete(each.record) for each in found]


@pytest.fixture
def app(db: Db) -> Registry:
    return Registry(db)


def test_what_a_policy_takes_goes_and_is_recorded(app: Registry) -> None:
    old, tagged = app.push(), app.push("v1")
    app.now += 2 * DAY
    new = app.push()
    app.set_policy(OLD_UNTAGGED)
    assert app.last_evaluated_at() == 0
    assert app.carry_out() == [old]
    assert app.digests() == {tagged, new}
    assert app.last_evaluated_at() == app.now
    (record,) = app.records()
    assert record["eventType"] == "AwsServiceEvent"
    assert record["userIdentity"] == {"type": "AWSService", "invokedBy": "ecr.amazonaws.com"}
    details = record["serviceEventDetails"]
    image = {"digest": old, "tagStatus": "Untagged", "tagList": [], "pushedAt": int(START * 1000)}
    assert details["lifecycleEventImageActions"] == [
        {"lifecycleEventImage": image, "rulePriority": 1, "action": "expire"}
    ]
    assert (details["repositoryName"], details["lifecycleEventFailureDetails"]) == ("app", [])
    assert app.carry_out() == []
    assert len(app.records()) == 1


def test_a_run_goes_in_small_steps(app: Registry) -> None:
    for _ in range(2 * STEP + 2):
        app.now += 1
        app.push()
    app.set_policy(KEEP_ONE)
    assert [len(step.done) for step in app.steps()] == [STEP, STEP, 1, 0]
    assert len(app.digests()) == 1


def test_what_was_tagged_a_moment_ago_stays(app: Registry) -> None:
    digest, other = app.push(), app.push()
    app.now += 2 * DAY
    app.set_policy(OLD_UNTAGGED)
    steps = app.steps()
    content = app.content_of(digest)
    app.write(lambda unit: images.put_image(unit, "app", Push(content, parse_manifest(content, None), ("v1",))))
    assert [each.image.digest for step in steps for each in step.done] == [other]
    assert app.digests() == {digest}


def test_what_was_deleted_and_pushed_again_stays(app: Registry) -> None:
    digest = app.push()
    app.now += 2 * DAY
    app.set_policy(OLD_UNTAGGED)
    steps, content = app.steps(), app.content_of(digest)
    app.write(lambda unit: image_deletion.delete_manifest(unit, "app", digest))
    push = Push(content, parse_manifest(content, None), sparse=True)
    app.write(lambda unit: images.put_image(unit, "app", push))
    assert [step.done for step in steps] == [(), ()]
    assert app.digests() == {digest}


def test_what_an_index_names_since_a_moment_ago_stays(app: Registry) -> None:
    child = app.push()
    app.now += 2 * DAY
    app.set_policy(OLD_UNTAGGED)
    steps = app.steps()
    index = app.push("v1", children=(child,))
    first, _ = steps
    assert [(each.decision.image.digest, each.indexes) for each in first.held] == [(child, (index,))]
    assert app.digests() == {child, index}
    (record,) = app.records()
    (failure,) = record["serviceEventDetails"]["lifecycleEventFailureDetails"]
    assert failure["failureCode"] == "ImageReferencedByManifestList"
    assert failure["failureReason"] == f"Requested image referenced by manifest list: [{index}]"


def test_an_index_goes_before_what_it_names(app: Registry) -> None:
    child = app.push()
    index = app.push(children=(child,))
    app.now += 2 * DAY
    app.set_policy(OLD_UNTAGGED)
    assert app.carry_out() == [index, child]


def test_referrers_stay_and_do_not_count(app: Registry) -> None:
    subject = app.push("v1")
    signature = app.push(subject={"mediaType": OCI_MANIFEST, "digest": subject, "size": 1})
    app.now += 2 * DAY
    app.set_policy(OLD_UNTAGGED, KEEP_ONE)
    assert app.carry_out() == []
    assert app.digests() == {subject, signature}


def test_what_was_not_pulled_for_long_goes_to_the_archive(app: Registry) -> None:
    stale, pulled = app.push("v1"), app.push("v2")
    app.now += 20 * DAY
    app.pull(pulled)
    app.now += 20 * DAY
    new = app.push("v3")
    app.set_policy(PULLED, action=ARCHIVE)
    assert app.carry_out() == [stale]
    assert {digest: app.find(digest).status for digest in (stale, pulled, new)} == {
        stale: "ARCHIVED",
        pulled: "ACTIVE",
        new: "ACTIVE",
    }
    assert app.find(stale).last_archived_at == app.now
    (record,) = app.records()
    (action,) = record["serviceEventDetails"]["lifecycleEventImageActions"]
    assert (action["lifecycleEventImage"]["digest"], action["action"]) == (stale, "transition")
    assert app.carry_out() == []


def test_what_is_pulled_a_moment_ago_is_not_archived_for_not_being_pulled(app: Registry) -> None:
    first, second = app.push("v1"), app.push("v2")
    app.now += 40 * DAY
    app.set_policy(PULLED, action=ARCHIVE)
    steps = app.steps()
    app.pull(first)
    assert [each.image.digest for step in steps for each in step.done] == [second]
    app.set_policy({**PULLED, "countType": "sinceImagePushed"}, action=ARCHIVE)
    steps = app.steps()
    app.now += 3600
    app.pull(first)
    assert [each.image.digest for step in steps for each in step.done] == [first]


def test_archived_images_expire_after_their_time_there(app: Registry) -> None:
    old = app.push("v1")
    app.now += 40 * DAY
    app.set_policy({**PULLED, "countType": "sinceImagePushed"}, action=ARCHIVE)
    assert app.carry_out() == [old]
    app.set_policy(ARCHIVED)
    app.now += 90 * DAY
    assert app.carry_out() == []
    app.now += 1
    assert app.carry_out() == [old]
    assert app.digests() == set()


def test_what_is_being_restored_is_not_expired_and_restored_counts_as_new(app: Registry) -> None:
    old, older = app.push("v1"), app.push("v2")
    app.now += 40 * DAY
    app.set_policy({**PULLED, "countType": "sinceImagePushed"}, action=ARCHIVE)
    assert sorted(app.carry_out()) == sorted([old, older])
    app.now += 100 * DAY
    app.write(lambda unit: set_activating(unit.connection, app.find(old).id))
    app.set_policy(ARCHIVED)
    assert app.carry_out() == [older]
    app.write(lambda unit: set_active(unit.connection, app.find(old).id, unit.now))
    app.set_policy({**PULLED, "countType": "sinceImagePushed"}, action=ARCHIVE)
    app.now += 29 * DAY
    assert app.carry_out() == []
    app.now += 2 * DAY
    assert app.carry_out() == [old]


def test_an_index_goes_to_the_archive_before_what_it_names(app: Registry) -> None:
    child = app.push()
    index = app.push("v1", children=(child,))
    app.now += 40 * DAY
    app.set_policy({**PULLED, "tagStatus": "untagged", "countType": "sinceImagePushed"}, action=ARCHIVE)
    (only,) = app.steps()
    assert only.done == ()
    assert [(each.decision.image.digest, each.indexes) for each in only.held] == [(child, (index,))]
    app.set_policy({**PULLED, "countType": "sinceImagePushed"}, action=ARCHIVE)
    assert app.carry_out() == [index, child]


def test_an_index_that_was_restored_meanwhile_keeps_what_it_names(app: Registry) -> None:
    child = app.push()
    index = app.push("v1", children=(child,))
    app.now += 40 * DAY
    app.set_policy({**PULLED, "countType": "sinceImagePushed"}, action=ARCHIVE)
    app.write(lambda unit: storage_classes.archive_image(unit, app.repository(unit), app.find(index)))
    steps = app.steps()
    app.write(lambda unit: set_activating(unit.connection, app.find(index).id))
    held = [each for step in steps for each in step.held]
    assert [(each.decision.image.digest, each.indexes) for each in held] == [(child, (index,))]
    assert app.find(child).status == "ACTIVE"
    assert app.carry_out() == []


@pytest.mark.parametrize("change", ["delete", "replace", "delete the repository"])
def test_a_run_ends_when_the_policy_is_another(app: Registry, change: str) -> None:
    app.push()
    app.now += 2 * DAY
    app.set_policy(OLD_UNTAGGED)
    steps = app.steps()
    if change == "delete":
        app.write(lambda unit: lifecycle.delete_lifecycle_policy(unit, "app"))
    elif change == "replace":
        app.set_policy({**OLD_UNTAGGED, "countNumber": 14})
    else:
        app.write(lambda unit: repositories.delete_repository(unit, "app", force=True))
    assert list(steps) == [Step(ended=True)]
    if change != "delete the repository":
        assert len(app.digests()) == 1
    if change == "replace":
        assert app.last_evaluated_at() == 0


def with_a_node(database_url: str, tmp_path: Path, drive: Callable[[Node, Registry, Clock], Awaitable[None]]) -> None:
    async def run() -> None:
        clock = Clock(START)
        async with opened(database_url, tmp_path / "data", clock) as node:
            await drive(node, Registry(node.db), clock)

    asyncio.run(run())


async def work_off(engine: Engine) -> None:
    async with asyncio.timeout(60):
        while await engine.turn():
            await engine.settle()


def test_the_schedule_has_every_policy_carried_out(database_url: str, tmp_path: Path) -> None:
    async def drive(node: Node, app: Registry, clock: Clock) -> None:
        old = app.push()
        engine = Engine(node, HANDLERS, schedules("@hourly"))
        await work_off(engine)
        app.set_policy(OLD_UNTAGGED)
        app.now = clock.now = START + 2 * DAY
        await work_off(engine)
        assert app.digests() == set()
        assert app.last_evaluated_at() == clock.now
        assert [each["digest"] for each in images_of(app.records())] == [old]
        states = await node.look_up(lambda c: {each.state for each in job_records.list_jobs(c, 100)})
        assert states == {"done"}

    with_a_node(database_url, tmp_path, drive)


def images_of(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        action["lifecycleEventImage"]
        for record in records
        for action in record["serviceEventDetails"]["lifecycleEventImageActions"]
    ]


def test_a_run_that_is_cut_off_at_any_step_is_finished_by_the_next_attempt(database_url: str, tmp_path: Path) -> None:
    async def drive(node: Node, app: Registry, clock: Clock) -> None:
        for _ in range(STEP + 5):
            app.push()
        app.set_policy(OLD_UNTAGGED)
        app.now = clock.now = START + 2 * DAY
        gone: list[str] = []
        for number, step in enumerate(app.steps()):
            gone += [each.image.digest for each in step.done]
            if number == 0:
                break
        assert len(gone) == STEP
        await work_off(Engine(node, HANDLERS, schedules("@hourly")))
        assert app.digests() == set()
        recorded = [each["digest"] for each in images_of(app.records())]
        assert len(recorded) == len(set(recorded)) == STEP + 5

    with_a_node(database_url, tmp_path, drive)


def test_a_stop_amid_a_run_leaves_the_rest_to_the_next_start(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It rests after its first step until it is told to stop.
    monkeypatch.setattr(jobs_of_policies, "rest_after", lambda seconds: 600.0)

    async def drive(node: Node, app: Registry, clock: Clock) -> None:
        for _ in range(STEP * 2 + 5):
            app.push()
        app.set_policy(OLD_UNTAGGED)
        app.now = clock.now = START + 2 * DAY
        engine = Engine(node, HANDLERS, schedules("@hourly"))
        engine.start()

        async def has_begun() -> bool:
            return bool(await node.look_up(lambda c: audit.find_records(c, audit.Search(event=EXECUTED), 1)))

        await until(has_begun)
        await engine.stop(60)
        assert len(app.digests()) == STEP + 5
        (job,) = await node.look_up(lambda c: job_records.list_jobs(c, 10, kind=jobs_of_policies.RUN))
        assert job.state == "queued"
        monkeypatch.undo()
        await work_off(Engine(node, HANDLERS, schedules("@hourly")))
        assert app.digests() == set()

    with_a_node(database_url, tmp_path, drive)


def test_a_preview_that_no_job_completes_any_more_has_failed(database_url: str, tmp_path: Path) -> None:
    async def drive(node: Node, app: Registry, clock: Clock) -> None:
        app.write(lambda unit: lifecycle.start_preview(unit, "app", policy(KEEP_ONE)))
        (job,) = await node.look_up(lambda c: job_records.list_jobs(c, 10))
        node.db.write(lambda c: job_records.cancel_job(c, job.id, clock.now)).result()
        assert app.write(lambda unit: lifecycle.get_preview(unit, "app")).status == "FAILED"
        app.write(lambda unit: lifecycle.start_preview(unit, "app", policy(KEEP_ONE)))
        await work_off(Engine(node, HANDLERS))
        assert app.write(lambda unit: lifecycle.get_preview(unit, "app")).status == "COMPLETE"

    with_a_node(database_url, tmp_path, drive)


def test_a_preview_says_what_would_be_archived_and_what_would_go_from_the_archive(
    database_url: str, tmp_path: Path
) -> None:
    async def drive(node: Node, app: Registry, clock: Clock) -> None:
        old = app.push("v1")
        app.write(lambda unit: storage_classes.archive_image(unit, app.repository(unit), app.find(old)))
        app.now = clock.now = START + 91 * DAY
        stale = app.push("v2")
        app.now = clock.now = START + 130 * DAY
        used = app.push("v3")
        rules = [
            {"rulePriority": 1, "selection": PULLED, "action": ARCHIVE},
            {"rulePriority": 2, "selection": ARCHIVED, "action": EXPIRE},
        ]
        document = json.dumps({"rules": rules})
        app.write(lambda unit: lifecycle.start_preview(unit, "app", document))
        await work_off(Engine(node, HANDLERS))
        preview = app.write(lambda unit: lifecycle.get_preview(unit, "app"))
        assert (preview.status, preview.expiring, preview.transitioning) == ("COMPLETE", 1, 1)
        found = app.write(lambda unit: lifecycle.preview_page(unit, preview, None, 10, tagged=None))
        assert [(each.digest, each.rule_priority, each.action, each.storage_class) for each in found] == [
            (old, 2, "expire", "archive"),
            (stale, 1, "transition", "standard"),
        ]
        assert {digest: app.find(digest).status for digest in (old, stale, used)} == {
            old: "ARCHIVED",
            stale: "ACTIVE",
            used: "ACTIVE",
        }

    with_a_node(database_url, tmp_path, drive)


def test_results_of_a_preview_are_found_by_ids_however_many_there_are(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "_TOGETHER", 2)

    async def drive(node: Node, app: Registry, clock: Clock) -> None:
        digests: list[str] = []
        for number in range(6):
            app.now = clock.now = START + number
            digests.append(app.push(f"v{number}"))
        app.write(lambda unit: lifecycle.start_preview(unit, "app", policy(KEEP_ONE)))
        await work_off(Engine(node, HANDLERS))
        preview = app.write(lambda unit: lifecycle.get_preview(unit, "app"))
        assert preview.expiring == 5
        ids = [ImageId(None, "v4"), ImageId(digests[2], None), ImageId(None, "v0"), ImageId(None, "v5")]
        found = app.write(lambda unit: lifecycle.preview_of_images(unit, preview, ids, tagged=None))
        assert [each.digest for each in found] == [digests[0], digests[2], digests[4]]

    with_a_node(database_url, tmp_path, drive)


def test_results_of_a_preview_are_kept_for_a_day(database_url: str, tmp_path: Path) -> None:
    async def drive(node: Node, app: Registry, clock: Clock) -> None:
        app.push()
        app.push()
        engine = Engine(node, HANDLERS, schedules("@hourly"))
        for _ in range(2):
            app.write(lambda unit: lifecycle.start_preview(unit, "app", policy(KEEP_ONE)))
            await work_off(engine)
        preview = app.write(lambda unit: lifecycle.get_preview(unit, "app"))
        assert (preview.status, preview.expiring) == ("COMPLETE", 1)
        app.now = clock.now = START + lifecycle_previews.RESULTS_SECONDS + 1
        expired = app.write(lambda unit: lifecycle.get_preview(unit, "app"))
        assert expired == replace(preview, status="EXPIRED")
        await work_off(engine)
        counts = "SELECT (SELECT count(*) FROM lifecycle_preview), (SELECT count(*) FROM lifecycle_preview_image)"
        assert tuple(node.db.read(lambda c: c.exec_driver_sql(counts).one())) == (1, 0)

    with_a_node(database_url, tmp_path, drive)
