"""`wharfside events`: what there is, and what comes, until nobody wants more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wharfside.app import prepare
from wharfside.cli import events as command_module
from wharfside.cli.main import run
from wharfside.config import load_settings
from wharfside.core.mutability import TagMutability
from wharfside.folder import Folder
from wharfside.registry import repositories
from wharfside.registry.context import Unit
from wharfside.registry.events import ImageAction, emit
from wharfside.store.db import Db, open_engine

NAMES = ("app", "team/a", "team/b")
Command = Callable[..., list[dict[str, Any]]]


class Registry:
    def __init__(self, data: Path) -> None:
        self.data = data
        self.db = Db(open_engine(f"sqlite:///{data / 'registry.db'}"))
        for name in NAMES:
            self.write(lambda unit, name=name: repositories.create_repository(unit, name, TagMutability(), {}))

    def write(self, work: Callable[[Unit], object], *, age: float = 0.0) -> None:
        unit = ("000000000000", "us-east-1", time.time() - age)
        self.db.write(lambda connection: work(Unit(connection, *unit))).result(30)

    def push(self, repository: str, tag: str, *, age: float = 0.0) -> None:
        self.write(lambda unit: emit(unit, ImageAction("PUSH", repository, "sha256:1", tag)), age=age)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    for name in [name for name in os.environ if name.startswith("WHARFSIDE_")]:
        monkeypatch.delenv(name)
    data = tmp_path / "data"
    folder = Folder(data)
    folder.make()
    prepare(load_settings(None, data=data), folder)
    made = Registry(data)
    yield made
    made.db.close()


@pytest.fixture
def command(registry: Registry, capsys: pytest.CaptureFixture[str]) -> Command:
    def call(*words: str) -> list[dict[str, Any]]:
        with pytest.raises(SystemExit) as end:
            run(["events", *words, "--data", str(registry.data)])
        assert not end.value.code
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return call


def tags(events: list[dict[str, Any]]) -> list[str]:
    return [event["detail"]["image-tag"] for event in events]


def test_what_there_is_is_shown_in_order_and_by_what_is_wanted(
    registry: Registry, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_module, "PAGE", 2)
    for number, (name, age) in enumerate(
        [("app", 7200), ("team/a", 7200), ("team/b", 3000), ("app", 3000), ("team/a", 100), ("app", 10)]
    ):
        registry.push(name, f"v{number}", age=age)
    assert tags(command()) == ["v0", "v1", "v2", "v3", "v4", "v5"]
    assert tags(command("--last", "2")) == ["v4", "v5"]
    assert tags(command("--last", "0")) == []
    assert tags(command("--since", "1h")) == ["v2", "v3", "v4", "v5"]
    assert tags(command("--since", "1h", "--last", "1")) == ["v5"]
    assert tags(command("--since", "5s")) == []
    assert tags(command("--repository", "team/*")) == ["v1", "v2", "v4"]
    assert tags(command("--repository", "app", "--last", "2")) == ["v3", "v5"]
    assert tags(command("--since", "3h", "--repository", "app")) == ["v0", "v3", "v5"]
    assert tags(command("--detail-type", "ECR Image Scan")) == []
    assert len(command("--detail-type", "ECR Image Action", "--account", "000000000000")) == 6
    assert command("--region", "eu-west-1") == []


def test_an_empty_registry_has_no_events(command: Command) -> None:
    assert command() == []
    assert command("--since", "1h") == []


def following(registry: Registry, *words: str) -> subprocess.Popen[str]:
    program = [sys.executable, "-m", "wharfside", "events", "--follow", *words, "--data", str(registry.data)]
    return subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_what_comes_is_followed_until_interrupted(registry: Registry) -> None:
    registry.push("app", "old")
    with following(registry, "--since", "1h") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["detail"]["image-tag"] == "old"
        for number in range(3):
            registry.push("app", f"v{number}")
            assert json.loads(process.stdout.readline())["detail"]["image-tag"] == f"v{number}"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_it_ends_when_its_reader_does(registry: Registry) -> None:
    registry.push("app", "old")
    with following(registry, "--last", "1") as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_it_ends_when_nobody_reads_what_there_is(registry: Registry) -> None:
    for number in range(500):
        registry.push("app", f"v{number}")
    with following(registry, "--since", "1h") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
