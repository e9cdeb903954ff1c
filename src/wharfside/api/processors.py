"""On which processors the threads of a process run, where the system lets each thread choose (Linux).

Threads that run Python take turns at the interpreter, so a second processor is of no use to them. Yet the system
spreads them, and then most turns go from one processor to another, which costs more than what a request does in its
turn. So they stay together on one. Threads that do without the interpreter for long, to hash or to send files, roam,
or keep away from that one.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

_GIVEN: Final = tuple(sorted(os.sched_getaffinity(0))) if sys.platform == "linux" else ()
"""The processors that this process may use."""
_WORTH_A_MOVE: Final = 0.25
"""How much more of a processor others must use here than there."""
_SHORTEST, _LONGEST = 1.0, 3.0
"""Seconds between two looks. By chance, lest two processes that share a processor both leave it."""


def roam() -> None:
    """Let this thread run on every processor."""
    if sys.platform == "linux" and _GIVEN:
        with suppress(OSError):  # forbidden: it stays where it is
            os.sched_setaffinity(0, _GIVEN)


_away: Final[set[int]] = set()
"""The threads that keep away from the processor of their process, wherever that is."""


@contextmanager
def keeping_away() -> Generator[None]:
    """Let this thread run on every processor but the one where its process is at home, if there is another."""
    thread = threading.get_native_id()
    if sys.platform == "linux" and len(_GIVEN) > 1:
        home = os.sched_getaffinity(0)
        if len(home) == 1:
            _away.add(thread)
            _allow(thread, set(_GIVEN) - home)
    try:
        yield
    finally:
        _away.discard(thread)


class Home:
    """The processor of this process. To be made before the threads that are to stay there, which come from this one."""

    def __init__(self, index: int) -> None:
        """`index`: of this worker among those that started together, who take one processor each."""
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None
        self._processor = _GIVEN[index % len(_GIVEN)] if _GIVEN else 0
        if len(_GIVEN) > 1 and _allow(0, {self._processor}):
            self._watcher = threading.Thread(target=self._watch, name="home", daemon=True)
            self._watcher.start()

    def leave(self) -> None:
        """Stop looking for a better processor."""
        self._stop.set()
        if self._watcher is not None:
            self._watcher.join()

    def _watch(self) -> None:
        """Move away from a processor that others use, too, as long as the process lives."""
        with suppress(OSError):  # the system tells nothing
            then = _look()
            while not self._stop.wait(random.uniform(_SHORTEST, _LONGEST)):  # noqa: S311  # no secret
                now = _look()
                better = better_home(self._processor, *now.since(then))
                if better != self._processor:
                    self._move(better)
                then = now

    def _move(self, processor: int) -> None:
        # The main thread first: threads that it makes from then on are at the new place from the beginning.
        main = os.getpid()
        for thread in (main, *map(int, os.listdir("/proc/self/task"))):
            with suppress(OSError):  # it has ended
                if thread in _away:
                    _allow(thread, set(_GIVEN) - {processor})
                elif os.sched_getaffinity(thread) == {self._processor}:
                    _allow(thread, {processor})
        self._processor = processor


def better_home(home: int, busy: Mapping[int, float], own: float) -> int:
    """The processor that others use least, if that is much less than they use `home`; else `home`.

    `busy` says how much of each processor is used, and `own` how much of them this process uses, from 0 to 1 for each.
    """
    if home not in busy:
        return home
    least = min(busy, key=busy.__getitem__)
    return least if busy[least] + _WORTH_A_MOVE < busy[home] - own else home


def _allow(thread: int, processors: Collection[int]) -> bool:
    """Keep a thread on these processors; False where that is forbidden."""
    try:
        os.sched_setaffinity(thread, processors)
    except OSError:
        return False
    return True


class _Look(NamedTuple):
    time: float
    own: float
    """Seconds for which this process has used any processor."""
    busy: Mapping[int, float]
    """Seconds for which anybody has used each processor."""

    def since(self, then: _Look) -> tuple[dict[int, float], float]:
        """How much of each processor was used between two looks, and how much of them by this process."""
        passed = self.time - then.time
        shared = [each for each in _GIVEN if each in self.busy and each in then.busy]
        return {each: (self.busy[each] - then.busy[each]) / passed for each in shared}, (self.own - then.own) / passed


def _look() -> _Look:
    """What proc_stat(5) says."""
    ticks = os.sysconf("SC_CLK_TCK")
    busy: dict[int, float] = {}
    for line in Path("/proc/stat").read_text().splitlines():
        name, *numbers = line.split()
        if name.startswith("cpu") and name != "cpu":
            user, nice, system, _, _, *rest = map(int, numbers[:8])
            busy[int(name[3:])] = (user + nice + system + sum(rest)) / ticks
    return _Look(time.monotonic(), time.process_time(), busy)
