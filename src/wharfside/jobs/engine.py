"""Runs jobs: every process claims what it has room for, keeps its leases alive, and writes down how it ended.

A process looks for work when a transaction announces it, when one of its own jobs ends, and once a second besides; so a
job with a delay, and one whose owner has died, are found as well.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection

from wharfside.api.node import Node
from wharfside.api.processors import roam
from wharfside.jobs.work import Effects, Handler, Interrupted, Watch, Work
from wharfside.store import jobs, schedules
from wharfside.store.announcements import Listener
from wharfside.store.jobs import Claimed, LeaseLost, Wanted
from wharfside.store.schedules import Schedule, any_due

T = TypeVar("T")
Observe = Callable[[str, str, float, float], None]
"""Is told how an attempt ended: the kind, the outcome, for how long the job had been due, and seconds of running."""

LOOK_SECONDS: Final = 1.0
STOP_SECONDS: Final = 5.0
"""What running handlers are left at a stop before they are cancelled."""
LONGEST_DELAY: Final = 3600.0
"""Between two attempts, in seconds."""
_PATIENCE_SECONDS: Final = 5.0
"""After the database could not be asked for work."""
_LESS_URGENT: Final = 5
"""How much nicer the threads of plain functions are than those that serve."""

_log = logging.getLogger(__name__)


def retry_delay(attempt: int) -> float:
    """Seconds to wait after an attempt that failed (the first is 1): 2, 4, 8 and so on."""
    return min(2.0**attempt, LONGEST_DELAY)


class _Attempt:
    """An attempt at a job in this process."""

    def __init__(self, handler: Handler, work: Work) -> None:
        self.handler = handler
        self.work = work
        self.settled = False
        """Whether its end has been written down. A plain function may run on nevertheless."""
        self.thread: asyncio.Future[Effects | None] | None = None
        self.task: asyncio.Task[None] | None = None


class Engine:
    """The background work of one process, in its event loop."""

    def __init__(
        self,
        node: Node,
        handlers: Collection[Handler],
        schedules: Collection[Schedule] = (),
        observe: Observe = lambda kind, outcome, waited, seconds: None,
        watches: Collection[Watch] = (),
    ) -> None:
        self._node = node
        self._handlers = {handler.kind: handler for handler in handlers}
        self._schedules = tuple(schedules)
        self._observe = observe
        self._owner = str(uuid.uuid4())
        self._watches = tuple(watches)
        conditions = (watch.condition for watch in self._watches)
        self._look = jobs.look_for(self._handlers, any_due(self._schedules), *conditions)
        self._attempts: set[_Attempt] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self._registered = False
        self._tasks: list[asyncio.Task[None]] = []
        self._listener: Listener | None = None

    def start(self) -> None:
        """Begin to claim and to run jobs."""
        loop = asyncio.get_running_loop()

        def tell() -> None:
            loop.call_soon_threadsafe(self._wake.set)

        self._listener = self._node.db.listen(tell)
        self._tasks = [asyncio.create_task(self._claim_all()), asyncio.create_task(self._keep_leases())]

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Claim nothing more, let what runs end within so many seconds, and give the other leases back."""
        self._stopping = True
        self._wake.set()
        if self._listener is not None:
            await asyncio.to_thread(self._listener.close)
        for task in self._tasks[:1]:  # that it is not cancelled amid a claim, which nobody would know of
            await task
        for attempt in self._attempts:
            attempt.work.ended.set()
        await self.settle(seconds)
        for attempt in self._attempts:
            self._cancel(attempt)
        await self.settle(seconds)
        for task in self._tasks[1:]:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def settle(self, seconds: float | None = None) -> None:
        """Wait until the attempts that were started have ended, but no longer than so many seconds."""
        if tasks := [attempt.task for attempt in self._attempts if attempt.task is not None]:
            await asyncio.wait(tasks, timeout=seconds)

    async def turn(self) -> bool:
        """Fire schedules, look into what is watched, and start what is due; whether there was anything."""
        now = self._node.clock()
        if not self._registered:
            await self._write(lambda connection: schedules.register(connection, self._schedules, now))
            self._registered = True
        looked = await self._node.look_up(lambda connection: self._look.first(connection, now=now))
        assert looked is not None
        due, (fires, *noticed) = looked[: len(self._handlers)], looked[len(self._handlers) :]
        wanted = {
            kind: Wanted(slots, handler.attempts)
            for (kind, handler), is_due in zip(self._handlers.items(), due, strict=True)
            if is_due and (slots := self._room(handler)) > 0
        }
        if fires:
            await self._write(lambda connection: schedules.fire(connection, self._schedules, now))
        for watch in (watch for watch, holds in zip(self._watches, noticed, strict=True) if holds):
            await self._write(lambda connection, watch=watch: watch.leave(connection, now))
        if wanted:
            claimed, buried = await self._write(lambda connection: jobs.claim(connection, self._owner, wanted, now))
            for dead in buried:
                _log.error("job %d (%s %s) is dead: whoever ran it died", dead.id, dead.kind, dead.key)
                self._observe(dead.kind, "dead", dead.waited, 0.0)
            for one in claimed:
                self._start(one)
            return bool(fires or claimed or any(noticed))
        return bool(fires or any(noticed))

    async def beat(self) -> None:
        """Renew the leases of what runs, and cancel what has lost its own."""
        held = {attempt.work.claimed.id: attempt for attempt in self._attempts if not attempt.settled}
        if not held:
            return
        now = self._node.clock()
        kept = await self._write(lambda connection: jobs.renew(connection, self._owner, held.keys(), now))
        for id_ in held.keys() - kept:
            if not held[id_].settled:
                self._cancel(held[id_])

    async def _claim_all(self) -> None:
        while not self._stopping:
            self._wake.clear()
            pause = LOOK_SECONDS
            try:
                if await self.turn():
                    continue
            except Exception:
                _log.exception("cannot look for jobs; it is tried again")
                pause = _PATIENCE_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(jobs.LEASE_SECONDS / 3)
            try:
                await self.beat()
            except Exception:
                _log.exception("cannot renew the leases of jobs; it is tried again")

    async def _write(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._node.db.write(work))

    def _room(self, handler: Handler) -> int:
        return handler.concurrency - sum(attempt.handler is handler for attempt in self._attempts)

    def _start(self, claimed: Claimed) -> None:
        attempt = _Attempt(self._handlers[claimed.kind], Work(self._node.db, claimed))
        self._attempts.add(attempt)
        attempt.task = asyncio.create_task(self._run(attempt))

    @staticmethod
    def _cancel(attempt: _Attempt) -> None:
        attempt.work.ended.set()
        if attempt.task is not None:
            attempt.task.cancel()

    async def _run(self, attempt: _Attempt) -> None:
        """One attempt, from its start until its slot is free again."""
        began = time.monotonic()
        claimed = attempt.work.claimed
        try:
            try:
                outcome = await self._outcome(attempt)
            except LeaseLost:
                outcome = "lost"
            except Exception:
                # The lease ends by itself, and somebody adopts the job.
                _log.exception("cannot write down how job %d (%s %s) ended", claimed.id, claimed.kind, claimed.key)
                outcome = "lost"
            attempt.settled = True
            attempt.work.ended.set()
            self._observe(claimed.kind, outcome, claimed.waited, time.monotonic() - began)
            if attempt.thread is not None:
                with suppress(Exception):
                    await attempt.thread  # what was written down may be that it took too long
        finally:
            self._attempts.discard(attempt)
            self._wake.set()

    async def _outcome(self, attempt: _Attempt) -> str:
        """Do the job, and write down how that ended. Raises LeaseLost."""
        claimed = attempt.work.claimed
        try:
            async with asyncio.timeout(attempt.handler.timeout):
                effects = await self._call(attempt)
            await self._write(lambda connection: self._complete(connection, claimed, effects))
        except (asyncio.CancelledError, Interrupted):
            await self._write(lambda connection: jobs.release(connection, claimed, self._node.clock()))
            return "released"
        except LeaseLost:
            raise
        except Exception as error:
            return await self._fail(attempt, error)
        return "done"

    def _complete(self, connection: Connection, claimed: Claimed, effects: Effects | None) -> None:
        jobs.complete(connection, claimed, self._node.clock())
        if effects is not None:
            effects(connection)

    async def _fail(self, attempt: _Attempt, error: Exception) -> str:
        claimed, handler = attempt.work.claimed, attempt.handler
        text = f"{type(error).__name__}: {error}"
        if isinstance(error, TimeoutError) and not error.args:
            text = f"it was not done within {handler.timeout:g} seconds"
        last = claimed.attempt >= handler.attempts
        delay = None if last else retry_delay(claimed.attempt)
        await self._write(lambda connection: jobs.fail(connection, claimed, text, self._node.clock(), delay))
        facts = {"job": claimed.id, "kind": claimed.kind, "key": claimed.key, "attempt": claimed.attempt}
        if last:
            _log.error("a job is dead: no attempt succeeded", exc_info=error, extra=facts)
        else:
            _log.warning("a job failed, and is tried again: %s", text, extra=facts)
        return "dead" if last else "failed"

    def _call(self, attempt: _Attempt) -> Coroutine[Any, Any, Effects | None] | asyncio.Future[Effects | None]:
        run = attempt.handler.run
        if inspect.iscoroutinefunction(run):
            return run(self._node, attempt.work)
        plain = cast("Callable[[Node, Work], Effects | None]", run)
        attempt.thread = _in_thread(lambda: plain(self._node, attempt.work), f"job-{attempt.handler.kind}")
        return asyncio.shield(attempt.thread)


def _in_thread(work: Callable[[], T], name: str) -> asyncio.Future[T]:
    """Run a plain function in a thread of its own, which the end of the process does not wait for."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(cast("T", result))

    def run() -> None:
        if sys.platform == "linux":  # elsewhere it would count for the whole process
            os.nice(_LESS_URGENT)
            roam()
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future
