"""A node in the test's own process: its parts without HTTP, and a clock that the test sets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from wharfside.api.node import Node
from wharfside.app import close_node, open_node, prepare
from wharfside.config import load_settings
from wharfside.folder import Folder


@dataclass
class Clock:
    """Seconds since the epoch, which go only when told."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


def in_a_node(data: Path, work: Callable[[Node, Clock], Awaitable[None]]) -> None:
    """Run `work` with a node on the data folder, which is made ready as at a first start."""

    async def run() -> None:
        settings, folder = load_settings(None, data=data), Folder(data)
        folder.make()
        prepare(settings, folder)
        clock = Clock()
        node = replace(open_node(settings, folder), clock=clock)
        try:
            await work(node, clock)
        finally:
            close_node(node)

    asyncio.run(run())
