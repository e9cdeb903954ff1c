"""The guides on testing: every file that they show is there and passes, and every command does its work.

In a guide, a block of Python whose first line is a comment with a file name is that file, and the lines after `$ ` of a
console are commands, run one after the other in the folder with these files. Without a name, code is for comparison.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from registry_process import free_port, tool

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
SECONDS = 120


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _files(text: str) -> dict[str, str]:
    named = ((re.match(r"# (\w+\.py)\n", block), block) for block in _blocks(text, "python"))
    return {name[1]: block for name, block in named if name is not None}


def _commands(text: str) -> list[str]:
    return [line.removeprefix("$ ") for block in _blocks(text, "console") for line in block.splitlines()]


def _run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script as somebody would who has the environment activated."""
    own = {name: text for name, text in os.environ.items() if not name.startswith(("AWS_", "WHARFSIDE_", "PYTEST"))}
    # Compiling every module at every start would double the time of a test run.
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    own["PATH"] = f"{Path(sys.executable).parent}:{own['PATH']}"
    process = subprocess.Popen(
        ["sh", "-euc", script],
        cwd=folder,
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return subprocess.CompletedProcess(script, process.returncode, output)


@pytest.mark.parametrize("guide", ["testing", "coming-from-moto-and-localstack"])
def test_the_files_of_a_guide_pass(guide: str, tmp_path: Path) -> None:
    tool("skopeo")
    files = _files((GUIDES / f"{guide}.md").read_text())
    for name, source in files.items():
        (tmp_path / name).write_text(source)
    done = _run("pytest -q -W error -p no:cacheprovider", tmp_path)
    assert done.returncode == 0, done.stdout
    tests = sum(len(re.findall(r"def test_", source)) for name, source in files.items() if name.startswith("test_"))
    assert f"{tests} passed" in done.stdout


def test_the_commands_of_the_guide_on_testing(tmp_path: Path) -> None:
    text = (GUIDES / "testing.md").read_text()
    for name, source in _files(text).items():
        (tmp_path / name).write_text(source)
    commands = _commands(text)
    assert len(commands) == 4
    for command in commands:
        done = _run(command, tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stdout}"


def test_the_commands_instead_of_localstack(tmp_path: Path) -> None:
    tool("curl")
    port = str(free_port())
    script = "\n".join(_commands((GUIDES / "coming-from-moto-and-localstack.md").read_text())).replace("5055", port)
    done = _run(f"{script}\nkill $!\nwait", tmp_path)
    assert done.returncode == 0, done.stdout
    assert f'"127.0.0.1:{port}/demo"\n1\n' in done.stdout
