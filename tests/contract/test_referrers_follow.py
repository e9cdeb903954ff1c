"""Referrers go a day after their subject, on both databases; those that never had one, or have it again, stay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from job_nodes import opened
from running_node import Clock
from wharfside.api.node import Node, Scope
from wharfside.core.manifests import OCI_INDEX, OCI_MANIFEST, parse_manifest
from wharfside.core.mutability import TagMutability
from wharfside.jobs.engine import Engine
from wharfside.jobs.handlers import HANDLERS
from wharfside.registry import (
    image_batches,
    image_deletion,
    images,
    lifecycle,
    lifecycle_runs,
    repositories,
    storage_classes,
)
from wharfside.registry.audit import complete
from wharfside.registry.context import Unit
from wharfside.registry.image_batches import ImageId
from wharfside.registry.images import Push
from wharfside.registry.referrers import FOLLOW_SECONDS, STEP
from wharfside.store import audit, job_records
from wharfside.store import images as stored_images
from wharfside.store.db import Db

SCOPE = Scope("000000000000", "us-east-1")
CONFIG = {"mediaType": "application/x-config", "digest": f"sha256:{'0' * 64}", "size": 2}


@dataclass
class App:
    """A repository `app`, whose images have no layers, and what is done to it in the background."""

    node: Node
    clock: Clock
    engine: Engine = field(init=False)
    pushed: int = 0

    def __post_init__(self) -> None:
        self.engine = Engine(self.node, HANDLERS)
        self.id = self.write(lambda unit: repositories.create_repository(unit, "app", TagMutability(), {})).id

    @property
    def db(self) -> Db:
        return self.node.db

    def write(self, work: Callable[[Unit], Any]) -> Any:
        return self.db.write(lambda c: work(Unit(c, *SCOPE, self.clock.now))).result(30)

    def image(self, subject: str | None = None) -> bytes:
        """The manifest of a new image, or of a referrer."""
        self.pushed += 1
        document: dict[str, Any] = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": CONFIG, "layers": []}
        document["annotations"] = {"number": str(self.pushed)}
        if subject is not None:
            document |= {"subject": {"mediaType": OCI_MANIFEST, "digest": subject, "size": 2}}
        return json.dumps(document).encode()

    def index(self, child: str, content: bytes) -> bytes:
        named = {"mediaType": OCI_MANIFEST, "digest": child, "size": len(content)}
        return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [named]}).encode()

    def push(self, content: bytes, *tags: str) -> str:
        push = Push(content, parse_manifest(content, None), tags, sparse=True)
        return self.write(lambda unit: images.put_image(unit, "app", push)).digest

    def refer(self, subject: str, *tags: str) -> str:
        return self.push(self.image(subject), *tags)

    def delete(self, digest: str) -> None:
        _, failures = self.write(lambda unit: image_batches.batch_delete_image(unit, "app", [ImageId(digest, None)]))
        assert failures == []

    def archive(self, digest: str) -> None:
        def archive(unit: Unit) -> None:
            repository = repositories.get_repository(unit, "app", lock=True)
            image = stored_images.find_image(unit.connection, repository.id, digest)
            assert image is not None
            storage_classes.archive_image(unit, repository, image)

        self.write(archive)

    def digests(self) -> set[str]:
        return {digest for digest, _ in self.db.read(lambda c: stored_images.digests_and_tags_of(c, self.id))}

    def waiting(self) -> int:
        """How many jobs wait for a later moment."""
        return len(self.db.read(lambda c: job_records.list_jobs(c, 1000, state="queued")))

    async def pass_by(self, seconds: float) -> None:
        """Let time go by, and do what is due then."""
        self.clock.now += seconds
        while await self.engine.turn():
            await self.engine.settle()

    def records(self) -> list[dict[str, Any]]:
        search = audit.Search(event="ReferrerDeletionEvent")
        found = self.db.read(lambda c: audit.find_records(c, search, 100))
        return [complete(each.record) for each in found]


def with_app(database_url: str, tmp_path: Path, drive: Callable[[App], Awaitable[None]]) -> None:
    async def run() -> None:
        clock = Clock(1_790_000_000.0)
        async with opened(database_url, tmp_path / "data", clock) as node:
            await drive(App(node, clock))

    asyncio.run(run())


def delete_by_api(app: App, digest: str) -> None:
    app.delete(digest)


def delete_on_the_data_plane(app: App, digest: str) -> None:
    app.write(lambda unit: image_deletion.delete_manifest(unit, "app", digest))


def delete_with_the_last_tag(app: App, digest: str) -> None:
    app.write(lambda unit: image_batches.batch_delete_image(unit, "app", [ImageId(None, "v1")]))


def expire(app: App, digest: str) -> None:
    """By a lifecycle policy."""
    selection = {"tagStatus": "tagged", "tagPatternList": ["v1"], "countType": "sinceImagePushed"}
    selection |= {"countUnit": "days", "countNumber": 1}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    app.write(lambda unit: lifecycle.put_lifecycle_policy(unit, "app", json.dumps({"rules": [rule]})))
    app.clock.now += 2 * 86_400
    judged = app.db.read(lambda c: lifecycle_runs.read_judged(c, app.id))
    assert judged is not None
    run = lifecycle_runs.evaluate(judged, app.clock.now)
    steps = list(lifecycle_runs.carry_out(run, lambda work: app.db.write(work).result(30), app.clock))
    assert [each.image.digest for step in steps for each in step.done] == [digest]


WAYS = [delete_by_api, delete_on_the_data_plane, delete_with_the_last_tag, expire]


@pytest.mark.parametrize("delete", WAYS, ids=lambda each: each.__name__)
def test_referrers_go_a_day_after_their_subject(
    database_url: str, tmp_path: Path, delete: Callable[[App, str], None]
) -> None:
    async def drive(app: App) -> None:
        subject, other = app.push(app.image(), "v1"), app.push(app.image(), "v2")
        signature, sbom, others = app.refer(subject), app.refer(subject, "sbom", "latest"), app.refer(other)
        delete(app, subject)
        await app.pass_by(FOLLOW_SECONDS - 1)
        assert app.digests() == {other, signature, sbom, others}
        await app.pass_by(1)
        assert app.digests() == {other, others}
        (record,) = app.records()
        assert record["userIdentity"] == {"type": "AWSService", "invokedBy": "ecr.amazonaws.com"}
        assert record["serviceEventDetails"] == {
            "repositoryName": "app",
            "subjectManifestDigest": subject,
            "deletedReferrers": [
                {"digest": signature, "artifactType": "application/x-config", "tagList": []},
                {"digest": sbom, "artifactType": "application/x-config", "tagList": ["latest", "sbom"]},
            ],
        }

    with_app(database_url, tmp_path, drive)


def test_an_image_without_referrers_leaves_no_job(database_url: str, tmp_path: Path) -> None:
    async def drive(app: App) -> None:
        app.delete(app.push(app.image(), "v1"))
        assert app.waiting() == 0

    with_app(database_url, tmp_path, drive)


def test_a_referrer_whose_subject_was_never_there_stays(database_url: str, tmp_path: Path) -> None:
    async def drive(app: App) -> None:
        early = app.refer(f"sha256:{'1' * 64}")
        app.delete(app.push(app.image()))
        await app.pass_by(3 * FOLLOW_SECONDS)
        assert app.digests() == {early}

    with_app(database_url, tmp_path, drive)


def test_a_referrer_that_came_before_its_subject_goes_with_it(database_url: str, tmp_path: Path) -> None:
    async def drive(app: App) -> None:
        content = app.image()
        subject = app.push(content)
        app.delete(subject)
        early = app.refer(subject)
        await app.pass_by(3 * FOLLOW_SECONDS)
        assert app.digests() == {early}
        assert app.push(content) == subject
        app.delete(subject)
        await app.pass_by(FOLLOW_SECONDS)
        assert app.digests() == set()

    with_app(database_url, tmp_path, drive)


def test_a_referrer_that_comes_after_its_subject_has_gone_stays(database_url: str, tmp_path: Path) -> None:
    async def drive(app: App) -> None:
        subject = app.push(app.image())
        app.refer(subject)
        app.delete(subject)
        late = app.refer(subject)
        await app.pass_by(3 * FOLLOW_SECONDS)
        assert app.digests() == {late}

    with_app(database_url, tmp_path, drive)


def test_a_subject_that_comes_back_in_time_keeps_its_referrers(database_url: str, tmp_path: Path) -> None:
    async def drive(app: App) -> None:
        content = app.image()
        subject = app.push(content)
        signature = app.refer(subject)
        app.delete(subject)
        await app.pass_by(FOLLOW_SECONDS - 1)
        app.push(content)
        await app.pass_by(3 * FOLLOW_SECONDS)
        assert app.digests() == {subject, signature}
        assert app.waiting() == 0

    with_app(database_url, tmp_path, drive)


def test_the_day_begins_anew_when_the_subject_is_deleted_again(database_url: str, tmp_path: Path) -> None:
    async def drive(app: App) -> None:
        content = app.image()
        subject = app.push(content)
        first = app.refer(subject)
        app.delete(subject)
        await app.pass_by(FOLLOW_SECONDS / 2)
        app.push(content)
        second = app.refer(subject)
        app.delete(subject)
        await app.pass_by(FOLLOW_SECONDS / 2 + 1)
        assert app.digests() == {first, second}
        await app.pass_by(FOLLOW_SECONDS / 2 - 2)
        assert app.digests() == {first, second}
        await app.pass_by(1)
        assert app.digests() == set()

    with_app(database_url, tmp_path, drive)


def test_what_refers_to_a_referrer_follows_in_turn(database_url: str, tmp_path: Path) -> None:
    async def drive(app: App) -> None:
        subject = app.push(app.image())
        sbom = app.refer(subject)
        signature = app.refer(sbom)
        app.delete(subject)
        await app.pass_by(FOLLOW_SECONDS)
        assert app.digests() == {signature}
        await app.pass_by(FOLLOW_SECONDS - 1)
        assert app.digests() == {signature}
        await app.pass_by(1)
        assert app.digests() == set()

    with_app(database_url, tmp_path, drive)


def test_a_referrer_that_an_index_names_goes_once_the_index_has_gone(database_url: str, tmp_path: Path) -> None:
    async def drive(app: App) -> None:
        subject = app.push(app.image())
        content = app.image(subject)
        named, free = app.push(content), app.refer(subject)
        index = app.push(app.index(named, content), f"sha256-{subject[7:]}")
        app.delete(subject)
        await app.pass_by(FOLLOW_SECONDS)
        assert free not in app.digests()
        assert app.digests() == {index, named}
        app.delete(index)
        await app.pass_by(FOLLOW_SECONDS)
        assert app.digests() == set()
        assert app.waiting() == 0

    with_app(database_url, tmp_path, drive)


def test_many_referrers_go_in_several_steps(database_url: str, tmp_path: Path) -> None:
    async def drive(app: App) -> None:
        subject = app.push(app.image())
        referrers = {app.refer(subject) for _ in range(2 * STEP + 1)}
        app.delete(subject)
        assert app.waiting() == 1
        await app.pass_by(FOLLOW_SECONDS)
        assert app.digests() == set()
        deleted = [each["serviceEventDetails"]["deletedReferrers"] for each in app.records()]
        assert sorted(map(len, deleted)) == [1, STEP, STEP]
        assert {each["digest"] for some in deleted for each in some} == referrers

    with_app(database_url, tmp_path, drive)


def test_nothing_is_left_to_do_in_a_repository_that_has_gone(database_url: str, tmp_path: Path) -> None:
    async def drive(app: App) -> None:
        subject = app.push(app.image())
        app.refer(subject)
        app.delete(subject)
        app.write(lambda unit: repositories.delete_repository(unit, "app", force=True))
        await app.pass_by(FOLLOW_SECONDS)
        (job,) = app.db.read(lambda c: job_records.list_jobs(c, 10))
        assert (job.kind, job.state) == ("delete-referrers", "done")

    with_app(database_url, tmp_path, drive)


def test_referrers_in_the_archive_go_with_their_subject(database_url: str, tmp_path: Path) -> None:
    async def drive(app: App) -> None:
        subject = app.push(app.image())
        signature, late = app.refer(subject), app.push(app.image())
        app.archive(subject)
        await app.pass_by(FOLLOW_SECONDS)
        found = app.db.read(lambda c: stored_images.find_image(c, app.id, signature))
        assert found is not None
        assert found.status == "ARCHIVED"
        app.delete(subject)
        await app.pass_by(FOLLOW_SECONDS)
        assert app.digests() == {late}

    with_app(database_url, tmp_path, drive)


def test_a_subject_that_is_archived_and_then_deleted_has_its_referrers_deleted(
    database_url: str, tmp_path: Path
) -> None:
    async def drive(app: App) -> None:
        subject = app.push(app.image())
        app.refer(subject)
        app.archive(subject)
        await app.pass_by(FOLLOW_SECONDS / 2)
        app.delete(subject)
        await app.pass_by(FOLLOW_SECONDS)
        assert app.digests() == set()
        assert app.waiting() == 0

    with_app(database_url, tmp_path, drive)
