"""Work in the background: old upload sessions, orphaned links, blobs that nobody may see, files that nobody recorded.

It runs in whichever process holds the lease row. Each step removes rows first, in a transaction of its own, and files
only after it is committed; so a crash leaves at most files without a row, which the last step finds.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection

from wharfside.api.node import Node
from wharfside.store import audit, layers, leases, uploads

T = TypeVar("T")
_log = logging.getLogger(__name__)

LEASE = "housekeeping"
LEASE_SECONDS = 60.0
INTERVAL_SECONDS = 20.0
UPLOAD_SECONDS = 48 * 3600.0
"""How long a session may rest. Longer than an id without bytes lives, so that an ended one is never taken for new."""
STRAY_SECONDS = 3600.0
"""How old a file without a row must be, so that it is not one whose row is about to be committed."""
STRAYS_EVERY = 180
"""Rounds between two searches for stray files."""
BATCH = 500
PAUSE_SECONDS = 0.05
"""Between two batches of audit records, of which there may be very many: others want to write meanwhile."""


class Housekeeping:
    """The background work of one process."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._holder = str(uuid.uuid4())

    async def run(self) -> None:
        """Work until cancelled."""
        rounds = 0
        while True:
            try:
                if await self.take_lease():
                    await self.clean(strays=rounds % STRAYS_EVERY == 0)
                    rounds += 1
            except Exception:
                _log.exception("housekeeping failed; it is tried again")
            await asyncio.sleep(INTERVAL_SECONDS)

    async def stop(self) -> None:
        """Give the lease back."""
        await self._write(lambda connection: leases.release_lease(connection, LEASE, self._holder))

    async def clean(self, *, strays: bool) -> None:
        """One round of all that there is to remove."""
        await self._expire_uploads()
        await self._remove_orphans()
        await self._remove_blobs()
        await self._remove_old_records()
        if strays:
            await self._remove_strays()

    async def _write(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._node.db.write(work))

    async def take_lease(self) -> bool:
        """Take the lease, or keep it; False while another process works."""
        now = self._node.clock()
        return await self._write(
            lambda connection: leases.take_lease(connection, LEASE, self._holder, now, LEASE_SECONDS)
        )

    async def _expire_uploads(self) -> None:
        before = self._node.clock() - UPLOAD_SECONDS
        while ids := await self._write(lambda connection: uploads.delete_old_uploads(connection, before, BATCH)):
            for upload in ids:
                await self._node.on_disk(lambda upload=upload: self._node.blobs.discard(upload))

    async def _remove_orphans(self) -> None:
        now = self._node.clock()
        while await self._write(lambda connection: layers.delete_old_orphans(connection, now, BATCH)):
            pass

    async def _remove_blobs(self) -> None:
        while locations := await self._write(lambda connection: layers.delete_unlinked_blobs(connection, BATCH)):
            for location in locations:
                await self._node.on_disk(lambda location=location: self._node.blobs.delete(location))

    async def _remove_old_records(self) -> None:
        before = self._node.clock() - self._node.trail.settings.retention
        deleted = BATCH
        while deleted == BATCH:
            deleted = await self._write(lambda connection: audit.delete_old_records(connection, before, BATCH))
            await asyncio.sleep(PAUSE_SECONDS)

    async def _remove_strays(self) -> None:
        before = self._node.clock() - STRAY_SECONDS
        stored = self._node.blobs.stored_before(before)
        while some := await self._node.on_disk(lambda: list(islice(stored, BATCH))):
            known = await self._node.look_up(lambda connection: layers.known_locations(connection, some))
            for location in set(some) - known:
                _log.info("removing a blob file that nothing refers to", extra={"location": location})
                await self._node.on_disk(lambda location=location: self._node.blobs.delete(location))
        staged = self._node.blobs.staged_before(self._node.clock() - UPLOAD_SECONDS)
        while some := await self._node.on_disk(lambda: list(islice(staged, BATCH))):
            known = await self._node.look_up(lambda connection: uploads.open_uploads(connection, some))
            for upload in set(some) - known:
                await self._node.on_disk(lambda upload=upload: self._node.blobs.discard(upload))
