"""`push_image` and `pull_image` for asynchronous clients. Files and downloads are handled in threads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wharfside_sdk.image_transfer import DEFAULT_PARALLEL, trusted
from wharfside_sdk.image_transfer.descriptors import Descriptor
from wharfside_sdk.image_transfer.layout import Layout
from wharfside_sdk.image_transfer.steps import NOTHING, End, Progress, Reporter, Repository, Step, Transfer, advance

if TYPE_CHECKING:
    from wharfside_sdk.ecr.api import AsyncEcrApi
    from wharfside_sdk.ecr_public.api import AsyncEcrPublicApi


async def push_image(
    client: AsyncEcrApi | AsyncEcrPublicApi,
    folder: str | os.PathLike[str],
    repository: str,
    tag: str | None = None,
    *,
    image: str | None = None,
    registry_id: str | None = None,
    progress: Progress | None = None,
    parallel: int = DEFAULT_PARALLEL,
) -> str:
    """As `wharfside_sdk.image_transfer.push_image`; `progress` is called by the event loop."""
    from wharfside_sdk.image_transfer.pushing import Push

    push = Push(Layout(Path(folder)), Repository(repository, registry_id), tag, image, _reporter(progress))
    return await _run(client, push.transfer(), parallel)


async def pull_image(
    client: AsyncEcrApi,
    repository: str,
    reference: str,
    folder: str | os.PathLike[str],
    *,
    registry_id: str | None = None,
    progress: Progress | None = None,
    parallel: int = DEFAULT_PARALLEL,
    verify: bool | str | None = None,
) -> str:
    """As `wharfside_sdk.image_transfer.pull_image`; `progress` is called by the event loop."""
    from wharfside_sdk.image_transfer.pulling import Pull

    target = Repository(repository, registry_id)
    pull = Pull(Layout(Path(folder)), target, reference, trusted(verify), _reporter(progress))
    return await _run(client, pull.transfer(), parallel)


def _reporter(progress: Progress | None) -> Reporter:
    if progress is None:
        return Reporter(None)
    loop, listener = asyncio.get_running_loop(), progress

    def in_loop(descriptor: Descriptor, done: int, total: int) -> None:
        loop.call_soon_threadsafe(listener, descriptor, done, total)

    return Reporter(in_loop)


async def _run(client: object, transfer: Transfer, parallel: int) -> str:
    if parallel < 1:
        raise ValueError("parallel must be at least 1")
    limit = asyncio.Semaphore(parallel)
    results: list[Any] | None = None
    while True:
        steps, digest = await asyncio.to_thread(_next_steps, transfer, results)
        if steps is None:
            return digest
        results = await _side_by_side(client, steps, limit)


def _next_steps(transfer: Transfer, results: list[Any] | None) -> tuple[Sequence[Step] | None, str]:
    # StopIteration cannot pass through a future, so the end becomes a value here.
    try:
        return (transfer.send(results) if results is not None else next(transfer)), ""
    except StopIteration as end:
        return None, end.value


async def _side_by_side(client: object, steps: Sequence[Step], limit: asyncio.Semaphore) -> list[Any]:
    tasks = [asyncio.create_task(_take(client, step, limit)) for step in steps]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def _take(client: object, step: Step, limit: asyncio.Semaphore) -> Any:
    async with limit:
        call = await asyncio.to_thread(advance, step)
        while not isinstance(call, End):
            answer, failure = None, None
            try:
                answer = None if call is NOTHING else await getattr(client, call.method)(**call.parameters)
            except Exception as error:
                failure = error
            call = await asyncio.to_thread(advance, step, answer, failure)
        return call.result
