"""Upload sessions whose requests end before their writes do, and bodies that come in byte by byte."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import suppress
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


def test_tiny_pieces_do_not_pile_up_while_several_uploads_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hops = 0

    async def work(node: Node, _: Clock) -> None:
        run = node.hashers.run

        def count(work: Any) -> asyncio.Future[Any]:
            nonlocal hops
            hops += 1
            return run(work)

        monkeypatch.setattr(node.hashers, "run", count)
        await node.write(SCOPE, lambda unit: repositories.create_repository(unit, "app", TagMutability(), {}), None)
        first, second = [
            await node.read(SCOPE, lambda unit: layers.start_upload(unit, node.upload_key, "app")) for _ in range(2)
        ]
        other_receives, other_may_end = asyncio.Event(), asyncio.Event()

        async def lasting() -> AsyncIterator[bytes]:
            other_receives.set()
            yield b"x"
            await other_may_end.wait()

        async def tiny() -> AsyncIterator[bytes]:
            for number in range(10 * uploads.PIECES):
                yield b"%d" % (number % 10)
                await asyncio.sleep(0)

        other = asyncio.create_task(uploads.save(node, SCOPE, first, lasting(), None))
        await other_receives.wait()
        saved = await uploads.save(node, SCOPE, second, tiny(), None)
        other_may_end.set()
        await other
        assert saved.sha256 == sha256_of(b"0123456789" * uploads.PIECES).removeprefix("sha256:")

    in_a_node(tmp_path / "data", work)
    assert hops == 10
