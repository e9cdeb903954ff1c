"""Several processes behind the same listening sockets: a parent that forks, watches and stops them."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from wharfside.api.accepting import Shares

_log = logging.getLogger(__name__)
_WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_SHORT_LIFE = 5.0
_MOST_SHORT_LIVES = 5
_FIRST_PAUSE = 0.1
_PAUSE_WITHOUT_PROCESSES = 1.0
_LAST_RESORT = 5.0


@dataclass(frozen=True, slots=True)
class Worker:
    """What a worker knows of itself."""

    index: int
    count: int
    ready: Callable[[], None]
    """To be called once the worker answers requests."""
    share: tuple[Shares, int] | None
    """The worker's place among those that share the listening sockets, for `serving.serve`."""


def run_workers(count: int, child: Callable[[Worker], None], on_ready: Callable[[], None] | None = None) -> int:
    """Run `child` in `count` processes until SIGTERM or SIGINT; the exit code is 0 after a clean stop.

    Must be called before any thread or event loop exists. A worker that dies is replaced; the program gives up when
    workers keep dying as soon as they start. Both signals reach the workers as SIGTERM, a second one as well. When the
    parent itself is killed, its workers stop. `on_ready` is called once, when all workers are ready. With one worker
    nothing is forked.
    """
    tell = on_ready or (lambda: None)
    if count == 1:
        child(Worker(0, 1, tell, None))
        return 0
    return _Parent(count, child, tell, Shares(count)).run()


@dataclass(slots=True)
class _Parent:
    count: int
    child: Callable[[Worker], None]
    on_ready: Callable[[], None]
    shares: Shares
    processes: dict[int, tuple[int, float]] = field(default_factory=dict[int, tuple[int, float]])
    """By process id: the worker's index, and when it started."""
    waiting: dict[int, float] = field(default_factory=dict[int, float])
    """By index: when a dead worker starts again."""
    unready: set[int] = field(default_factory=set[int])
    short_lives: int = 0
    stopping: bool = False
    exit_code: int = 0
    alive: tuple[int, int] = field(default_factory=os.pipe)
    """Never written to: its end is how workers learn that the parent has gone."""
    news: tuple[int, int] = field(default_factory=os.pipe)
    """Workers write their index here when they are ready."""
    signals: tuple[int, int] = field(default_factory=os.pipe)

    def run(self) -> int:
        os.set_blocking(self.signals[0], False)
        os.set_blocking(self.signals[1], False)
        before = {number: signal.signal(number, _ignore) for number in _WATCHED}
        wakeup = signal.set_wakeup_fd(self.signals[1], warn_on_full_buffer=False)
        self.unready = set(range(self.count))
        try:
            for index in range(self.count):
                self._start(index)
            while self.processes or self.waiting:
                self._wait()
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
            for descriptor in (*self.alive, *self.news, *self.signals):
                os.close(descriptor)
        return self.exit_code

    def _start(self, index: int) -> None:
        # No signal may find the child with the parent's handlers, which would write into the parent's pipe.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
        _flush()
        try:
            process = os.fork()
        except OSError as failure:
            # For want of memory or process ids, which may be a matter of moments. The other workers go on.
            _log.error("cannot start worker %d: %s; it is tried again", index, failure.strerror)
            self.waiting[index] = time.monotonic() + _PAUSE_WITHOUT_PROCESSES
        else:
            if process == 0:
                self._become_child(index, blocked)
            self.processes[process] = (index, time.monotonic())
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def _become_child(self, index: int, blocked: set[signal.Signals | int]) -> None:
        """Run the worker in the forked process, and leave it without returning into the parent's frames."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            # A terminal interrupts the whole group; the parent passes that on.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            for descriptor in (self.alive[1], self.news[0], *self.signals):
                os.close(descriptor)
            threading.Thread(target=_leave_with_parent, args=(self.alive[0],), daemon=True, name="parent").start()
            self.child(Worker(index, self.count, lambda: _say(self.news[1], index), (self.shares, index)))
            code = 0
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 1
        except BaseException:
            _log.exception("worker %d failed", index)
        finally:
            _flush()
            os._exit(code)

    def _wait(self) -> None:
        """Wait for news of the workers or for a signal, and act on it."""
        pause = max(0.0, min(self.waiting.values()) - time.monotonic()) if self.waiting else None
        readable, _, _ = select.select([self.news[0], self.signals[0]], [], [], pause)
        if self.news[0] in readable:
            self._note_ready(os.read(self.news[0], 64))
        if self.signals[0] in readable:
            arrived = os.read(self.signals[0], 256)
            if signal.SIGTERM in arrived or signal.SIGINT in arrived:
                self._stop()
        self._reap()
        now = time.monotonic()
        for index in [index for index, due in self.waiting.items() if due <= now]:
            del self.waiting[index]
            self._start(index)

    def _note_ready(self, indexes: bytes) -> None:
        if self.unready:
            self.unready -= set(indexes)
            if not self.unready:
                self.on_ready()

    def _stop(self) -> None:
        self.stopping = True
        self.waiting.clear()
        for process in self.processes:
            os.kill(process, signal.SIGTERM)

    def _reap(self) -> None:
        for process in list(self.processes):
            if os.waitpid(process, os.WNOHANG)[0]:
                index, started = self.processes.pop(process)
                self.shares.leave(index)
                if not self.stopping:
                    self._replace(index, time.monotonic() - started)

    def _replace(self, index: int, lived: float) -> None:
        self.short_lives = self.short_lives + 1 if lived < _SHORT_LIFE else 0
        if self.short_lives > _MOST_SHORT_LIVES:
            _log.error("workers die as soon as they start: giving up; the messages above say why they die")
            self.exit_code = 1
            self._stop()
            return
        pause = _FIRST_PAUSE * 2**self.short_lives if self.short_lives else 0.0
        _log.warning("worker %d died after %.1f seconds; another one starts", index, lived)
        self.waiting[index] = time.monotonic() + pause


def _ignore(number: int, frame: FrameType | None) -> None:
    """A handler must exist for the signal to be reported through the wake-up pipe."""


def _say(descriptor: int, index: int) -> None:
    os.write(descriptor, bytes([index]))


def _leave_with_parent(descriptor: int) -> None:
    """In a thread of its own, so that nothing that a worker does can keep it alive after its parent."""
    os.read(descriptor, 1)
    _log.warning("the parent process has gone: stopping")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LAST_RESORT)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LAST_RESORT)
    os._exit(1)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
