"""What one running node consists of, for the rooms that serve requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection

from wharfside.api.addresses import Addresses
from wharfside.api.messages import Request
from wharfside.api.open_mode import OpenMode
from wharfside.api.rates import Rates
from wharfside.api.threads import BatchedThreads
from wharfside.blobs.base import BlobStore
from wharfside.core.request_context import Circumstances
from wharfside.registry.context import Unit
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
    upload_key: bytes
    addresses: Addresses
    rates: Rates
    readers: BatchedThreads
    disk: BatchedThreads
    hashers: BatchedThreads
    clock: Callable[[], float]
    allow_sparse_manifests: bool = False
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

    def start_write(self, scope: Scope, work: Callable[[Unit], T]) -> Future[T]:
        """Start a use case that may write. Its result means that what it wrote is on disk."""
        account, region = scope
        now = self.clock()
        return self.db.write(lambda connection: work(Unit(connection, account, region, now)))

    async def write(self, scope: Scope, work: Callable[[Unit], T]) -> T:
        """Run a use case that may write. When this returns, what it wrote is on disk."""
        return await asyncio.wrap_future(self.start_write(scope, work))

    def on_disk(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run what waits on files in a thread."""
        return self.disk.run(work)

    def hashing(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run what takes the processor for long in a thread that leaves it to short requests."""
        return self.hashers.run(work)
