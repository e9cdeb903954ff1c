"""Guides of the documentation: every command that one shows is run, and prints what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from registry_process import RegistryProcess

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
CONSOLES = re.compile(r"```console\n(.*?)```", re.DOTALL)
FILE = re.compile(r"^\$ cat (\S+)\n(.*?)(?=^\$ |\Z)", re.DOTALL | re.MULTILINE)
NAMED_FILE = re.compile(r"`(\w+\.json)`:\n\n```json\n(.*?)```", re.DOTALL)
MADE_UP = {
    "AKIAEXAMPLEEXAMPLE00": r"AKIA\w{16}",
    "example-of-a-secret-access-key": r"\S{40}",
    "0c1bd4f4-3c2a-4c6e-9a53-0d7c5ab1a7a5": r"[0-9a-f-]{36}",
    "2026-11-21T09:00:00Z": r"[0-9-]{10}T[0-9:]{8}Z",
}
HOST = "127.0.0.1:5000"
"""The registry, in guides."""


def run(server: RegistryProcess, folder: Path, script: str, **environment: str) -> str:
    """What a script prints in a shell that has Wharfside and the AWS CLI."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WHARFSIDE_"))}
    own |= {"PATH": f"{Path(sys.executable).parent}:{own['PATH']}", "WHARFSIDE_DATA": str(server.data)}
    own |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_PAGER": ""}
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        env=own | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    return done.stdout


def echoing(shown: str) -> str:
    """The script that prints every command of a console, and what the command prints after it."""
    commands = [line.removeprefix("$ ") for line in shown.splitlines() if line.startswith("$ ")]
    return "\n".join(f"cat <<'END'\n$ {each}\nEND\n{each}" for each in commands)


def check_word_for_word(server: RegistryProcess, folder: Path, guide: str) -> None:
    """Make the files that a guide names, and run all that it shows, which is printed as it stands there."""
    text = (GUIDES / guide).read_text()
    for name, content in NAMED_FILE.findall(text):
        (folder / name).write_text(content)
    shown = "".join(CONSOLES.findall(text))
    assert run(server, folder, echoing(shown)) == shown


def check(server: RegistryProcess, folder: Path, guide: str, before: str = "") -> None:
    """Run all that a guide shows. A line of three dots there stands for any lines."""
    shown = "".join(CONSOLES.findall((GUIDES / guide).read_text().replace(HOST, server.host)))
    for name, content in FILE.findall(shown):
        (folder / name).write_text(content)
    printed = run(server, folder, f"{before}\n{echoing(shown)}")
    pattern = re.escape(shown).replace(re.escape("...\n"), r"(?:(?!\$ ).*\n)*")
    for text, actual in MADE_UP.items():
        pattern = pattern.replace(re.escape(text), actual)
    assert re.fullmatch(pattern, printed), printed
