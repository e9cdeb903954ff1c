"""`wharfside webhook`, in this process, on the database of a registry that does not run."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from webhook_receiver import CLOSE, HANG, Receiver
from wharfside.app import prepare
from wharfside.cli.main import run
from wharfside.config import load_settings
from wharfside.folder import Folder

Command = Callable[..., str]
SECRET = "a secret of the tests"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    folder = Folder(data)
    folder.make()
    prepare(load_settings(None, data=data), folder)
    return data


@pytest.fixture
def secret_file(tmp_path: Path) -> str:
    file = tmp_path / "secret.txt"
    file.write_text(f"{SECRET}\n")
    return str(file)


@pytest.fixture
def command(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    for name in [name for name in os.environ if name.startswith("WHARFSIDE_")]:
        monkeypatch.delenv(name)

    def call(*words: str, ok: bool = True) -> str:
        with pytest.raises(SystemExit) as end:
            run(["webhook", *words, "--data", str(data)])
        assert (not end.value.code) == ok
        said = capsys.readouterr()
        return said.out if ok else said.err

    return call


def as_json(said: str) -> Any:
    return json.loads(said)


def test_the_life_of_a_webhook(command: Command) -> None:
    added = as_json(command("add", "ci", "https://ci.example.com/hook", "--repository", "team/*", "--json"))
    assert added["secret"].startswith("whsec_")
    shown = as_json(command("show", "ci", "--json"))
    assert {name: shown[name] for name in ("name", "url", "enabled", "repositories", "detailTypes")} == {
        "name": "ci",
        "url": "https://ci.example.com/hook",
        "enabled": True,
        "repositories": ["team/*"],
        "detailTypes": [],
    }
    assert as_json(command("list", "--json")) == [shown]
    assert command("disable", "ci") == "Disabled ci.\n"
    assert as_json(command("show", "ci", "--json"))["enabled"] is False
    assert command("enable", "ci") == "Enabled ci.\n"
    rotated = as_json(command("rotate", "ci", "--json"))["secret"]
    assert rotated != added["secret"]
    assert as_json(command("deliveries", "ci", "--json")) == []
    assert command("remove", "ci") == "Removed ci.\n"
    assert as_json(command("list", "--json")) == []


def test_secrets_are_shown_once_and_nowhere_else(command: Command, data: Path, secret_file: str) -> None:
    made = as_json(command("add", "ci", "https://ci.example.com/", "--json"))["secret"]
    assert SECRET not in command("add", "other", "https://ci.example.com/", "--secret-file", secret_file)
    assert made not in command("show", "ci", "--json") + command("list", "--json")
    with sqlite3.connect(data / "registry.db") as database:
        everything = "\n".join(database.iterdump())
    database.close()
    assert "AddWebhook" in everything
    for secret in (made, SECRET):
        assert secret not in everything
        assert secret.encode().hex().upper() not in everything


@pytest.mark.parametrize(
    "url",
    [
        "ftp://ci.example.com/",
        "ci.example.com",
        "https://",
        "https://user:word@ci.example.com/",
        "https://ci.example.com/#a",
        "https://ci.example.com:port/",
        f"https://ci.example.com/{'a' * 2048}",
        "https://ci.example.com/a b",
        "file:///etc/passwd",
    ],
)
def test_other_addresses_are_refused(command: Command, url: str) -> None:
    assert "The URL of a webhook begins with https://" in command("add", "ci", url, ok=False)


def test_http_is_for_this_machine_unless_one_insists(command: Command) -> None:
    assert "--insecure-http" in command("add", "ci", "http://ci.example.com/", ok=False)
    command("add", "near", "http://127.0.0.1:8080/")
    command("add", "far", "http://ci.example.com/", "--insecure-http")


def test_what_is_refused_says_why(command: Command, tmp_path: Path) -> None:
    command("add", "ci", "https://ci.example.com/")
    assert "There is a webhook ci already." in command("add", "ci", "https://ci.example.com/", ok=False)
    assert "The name of a webhook" in command("add", "a b", "https://ci.example.com/", ok=False)
    for words in (("show",), ("remove",), ("enable",), ("rotate",), ("test",), ("deliveries",), ("retry",)):
        assert "There is no webhook none in account 000000000000" in command(*words, "none", ok=False)
    assert "There is no webhook ci" in command("show", "ci", "--region", "eu-west-1", ok=False)
    short = tmp_path / "short.txt"
    short.write_text("short")
    said = command("add", "b", "https://ci.example.com/", "--secret-file", str(short), ok=False)
    assert "A secret has 16 to 256" in said
    assert "Nothing of that waits or is dead." in command("retry", "ci", ok=False)
    for number in range(19):
        command("add", f"n{number}", "https://ci.example.com/")
    assert "at most 20 webhooks" in command("add", "more", "https://ci.example.com/", ok=False)


def test_a_test_waits_as_long_as_the_server_would(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHARFSIDE_WEBHOOK_TIMEOUT", "0.2")
    with Receiver(SECRET, lambda event: HANG) as receiver:
        command("add", "ci", receiver.url)
        assert "It did not answer within 0.2 seconds." in command("test", "ci", ok=False)


def test_a_test_says_what_the_receiver_answered(command: Command, secret_file: str) -> None:
    answers = [200]
    with Receiver(SECRET, lambda event: answers[0]) as receiver:
        command("add", "ci", receiver.url, "--secret-file", secret_file)
        sent = as_json(command("test", "ci", "--json"))
        assert (receiver.received[0].id, receiver.received[0].signed) == (sent["event"], True)
        assert receiver.received[0].event["detail-type"] == "Wharfside Test"
        for answers[0], expected in (
            (500, "It answered with the status 500."),
            (307, "It answered with the status 307."),
            (CLOSE, "The connection failed: ServerDisconnectedError."),
        ):
            said = command("test", "ci", ok=False)
            assert expected in said
            assert "of-the-receiver" not in said
        assert len(receiver.received) == 4
    assert "It cannot be connected to: Connection refused." in command("test", "ci", ok=False)
