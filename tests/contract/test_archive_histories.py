"""Whatever is pushed, archived, restored and deleted: every layer is where it belongs in the end, and none is lost."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from image_life import Life, manifest_of
from job_nodes import opened
from running_node import Clock
from wharfside.core.digests import sha256_of
from wharfside.store.layers import GRACE_SECONDS

IMAGES = ((0, 1), (0, 2), (3, 1, 2), (4,))
"""The layers of each, of which some are shared."""
ACTIONS = st.tuples(
    st.sampled_from(["push", "push", "archive", "archive", "restore", "delete", "work", "collect"]),
    st.integers(0, 1),
    st.integers(0, len(IMAGES) - 1),
)
NUMBERS = itertools.count()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTIONS, max_size=24))
def test_any_history(database_url: str, tmp_path: Path, history: list[tuple[str, int, int]]) -> None:
    async def run() -> None:
        clock = Clock(1_790_000_000.0 + 1e6 * next(NUMBERS))
        async with opened(database_url, tmp_path / "data", clock) as node:
            await _live(Life(node, clock, tmp_path / "data"), f"n{next(NUMBERS)}", history)

    asyncio.run(run())


async def _live(life: Life, own: str, history: list[tuple[str, int, int]]) -> None:
    """`own` is in the names of the repositories and in all layers, so that histories have nothing in common."""
    repositories = (f"{own}/one", f"{own}/two")
    life.create(*repositories)
    layers = [f"{own} layer {number}".encode() for number in range(5)]
    contents = [tuple(layers[each] for each in image) for image in IMAGES]
    digests = [sha256_of(manifest_of(*each)) for each in contents]
    for action, where, which in history:
        name, digest = repositories[where], digests[which]
        there = life.image(name, digest) is not None
        if action == "push":
            await life.push(name, *contents[which], tag=f"t{which}")
            assert life.status(name, digest) == "ACTIVE"
        elif action in ("archive", "restore") and there:
            life.change(name, digest, "ARCHIVE" if action == "archive" else "STANDARD")
        elif action == "delete" and there:
            life.delete(name, digest)
        elif action in ("work", "collect"):
            await life.work(*(["collect-garbage"] if action == "collect" else []), seconds=3600.0)
        _assert_active_are_whole(life, repositories, contents, digests)
    for _ in range(2):
        await life.work("collect-garbage", seconds=GRACE_SECONDS + 1)
        await life.work("check-archive")
    _assert_active_are_whole(life, repositories, contents, digests)
    needed: dict[bytes, set[str | None]] = {layer: set() for layer in layers}
    for name, (content, digest) in itertools.product(repositories, zip(contents, digests, strict=True)):
        for layer in content:
            needed[layer] |= {life.status(name, digest)} - {None}
    for layer, statuses in needed.items():
        assert life.places(layer) == (["blobs"] if "ACTIVE" in statuses else ["archive"] if statuses else [])
        assert "ACTIVATING" not in statuses


def _assert_active_are_whole(
    life: Life, repositories: tuple[str, str], contents: list[tuple[bytes, ...]], digests: Sequence[str]
) -> None:
    for name, (content, digest) in itertools.product(repositories, zip(contents, digests, strict=True)):
        if life.status(name, digest) == "ACTIVE":
            assert all(life.readable(name, layer) for layer in content)
