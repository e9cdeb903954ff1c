"""SHA-256 states of upload sessions between two requests, so that bytes are hashed once, when they arrive."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from wharfside.blobs.base import Progress

if TYPE_CHECKING:
    from _hashlib import HASH  # what hashlib.sha256() returns; hashlib gives it no public name


class RunningHashes:
    """The hash states of the sessions that this process saved last. A state may be missing at any time. Thread-safe."""

    def __init__(self, limit: int = 1_000) -> None:
        """Keep at most `limit` states."""
        self._limit = limit
        self._lock = Lock()
        self._states: OrderedDict[str, tuple[int, HASH]] = OrderedDict()

    def keep(self, upload: str, size: int, state: HASH) -> None:
        """Remember the state after the first `size` bytes of a session. The caller must not update it any more."""
        with self._lock:
            self._states[upload] = (size, state)
            self._states.move_to_end(upload)
            if len(self._states) > self._limit:
                self._states.popitem(last=False)

    def copy(self, upload: str, start: Progress) -> HASH | None:
        """A copy of the state after exactly the acknowledged bytes of a session, if it is known.

        What is kept may be of bytes that were never acknowledged, and were replaced by others: the hash tells.
        """
        with self._lock:
            kept, state = self._states.get(upload, (0, None))
            known = state is not None and kept == start.size and state.hexdigest() == start.sha256
            return state.copy() if state is not None and known else None

    def drop(self, upload: str) -> None:
        """Forget a session."""
        with self._lock:
            self._states.pop(upload, None)
