"""Small things that are written together, by a thread of their own, a moment after they came up.

Whoever adds one never waits: what the thread cannot keep up with is dropped, and counted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
_log = logging.getLogger(__name__)

GATHERING = 0.5
"""Seconds for which a batch is gathered, where nothing else is said; what is added is written within twice that."""


class Batches(Generic[T]):
    """Gives what was added to `write`, at most `most` at a time, in the order in which it came."""

    def __init__(
        self,
        name: str,
        most: int,
        write: Callable[[Sequence[T]], None],
        on_dropped: Callable[[int], None],
        *,
        gathering: float = GATHERING,
    ) -> None:
        self._most = most
        self._gathering = gathering
        self._write = write
        self._on_dropped = on_dropped
        self._waiting: list[T] = []
        self._dropped = 0
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._closed = threading.Event()
        # What it writes to may block for ever, and then must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def add(self, item: T) -> None:
        """Have something written soon, or dropped where too much is waiting already."""
        with self._lock:
            if len(self._waiting) < self._most:
                self._waiting.append(item)
                dropped = False
            else:
                self._dropped += 1
                dropped = True
        if dropped:
            self._on_dropped(1)
        elif not self._some.is_set():
            self._some.set()

    def close(self, within: float) -> None:
        """Write what waits, for so many seconds at most."""
        self._closed.set()
        self._some.set()
        self._thread.join(within)

    def _run(self) -> None:
        while not self._closed.is_set():
            self._some.wait()
            self._closed.wait(self._gathering)
            self._some.clear()
            self._flush()
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            batch, self._waiting = self._waiting, []
            dropped, self._dropped = self._dropped, 0
        if dropped:
            _log.warning(
                "too much at once was to be recorded", extra={"recorder": self._thread.name, "dropped": dropped}
            )
        if not batch:
            return
        try:
            self._write(batch)
        except Exception:
            _log.exception("recording failed", extra={"recorder": self._thread.name, "dropped": len(batch)})
            self._on_dropped(len(batch))
