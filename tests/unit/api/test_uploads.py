"""Upload sessions whose requests end before their writes do, bodies in odd pieces, and failures on the way."""

from __future__ import annotations

import asyncio
import errno
import gc
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from concurrent.futures import Future
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from running_node import Clock, in_a_node
from wharfside.api import uploads
from wharfside.api.node import Node, Scope
from wharfside.blobs.base import Progress, UploadBusy
from wharfside.core.digests import sha256_of
from wharfside.core.errors import RegistryError
from wharfside.core.mutability import TagMutability
from wharfside.registry import layers, repositories
from wharfside.store.uploads import Upload

SCOPE = Scope("000000000000", "us-east-1")


def test_a_cancelled_request_keeps_its_session_locked_until_its_write_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(node: Node, _: Clock) -> None:
        await node.write(SCOPE, lambda unit: repositories.create_repository(unit, "app", TagMutability(), {}), None)
        new = await node.read(SCOPE, lambda unit: layers.start_upload(unit, node.upload_key, "app"))
        upload = await uploads.save(node, SCOPE, new, b"con", None)
        write: Future[Any] = Future()
        write.set_running_or_notify_cancel()
        began = asyncio.Event()

        def start(*_: object) -> Future[Any]:
            began.set()
            return write

        monkeypatch.setattr(node.db, "write", start)
        commit = asyncio.create_task(uploads.commit(node, SCOPE, upload, b"tent", [sha256_of(b"content")], None))
        await began.wait()
        commit.cancel()
        with pytest.raises(asyncio.CancelledError):
            await commit
        progress = Progress(upload.size, upload.sha256)
        with pytest.raises(UploadBusy):
            node.blobs.write(upload.id, progress, lambda: True)
        write.set_result(None)
        node.blobs.write(upload.id, progress, lambda: True).abandon()
        (stored,) = node.blobs.stored_before(2**40)
        assert stored.startswith("sha256/")

    in_a_node(tmp_path / "data", work)


def test_so_does_one_whose_thread_started_the_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(node: Node, _: Clock) -> None:
        await node.write(SCOPE, lambda unit: repositories.create_repository(unit, "app", TagMutability(), {}), None)
        upload = await node.read(SCOPE, lambda unit: layers.start_upload(unit, node.upload_key, "app"))
        upload = await uploads.save(node, SCOPE, upload, b"con", None)
        write: Future[Any] = Future()
        write.set_running_or_notify_cancel()
        began = threading.Event()

        def start(*_: object) -> Future[Any]:
            began.set()
            return write

        monkeypatch.setattr(node.db, "write", start)
        expected = [sha256_of(b"content")]
        verify = partial(uploads.verify_whole, node, upload, b"tent", expected)
        commit = asyncio.create_task(uploads.commit_whole(node, SCOPE, verify, lambda *_: None))
        assert await asyncio.to_thread(began.wait, 10)
        commit.cancel()
        with pytest.raises(asyncio.CancelledError):
            await commit
        progress = Progress(upload.size, upload.sha256)
        with pytest.raises(UploadBusy):
            node.blobs.write(upload.id, progress, lambda: True)
        write.set_result(None)
        async with asyncio.timeout(10):
            while True:
                with suppress(UploadBusy):
                    node.blobs.write(upload.id, progress, lambda: True).abandon()
                    break
                await asyncio.sleep(0.01)
        (stored,) = node.blobs.stored_before(2**40)
        assert stored.startswith("sha256/")

    in_a_node(tmp_path / "data", work)


def test_a_write_that_is_refused_takes_its_blob_with_it(tmp_path: Path) -> None:
    async def work(node: Node, _: Clock) -> None:
        await node.write(SCOPE, lambda unit: repositories.create_repository(unit, "app", TagMutability(), {}), None)
        upload = await node.read(SCOPE, lambda unit: layers.start_upload(unit, node.upload_key, "app"))
        verify = partial(uploads.verify_whole, node, upload, b"content", [sha256_of(b"content")])

        def verify_then_end() -> uploads.Verified:
            verified = verify()
            node.start_write(SCOPE, lambda unit: layers.end_upload(unit, upload), None).result(10)
            return verified

        with pytest.raises(RegistryError, match="does not exist"):
            await uploads.commit_whole(node, SCOPE, verify_then_end, lambda *_: None)
        assert list(node.blobs.stored_before(2**40)) == []

    in_a_node(tmp_path / "data", work)


@asynccontextmanager
async def beside_another(node: Node, upload: Upload) -> AsyncIterator[None]:
    """While another upload is being received, too."""
    other_receives, other_may_end = asyncio.Event(), asyncio.Event()

    async def lasting() -> AsyncIterator[bytes]:
        other_receives.set()
        yield b"x"
        await other_may_end.wait()

    other = asyncio.create_task(uploads.save(node, SCOPE, upload, lasting(), None))
    await other_receives.wait()
    try:
        yield
    finally:
        other_may_end.set()
        await other


async def two_uploads(node: Node) -> tuple[Upload, Upload]:
    await node.write(SCOPE, lambda unit: repositories.create_repository(unit, "app", TagMutability(), {}), None)
    first, second = [
        await node.read(SCOPE, lambda unit: layers.start_upload(unit, node.upload_key, "app")) for _ in range(2)
    ]
    return first, second


def test_tiny_pieces_do_not_pile_up_while_several_uploads_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hops = 0

    async def tiny() -> AsyncIterator[bytes]:
        for number in range(10 * uploads.PIECES):
            yield b"%d" % (number % 10)
            await asyncio.sleep(0)

    async def work(node: Node, _: Clock) -> None:
        run = node.hashers.run

        def count(work: Any) -> asyncio.Future[Any]:
            nonlocal hops
            hops += 1
            return run(work)

        monkeypatch.setattr(node.hashers, "run", count)
        other, upload = await two_uploads(node)
        async with beside_another(node, other):
            saved = await uploads.save(node, SCOPE, upload, tiny(), None)
        assert saved.sha256 == sha256_of(b"0123456789" * uploads.PIECES).removeprefix("sha256:")

    in_a_node(tmp_path / "data", work)
    assert hops == 10


def test_what_is_being_hashed_counts_towards_the_largest_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAXIMUM_LAYER_BYTES", uploads.BATCH + 1)
    all_came = threading.Event()

    async def too_much() -> AsyncGenerator[bytes]:
        yield bytes(uploads.BATCH)
        asyncio.get_running_loop().call_soon(all_came.set)  # once `save` waits for something, so has counted
        yield b"12"

    async def work(node: Node, _: Clock) -> None:
        run = node.hashers.run
        monkeypatch.setattr(node.hashers, "run", lambda work: run(lambda: (all_came.wait(20), work())))
        other, upload = await two_uploads(node)
        async with beside_another(node, other), aclosing(too_much()) as content:
            with pytest.raises(RegistryError, match="exceeds the maximum allowed layer size"):
                await uploads.save(node, SCOPE, upload, content, None)

    in_a_node(tmp_path / "data", work)


def test_a_body_and_a_disk_that_fail_together_are_one_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    complaints: list[dict[str, Any]] = []

    async def broken() -> AsyncIterator[bytes]:
        yield bytes(uploads.BATCH)
        raise ConnectionError("gone")

    def full() -> None:
        raise OSError(errno.ENOSPC, "full")

    async def work(node: Node, _: Clock) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, complaint: complaints.append(complaint))
        run = node.hashers.run
        monkeypatch.setattr(node.hashers, "run", lambda _: run(full))
        other, upload = await two_uploads(node)
        async with beside_another(node, other):
            with pytest.raises(ConnectionError, match="gone"):
                await uploads.save(node, SCOPE, upload, broken(), None)
        gc.collect()

    in_a_node(tmp_path / "data", work)
    assert complaints == []


def test_what_is_recorded_is_acknowledged_though_spare_bytes_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete(_: str) -> None:
        raise OSError(errno.EIO, "broken")

    async def work(node: Node, _: Clock) -> None:
        for upload in await two_uploads(node):
            done = await uploads.commit(node, SCOPE, upload, b"content", [sha256_of(b"content")], None)
            monkeypatch.setattr(node.blobs, "delete", delete)
        assert done.spare is not None

    in_a_node(tmp_path / "data", work)
