"""Threads for short work: what they return, what they raise, and what they leave to others."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

import pytest

from wharfside.api.threads import BatchedThreads

T = TypeVar("T")


def in_threads(work: Callable[[], T], *, yielding: bool = False) -> T:
    async def run() -> T:
        threads = BatchedThreads(1, "test", yielding=yielding)
        try:
            return await threads.run(work)
        finally:
            threads.close()

    return asyncio.run(run())


def test_work_runs_in_another_thread() -> None:
    assert in_threads(threading.get_ident) != threading.get_ident()


def test_a_failure_reaches_whoever_waits() -> None:
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda: 1 // 0)


def test_so_does_one_that_no_future_takes() -> None:
    with pytest.raises(RuntimeError, match="raised StopIteration"):
        in_threads(lambda: next(iter(())))


def test_what_another_thread_goes_on_with_gives_the_result() -> None:
    async def run(end: Callable[[Future[str]], None]) -> str:
        threads = BatchedThreads(1, "test")
        going: Future[str] = Future()
        try:
            waiting = threads.run_on(lambda: going)
            assert await threads.run(lambda: "free for other work")
            assert not waiting.done()
            end(going)
            return await waiting
        finally:
            threads.close()

    assert asyncio.run(run(lambda going: going.set_result("done"))) == "done"
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run(lambda going: going.set_exception(ZeroDivisionError())))


def test_work_that_fails_has_nobody_go_on_with_it() -> None:
    async def run() -> None:
        threads = BatchedThreads(1, "test")
        try:
            await threads.run_on(lambda: Future[None]() if 1 // 0 else Future())
        finally:
            threads.close()

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for each thread")
def test_yielding_threads_alone_are_less_urgent() -> None:
    def urgency() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    here = urgency()
    assert in_threads(urgency, yielding=True) > here
    assert in_threads(urgency) == urgency() == here


def test_much_work_at_once_is_done_whole_and_by_several() -> None:
    """Two pieces that wait for each other can only end when a thread calls another one."""
    meeting = threading.Barrier(2)

    async def run() -> list[int]:
        threads = BatchedThreads(2, "test", together=1)
        try:
            waiting = [threads.run(lambda: meeting.wait(20) and 0) for _ in range(2)]
            waiting += [threads.run(partial(abs, number)) for number in range(500)]
            return await asyncio.wait_for(asyncio.gather(*waiting), 60)
        finally:
            threads.close()

    assert asyncio.run(run()) == [0, 0, *range(500)]


def test_what_was_handed_over_is_done_before_the_end() -> None:
    done: list[int] = []

    async def run() -> None:
        threads = BatchedThreads(2, "test", together=3)
        for number in range(100):
            threads.run(partial(done.append, number))
        threads.close()

    asyncio.run(run())
    assert sorted(done) == list(range(100))
