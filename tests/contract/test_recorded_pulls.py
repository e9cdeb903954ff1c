"""Recording the moments of pulls, on both databases."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, select

from wharfside.api.pull_times import PullTimes
from wharfside.core.mutability import TagMutability
from wharfside.registry import pull_times, repositories
from wharfside.registry.context import Unit
from wharfside.registry.pull_times import RESOLUTION, Pull, record_pulls
from wharfside.store.db import Db
from wharfside.store.images import Image, insert_image
from wharfside.store.tables import image

ACCOUNT, REGION, ROLE = "000000000000", "us-east-1", "arn:aws:iam::000000000000:role/scanner"
START = 1_790_000_000.0


@pytest.fixture
def pulled(db: Db) -> Callable[..., Pull]:
    """A repository with the images sha256:0 to sha256:9, and what makes pulls of them."""

    def work(connection: Connection) -> int:
        unit = Unit(connection, ACCOUNT, REGION, START)
        made = repositories.create_repository(unit, "app", TagMutability(), {})
        for number in range(10):
            new = Image(0, made.id, f"sha256:{number}", "application/x", None, None, 1, 1, START)
            insert_image(connection, new, b"x", [], {})
        return made.id

    repository = db.write(work).result(30)

    def pull(number: int, at: float, principal: str | None = None) -> Pull:
        return Pull(ACCOUNT, REGION, repository, f"sha256:{number}", principal, START + at)

    return pull


def recorded(db: Db) -> dict[str, float]:
    """Seconds from START to the recorded pull, by the last character of the digest."""
    query = select(image.c.digest, image.c.last_pulled_at).where(image.c.last_pulled_at.is_not(None))
    return {row[0][-1]: row[1] - START for row in db.read(lambda c: c.execute(query).all())}


def test_the_latest_moment_is_kept_with_a_resolution(db: Db, pulled: Callable[..., Pull]) -> None:
    def record(*pulls: Pull) -> None:
        assert db.write(lambda c: record_pulls(c, pulls)).result(30) == []

    record(pulled(1, 10), pulled(2, 20), pulled(1, 5))
    assert recorded(db) == {"1": 5, "2": 20}
    record(pulled(1, 5 + RESOLUTION), pulled(2, 30))
    assert recorded(db) == {"1": 5, "2": 20}
    record(pulled(1, 6 + RESOLUTION), pulled(2, 21 + RESOLUTION), pulled(3, 1))
    assert recorded(db) == {"1": 6 + RESOLUTION, "2": 21 + RESOLUTION, "3": 1}
    record(pulled(1, 0), pulled(2, 3), Pull(ACCOUNT, REGION, 10**9, "sha256:1", None, START))
    assert recorded(db) == {"1": 6 + RESOLUTION, "2": 21 + RESOLUTION, "3": 1}


def test_excluded_principals_are_those_of_the_images_registry(db: Db, pulled: Callable[..., Pull]) -> None:
    def exclude(connection: Connection) -> None:
        pull_times.register_exclusion(Unit(connection, ACCOUNT, REGION, START), ROLE)

    db.write(exclude).result(30)
    pulls = [pulled(1, 1, ROLE), pulled(2, 1, f"{ROLE}2"), pulled(3, 1)]
    pulls.append(pulled(4, 1, ROLE)._replace(region="eu-west-1"))
    pulls.append(pulled(5, 1, ROLE)._replace(account="111111111111"))
    assert db.write(lambda c: record_pulls(c, pulls)).result(30) == pulls[:1]
    assert recorded(db) == {"2": 1, "3": 1, "4": 1, "5": 1}


class Counted:
    """A database that counts its writes, and fails while it is told to."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self.writes = 0
        self.fails = False

    def write(self, work: Any) -> Any:
        self.writes += 1
        if self.fails:
            raise OSError("no room")
        return self._db.write(work)


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_image_that_is_pulled_all_the_time_is_written_seldom(db: Db, pulled: Callable[..., Pull]) -> None:
    counted: Any = Counted(db)
    pulls = PullTimes(counted)
    for second in range(int(RESOLUTION)):
        pulls.add(pulled(1, second))
    until(lambda: recorded(db) == {"1": 0})
    before = counted.writes
    for second in range(int(RESOLUTION)):
        pulls.add(pulled(1, second))
    pulls.add(pulled(1, RESOLUTION + 1))
    pulls.add(pulled(2, RESOLUTION + 1))
    pulls.close()
    assert recorded(db) == {"1": RESOLUTION + 1, "2": RESOLUTION + 1}
    assert counted.writes <= before + 2


def test_a_pull_that_could_not_be_recorded_is_recorded_when_it_comes_again(db: Db, pulled: Callable[..., Pull]) -> None:
    counted: Any = Counted(db)
    pulls = PullTimes(counted)
    counted.fails = True
    pulls.add(pulled(1, 0))
    until(lambda: counted.writes > 0)
    counted.fails = False

    def again() -> bool:
        pulls.add(pulled(1, 1))
        return recorded(db) == {"1": 1}

    until(again)
    pulls.close()


def test_what_waits_is_recorded_at_the_end(db: Db, pulled: Callable[..., Pull]) -> None:
    pulls = PullTimes(db)
    for number in range(10):
        pulls.add(pulled(number, 7))
    pulls.close()
    assert recorded(db) == {str(number): 7 for number in range(10)}
