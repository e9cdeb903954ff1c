"""`wharfside lifecycle`, in this process, on the database of a registry that does not run."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from administration import Administration, administration
from wharfside.app import prepare
from wharfside.cli.main import run
from wharfside.config import load_settings
from wharfside.core.lifecycle import DAY
from wharfside.core.manifests import OCI_INDEX, OCI_MANIFEST, parse_manifest
from wharfside.core.mutability import TagMutability
from wharfside.folder import Folder
from wharfside.registry import images, lifecycle, repositories
from wharfside.registry.context import Unit
from wharfside.registry.images import Push
from wharfside.registry.pull_times import Pull, record_pulls
from wharfside.store.images import find_image
from wharfside.store.repositories import Repository
from wharfside.store.storage_classes import set_activating

ACCOUNT, REGION = "000000000000", "us-east-1"
KEEP_ONE = {"tagStatus": "tagged", "tagPatternList": ["v*"], "countType": "imageCountMoreThan", "countNumber": 1}
UNTAGGED = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 5}
Command = Callable[..., str]
_sizes: dict[str, int] = {}
"""Of the manifests that were pushed, by digest."""


def policy(*selections: dict[str, Any]) -> str:
    rules = [{"rulePriority": n, "selection": s, "action": {"type": "expire"}} for n, s in enumerate(selections, 1)]
    return json.dumps({"rules": rules})


def push(admin: Administration, days: float, *tags: str, children: tuple[str, ...] = (), **members: Any) -> str:
    """Have pushed an image without layers, or an index of images, so many days ago; its digest."""
    kind = OCI_INDEX if children else OCI_MANIFEST
    document: dict[str, Any] = {"schemaVersion": 2, "mediaType": kind, "annotations": {"days": str(days)}, **members}
    if children:
        document["manifests"] = [{"mediaType": OCI_MANIFEST, "digest": each, "size": _sizes[each]} for each in children]
    else:
        document["config"] = {"mediaType": "application/x-config", "digest": f"sha256:{'0' * 64}", "size": 2}
        document["layers"] = []
    content = json.dumps(document).encode()
    new = Push(content, parse_manifest(content, None), tags, sparse=True)

    def work(connection: Connection) -> str:
        unit = Unit(connection, ACCOUNT, REGION, time.time() - days * DAY)
        return images.put_image(unit, "team/app", new).digest

    digest = admin.run(work)
    _sizes[digest] = len(content)
    return digest


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data of a registry with the repository team/app, which has a policy."""
    data = tmp_path / "data"
    folder = Folder(data)
    folder.make()
    prepare(load_settings(None, data=data), folder)
    with administration(data) as admin:
        unit = lambda connection: Unit(connection, ACCOUNT, REGION, admin.now)  # noqa: E731
        admin.run(lambda c: repositories.create_repository(unit(c), "team/app", TagMutability(), {}))
        admin.run(lambda c: repositories.create_repository(unit(c), "team/other", TagMutability(), {}))
        admin.run(lambda c: lifecycle.put_lifecycle_policy(unit(c), "team/app", policy(KEEP_ONE, UNTAGGED)))
    return data


@pytest.fixture
def command(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    for name in [name for name in os.environ if name.startswith("WHARFSIDE_")]:
        monkeypatch.delenv(name)

    def call(word: str, *words: str, ok: bool = True) -> str:
        with pytest.raises(SystemExit) as end:
            run(["lifecycle", word, "--data", str(data), *words])
        assert (not end.value.code) == ok
        said = capsys.readouterr()
        return said.out if ok else said.err

    return call


def test_a_preview_changes_nothing_and_a_run_does_what_it_showed(data: Path, command: Command) -> None:
    with administration(data) as admin:
        first, second = push(admin, 3, "v1"), push(admin, 9)
        push(admin, 2, "v2")
    for _ in range(2):
        lines = [line.split("\t") for line in command("preview", "team/app").splitlines()]
        assert [[line[0], line[1], line[3]] for line in lines] == [[second, "", "2"], [first, "v1", "1"]]
    gone = json.loads(command("run", "--json"))
    assert [(each["repository"], each["digest"], each["rule"]) for each in gone] == [
        ("team/app", second, 2),
        ("team/app", first, 1),
    ]
    assert command("run", "team/app") == "No image expired or was archived.\n"
    assert command("preview", "team/app") == "No image would expire or be archived now.\n"
    assert json.loads(command("preview", "team/app", "--json")) == []


def test_a_run_shows_on_a_terminal_how_far_it_is(data: Path) -> None:
    with administration(data) as admin:
        for days in range(10, 40):
            push(admin, days)
    terminal, other_end = pty.openpty()
    command = [sys.executable, "-m", "wharfside", "lifecycle", "run", "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=other_end, env=os.environ | {"TERM": "xterm"})
    os.close(other_end)
    shown = b""
    with suppress(OSError):  # Linux says so when the other end is closed
        while some := os.read(terminal, 65_536):
            shown += some
    os.close(terminal)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"team/app" in shown
    assert b"%" in shown
    assert len(printed.splitlines()) == 30


def test_a_policy_from_a_file_is_previewed_and_not_kept(data: Path, command: Command, tmp_path: Path) -> None:
    with administration(data) as admin:
        digest = push(admin, 3)
    file = tmp_path / "policy.json"
    file.write_text(policy({**UNTAGGED, "countNumber": 2}))
    assert command("preview", "team/app") == "No image would expire or be archived now.\n"
    assert command("preview", "team/other", str(file)) == "No image would expire or be archived now.\n"
    assert command("preview", "team/app", str(file)).split("\t")[0] == digest
    file.write_text(policy({**UNTAGGED, "countNumber": 0}))
    assert "lower than the required minimum" in command("preview", "team/app", str(file), ok=False)


def test_explanations(data: Path, command: Command) -> None:
    with administration(data) as admin:
        push(admin, 3, "v1")
        push(admin, 2, "v2")
        child, young = push(admin, 9), push(admin, 1)
        index = push(admin, 1, "dev", children=(child,))
        signature = push(admin, 9.5, subject={"mediaType": OCI_MANIFEST, "digest": child, "size": 1})

    def when(image: str) -> str:
        return json.loads(command("explain", "team/app", image, "--json"))["when"]

    assert when("v1") == "at the next run, by rule 1"
    assert when("v2") == "once 1 newer images match rule 1; now there are 0"
    assert when("dev") == "never: no rule identifies it"
    assert when(child) == f"not before {index}, which names it; then at the next run, by rule 2"
    assert when(signature) == f"not by a policy: it belongs to {child}"
    moment = time.strftime("%Y-%m-%dT", time.gmtime(time.time() + 4 * DAY))
    assert when(young).startswith(f"after {moment}")
    assert when(young).endswith("Z, by rule 2")
    assert command("explain", "team/app", "none", ok=False) == "wharfside: There is no image none in team/app.\n"


def archiving() -> str:
    """A policy that archives what nobody has pulled for five days."""
    pulled = {"tagStatus": "any", "countType": "sinceImagePulled", "countUnit": "days", "countNumber": 5}
    archive = {"type": "transition", "targetStorageClass": "archive"}
    archived = {**pulled, "storageClass": "archive", "countType": "sinceImageTransitioned", "countNumber": 90}
    rules = [
        {"rulePriority": 1, "selection": pulled, "action": archive},
        {"rulePriority": 2, "selection": archived, "action": {"type": "expire"}},
    ]
    return json.dumps({"rules": rules})


def test_a_policy_that_archives(data: Path, command: Command) -> None:
    with administration(data) as admin:
        stale = push(admin, 9, "stale")
        used = push(admin, 8, "used")
        repository = admin.run(lambda c: stored_repository(c).id)
        pull = Pull(ACCOUNT, REGION, repository, used, None, admin.now - 2 * DAY)
        admin.run(lambda c: record_pulls(c, [pull]))
        admin.run(
            lambda c: lifecycle.put_lifecycle_policy(Unit(c, ACCOUNT, REGION, admin.now), "team/app", archiving())
        )
    assert command("preview", "team/app").split("\t")[3:] == ["1", "transition\n"]

    def explained(image: str) -> dict[str, Any]:
        return json.loads(command("explain", "team/app", image, "--json"))

    first, second = explained("stale"), explained("used")
    assert (first["action"], first["when"], first["storageClass"]) == (
        "transition",
        "at the next run, by rule 1",
        "standard",
    )
    assert first["lastRecordedPullTime"] is None
    assert second["lastRecordedPullTime"].startswith(time.strftime("%Y-%m-%dT", time.gmtime(pull.at)))
    assert second["when"].startswith(time.strftime("after %Y-%m-%dT", time.gmtime(pull.at + 5 * DAY)))
    done = json.loads(command("run", "team/app", "--json"))
    assert [(each["digest"], each["action"]) for each in done] == [(stale, "transition")]
    third = explained("stale")
    assert (third["rule"], third["action"], third["storageClass"]) == (2, "expire", "archive")
    assert third["when"].startswith("after ")
    with administration(data) as admin:
        found = admin.run(lambda c: find_image(c, repository, stale))
        assert found is not None
        admin.run(set_activating, found.id)
    assert explained("stale")["when"] == "never: it is being restored"


def stored_repository(connection: Connection) -> Repository:
    return repositories.get_repository(Unit(connection, ACCOUNT, REGION, 0.0), "team/app")


@pytest.mark.parametrize("word", ["run", "preview"])
def test_what_is_not_there(command: Command, word: str) -> None:
    assert "Lifecycle policy does not exist for the repository" in command(word, "team/other", ok=False)
    assert "The repository with name 'none' does not exist" in command(word, "none", ok=False)
    refused = command(word, "team/app", "--region", "eu-west-1", ok=False)
    assert "The repository with name 'team/app' does not exist" in refused
