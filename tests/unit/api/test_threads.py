"""Threads for short work: what they return, what they raise, and what they leave to others."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
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


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for each thread")
def test_yielding_threads_alone_are_less_urgent() -> None:
    def urgency() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    here = urgency()
    assert in_threads(urgency, yielding=True) > here
    assert in_threads(urgency) == urgency() == here
