"""The README of the SDK: every block of Python runs against a registry and prints what it says it prints.

A block whose first line names a file is that file, for pytest. In the others, what stands after `# -> ` is, line by
line, what is printed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry_process import RegistryProcess, free_port

README = Path(__file__).parents[2] / "sdk" / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
PROGRAMS = [block for block in BLOCKS if not block.startswith("# test_")]
SECONDS = 120


@pytest.fixture(scope="module")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryProcess]:
    process = RegistryProcess(tmp_path_factory.mktemp("readme") / "data", free_port())
    process.start()
    yield process
    process.stop()


def run(folder: Path, environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-W", "error", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_part_of_the_sdk_is_shown() -> None:
    shown = "\n".join(BLOCKS)
    for part in (
        "boto3.client(",
        "wharfside_sdk.ecr.type_defs",
        "with ECRClient(",
        "AsyncECRClient(",
        "wharfside_sdk.ecr.models",
        "ecr_client",
        "push_image(",
    ):
        assert part in shown


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: re.findall(r"wharfside_sdk[\w.]*", program)[-1])
def test_a_block_prints_what_it_says(program: str, empty_registry: RegistryProcess, tmp_path: Path) -> None:
    said = re.findall(r"  # -> (.*)$", program, re.MULTILINE)
    assert said
    assert run(tmp_path, empty_registry.environment(), "-c", program).splitlines() == said


def test_pyright_accepts_every_block(tmp_path: Path) -> None:
    for number, block in enumerate(BLOCKS):
        # boto3 has no types of its own.
        mode = "standard" if "import boto3" in block else "strict"
        (tmp_path / f"block_{number}.py").write_text(f"# pyright: {mode}\n{block}")
    (tmp_path / "pyrightconfig.json").write_text("{}")
    arguments = ("--project", str(tmp_path), "--pythonpath", sys.executable)
    assert "0 errors" in run(tmp_path, dict(os.environ), "-m", "pyright", *arguments)


def test_the_tests_shown_pass(tmp_path: Path) -> None:
    (block,) = (block for block in BLOCKS if block not in PROGRAMS)
    (tmp_path / "test_release.py").write_text(block)
    own = {name: text for name, text in os.environ.items() if not name.startswith(("AWS_", "WHARFSIDE_", "PYTEST"))}
    # Compiling every module at every start would double the time of a test run.
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    assert "2 passed" in run(tmp_path, own, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")
