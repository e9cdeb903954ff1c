"""`wharfside audit`, in this process, on the database of a registry that does not run."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from administration import Administration, administration
from wharfside.app import prepare
from wharfside.cli.audit import parse_moment
from wharfside.cli.main import run
from wharfside.config import load_settings
from wharfside.core.errors import access_denied
from wharfside.folder import Folder
from wharfside.registry.audit import Event, Unrecognized, record_of
from wharfside.registry.principals import root
from wharfside.store.audit import insert_record
from wharfside.store.tables import audit_record

ACCOUNT = "000000000000"
Command = Callable[..., str]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("audit") / "data"
    folder = Folder(data)
    folder.make()
    prepare(load_settings(None, data=data), folder)
    with administration(data) as admin:
        admin.run(lambda connection: connection.execute(sa.delete(audit_record)))  # that of the first start
        for age, name, repository in ((7200, "CreateRepository", "team/app"), (60, "PutImage", "team/app")):
            add(admin, name, repository, age)
        add(admin, "ListImages", "other", 30, denied=True)
        add(admin, "DescribeRegistry", None, 20, unknown=True)
    return data


def add(
    admin: Administration,
    name: str,
    repository: str | None,
    age: float,
    *,
    denied: bool = False,
    unknown: bool = False,
) -> None:
    caller = Unrecognized("AKIASTRANGERSTRANGER") if unknown else root(ACCOUNT, "AKIAROOT")
    repositories = () if repository is None else (repository,)
    event = Event(name, "us-east-1", "" if unknown else ACCOUNT, caller, "192.0.2.1", "test", {}, repositories)
    error = access_denied("arn", "action", "*", "because") if denied or unknown else None
    admin.run(insert_record, record_of(event, time.time() - age, error))


@pytest.fixture
def audit(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    for name in [name for name in os.environ if name.startswith("WHARFSIDE_")]:
        monkeypatch.delenv(name)

    def call(*words: str, ok: bool = True) -> str:
        with pytest.raises(SystemExit) as end:
            run(["audit", "--data", str(data), *words])
        assert (not end.value.code) == ok
        said = capsys.readouterr()
        return said.out if ok else said.err

    return call


def events(text: str) -> list[str]:
    return [line.split("\t")[1] for line in text.splitlines()]


def test_all_of_them_the_oldest_first(audit: Command) -> None:
    lines = [line.split("\t") for line in audit().splitlines()]
    assert [line[1] for line in lines] == ["CreateRepository", "PutImage", "ListImages", "DescribeRegistry"]
    assert lines[0][2:] == ["root", "team/app", "", "192.0.2.1"]
    assert lines[3][2:] == ["AKIASTRANGERSTRANGER", "", "AccessDeniedException", "192.0.2.1"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--last", "1"], ["DescribeRegistry"]),
        (["--since", "1h"], ["PutImage", "ListImages", "DescribeRegistry"]),
        (["--since", "1h", "--last", "2"], ["ListImages", "DescribeRegistry"]),
        (["--event", "PutImage"], ["PutImage"]),
        (["--repository", "team/app"], ["CreateRepository", "PutImage"]),
        (["--errors"], ["ListImages", "DescribeRegistry"]),
        (["--account", ACCOUNT, "--errors"], ["ListImages"]),
        (["--principal", f"arn:aws:iam::{ACCOUNT}:root"], ["CreateRepository", "PutImage", "ListImages"]),
        (["--principal", "nobody"], []),
    ],
)
def test_filters(audit: Command, words: list[str], expected: list[str]) -> None:
    assert events(audit(*words)) == expected


def test_pages(audit: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wharfside.cli.audit.PAGE", 1)
    assert len(events(audit("--since", "1d"))) == 4


def test_json_is_a_record_in_each_line(audit: Command) -> None:
    found = [json.loads(line) for line in audit("--json", "--event", "PutImage").splitlines()]
    assert [each["eventName"] for each in found] == ["PutImage"]
    assert found[0]["userIdentity"]["type"] == "Root"


def test_a_table_on_a_terminal(audit: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    heading, *rows = audit().splitlines()
    assert heading.split() == ["time", "event", "principal", "repository", "error", "source"]
    assert len(rows) == 4
    assert {row.index("192.0.2.1") for row in rows} == {heading.index("source")}


def test_moments(audit: Command) -> None:
    assert parse_moment("15m", 10_000) == 9100
    assert parse_moment("1970-01-01T01:00", 0) == 3600
    assert parse_moment("1970-01-01T01:00:00+01:00", 0) == 0
    assert "write 2026-01-31T12:00, or how long ago it is" in audit("--since", "yesterday", ok=False)


def test_following(data: Path, audit: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there is shown, then what comes, each once; until Ctrl-C."""
    monkeypatch.setattr("wharfside.cli.audit.POLLING", 0.05)
    enough = threading.Event()
    real = time.sleep

    def sleep(seconds: float) -> None:
        if enough.is_set():
            raise KeyboardInterrupt
        real(seconds)

    def add_some() -> None:
        with administration(data) as admin:
            for number in range(3):
                add(admin, f"Followed{number}", None, 0)
                real(0.2)
            add(admin, "FollowedLate", None, 5)  # older than some that were shown
            real(0.5)
        enough.set()

    monkeypatch.setattr("wharfside.cli.audit.time.sleep", sleep)
    adding = threading.Thread(target=add_some)
    adding.start()
    with pytest.raises(SystemExit) as end:
        run(["audit", "--data", str(data), "--follow", "--last", "1"])
    adding.join(30)
    assert end.value.code == 130
