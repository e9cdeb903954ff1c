"""Layers that come after the image that names them are kept for it, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from image_life import Drive, Life, manifest_of
from wharfside.jobs.work import Work
from wharfside.store import absent_blobs, jobs
from wharfside.store.layers import GRACE_SECONDS

DAY = GRACE_SECONDS + 1


async def sparse_image(life: Life) -> str:
    """Pushed without its layer."""
    await life.upload("app", b"config")
    return life.put("app", manifest_of(b"config", b"layer"), "v1", sparse=True)


def test_a_layer_of_a_sparse_image_stays_as_long_as_the_image(lives: Callable[[Drive], None]) -> None:
    async def drive(life: Life) -> None:
        digest = await sparse_image(life)
        await life.work("collect-garbage", seconds=2 * DAY)
        await life.upload("app", b"layer")
        await life.work("collect-garbage")
        await life.work("collect-garbage", seconds=DAY)
        assert life.readable("app", b"layer")
        life.delete("app", digest)
        await life.work("collect-garbage", seconds=DAY)
        assert life.places(b"layer") == []

    lives(drive)


def test_a_layer_whose_grace_period_is_over_is_kept_first(lives: Callable[[Drive], None]) -> None:
    async def drive(life: Life) -> None:
        await sparse_image(life)
        await life.upload("app", b"layer")
        await life.work("collect-garbage", seconds=DAY)
        assert life.readable("app", b"layer")

    lives(drive)


def test_a_layer_that_another_image_brought_outlives_that_image(lives: Callable[[Drive], None]) -> None:
    async def drive(life: Life) -> None:
        await sparse_image(life)
        other = await life.push("app", b"other config", b"layer")
        await life.work("collect-garbage")
        life.delete("app", other)
        await life.work("collect-garbage", seconds=DAY)
        assert life.readable("app", b"layer")
        assert life.places(b"other config") == []

    lives(drive)


def test_a_foreign_layer_that_is_uploaded_all_the_same_stays(lives: Callable[[Drive], None]) -> None:
    async def drive(life: Life) -> None:
        await life.upload("app", b"config")
        document = json.loads(manifest_of(b"config", b"layer"))
        document["layers"][0]["urls"] = ["https://layers.example.com/layer"]
        life.put("app", json.dumps(document).encode())
        await life.upload("app", b"layer")
        await life.work("collect-garbage", seconds=DAY)
        assert life.readable("app", b"layer")

    lives(drive)


def test_a_layer_of_another_repository_is_not_kept(lives: Callable[[Drive], None]) -> None:
    async def drive(life: Life) -> None:
        await sparse_image(life)
        await life.upload("other", b"layer")
        await life.work("collect-garbage", seconds=DAY)
        assert life.places(b"layer") == []

    lives(drive)


def test_many_layers_come_one_batch_after_the_other(
    lives: Callable[[Drive], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wharfside.jobs.housekeeping.BATCH", 2)

    async def drive(life: Life) -> None:
        contents = [b"config", *(f"layer {number}".encode() for number in range(5))]
        await life.upload("app", b"config")
        life.put("app", manifest_of(*contents), sparse=True)
        for content in contents[1:]:
            await life.upload("app", content)
        await life.work("collect-garbage", seconds=DAY)
        assert all(life.readable("app", content) for content in contents)

    lives(drive)


def test_a_stop_before_all_that_came_is_kept_removes_nothing(
    lives: Callable[[Drive], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = [b"config", *(f"layer {number}".encode() for number in range(3))]
    kept: list[int] = []
    keep = absent_blobs.keep_arrived_blobs

    def keep_and_stop(connection: Connection, repository_id: int, images: set[int]) -> None:
        keep(connection, repository_id, images)
        kept.extend(images)

    async def drive(life: Life) -> None:
        await life.upload("app", b"config")
        for content in contents[1:]:
            life.put("app", manifest_of(b"config", content), sparse=True)
            await life.upload("app", content)
        life.clock.now += DAY
        with monkeypatch.context() as stopping:
            stopping.setattr("wharfside.jobs.housekeeping.BATCH", 1)
            stopping.setattr(absent_blobs, "keep_arrived_blobs", keep_and_stop)
            stopping.setattr(Work, "stopping", property(lambda _: bool(kept)))
            life.write(lambda unit: jobs.enqueue(unit.connection, "collect-garbage", "", {}, unit.now))
            await life.engine.turn()
            await life.engine.settle()
        assert len(kept) == 1
        await life.work()
        assert all(life.readable("app", content) for content in contents)

    lives(drive)
