"""The command line as a whole: quick help, and exit codes."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from wharfside.cli.main import COMMANDS, main

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
        (["serve", "--port", "many"], "many", "See `wharfside serve --help`."),
        (["login", "--tool", "crane"], "crane", "See `wharfside login --help`."),
        (["serve", "--port", "70000"], "--port (WHARFSIDE_PORT", "See `wharfside serve --help`."),
        (["serve", "--config", "none.toml"], "none.toml", "--config"),
        (["serve", "--tls-cert", "a.pem"], "--tls-key", "give both"),
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
