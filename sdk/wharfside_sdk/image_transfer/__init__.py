"""Pushes and pulls images through the layer API of ECR, from and to OCI image layouts: no Docker, no `/v2/`.

    from wharfside_sdk.image_transfer import pull_image, push_image

    push_image(client, "build/image", "team/app", "1.0")
    pull_image(client, "team/app", "1.0", "copy")

`client` is boto3's, the SDK's own, or anything else with these methods. For asynchronous clients: `image_transfer.aio`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wharfside_sdk.image_transfer.descriptors import Descriptor, ImageTransferError
from wharfside_sdk.image_transfer.layout import Layout
from wharfside_sdk.image_transfer.steps import NOTHING, End, Progress, Reporter, Repository, Step, Transfer, advance

if TYPE_CHECKING:
    from wharfside_sdk.ecr.api import EcrApi
    from wharfside_sdk.ecr_public.api import EcrPublicApi

__all__ = ["Descriptor", "ImageTransferError", "Progress", "pull_image", "push_image"]

DEFAULT_PARALLEL = 4
"""How many blobs are under way at once. While pushing, each has a part of up to 20 MiB in memory."""


def push_image(
    client: EcrApi | EcrPublicApi,
    folder: str | os.PathLike[str],
    repository: str,
    tag: str | None = None,
    *,
    image: str | None = None,
    registry_id: str | None = None,
    progress: Progress | None = None,
    parallel: int = DEFAULT_PARALLEL,
) -> str:
    """Pushes an image of the OCI layout in `folder`, and returns its digest.

    It may be an index, of indexes too; referrers that the layout has of it go along. Blobs that the repository has are
    not sent again. `image` is the name or the digest of the image in the layout: without it, it is the one with the
    name `tag`, or the only one. Without a tag the image is pushed by its digest alone. `progress` is called from
    several threads, but never twice at once, with a descriptor, the bytes of it that are done, and all its bytes.

    Raises ImageTransferError when the layout is not whole, and what `client` raises: `RepositoryNotFoundException`,
    `ImageTagAlreadyExistsException`, `InvalidLayerException` (a blob is not what its digest says).
    """
    # Imported here, as most programs that import this do one of the two.
    from wharfside_sdk.image_transfer.pushing import Push

    push = Push(Layout(Path(folder)), Repository(repository, registry_id), tag, image, Reporter(progress))
    return _run(client, push.transfer(), parallel)


def pull_image(
    client: EcrApi,
    repository: str,
    reference: str,
    folder: str | os.PathLike[str],
    *,
    registry_id: str | None = None,
    progress: Progress | None = None,
    parallel: int = DEFAULT_PARALLEL,
    verify: bool | str | None = None,
) -> str:
    """Pulls an image by tag or digest into the OCI layout in `folder`, and returns its digest.

    All platforms of an index are pulled. Everything is verified, files appear whole or not at all, and what is there
    and right is kept: an interrupted pull goes on where it was. The layout's index names the image by its tag, at last.
    `progress` is as in `push_image`. `verify` says for the downloads whether certificates are checked, or names the
    file of those to trust; without it AWS_CA_BUNDLE does. One pull at a time may write to a folder.

    Raises ImageTransferError when the image is not there or not whole, and what `client` raises.
    """
    from wharfside_sdk.image_transfer.pulling import Pull

    target = Repository(repository, registry_id)
    pull = Pull(Layout(Path(folder)), target, reference, trusted(verify), Reporter(progress))
    return _run(client, pull.transfer(), parallel)


def trusted(verify: bool | str | None) -> bool | str:
    """Whether and by what certificates are checked."""
    return (os.environ.get("AWS_CA_BUNDLE") or True) if verify is None else verify


def _run(client: object, transfer: Transfer, parallel: int) -> str:
    """Takes a transfer's steps, some at once; the first that fails ends it."""
    if parallel < 1:
        raise ValueError("parallel must be at least 1")
    results: list[Any] | None = None
    with ThreadPoolExecutor(parallel, "image-transfer") as threads:
        while True:
            try:
                steps = transfer.send(results) if results is not None else next(transfer)
            except StopIteration as end:
                digest: str = end.value
                return digest
            results = _side_by_side(client, steps, threads)


def _side_by_side(client: object, steps: Sequence[Step], threads: ThreadPoolExecutor) -> list[Any]:
    stopped = threading.Event()
    running = [threads.submit(_take, client, step, stopped) for step in steps]
    try:
        wait(running, return_when=FIRST_EXCEPTION)
    finally:
        # Also when this thread is interrupted: nothing goes on behind the caller's back.
        stopped.set()
        for each in running:
            each.cancel()
    failed = [each for each in running if each.done() and not each.cancelled() and each.exception()]
    for each in failed:
        each.result()
    return [each.result() for each in running]


def _take(client: object, step: Step, stopped: threading.Event) -> Any:
    call = advance(step)
    while not isinstance(call, End):
        if stopped.is_set():
            step.close()
            return None
        answer, failure = None, None
        try:
            answer = None if call is NOTHING else getattr(client, call.method)(**call.parameters)
        except Exception as error:
            failure = error
        call = advance(step, answer, failure)
    return call.result
