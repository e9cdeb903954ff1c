"""A program that runs background work and dies at its steps: `python -m crash.job_kills KIND FOLDER [EVERY]`.

EVERY is 1 for each of the steps, 4 for each fourth one, beginning with any of the first four.

A step is a moment at which the state on the disk may be another one than before: before a transaction, when its work is
done but not committed, after its commit, and before and after every change to the blob store. For each step a process
works on a fresh copy of the same data and is killed there by SIGKILL; then another process works on what is left, and
everything must be as after a run that nobody killed. Prints which step was the last one.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select, update

from crash.left_jobs import CASES
from job_nodes import effect, effects, make_effects, opened
from running_node import Clock
from wharfside.api import uploads
from wharfside.api.node import Node, Scope
from wharfside.app import prepare
from wharfside.blobs.base import Progress
from wharfside.config import load_settings
from wharfside.core.digests import sha256_of
from wharfside.core.mutability import TagMutability
from wharfside.folder import Folder
from wharfside.jobs import housekeeping, lifecycle
from wharfside.jobs.engine import Engine
from wharfside.jobs.handlers import HANDLERS
from wharfside.jobs.work import Effects, Handler, Work
from wharfside.registry import layers, repositories
from wharfside.registry.kms_keys import create_key, schedule_deletion
from wharfside.store import job_records, jobs, kms_keys
from wharfside.store.audit import AuditRecord, insert_record
from wharfside.store.events import Event as StoredEvent
from wharfside.store.events import insert_event
from wharfside.store.jobs import LEASE_SECONDS, Wanted
from wharfside.store.schedules import Schedule
from wharfside.store.sealing import Sealer
from wharfside.store.tables import audit_record, blob, event, repository_blob

T = TypeVar("T")
SCOPE = Scope("000000000000", "us-east-1")
DAY = 86_400.0


class Steps:
    """Counts steps, and kills the process at one of them."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.taken = 0

    def step(self) -> None:
        self.taken += 1
        if self.taken == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, node: Node) -> None:
        """Count the transactions and the changes to the blob store of a node from now on."""
        write, delete, discard, copy = node.db.write, node.blobs.delete, node.blobs.discard, node.blobs.copy

        def stepped(work: Callable[[Connection], T]) -> Any:
            def inner(connection: Connection) -> T:
                result = work(connection)
                self.step()
                return result

            self.step()
            written = write(inner)
            written.add_done_callback(lambda _: self.step())
            return written

        def around(change: Callable[[str], None]) -> Callable[[str], None]:
            def changed(name: str) -> None:
                self.step()
                change(name)
                self.step()

            return changed

        def copied(location: str, *, archived: bool) -> str:
            self.step()
            place = copy(location, archived=archived)
            self.step()
            return place

        vars(node.db)["write"] = stepped
        vars(node.blobs)["copy"] = copied
        vars(node.blobs)["delete"] = around(delete)
        vars(node.blobs)["discard"] = around(discard)


def left_and_counted(connection: Connection) -> None:
    effect("counted")(connection)
    jobs.enqueue(connection, "follow", "up", {}, time.time())


async def count(node: Node, work: Work) -> Effects:
    return left_and_counted


async def follow(node: Node, work: Work) -> Effects:
    return effect("followed")


async def flaky(node: Node, work: Work) -> Effects:
    if work.claimed.attempt < 3:
        raise ValueError("not yet")
    return left_and_counted


async def slow(node: Node, work: Work) -> Effects:
    if not SLOW_MAY_END:
        await asyncio.Event().wait()
    return left_and_counted


SLOW_MAY_END: list[bool] = []
"""Not empty in the process that works on what is left."""
OWN = (Handler("count", count), Handler("flaky", flaky), Handler("slow", slow), Handler("follow", follow))


@dataclass(frozen=True)
class State:
    """What can be seen of the data."""

    blobs: list[str]
    staged: list[str]
    blob_rows: list[str]
    audit_times: list[float]
    events: int
    keys: list[str]
    destroyed: int
    """Records of keys that were destroyed, which are not among the times."""
    jobs: dict[str, list[str]]
    effects: dict[str, int]
    left: Any
    """What the case of a job that a transaction leaves looks at."""


async def see(node: Node, data: Path, kind: str) -> State:
    def rows(connection: Connection) -> tuple[Any, ...]:
        listed = job_records.list_jobs(connection, 1000)
        kinds = {job.kind: [each.state for each in listed if each.kind == job.kind] for job in listed}
        locations = list(connection.scalars(select(blob.c.location).order_by(blob.c.location)))
        later = audit_record.c.event != "CreateAccount"  # at the first start
        records = connection.execute(
            select(audit_record.c.time, audit_record.c.event).where(later).order_by(audit_record.c.time)
        )
        events = [(row.time, row.event) for row in records]
        times = [time_ for time_, event in events if event != "DeleteKey"]
        keys = [each.description for each in kms_keys.list_keys(connection, *SCOPE)]
        left = CASES[kind].see(connection) if kind in CASES else None
        told = connection.scalars(select(event.c.id)).all()
        return locations, times, len(told), keys, len(events) - len(times), kinds, dict(effects(connection)), left

    blobs = sorted(names(data / "blobs") + names(data / "archive"))
    return State(blobs, names(data / "uploads"), *await node.look_up(rows))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def furnish(node: Node, moment: float, kind: str) -> None:
    """Something for every handler of a schedule to remove, and something of each that must stay."""

    async def start() -> Any:
        return await node.read(SCOPE, lambda unit: layers.start_upload(unit, node.upload_key, "app"))

    await node.write(SCOPE, lambda unit: repositories.create_repository(unit, "app", TagMutability(), {}), None)
    for content in (b"loose 1", b"loose 2", b"kept"):
        await uploads.commit(node, SCOPE, await start(), content, [sha256_of(content)], None)
    for content in (b"resting 1", b"resting 2"):
        await uploads.save(node, SCOPE, await start(), content, None)
    for number in range(2):
        lost = node.blobs.write((await start()).id, Progress(0, None), lambda: True)
        lost.write(b"lost %d" % number)
        lost.commit([sha256_of(b"lost %d" % number)])
        lost.release()

    def rows(connection: Connection) -> None:
        needed = select(func.max(blob.c.id)).scalar_subquery()
        connection.execute(update(repository_blob).where(repository_blob.c.blob_id == needed).values(orphaned_at=None))
        for time_ in (moment - 400 * DAY, moment - 390 * DAY, moment - 1):
            insert_record(connection, AuditRecord(time_, "", None, "CreateRepository", None, None, "{}"))
            insert_event(connection, StoredEvent(time_, *SCOPE, "app", "ECR Image Action", "{}"))
        for name, days in (("due", 7), ("due, too", 7), ("waiting", 30)):
            made = create_key(connection, Sealer(bytes(32)), *SCOPE, moment, description=name)
            schedule_deletion(connection, *SCOPE, made.id, moment - 8 * DAY, days)
        for ended in (moment - 3 * DAY, moment - 2 * DAY, moment - 1):
            jobs.enqueue(connection, "ended", "", {}, ended)
            ((claimed,), _) = jobs.claim(connection, "me", {"ended": Wanted(1, 5)}, ended)
            jobs.complete(connection, claimed, ended)

    await asyncio.wrap_future(node.db.write(rows))
    if kind in CASES:
        await asyncio.wrap_future(node.db.write(lambda connection: CASES[kind].furnish(connection, moment)))
        await asyncio.to_thread(CASES[kind].prepare, node)


async def work_off(node: Node, kind: str, clock: Clock, *, rescue: bool) -> None:
    """Have a schedule leave one job of the kind, unless one is left, and run what there is to its end."""
    handlers: Collection[Handler] = (*HANDLERS, *OWN)
    engine = Engine(node, handlers, [] if kind in CASES else [Schedule("the only one", kind, "0 0 29 2 *")])
    if kind == "slow" and not rescue:
        await engine.turn()  # fires the schedule
        await engine.turn()
        await asyncio.sleep(0)
        await engine.stop(0.0)
        return
    for _ in range(10):
        while await engine.turn():
            await engine.settle()
        clock.now += 3.0
    if rescue and kind != "remove-strays":
        # A process that is killed between a row and its file leaves the file.
        await asyncio.wrap_future(node.db.write(lambda c: jobs.enqueue(c, "remove-strays", "", {}, clock.now)))
        while await engine.turn():
            await engine.settle()


def in_child(work: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run something in a process of its own; its exit status as os.wait gives it."""
    process = os.fork()
    if process:
        return os.waitpid(process, 0)[1]
    code = 1
    try:
        asyncio.run(work())
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def check(kind: str, before: State, after: State) -> None:
    """Whether the state is as after a run of the kind, and a search for strays, that nobody killed."""
    own = kind in ("count", "flaky", "slow")
    assert after.effects == ({"counted": 1, "followed": 1} if own else {}), after.effects
    ended = ["done"] if kind == "forget-jobs" else ["done"] * 3
    follow = {"follow": ["done"]} if own else {}
    if kind in CASES:
        follow = {each: after.jobs[each] for each in CASES[kind].follow if set(after.jobs[each]) == {"done"}}
    assert after.jobs == {"ended": ended, kind: ["done"], "remove-strays": ["done"], **follow}, after.jobs
    assert sorted(location.rpartition("/")[2] for location in after.blob_rows) == after.blobs
    assert len(after.blobs) == (1 if kind == "collect-garbage" else 3)
    assert set(after.staged) <= set(before.staged)
    assert len(after.staged) == (0 if kind == "expire-uploads" else 2)
    assert sorted(after.keys) == (["waiting"] if kind == "destroy-keys" else ["due", "due, too", "waiting"])
    assert after.destroyed == (2 if kind == "destroy-keys" else 0)
    if kind in CASES:
        CASES[kind].check(after.left)
        return
    assert after.events == (1 if kind == "expire-events" else 3)
    assert len(after.audit_times) == (1 if kind == "expire-audit-records" else 3)
    assert max(after.audit_times) == max(before.audit_times)


def in_node(data: Path, now: float, what: Callable[[Node, Clock], Awaitable[None]]) -> int:
    """Do something with a node on the data, in a process of its own."""

    async def run() -> None:
        clock = Clock(now)
        async with opened(f"sqlite:///{data / 'registry.db'}", data, clock) as node:
            await what(node, clock)

    return in_child(run)


def look(data: Path, kind: str) -> State:
    async def run() -> State:
        async with opened(f"sqlite:///{data / 'registry.db'}", data, Clock()) as node:
            return await see(node, data, kind)

    return asyncio.run(run())


def make_template(data: Path, moment: float, kind: str) -> None:
    made = Folder(data)
    made.make()
    prepare(load_settings(None, data=data), made)
    make_effects(f"sqlite:///{data / 'registry.db'}")
    assert in_node(data, time.time(), lambda node, clock: furnish(node, moment, kind)) == 0


def main(kind: str, folder: Path, every: int) -> None:
    housekeeping.BATCH = housekeeping.KEYS = 1
    lifecycle.TOGETHER = 8
    template, moment = folder / "template", time.time() + 3 * DAY
    make_template(template, moment, kind)
    before = look(template, kind)

    async def rescue(node: Node, clock: Clock) -> None:
        SLOW_MAY_END.append(True)
        await work_off(node, kind, clock, rescue=True)

    for last in itertools.count(random.randint(1, every), every):
        data = folder / f"killed at {last}"
        shutil.copytree(template, data)

        async def work(node: Node, clock: Clock, last: int = last) -> None:
            Steps(last).watch(node)
            await work_off(node, kind, clock, rescue=False)

        status = in_node(data, moment, work)
        assert status in (0, signal.SIGKILL)
        assert in_node(data, moment + LEASE_SECONDS + 100, rescue) == 0
        check(kind, before, look(data, kind))
        shutil.rmtree(data)
        if status == 0:
            print(last - every)
            return


if __name__ == "__main__":
    with CASES[sys.argv[1]].around() if sys.argv[1] in CASES else nullcontext():
        main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else 1)
