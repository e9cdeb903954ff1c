"""Layers move to the archive and back, on both databases: nothing that is needed is ever without its bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from sqlalchemy import Connection

from image_life import Drive, Life, index_of, manifest_of
from wharfside.core.errors import RegistryError
from wharfside.jobs.work import Work
from wharfside.registry.audit import complete
from wharfside.registry.referrers import FOLLOW_SECONDS, STEP
from wharfside.registry.storage_classes import ARCHIVE_LAYERS, ARCHIVE_REFERRERS, RESTORE_IMAGE
from wharfside.store import audit, job_records
from wharfside.store.layers import GRACE_SECONDS


def test_an_archived_image_goes_and_comes_back(lives: Callable[[Drive], None]) -> None:
    async def drive(life: Life) -> None:
        digest = await life.push("app", b"config", b"layer", tag="v1")
        assert life.places(b"layer") == ["blobs"]
        assert life.change("app", digest, "ARCHIVE") == "ARCHIVED"
        assert life.availability("app", b"layer") == "ARCHIVED"
        await life.work()
        assert life.places(b"layer") == life.places(b"config") == ["archive"]
        assert life.change("app", digest, "ARCHIVE") == "ARCHIVED"
        assert life.change("app", digest, "STANDARD") == "ACTIVATING"
        assert life.change("app", digest, "STANDARD") == "ACTIVATING"
        assert not life.readable("app", b"layer")
        archived = life.image("app", digest)
        await life.work()
        assert life.places(b"layer") == life.places(b"config") == ["blobs"]
        image = life.image("app", digest)
        assert image is not None
        assert archived is not None
        assert (image.status, image.last_activated_at) == ("ACTIVE", life.clock.now)
        assert image.last_archived_at == archived.last_archived_at == life.clock.now - 2
        assert (archived.status, archived.last_activated_at) == ("ACTIVATING", None)
        assert life.readable("app", b"layer")
        assert life.availability("app", b"layer") == "AVAILABLE"
        assert life.change("app", digest, "STANDARD") == "ACTIVE"

    lives(drive)


def test_what_another_image_needs_stays(lives: Callable[[Drive], None]) -> None:
    async def drive(life: Life) -> None:
        first = await life.push("app", b"one", b"shared", b"everywhere")
        await life.push("app", b"two", b"shared")
        await life.push("other", b"three", b"everywhere")
        life.change("app", first, "ARCHIVE")
        assert life.readable("app", b"shared")
        assert not life.readable("app", b"everywhere")
        assert life.availability("app", b"everywhere") == "ARCHIVED"
        await life.work()
        assert [life.places(each) for each in (b"one", b"shared", b"everywhere")] == [["archive"], ["blobs"], ["blobs"]]
        assert life.readable("other", b"everywhere")

    lives(drive)


def test_what_the_last_active_image_leaves_goes_to_the_archive_after_its_grace_period(
    lives: Callable[[Drive], None],
) -> None:
    async def drive(life: Life) -> None:
        first = await life.push("app", b"one", b"shared")
        second = await life.push("app", b"two", b"shared")
        life.change("app", first, "ARCHIVE")
        life.delete("app", second)
        await life.work("check-archive")
        assert life.places(b"shared") == ["blobs"]
        assert life.readable("app", b"shared")
        await life.work("collect-garbage", seconds=GRACE_SECONDS + 1)
        await life.work("check-archive")
        assert life.places(b"shared") == ["archive"]
        assert life.places(b"two") == []
        life.delete("app", first)
        await life.work("collect-garbage")
        assert life.places(b"shared") == life.places(b"one") == []

    lives(drive)


def test_an_upload_of_an_archived_layer_brings_it_back(lives: Callable[[Drive], None]) -> None:
    async def drive(life: Life) -> None:
        old = await life.push("app", b"old", b"shared")
        life.change("app", old, "ARCHIVE")
        await life.work()
        with pytest.raises(RegistryError, match="do not exist") as refusal:
            life.put("app", manifest_of(b"old", b"shared", annotations={"a": "new"}))
        assert refusal.value.code == "LayersNotFoundException"
        await life.push("app", b"new", b"shared")
        assert life.places(b"shared") == ["blobs"]
        assert life.readable("app", b"shared")
        await life.work("check-archive")
        assert life.places(b"shared") == ["blobs"]
        assert life.places(b"old") == ["archive"]
        assert life.change("app", old, "STANDARD") == "ACTIVATING"
        await life.work()
        assert life.readable("app", b"old")
        assert life.readable("app", b"shared")

    lives(drive)


def test_an_image_that_is_pushed_again_leaves_the_archive_at_once(lives: Callable[[Drive], None]) -> None:
    async def drive(life: Life) -> None:
        digest = await life.push("app", b"config", b"layer", tag="v1")
        life.change("app", digest, "ARCHIVE")
        await life.work()
        life.clock.now += 5
        assert life.put("app", manifest_of(b"config", b"layer"), "v1") == digest
        image = life.image("app", digest)
        assert image is not None
        assert (image.status, image.last_activated_at) == ("ACTIVE", life.clock.now)
        assert life.readable("app", b"layer")
        assert life.places(b"layer") == ["archive"]
        await life.work()
        assert life.readable("app", b"layer")
        assert life.places(b"layer") == ["blobs"]
        life.change("app", digest, "ARCHIVE")
        await life.work()
        await life.push("app", b"config", b"layer", tag="v1")
        assert life.status("app", digest) == "ACTIVE"
        assert life.places(b"layer") == ["blobs"]

    lives(drive)


def test_a_tag_of_an_archived_image_stays_its_own(lives: Callable[[Drive], None]) -> None:
    async def drive(life: Life) -> None:
        digest = await life.push("app", b"config", b"layer", tag="v1")
        life.change("app", digest, "ARCHIVE")
        life.change("app", digest, "STANDARD")
        life.change("app", digest, "ARCHIVE")  # calls the restore off
        await life.work()
        assert life.status("app", digest) == "ARCHIVED"
        assert life.places(b"layer") == ["archive"]
        await life.push("app", b"other", tag="v1")
        assert life.status("app", digest) == "ARCHIVED"

    lives(drive)


def test_children_of_live_indexes_stay_and_come_back_with_them(lives: Callable[[Drive], None]) -> None:
    async def drive(life: Life) -> None:
        one, two = manifest_of(b"one"), manifest_of(b"two")
        children = [await life.push("app", b"one"), await life.push("app", b"two")]
        inner = life.put("app", index_of(one))
        outer = life.put("app", index_of(index_of(one), two), "v1")
        for each in (*children, inner):
            with pytest.raises(RegistryError, match="referenced by manifest list") as refusal:
                life.change("app", each, "ARCHIVE")
            assert refusal.value.code == "ImageStorageClassUpdateNotSupportedException"
        life.change("app", outer, "ARCHIVE")
        assert {life.status("app", each) for each in (*children, inner)} == {"ACTIVE"}
        life.change("app", inner, "ARCHIVE")
        life.change("app", children[0], "ARCHIVE")
        with pytest.raises(RegistryError, match="do not exist") as refusal:
            life.put("app", index_of(one, two), "v2")
        assert refusal.value.code == "ReferencedImagesNotFoundException"
        with pytest.raises(RegistryError, match="do not exist"):
            life.put("app", index_of(index_of(one), two), "v1")
        await life.work()
        assert (life.places(b"one"), life.places(b"two")) == (["archive"], ["blobs"])
        assert life.change("app", outer, "STANDARD") == "ACTIVATING"
        assert {life.status("app", each) for each in (inner, children[0])} == {"ACTIVATING"}
        with pytest.raises(RegistryError, match="referenced by manifest list"):
            life.change("app", children[0], "ARCHIVE")
        await life.work()
        assert {life.status("app", each) for each in (*children, inner, outer)} == {"ACTIVE"}
        assert life.readable("app", b"one")

    lives(drive)


def test_referrers_follow_their_subject_in_a_day_and_come_back_with_it(lives: Callable[[Drive], None]) -> None:
    async def drive(life: Life) -> None:
        subject = await life.push("app", b"config")
        named = {"mediaType": "application/x", "digest": subject, "size": 2}
        referrers = [await life.push("app", b"signature %d" % each, subject=named) for each in range(STEP + 2)]
        life.change("app", subject, "ARCHIVE")
        life.clock.now += 60
        late = await life.push("app", b"late", subject=named)
        await life.work(seconds=FOLLOW_SECONDS - 61)
        assert {life.status("app", each) for each in referrers} == {"ACTIVE"}
        await life.work()
        assert {life.status("app", each) for each in referrers} == {"ARCHIVED"}
        assert life.status("app", late) == "ACTIVE"
        assert life.places(b"signature 0") == ["archive"]
        life.change("app", subject, "STANDARD")
        await life.work()
        assert {life.status("app", each) for each in (subject, *referrers)} == {"ACTIVE"}
        assert life.places(b"signature 0") == ["blobs"]
        search = audit.Search(event="ReferrerStorageClassEvent")
        records = [complete(each.record) for each in life.read(lambda u: audit.find_records(u.connection, search, 100))]
        moved = [
            len(value) for each in records for value in each["serviceEventDetails"].values() if isinstance(value, list)
        ]
        assert sorted(moved) == [2, 2, STEP, STEP]

    lives(drive)


def test_what_a_stop_interrupts_is_finished_afterwards(
    lives: Callable[[Drive], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted: set[str] = set()
    write = Work.write

    def write_and_be_stopped(work: Work, effects: Callable[[Connection], Any]) -> Future[Any]:
        """The first thing that a job writes is the last that it does before the process stops."""
        done = write(work, effects)
        if work.claimed.kind not in interrupted:
            interrupted.add(work.claimed.kind)
            work.ended.set()
        return done

    monkeypatch.setattr(Work, "write", write_and_be_stopped)

    async def drive(life: Life) -> None:
        subject = await life.push("app", b"config", b"layer", b"other layer")
        named = {"mediaType": "application/x", "digest": subject, "size": 2}
        referrers = [await life.push("app", b"signature %d" % each, subject=named) for each in range(STEP + 2)]
        life.change("app", subject, "ARCHIVE")
        await life.work(seconds=FOLLOW_SECONDS + 1)
        assert {life.status("app", each) for each in (subject, *referrers)} == {"ARCHIVED"}
        assert [life.places(each) for each in (b"config", b"layer", b"other layer")] == [["archive"]] * 3
        life.change("app", subject, "STANDARD")
        await life.work()
        assert {life.status("app", each) for each in (subject, *referrers)} == {"ACTIVE"}
        assert [life.places(each) for each in (b"config", b"layer", b"other layer")] == [["blobs"]] * 3
        assert {ARCHIVE_LAYERS, ARCHIVE_REFERRERS, RESTORE_IMAGE} <= interrupted

    lives(drive)


def test_referrers_stay_when_their_subject_is_restored_in_time(lives: Callable[[Drive], None]) -> None:
    async def drive(life: Life) -> None:
        subject = await life.push("app", b"config")
        named = {"mediaType": "application/x", "digest": subject, "size": 2}
        signature = await life.push("app", b"signature", subject=named)
        life.change("app", subject, "ARCHIVE")
        await life.work()
        life.change("app", subject, "STANDARD")
        await life.work(seconds=FOLLOW_SECONDS)
        assert life.status("app", signature) == "ACTIVE"
        life.change("app", subject, "ARCHIVE")
        life.clock.now += FOLLOW_SECONDS / 2
        life.change("app", subject, "STANDARD")
        await life.work()
        life.change("app", subject, "ARCHIVE")
        await life.work(seconds=FOLLOW_SECONDS / 2 + 1)  # a day after the first time, not after the second
        assert life.status("app", signature) == "ACTIVE"
        await life.work(seconds=FOLLOW_SECONDS / 2)
        assert life.status("app", signature) == "ARCHIVED"

    lives(drive)


def test_an_image_waits_until_its_archived_layers_can_be_read(lives: Callable[[Drive], None]) -> None:
    """As when the disk of the archive is not there for some time."""

    async def drive(life: Life) -> None:
        digest = await life.push("app", b"config")
        life.change("app", digest, "ARCHIVE")
        await life.work()
        archive, away = life.data / "archive", life.data / "away"
        archive.rename(away)
        life.change("app", digest, "STANDARD")
        await life.work()
        for _ in range(10):
            await life.work(seconds=600)
        assert life.status("app", digest) == "ACTIVATING"
        states = life.read(lambda unit: job_records.list_jobs(unit.connection, 100, kind="restore-image"))
        assert [(each.state, "FileNotFoundError" in (each.error or "")) for each in states] == [("dead", True)]
        away.rename(archive)
        await life.work("check-archive")
        assert life.status("app", digest) == "ACTIVE"
        assert life.readable("app", b"config")

    lives(drive)


def test_what_is_needed_again_at_the_moment_it_moves_comes_back(lives: Callable[[Drive], None]) -> None:
    """On PostgreSQL, a push may link a blob that moves meanwhile: it is read from the archive until then."""

    async def drive(life: Life) -> None:
        digest = await life.push("app", b"config")
        life.change("app", digest, "ARCHIVE")
        await life.work()
        life.write(lambda unit: unit.connection.exec_driver_sql("UPDATE image SET status = 'ACTIVE'"))
        statement = "INSERT INTO repository_blob (repository_id, blob_id) SELECT i.repository_id, b.blob_id"
        statement += " FROM image i JOIN image_blob b ON b.image_id = i.id"
        life.write(lambda unit: unit.connection.exec_driver_sql(statement))
        assert life.readable("app", b"config")
        assert life.places(b"config") == ["archive"]
        await life.work("check-archive")
        assert life.readable("app", b"config")
        assert life.places(b"config") == ["blobs"]

    lives(drive)


def test_moves_between_storage_classes_are_told_as_events(lives: Callable[[Drive], None]) -> None:
    async def drive(life: Life) -> None:
        digest = await life.push("app", b"config")
        life.change("app", digest, "ARCHIVE")
        life.change("app", digest, "ARCHIVE")
        life.change("app", digest, "STANDARD")
        await life.work()
        found = life.read(lambda unit: list(unit.connection.exec_driver_sql("SELECT content FROM event ORDER BY id")))
        details = [json.loads(row[0])["detail"] for row in found]
        assert [each["action-type"] for each in details] == ["PUSH", "UPDATE_STORAGE_CLASS", "UPDATE_STORAGE_CLASS"]
        assert [each.get("target-storage-class") for each in details] == [None, "ARCHIVE", "STANDARD"]
        assert ["last-activated-at" in each for each in details] == [False, False, True]
        assert {each["image-digest"] for each in details} == {digest}

    lives(drive)
