"""What one running node consists of, for the rooms that serve requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from wharfside.api.addresses import Addresses
from wharfside.api.rates import Rates
from wharfside.blobs.base import BlobStore
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
    """The parts of a node. `disk`: threads for what waits on files; `clock`: seconds since the epoch."""

    db: Db
    blobs: BlobStore
    sealer: Sealer
    upload_key: bytes
    addresses: Addresses
    rates: Rates
    disk: Executor
    clock: Callable[[], float]
    allow_sparse_manifests: bool = False

    async def read(self, scope: Scope, work: Callable[[Unit], T]) -> T:
        """Run a use case that only reads."""
        now = self.clock()
        return await asyncio.wrap_future(
            self.db.read(lambda connection: work(Unit(connection, scope.account, scope.region, now)))
        )

    async def write(self, scope: Scope, work: Callable[[Unit], T]) -> T:
        """Run a use case that may write. When this returns, what it wrote is on disk."""
        now = self.clock()
        return await asyncio.wrap_future(
            self.db.write(lambda connection: work(Unit(connection, scope.account, scope.region, now)))
        )

    async def on_disk(self, work: Callable[[], T]) -> T:
        """Run what waits on files in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self.disk, work)
