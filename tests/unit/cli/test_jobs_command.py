"""`wharfside jobs`, on the database of a registry that does not run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from wharfside.app import prepare
from wharfside.cli.main import run
from wharfside.config import load_settings
from wharfside.folder import Folder
from wharfside.store import jobs, schedules
from wharfside.store.db import Db, open_engine
from wharfside.store.jobs import Wanted
from wharfside.store.schedules import Schedule

NOW = 1_800_000_000.0


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Db]:
    data = tmp_path / "data"
    monkeypatch.setenv("WHARFSIDE_DATA", str(data))
    folder = Folder(data)
    folder.make()
    prepare(load_settings(None, data=data), folder)
    made = Db(open_engine(f"sqlite:///{data / 'registry.db'}"))
    yield made
    made.close()


def leave(db: Db, key: str, error: str | None = None) -> int:
    """Leave a job; with an error, dead of it."""
    id_ = db.write(lambda c: jobs.enqueue(c, "scan", key, {"digest": "sha256:1"}, NOW)).result()
    if error is not None:
        (claimed,), _ = db.write(lambda c: jobs.claim(c, "me", {"scan": Wanted(1, 5)}, NOW)).result()
        db.write(lambda c: jobs.fail(c, claimed, error, NOW + 1, None)).result()
    return id_


def call(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as end:
        run(["jobs", *words])
    assert end.value.code == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as end:
        run(["jobs", *words])
    assert end.value.code == 1
    return capsys.readouterr().err


def test_jobs_are_listed_and_shown(db: Db, capsys: pytest.CaptureFixture[str]) -> None:
    dead, waiting = leave(db, "a", "ValueError: no"), leave(db, "b")
    lines = [line.split("\t") for line in call(capsys, "list").splitlines()]
    assert lines == [
        [str(waiting), "scan", "b", "queued", "0", "2027-01-15T08:00:00Z", ""],
        [str(dead), "scan", "a", "dead", "1", "", "ValueError: no"],
    ]
    (one,) = json.loads(call(capsys, "list", "--state", "dead", "--kind", "scan", "--json"))
    assert one == json.loads(call(capsys, "show", str(dead), "--json"))
    assert (one["job"], one["payload"], one["finished"]) == (dead, {"digest": "sha256:1"}, "2027-01-15T08:00:01Z")
    assert call(capsys, "list", "--last", "1").count("\n") == 1
    assert "There is no job 99." in refused(capsys, "show", "99")


def test_a_dead_job_is_tried_again_and_recorded(db: Db, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dead = leave(db, "a", "ValueError: no")
    assert call(capsys, "retry", str(dead)) == f"Job {dead} can run now.\n"
    shown = json.loads(call(capsys, "show", str(dead), "--json"))
    assert (shown["state"], shown["attempts"], shown["error"]) == ("queued", 0, "ValueError: no")
    with sqlite3.connect(tmp_path / "data" / "registry.db") as connection:
        recorded = connection.execute("SELECT event FROM audit_record ORDER BY id").fetchall()
        assert recorded == [("CreateAccount",), ("RetryJob",)]
    connection.close()


def test_what_cannot_be_tried_again_or_cancelled_is_refused(db: Db, capsys: pytest.CaptureFixture[str]) -> None:
    dead = leave(db, "a", "ValueError: no")
    other = leave(db, "a")
    assert f"job {dead}: another job of the same kind and key waits" in refused(capsys, "retry", str(dead))
    assert "it has ended" in refused(capsys, "cancel", str(dead))
    assert call(capsys, "cancel", str(other)) == f"Cancelled job {other}.\n"
    assert json.loads(call(capsys, "show", str(other), "--json"))["state"] == "cancelled"
    assert "There is no job 99." in refused(capsys, "retry", "99")


def test_schedules_are_listed(db: Db, capsys: pytest.CaptureFixture[str]) -> None:
    db.write(lambda c: schedules.register(c, [Schedule("hourly", "sweep", "0 * * * *")], NOW)).result()
    (one,) = json.loads(call(capsys, "schedules", "--json"))
    assert one == {
        "schedule": "hourly",
        "kind": "sweep",
        "cron": "0 * * * *",
        "next": "2027-01-15T08:00:00Z",
        "last": None,
    }
