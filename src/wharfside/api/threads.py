"""Short work in threads, at a tenth of an executor's price.

Handing one piece of work to a thread and its result back costs about 100 µs, most of it the interpreter lock going to
and fro. Under load many pieces wait in the same turn of the event loop, so they are handed over together, and so are
their results.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext, suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar, cast

from wharfside.api.processors import keeping_away

T = TypeVar("T")

TOGETHER = 16
"""Pieces per hand-over: enough to share its price, few enough to keep every thread busy."""
_PATIENCE = 0.002
"""Seconds after which results are not kept back for those behind them."""
_LESS_URGENT = 5
"""How much nicer threads are that yield: a quarter of a busy processor is left to them."""

_Piece = tuple[Callable[[], Any], "asyncio.Future[Any]"]
_Result = tuple["asyncio.Future[Any]", Any, BaseException | None]


class _Going(NamedTuple):
    """In place of a result: where it will come from."""

    on: Future[Any]


class BatchedThreads:
    """Threads that serve one event loop. To be made in that loop.

    `together`: pieces that one thread is given at once; 1 for work that waits, as on a disk.
    `yielding`: for work that keeps the processor long, and needs no interpreter. The first thread takes what is left
    of the processor where the loop is, and the others keep away from it (Linux, where each thread has a priority).
    """

    def __init__(self, count: int, name: str, together: int = TOGETHER, *, yielding: bool = False) -> None:
        self._together = together
        self._yielding = yielding
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Piece] = deque()
        self._idle: list[SimpleQueue[bool]] = []
        """What idle threads wait for: True calls one to the pieces that wait, False ends it. The last one in is called
        first, as what it needs is still in the processor's cache."""
        self._called = False
        """Whether a thread was called that has not come yet: it takes what waits then."""
        self._calls: list[SimpleQueue[bool]] = [SimpleQueue() for _ in range(count)]
        self._threads = [
            threading.Thread(target=self._work, args=(index,), name=f"{name}-{index}", daemon=True)
            for index in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run the work in a thread; whoever awaits the future gets its result."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._waiting.append((work, future))
        if not self._called:
            self._call()
        return future

    def run_on(self, work: Callable[[], Future[T]]) -> asyncio.Future[T]:
        """Run the work, which has another thread go on with it; whoever awaits the future gets the result of that.

        The event loop is woken once, at the end of it all.
        """
        return cast("asyncio.Future[T]", self.run(lambda: _Going(work())))

    def close(self) -> None:
        """Finish what was handed over."""
        for calls in self._calls:
            calls.put(False)
        for thread in self._threads:
            thread.join()

    def _call(self) -> None:
        with suppress(IndexError):  # all are busy, and look for more before they are idle
            idle = self._idle.pop()
            self._called = True
            idle.put(True)

    def _work(self, index: int) -> None:
        calls = self._calls[index]
        if not self._yielding or sys.platform != "linux":  # elsewhere a priority would count for the whole process
            self._serve(calls)
            return
        os.nice(_LESS_URGENT)
        # Left to itself, the system has them all wait for one processor while the loop is busy now and then on the
        # other.
        with nullcontext() if index == 0 else keeping_away():
            self._serve(calls)

    def _serve(self, calls: SimpleQueue[bool]) -> None:
        while True:
            while batch := self._take():
                if self._waiting and not self._called:
                    self._call()
                self._run(batch)
            self._idle.append(calls)
            if self._waiting:  # since before anybody could see that this one is idle
                self._call()
            if not calls.get():
                return
            self._called = False

    def _take(self) -> list[_Piece]:
        batch: list[_Piece] = []
        with suppress(IndexError):  # another thread was faster
            while len(batch) < self._together:
                batch.append(self._waiting.popleft())
        return batch

    def _run(self, batch: list[_Piece]) -> None:
        results: list[_Result] = []
        began = time.monotonic()
        for work, future in batch:
            try:
                result = work()
            except StopIteration as error:  # which no future takes
                refused = RuntimeError("the work raised StopIteration")
                refused.__cause__ = error
                results.append((future, None, refused))
            except BaseException as error:
                results.append((future, None, error))
            else:
                if isinstance(result, _Going):
                    result.on.add_done_callback(partial(self._settle_with, future))
                else:
                    results.append((future, result, None))
            if time.monotonic() - began > _PATIENCE:
                self._loop.call_soon_threadsafe(_settle, results)
                results, began = [], time.monotonic()
        if results:
            self._loop.call_soon_threadsafe(_settle, results)

    def _settle_with(self, future: asyncio.Future[Any], done: Future[Any]) -> None:
        error = done.exception()
        result = None if error is not None else done.result()
        self._loop.call_soon_threadsafe(_settle, [(future, result, error)])


def _settle(results: list[_Result]) -> None:
    for future, result, error in results:
        if future.cancelled():
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)
