"""What is removed in time: old uploads, blobs that nobody needs, stray files, old records and previews, ended jobs.

Each step removes rows first, in a transaction of its own, and files only after it is committed; so a crash leaves at
most files without a row, which `remove_strays` finds. Every handler may run again from its beginning at any time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import islice

from sqlalchemy import Connection

from wharfside.api.node import Node
from wharfside.blobs.base import UploadBusy
from wharfside.jobs.work import Work
from wharfside.registry import kms_keys
from wharfside.store import absent_blobs, audit, events, job_records, layers, lifecycle_previews, uploads

_log = logging.getLogger(__name__)

UPLOAD_SECONDS = 48 * 3600.0
"""How long a session may rest. Longer than an id without bytes lives, so that an ended one is never taken for new."""
STRAY_SECONDS = 3600.0
"""How old a file without a row must be, so that it is not one whose row is about to be committed."""
BATCH = 500
KEYS = 20
"""Keys that are destroyed in one transaction."""
PAUSE_SECONDS = 0.05
"""Between two batches of rows, of which there may be very many: others want to write meanwhile."""


async def expire_uploads(node: Node, work: Work) -> None:
    """End upload sessions that nobody goes on with."""
    before = node.clock() - UPLOAD_SECONDS
    while ids := await asyncio.wrap_future(
        work.write(lambda connection: uploads.delete_old_uploads(connection, before, BATCH))
    ):
        for upload in ids:
            await _discard(node, upload)


def collect_garbage(node: Node, work: Work) -> None:
    """Remove links whose grace period is over, and blobs without links."""
    now, last = node.clock(), 0
    _keep_arrived_blobs(node, work)
    while work.write(lambda connection: layers.delete_old_orphans(connection, now, BATCH)).result():
        if work.stopping:
            return
        time.sleep(PAUSE_SECONDS)

    def following(connection: Connection) -> list[int]:
        return layers.unlinked_blobs(connection, last, BATCH)

    # Looking takes a second for a million blobs, for which neither writers nor the readers of requests are to wait.
    while not work.stopping and (unlinked := node.db.read_apart(following)):
        last = unlinked[-1]
        delete = partial(layers.delete_unlinked_blobs, ids=unlinked)
        for location in work.write(delete).result():
            node.blobs.delete(location)


def _keep_arrived_blobs(node: Node, work: Work) -> None:
    """Have images keep the blobs that came after them: all of these, as links that nobody needs are removed next."""

    def arrived(connection: Connection) -> dict[int, set[int]]:
        return absent_blobs.images_with_arrived_blobs(connection, BATCH)

    while found := node.db.read_apart(arrived):
        for repository, images in found.items():
            work.end_if_stopping()
            work.write(partial(absent_blobs.keep_arrived_blobs, repository_id=repository, images=images)).result()
        time.sleep(PAUSE_SECONDS)


async def remove_strays(node: Node, work: Work) -> None:
    """Remove files that no row speaks of."""
    stored = node.blobs.stored_before(node.clock() - STRAY_SECONDS)
    while some := await node.on_disk(lambda: list(islice(stored, BATCH))):
        known = await node.look_up(lambda connection: layers.known_locations(connection, some))
        for location in set(some) - known:
            _log.info("removing a blob file that nothing refers to", extra={"location": location})
            await node.on_disk(lambda location=location: node.blobs.delete(location))
    staged = node.blobs.staged_before(node.clock() - UPLOAD_SECONDS)
    while some := await node.on_disk(lambda: list(islice(staged, BATCH))):
        known = await node.look_up(lambda connection: uploads.open_uploads(connection, some))
        for upload in set(some) - known:
            await _discard(node, upload)


async def expire_audit_records(node: Node, work: Work) -> None:
    """Remove audit records that are older than they are to be kept."""
    before = node.clock() - node.trail.settings.retention
    await _in_batches(work, lambda connection: audit.delete_old_records(connection, before, BATCH))


async def expire_events(node: Node, work: Work) -> None:
    """Remove events that are older than they are to be kept, with what is known of their delivery."""
    before = node.clock() - node.event_settings.retention
    await _in_batches(work, lambda connection: events.delete_old_events(connection, before, BATCH))


async def expire_previews(node: Node, work: Work) -> None:
    """Remove the results of previews of lifecycle policies that are too old, or not the newest."""
    now = node.clock()
    await _in_batches(work, lambda connection: lifecycle_previews.delete_old_images(connection, now, BATCH))
    await _in_batches(work, lambda connection: lifecycle_previews.delete_old_previews(connection, BATCH))


async def destroy_keys(node: Node, work: Work) -> None:
    """Destroy the keys whose waiting period is over: what they encrypted is gone with them."""
    now = node.clock()
    while records := await asyncio.wrap_future(
        work.write(lambda connection: kms_keys.destroy_due_keys(connection, now, KEYS))
    ):
        for record in records:
            node.trail.committed(record)


async def forget_jobs(node: Node, work: Work) -> None:
    """Remove jobs that ended long ago."""
    now = node.clock()
    await _in_batches(work, lambda connection: job_records.forget_jobs(connection, now, BATCH))


async def _in_batches(work: Work, delete: Callable[[Connection], int]) -> None:
    deleted = 1
    while deleted:
        deleted = await asyncio.wrap_future(work.write(delete))
        await asyncio.sleep(PAUSE_SECONDS)


async def _discard(node: Node, upload: str) -> None:
    with suppress(UploadBusy):  # whoever writes finds no row; the search for strays comes again
        await node.on_disk(lambda: node.blobs.discard(upload))
