"""SIGKILL at the steps of handlers: nothing is lost, and no effect happens twice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from crash.left_jobs import CASES
from wharfside.jobs.handlers import schedules

TESTS = Path(__file__).parent.parent
MEMORY = Path("/dev/shm")
OWN = ("count", "flaky", "slow")
"""Of the program: one with effects, one that fails twice before, one whose process stops while it runs."""
STEPS = {"count": 18, "flaky": 24, "slow": 12}
"""At least: three for each of its transactions."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory, where there is such a folder: a killed process loses nothing that it wrote to any file system."""
    made = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else tmp_path))
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", [*OWN, *(schedule.kind for schedule in schedules("@hourly")), *CASES])
def test_a_kill_at_any_step_loses_nothing_and_does_nothing_twice(kind: str, every: int, folder: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "crash.job_kills", kind, str(folder), str(every)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert int(done.stdout) > STEPS.get(kind, 9) - every
