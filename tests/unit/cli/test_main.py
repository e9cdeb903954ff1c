"""The command line as a whole: quick help, and exit codes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from wharfside.cli.main import COMMANDS, main, run
from wharfside.config import Settings

HEAVY = ("sqlalchemy", "rich", "pydantic", "pydantic_settings", "aiohttp", "cryptography", "alembic")


def imported_by(program: str, *arguments: str) -> set[str]:
    """The top-level modules that are there after `program` ran."""
    code = f"import sys\ntry:\n    {program}\nexcept SystemExit:\n    pass\nprint(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_imports_next_to_nothing(arguments: tuple[str, ...]) -> None:
    modules = imported_by("from wharfside.cli.main import main; main()", *arguments)
    assert "wharfside" in modules
    assert not modules & {*HEAVY, "cyclopts"}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_imports_no_database_and_no_settings(command: str) -> None:
    modules = imported_by("from wharfside.cli.main import main; main()", command, "--help")
    assert "cyclopts" in modules
    assert not modules & {"sqlalchemy", "pydantic_settings", "pydantic", "aiohttp", "cryptography"}


def test_credential_helper_imports_only_what_a_pull_needs() -> None:
    modules = imported_by("from wharfside.cli.credential_helper import main; main()", "--help")
    assert not modules & {*HEAVY, "cyclopts"}


@pytest.mark.parametrize(
    "arguments",
    [
        "jobs show",
        "jobs retry",
        "jobs cancel",
        "jobs retry 1",
        "jobs list --last",
        "webhook retry ci",
        "webhook deliveries ci --last",
        "audit --last",
        "events --last",
    ],
)
@pytest.mark.parametrize("number", [1 << 63, 10**30])
def test_numbers_that_no_database_knows_are_refused(
    arguments: str, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        run([*arguments.split(), str(number)])
    assert end.value.code == 2
    assert "Must be < 9223372036854775808" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("arguments", [[], ["--help"], *([name, "--help"] for name in COMMANDS)])
def test_every_help_has_examples(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["wharfside", *arguments])
    with suppress(SystemExit):
        main()
    text = capsys.readouterr().out
    assert "Examples:" in text
    assert f"wharfside {arguments[0] if len(arguments) == 2 else 'serve'}" in text


@pytest.mark.parametrize(
    ("arguments", "told", "next_step"),
    [
        (["bogus"], "bogus", "See `wharfside --help`."),
        (["serve", "--prot", "1"], "Did you mean --port?", "See `wharfside serve --help`."),
        (["serve", "here"], "Unexpected argument: here.", "See `wharfside serve --help`."),
        (["serve", "--port", "many"], "many", "See `wharfside serve --help`."),
        (["login", "--tool", "crane"], "crane", "See `wharfside login --help`."),
        (["serve", "--port", "70000"], "--port (WHARFSIDE_PORT", "See `wharfside serve --help`."),
        (["serve", "--config", "none.toml"], "none.toml", "--config"),
        (["serve", "--tls-cert", "a.pem"], "--tls-key", "give both"),
        (["serve", "--registry-host", "http://registry/"], "--registry-host", "{account}.dkr.ecr.{region}.example.com"),
        (["serve", "--registry-host", "{name}.example.com"], "--registry-host", "{account}.dkr.ecr"),
    ],
)
def test_misuse_ends_with_code_2_and_says_what_to_do(
    arguments: list[str],
    told: str,
    next_step: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["wharfside", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    assert ended.value.code == 2
    assert shown.out == ""
    assert told in shown.err
    assert next_step in shown.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "many", "--port (WHARFSIDE_PORT, or port in the settings file): Input should be a valid integer"),
        (
            "RATES",
            "PutImage=10",
            "WHARFSIDE_RATES (or rates in the settings file): it must be a JSON object, such as",
        ),
        (
            "RATES",
            '{"PutImage": 0}',
            "WHARFSIDE_RATES (or rates in the settings file): PutImage: Input should be gr",
        ),
        ("AUDIT_READS", "perhaps", "WHARFSIDE_AUDIT_READS (or audit_reads in the settings file): Input should be a v"),
        (
            "TRUSTED_PROXIES",
            "proxy",
            "WHARFSIDE_TRUSTED_PROXIES (or trusted_proxies in the settings file): 'proxy' ",
        ),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "Addresses look like 10.0.0.7, networks like 10.0.0.0/8.\nSee `wharfside"),
        ("AUDIT_FILE", "/proc/none/audit.jsonl", "WHARFSIDE_AUDIT_FILE (or audit_file in the settings file) cannot be"),
        ("CONFIG", "/proc/none.toml", "There is no settings file /proc/none.toml. Name another file with --config"),
    ],
)
def test_variables_that_are_not_valid_are_named(
    name: str,
    value: str,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"WHARFSIDE_{name}", value)
    monkeypatch.setattr(sys, "argv", ["wharfside", "serve"])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr().err
    assert ended.value.code == 2
    assert told in shown
    assert shown.count("\n") == 2 - (name == "AUDIT_FILE")
    assert list(tmp_path.iterdir()) == []


def test_commands_that_administer_say_the_same_of_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHARFSIDE_PORT", "many")
    monkeypatch.setattr(sys, "argv", ["wharfside", "user", "list"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    told = "WHARFSIDE_PORT (or port in the settings file): Input should be a valid integer"
    assert told in capsys.readouterr().err


def test_slips_in_the_names_of_variables_are_pointed_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHARFSIDE_WORKER", "2")
    # Kubernetes sets such a one in every pod beside a service of this name.
    monkeypatch.setenv("WHARFSIDE_PORT_5000_TCP_ADDR", "10.0.0.1")
    monkeypatch.setattr(sys, "argv", ["wharfside", "serve", "--port", "-1"])
    with pytest.raises(SystemExit):
        main()
    warning, *others = capsys.readouterr().err.splitlines()
    assert warning == (
        "wharfside serve: warning: WHARFSIDE_WORKER is no setting, and has no effect. Did you mean WHARFSIDE_WORKERS?"
    )
    assert "WHARFSIDE_PORT_5000" not in "".join(others)


def test_help_of_serve_names_every_setting(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["wharfside", "serve", "--help"])
    with suppress(SystemExit):
        main()
    text = capsys.readouterr().out
    for name in Settings.model_fields:
        assert f"WHARFSIDE_{name.upper()}" in text or f"--{name.replace('_', '-')} " in text


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"]])
def test_output_that_nobody_reads_to_the_end_is_no_failure(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "wharfside", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate(timeout=60)
    assert errors == b""
    assert process.returncode in (0, 1)  # rich has its own way


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["user", "list"]])
@pytest.mark.parametrize("damage", ["garbage", "newer"])
def test_a_database_that_cannot_be_used_is_explained(command: list[str], damage: str, tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_bytes(bytes(32))
    (tmp_path / "secret.key").chmod(0o600)
    file = tmp_path / "registry.db"
    if damage == "garbage":
        file.write_text("no database, whatever its name says")
    else:
        with sqlite3.connect(file) as connection:
            connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
            connection.execute("INSERT INTO alembic_version VALUES ('9999')")
        connection.close()
    words = [sys.executable, "-m", "wharfside", *command, "--data", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    told = "cannot be used: file is not a database" if damage == "garbage" else "by a newer version"
    assert told in done.stderr
