"""`wharfside kms`, in this process, on the database of a registry that does not run."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wharfside.app import prepare
from wharfside.cli.main import run
from wharfside.config import load_settings
from wharfside.folder import Folder

Command = Callable[..., str]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    folder = Folder(data)
    folder.make()
    prepare(load_settings(None, data=data), folder)
    return data


@pytest.fixture
def command(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    for name in [name for name in os.environ if name.startswith("WHARFSIDE_")]:
        monkeypatch.delenv(name)

    def call(*words: str, ok: bool = True) -> str:
        with pytest.raises(SystemExit) as end:
            run(["kms", *words, "--data", str(data)])
        assert (not end.value.code) == ok
        said = capsys.readouterr()
        return said.out if ok else said.err

    return call


def as_json(said: str) -> Any:
    return json.loads(said)


def test_the_life_of_a_key(command: Command) -> None:
    made = as_json(command("create", "--alias", "alias/app", "--description", "of a team", "--json"))
    assert made["arn"] == f"arn:aws:kms:us-east-1:000000000000:key/{made['keyId']}"
    assert (made["state"], made["aliases"], made["description"]) == ("Enabled", ["alias/app"], "of a team")
    assert made["versions"] == 1
    assert "rotated" not in made
    assert as_json(command("show", "alias/app", "--json")) == made
    rotated = as_json(command("rotate", made["keyId"], "--json"))
    assert rotated == made | {"versions": 2, "rotated": rotated["rotated"]}
    assert as_json(command("disable", "alias/app", "--json"))["state"] == "Disabled"
    assert "is disabled." in command("rotate", "alias/app", ok=False)
    assert as_json(command("enable", made["arn"], "--json")) == rotated
    waiting = as_json(command("schedule-deletion", "alias/app", "--days", "7", "--json"))
    assert (waiting["state"], waiting["deletion"] > waiting["created"]) == ("PendingDeletion", True)
    assert "is pending deletion." in command("enable", "alias/app", ok=False)
    assert as_json(command("cancel-deletion", "alias/app", "--json")) == rotated | {"state": "Disabled"}


def test_lists_and_names(command: Command) -> None:
    first, second = (as_json(command("create", "--json")) for _ in range(2))
    assert as_json(command("alias", "alias/app", second["keyId"], "--json"))["aliases"] == ["alias/app"]
    lines = [line.split("\t") for line in command("list").splitlines()]
    assert sorted(line[:4] for line in lines) == sorted(
        [[first["keyId"], "", "Enabled", "1"], [second["keyId"], "alias/app", "Enabled", "1"]]
    )
    assert command("delete-alias", "alias/app") == "Deleted alias/app.\n"
    assert "is not found." in command("show", "alias/app", ok=False)
    assert command("list", "--region", "eu-west-1") == ""
    elsewhere = as_json(command("create", "--region", "eu-west-1", "--json"))
    assert ":eu-west-1:" in elsewhere["arn"]
    assert "Invalid arn eu-west-1" in command("show", elsewhere["arn"], ok=False)
    assert as_json(command("list", "--region", "eu-west-1", "--json")) == [elsewhere]


def test_changes_are_in_the_audit_trail_and_reading_is_not(command: Command, data: Path) -> None:
    made = as_json(command("create", "--region", "eu-west-1", "--json"))
    command("list")
    command("show", made["keyId"], "--region", "eu-west-1")
    key = (made["keyId"], "--region", "eu-west-1")
    command("alias", "alias/app", *key)
    command("disable", *key)
    command("enable", *key)
    command("rotate", *key)
    command("schedule-deletion", *key)
    command("cancel-deletion", *key)
    command("delete-alias", "alias/app", *key[1:])
    command("show", "alias/app", ok=False)
    database = sqlite3.connect(data / "registry.db")
    _, *rows = database.execute("SELECT event, content FROM audit_record ORDER BY id").fetchall()  # the first start
    database.close()
    assert [event for event, _ in rows] == [
        "CreateKey",
        "CreateAlias",
        "DisableKey",
        "EnableKey",
        "RotateKeyOnDemand",
        "ScheduleKeyDeletion",
        "CancelKeyDeletion",
        "DeleteAlias",
    ]
    for _, content in rows:
        assert json.loads(content)["eventSource"] == "kms.amazonaws.com"
        assert json.loads(content)["awsRegion"] == "eu-west-1"


def test_no_command_shows_what_a_key_encrypts_with(command: Command, data: Path) -> None:
    said = command("create", "--json") + command("list", "--json") + command("list")
    database = sqlite3.connect(data / "registry.db")
    ((sealed,),) = database.execute("SELECT material FROM kms_key_version").fetchall()
    database.close()
    assert sealed.hex() not in said
    assert set(json.loads(command("list", "--json"))[0]) == {
        "keyId",
        "arn",
        "aliases",
        "state",
        "description",
        "created",
        "versions",
    }


def test_the_master_key_is_needed_to_make_keys_and_to_rotate_them(
    command: Command, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = as_json(command("create", "--alias", "alias/app", "--json"))
    other = base64.b64encode(bytes(32)).decode()
    monkeypatch.setenv("WHARFSIDE_MASTER_KEY", other)
    for words in (("create",), ("rotate", "alias/app")):
        said = command(*words, ok=False)
        assert "The master key is not the one that the data is encrypted with" in said
        assert other not in said
    monkeypatch.delenv("WHARFSIDE_MASTER_KEY")
    kept = (data / "master.key").read_bytes()
    (data / "master.key").unlink()
    for words in (("create",), ("rotate", "alias/app")):
        assert "is missing" in command(*words, ok=False)
    assert not (data / "master.key").exists()
    assert as_json(command("list", "--json")) == [made]
    assert as_json(command("disable", "alias/app", "--json"))["state"] == "Disabled"
    monkeypatch.setenv("WHARFSIDE_MASTER_KEY", base64.b64encode(kept).decode())
    command("create")
