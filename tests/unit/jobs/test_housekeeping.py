"""What is removed in time, and what stays."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import Connection

from running_node import Clock, in_a_node
from wharfside.api import uploads
from wharfside.api.node import Node, Scope
from wharfside.blobs.base import Progress
from wharfside.core.digests import Digest, sha256_of
from wharfside.core.mutability import TagMutability
from wharfside.jobs.engine import Engine
from wharfside.jobs.handlers import HANDLERS, SCHEDULES
from wharfside.jobs.housekeeping import STRAY_SECONDS, UPLOAD_SECONDS
from wharfside.registry import layers, repositories
from wharfside.store import job_records, jobs
from wharfside.store.layers import GRACE_SECONDS
from wharfside.store.uploads import Upload, find_upload

SCOPE = Scope("000000000000", "us-east-1")


async def make_repository(node: Node) -> None:
    await node.write(SCOPE, lambda unit: repositories.create_repository(unit, "app", TagMutability(), {}), None)


async def start(node: Node) -> Upload:
    return await node.read(SCOPE, lambda unit: layers.start_upload(unit, node.upload_key, "app"))


async def push(node: Node, content: bytes) -> Digest:
    digest = sha256_of(content)
    await uploads.commit(node, SCOPE, await start(node), content, [digest], None)
    return digest


async def clean(node: Node, *, strays: bool = True) -> None:
    """Have every job that removes something done once."""

    def leave(connection: Connection) -> None:
        for schedule in SCHEDULES:
            if strays or schedule.kind != "remove-strays":
                jobs.enqueue(connection, schedule.kind, "", {}, node.clock())

    await asyncio.wrap_future(node.db.write(leave))
    engine = Engine(node, HANDLERS)
    while await engine.turn():
        await engine.settle()
    ended = await node.look_up(lambda connection: job_records.list_jobs(connection, 100))
    assert {job.state for job in ended} == {"done"}


def files(data: Path, folder: str) -> list[str]:
    return sorted(path.name for path in (data / folder).rglob("*") if path.is_file())


def test_an_upload_that_nobody_goes_on_with_is_forgotten(tmp_path: Path) -> None:
    async def work(node: Node, clock: Clock) -> None:
        await make_repository(node)
        resting = await uploads.save(node, SCOPE, await start(node), b"resting", None)
        clock.now += UPLOAD_SECONDS - 10
        going = await uploads.save(node, SCOPE, await start(node), b"going on", None)
        await clean(node, strays=False)
        assert files(tmp_path / "data", "uploads") == sorted([resting.id, going.id])
        clock.now += 20
        await clean(node, strays=False)
        assert files(tmp_path / "data", "uploads") == [going.id]
        assert await node.look_up(lambda connection: find_upload(connection, resting.id)) is None
        assert await node.look_up(lambda connection: find_upload(connection, going.id)) == going

    in_a_node(tmp_path / "data", work)


def test_a_blob_that_no_image_needs_goes_with_its_file(tmp_path: Path) -> None:
    async def work(node: Node, clock: Clock) -> None:
        await make_repository(node)
        digest = await push(node, b"loose")
        clock.now += GRACE_SECONDS - 10
        await clean(node, strays=False)
        (stored,) = files(tmp_path / "data", "blobs")
        assert stored.startswith(digest.removeprefix("sha256:"))
        clock.now += 20
        await clean(node, strays=False)
        assert files(tmp_path / "data", "blobs") == []
        again = await push(node, b"loose")
        assert again == digest
        assert len(files(tmp_path / "data", "blobs")) == 1

    in_a_node(tmp_path / "data", work)


def test_files_that_nothing_refers_to_go_when_they_are_old(tmp_path: Path) -> None:
    async def work(node: Node, clock: Clock) -> None:
        await make_repository(node)
        kept = await push(node, b"recorded")
        session = await uploads.save(node, SCOPE, await start(node), b"acknowledged", None)
        lost = node.blobs.write((await start(node)).id, Progress(0, None), lambda: True)
        lost.write(b"never recorded")
        lost.commit([sha256_of(b"never recorded")])
        lost.release()
        dropped = node.blobs.write((await start(node)).id, Progress(0, None), lambda: True)
        dropped.write(b"never acknowledged")
        dropped.release()
        await clean(node)
        assert len(files(tmp_path / "data", "blobs")) == 2
        clock.now += STRAY_SECONDS + 60
        await clean(node)
        (stored,) = files(tmp_path / "data", "blobs")
        assert stored.startswith(kept.removeprefix("sha256:"))
        assert len(files(tmp_path / "data", "uploads")) == 2
        clock.now += UPLOAD_SECONDS - STRAY_SECONDS - 120
        await uploads.save(node, SCOPE, session, b" and more", None)
        clock.now += 180
        await clean(node)
        assert files(tmp_path / "data", "uploads") == [session.id]

    in_a_node(tmp_path / "data", work)
