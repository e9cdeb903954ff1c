"""What one running node consists of, for the rooms that serve requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection

from wharfside.api.addresses import Addresses
from wharfside.api.audit import Trail
from wharfside.api.messages import Request
from wharfside.api.open_mode import OpenMode
from wharfside.api.pull_times import PullTimes
from wharfside.api.rates import Rates
from wharfside.api.sign_ins import FailedSignIns
from wharfside.api.threads import BatchedThreads
from wharfside.blobs.base import BlobStore
from wharfside.core.encryption import Encryption
from wharfside.core.request_context import Circumstances
from wharfside.registry.audit import Event
from wharfside.registry.context import Unit
from wharfside.registry.events import EventSettings
from wharfside.store.audit import AuditRecord
from wharfside.store.db import Db
from wharfside.store.sealing import Sealer

T = TypeVar("T")


class Scope(NamedTuple):
    """The registry that a request is about."""

    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Node:
    """The parts of a node.

    `readers`: threads for units of work that read; `disk`: threads for what waits on files; `hashers`: threads for what
    needs the processor for long; `clock`: seconds since the epoch; `open_mode`: set where no identity is asked for.
    """

    db: Db
    blobs: BlobStore
    sealer: Sealer
    key_sealer: Sealer
    """Seals what keys of the key store encrypt with."""
    upload_key: bytes
    addresses: Addresses
    rates: Rates
    sign_ins: FailedSignIns
    trail: Trail
    pull_times: PullTimes
    readers: BatchedThreads
    disk: BatchedThreads
    hashers: BatchedThreads
    clock: Callable[[], float]
    encryption: Encryption | None = None
    """How a new repository is encrypted for which nobody says it."""
    allow_sparse_manifests: bool = False
    event_settings: EventSettings = field(default_factory=EventSettings)
    observe_delivery: Callable[[str], None] = lambda outcome: None
    """Is told how an attempt to deliver an event ended: delivered, failed, or dead."""
    open_mode: OpenMode | None = None
    anonymous: Scope | None = None
    """The registry of requests without credentials that name none; None where credentials are asked of everybody."""

    def circumstances(self, request: Request, region: str) -> Circumstances:
        """What the policies may know of how a request came."""
        headers = request.headers
        return Circumstances(
            self.clock(),
            region,
            request.client,
            request.scheme == "https",
            headers.get("User-Agent"),
            headers.get("Referer"),
        )

    def read(self, scope: Scope, work: Callable[[Unit], T]) -> asyncio.Future[T]:
        """Run a use case that only reads."""
        account, region = scope
        now = self.clock()
        return self.look_up(lambda connection: work(Unit(connection, account, region, now)))

    def look_up(self, work: Callable[[Connection], T]) -> asyncio.Future[T]:
        """Run a unit of work that only reads, and is about no registry in particular."""
        read = self.db.read
        return self.readers.run(lambda: read(work))

    def start_write(
        self, scope: Scope, work: Callable[[Unit], T], event: Callable[[T], Event | None] | None
    ) -> Future[T]:
        """Start a use case that may write. Its result means that what it wrote is on disk, with its audit record.

        `event` says what to record, once the use case is done; it is None only where nobody has called anything.
        """
        account, region = scope
        now = self.clock()
        if event is None:
            return self.db.write(lambda connection: work(Unit(connection, account, region, now)))
        recorded: AuditRecord | None = None

        def work_and_record(connection: Connection) -> T:
            nonlocal recorded
            result = work(Unit(connection, account, region, now))
            happened = event(result)
            recorded = self.trail.change(connection, happened, now) if happened is not None else None
            return result

        def tell(done: Future[T]) -> None:
            if recorded is not None and done.exception() is None:
                self.trail.committed(recorded)

        writing = self.db.write(work_and_record)
        if self.trail.has_file:
            writing.add_done_callback(tell)
        return writing

    async def write(self, scope: Scope, work: Callable[[Unit], T], event: Callable[[T], Event | None] | None) -> T:
        """Run a use case that may write, as `start_write` does. When this returns, what it wrote is on disk."""
        return await asyncio.wrap_future(self.start_write(scope, work, event))

    def on_disk(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run what waits on files in a thread."""
        return self.disk.run(work)

    def on_disk_first(self, work: Callable[[], Future[T]]) -> asyncio.Future[T]:
        """Run what waits on files in a thread, and then the write that it starts, which is what the future is of."""
        return self.disk.run_on(work)

    def hashing(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run what takes the processor for long in a thread that leaves it to short requests."""
        return self.hashers.run(work)
