"""The commands that administer, in this process, on the database of a registry that does not run."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from oidc_issuer import SigningKey
from wharfside.app import prepare
from wharfside.cli.main import run
from wharfside.config import load_settings
from wharfside.folder import Folder

READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}],
}

Command = Callable[..., str]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as a first start makes it."""
    data = tmp_path_factory.mktemp("template") / "data"
    folder = Folder(data)
    folder.make()
    prepare(load_settings(None, data=data), folder)
    return data


@pytest.fixture
def data(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("WHARFSIDE_")]:
        monkeypatch.delenv(name)
    data = tmp_path / "data"
    data.mkdir()
    for file in ("secret.key", "registry.db"):
        (data / file).write_bytes((template / file).read_bytes())
        (data / file).chmod(0o600)
    monkeypatch.setenv("WHARFSIDE_DATA", str(data))
    return data


@pytest.fixture
def wharfside(data: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command: what it prints; with `ok=False`, why it fails."""

    def call(*words: str, ok: bool = True) -> str:
        try:
            run(list(words))
            code: Any = 0
        except SystemExit as end:
            code = end.code
        printed = capsys.readouterr()
        assert (not code) is ok, printed.err
        return printed.out if ok else printed.err

    return call


@pytest.fixture
def file(tmp_path: Path) -> Callable[[Any], str]:
    def write(content: Any, name: str = "file.json") -> str:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


def test_users(wharfside: Command) -> None:
    made = json.loads(
        wharfside("user", "create", "alice", "--policy", READ_ONLY, "--tag", "team=web", "--path", "/dev/", "--json")
    )
    assert made["arn"] == "arn:aws:iam::000000000000:user/dev/alice"
    assert (made["attached"], made["tags"]) == ([READ_ONLY], {"team": "web"})
    assert "alice\tarn:aws:iam::000000000000:user/dev/alice" in wharfside("user", "list")
    assert "already exists" in wharfside("user", "create", "Alice", ok=False)
    missing = "cannot be found in account 000000000000. See `wharfside user list --account 000000000000`"
    assert missing in wharfside("user", "show", "bob", ok=False)
    wharfside("user", "detach", "alice", "AmazonEC2ContainerRegistryReadOnly")
    assert "is not attached" in wharfside("user", "detach", "alice", READ_ONLY, ok=False)
    wharfside("user", "tag", "alice", "a=1", "b=2")
    wharfside("user", "boundary", "alice", READ_ONLY)
    shown = json.loads(wharfside("user", "show", "alice", "--json"))
    assert (shown["tags"], shown["boundary"], shown["attached"]) == ({"a": "1", "b": "2"}, READ_ONLY, [])
    wharfside("user", "boundary", "alice")
    assert "boundary:" in wharfside("user", "show", "alice")
    assert "Deleted user alice" in wharfside("user", "delete", "alice")
    assert [each["name"] for each in json.loads(wharfside("user", "list", "--json"))] == ["admin"]


@pytest.mark.parametrize(
    "words",
    [
        ("user", "create", "a b"),
        ("user", "create", "x" * 65),
        ("user", "create", "ä"),
        ("user", "create", "x", "--path", "no-slashes"),
        ("user", "create", "x", "--tag", "novalue"),
        ("user", "create", "x", "--tag", "aws:a=b"),
        ("user", "create", "x", "--policy", "NoSuchPolicy"),
        ("user", "create", "x", "--account", "111122223333"),
        ("user", "create", "x", "--account", "12"),
        ("account", "create", "12"),
        ("account", "delete", "000000000000"),
        ("account", "delete", "111122223333"),
        ("key", "create", "nobody"),
        ("key", "disable", "AKIANOSUCHKEY"),
        ("policy", "delete", READ_ONLY),
        ("policy", "show", "none"),
        ("provider", "show", "https://none.example.com"),
        ("provider", "create", "http://ci.example.com", "--audience", "x"),
        ("provider", "create", "https://user@ci.example.com", "--audience", "x"),
        ("provider", "create", "https://ci.example.com?x", "--audience", "x"),
    ],
    ids=" ".join,
)
def test_what_is_refused_changes_nothing(wharfside: Command, words: tuple[str, ...]) -> None:
    assert wharfside(*words, ok=False).startswith("wharfside: ")
    assert [each["name"] for each in json.loads(wharfside("user", "list", "--json"))] == ["admin"]


def test_accounts(wharfside: Command) -> None:
    wharfside("account", "create", "111122223333")
    assert "already exists" in wharfside("account", "create", "111122223333", ok=False)
    wharfside("user", "create", "alice", "--account", "111122223333")
    assert "alice" not in wharfside("user", "list")
    assert [each["account"] for each in json.loads(wharfside("account", "list", "--json"))] == [
        "000000000000",
        "111122223333",
    ]
    wharfside("account", "delete", "111122223333")
    assert "There is no account" in wharfside("user", "list", "--account", "111122223333", ok=False)


def test_keys(wharfside: Command) -> None:
    wharfside("user", "create", "alice")
    first = json.loads(wharfside("key", "create", "alice", "--json"))
    assert len(first["secretAccessKey"]) == 40
    listed = wharfside("key", "list", "alice")
    assert first["accessKeyId"] in listed
    assert first["secretAccessKey"] not in listed
    second = json.loads(wharfside("key", "rotate", "alice", "--json"))

    def active() -> dict[str, bool]:
        return {each["accessKeyId"]: each["active"] for each in json.loads(wharfside("key", "list", "alice", "--json"))}

    assert active() == {first["accessKeyId"]: False, second["accessKeyId"]: True}
    assert "Cannot exceed quota" in wharfside("key", "create", "alice", ok=False)
    wharfside("key", "enable", first["accessKeyId"])
    assert "two active keys" in wharfside("key", "rotate", "alice", ok=False)
    wharfside("key", "disable", second["accessKeyId"])
    third = json.loads(wharfside("key", "rotate", "alice", "--json"))
    assert active() == {first["accessKeyId"]: False, third["accessKeyId"]: True}
    wharfside("key", "delete", first["accessKeyId"])
    assert active() == {third["accessKeyId"]: True}


def test_secrets_are_sealed_at_rest(wharfside: Command, data: Path) -> None:
    secret = json.loads(wharfside("key", "create", "admin", "--json"))["secretAccessKey"].encode()
    assert not [path for path in data.iterdir() if secret in path.read_bytes()]


def test_policies(wharfside: Command, file: Callable[..., str]) -> None:
    wharfside("policy", "create", "push", file(ALLOW))
    assert json.loads(wharfside("policy", "show", "push")) == ALLOW
    wharfside("user", "create", "alice", "--policy", "push")
    assert "still attached to arn:aws:iam::000000000000:user/alice" in wharfside("policy", "delete", "push", ok=False)
    changed = ALLOW | {"Statement": []}
    assert "there is no Statement" in wharfside("policy", "update", "push", file(changed), ok=False)
    assert "not valid" in wharfside("policy", "create", "other", file("no json"), ok=False)
    assert "at most 10240" in wharfside("policy", "create", "other", file(json.dumps(ALLOW) + " " * 10_240), ok=False)
    assert "No such file" in wharfside("policy", "create", "other", "none.json", ok=False)
    listed = {each["name"]: each["attachments"] for each in json.loads(wharfside("policy", "list", "--json"))}
    assert (listed["push"], listed["AmazonEC2ContainerRegistryPullOnly"]) == (1, 0)
    wharfside("user", "detach", "alice", "push")
    wharfside("policy", "delete", "push")
    assert "does not exist" in wharfside("policy", "show", "push", ok=False)


def test_inline_policies(wharfside: Command, file: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    wharfside("user", "put-policy", "admin", "extra", file(ALLOW))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(ALLOW).encode())))
    wharfside("user", "put-policy", "admin", "piped", "-")
    assert json.loads(wharfside("user", "show", "admin", "--json"))["inline"] == [
        "AdministratorAccess",
        "extra",
        "piped",
    ]
    wharfside("user", "delete-policy", "admin", "extra")
    assert "no inline policy" in wharfside("user", "delete-policy", "admin", "extra", ok=False)
    principal = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    refused = wharfside("user", "put-policy", "admin", "x", file(ALLOW | {"Statement": [principal]}), ok=False)
    assert "unknown member 'Principal'" in refused


def test_roles(wharfside: Command, file: Callable[..., str]) -> None:
    wharfside("role", "create", "ci", "--trust", file(TRUST), "--max-session-seconds", "7200", "--policy", READ_ONLY)
    shown = json.loads(wharfside("role", "show", "ci", "--json"))
    assert (shown["maxSessionSeconds"], json.loads(shown["trustPolicy"])) == (7200, TRUST)
    assert "3600 to 43200" in wharfside("role", "update", "ci", "--max-session-seconds", "60", ok=False)
    assert "not valid" in wharfside("role", "update", "ci", "--trust", file(ALLOW), ok=False)
    wharfside("role", "update", "ci", "--max-session-seconds", "3600")
    wharfside("role", "revoke-sessions", "ci")
    assert json.loads(wharfside("role", "show", "ci", "--json"))["maxSessionSeconds"] == 3600
    wharfside("role", "delete", "ci")
    assert wharfside("role", "list") == ""


def test_providers(wharfside: Command, file: Callable[..., str]) -> None:
    url = "https://ci.example.com"
    wharfside("provider", "create", url, "--audience", "one", "--audience", "two")
    assert "already exists" in wharfside("provider", "create", url, "--audience", "one", ok=False)
    assert f"{url}\tone, two\tfetched from the issuer" in wharfside("provider", "list")
    jwks = file({"keys": [SigningKey("ES256", "first").public]})
    wharfside("provider", "update", url, "--audience", "one", "--jwks", jwks)
    assert json.loads(wharfside("provider", "show", url, "--json"))["keys"] == "given as a file"
    weak = file({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]})
    assert "no key for RS256" in wharfside("provider", "update", url, "--audience", "one", "--jwks", weak, ok=False)
    wharfside("provider", "delete", url)
    assert wharfside("provider", "list") == ""


def test_a_folder_where_no_registry_is(tmp_path: Path, wharfside: Command) -> None:
    empty = tmp_path / "empty"
    assert "No registry was ever started" in wharfside("user", "list", "--data", str(empty), ok=False)
    assert not empty.exists()


def test_lists_are_tables_on_a_terminal(wharfside: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    shown = wharfside("user", "list")
    assert "name" in shown
    assert "│ admin" in shown


@pytest.mark.parametrize("group", ["account", "user", "role", "key", "policy", "provider", "apply"])
def test_every_command_explains_itself_with_examples(wharfside: Command, group: str) -> None:
    from wharfside.cli.main import commands

    shown = wharfside(group, "--help")
    if group == "apply":
        assert "wharfside apply team.yaml --dry-run" in shown
        return
    names = [name for name in commands()[group] if not name.startswith("-")]
    assert names
    for name in names:
        shown = wharfside(group, name, "--help")
        lines = shown.partition("Examples:")[2].split("\n")
        assert f"    wharfside {group} {name}" in "\n".join(lines), name
        # Nothing that is to be pasted is wrapped by the terminal.
        assert all(line.startswith("    ") for line in lines if line.strip()), lines
        assert all(after.startswith("        ") for line, after in pairwise(lines) if line.endswith("\\")), lines
        assert "[default: False]" not in shown


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"MASTER_KEY": "c2VjcmV0", "MASTER_KEY_FILE": "key"}, "WHARFSIDE_MASTER_KEY_FILE away"),
        ({"METRICS_TOKEN": "c2VjcmV0", "PORT": "many"}, "WHARFSIDE_PORT (or port in the settings file)"),
        ({"DATABASE_URL": "mysql://user:c2VjcmV0@host/database"}, "postgresql+psycopg://user@host/database"),
        ({"DATABASE_URL": "postgresql+psycopg://user:1@c2VjcmV0:5@host/database"}, "postgresql+psycopg://user@host"),
        ({"DATABASE_URL": "c2VjcmV0"}, "postgresql+psycopg://user@host/database"),
    ],
)
def test_settings_that_are_not_valid_are_told_and_their_values_are_not(
    wharfside: Command, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], told: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"WHARFSIDE_{name}", value)
    said = wharfside("user", "list", ok=False)
    assert told in said
    assert "c2VjcmV0" not in said
    assert "pydantic" not in said


@pytest.mark.parametrize("words", [("user", "list"), ("policy", "list", "--json"), ("audit", "--json")])
def test_a_command_whose_output_nobody_reads_ends_without_a_complaint(
    wharfside: Command, data: Path, words: tuple[str, ...]
) -> None:
    wharfside("user", "create", "alice")
    read, write = os.pipe()
    os.close(read)
    try:
        command = [sys.executable, "-m", "wharfside", *words, "--data", str(data)]
        done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_commands_change_is_appended_to_the_audit_file(
    wharfside: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "audit.jsonl"
    monkeypatch.setenv("WHARFSIDE_AUDIT_FILE", str(file))
    wharfside("user", "create", "alice")
    wharfside("user", "list")
    wharfside("user", "create", "alice", ok=False)
    wharfside("user", "delete", "alice")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["eventName"] for line in lines] == ["CreateUser", "DeleteUser"]
    recorded = [json.loads(line) for line in wharfside("audit", "--json").splitlines()]
    assert lines == [record for record in recorded if record["userIdentity"]["type"] == "SystemUser"]
    assert file.stat().st_mode & 0o077 == 0

    monkeypatch.setenv("WHARFSIDE_AUDIT_FILE", "-")
    assert "eventName" not in wharfside("user", "create", "bob")
    monkeypatch.setenv("WHARFSIDE_AUDIT_FILE", str(tmp_path))
    with suppress(SystemExit):
        run(["user", "create", "carol"])
    assert "cannot be appended to" in capsys.readouterr().err
    assert "carol" in wharfside("user", "list")
