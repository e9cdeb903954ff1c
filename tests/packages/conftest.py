"""Both distributions, built as they would be released, and clean environments that they are installed in."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from distributions import ROOT, Environment, Wheel, make_environment, run
from interpreters import UV, interpreter

VERSIONS = ("3.11", "3.13")


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Wheel]:
    """By the name of the distribution."""
    folder = tmp_path_factory.mktemp("wheels")
    for project in (ROOT, ROOT / "sdk"):
        # Isolation would download hatchling, which is installed.
        options = ("--wheel", "--no-build-isolation", "--offline", "--python", sys.executable, "--out-dir", folder)
        run(UV, "build", *options, project, folder=folder)
    built = (Wheel(path) for path in folder.glob("*.whl"))
    return {str(wheel.metadata["Name"]): wheel for wheel in built}


@pytest.fixture(scope="session", params=VERSIONS)
def python(request: pytest.FixtureRequest) -> Path:
    """An interpreter of each version that is promised to work. Debian has only one, so that others may be absent."""
    found = interpreter(request.param)
    if found is None:
        pytest.skip(f"there is no Python {request.param} on this machine")
    return found


@pytest.fixture(scope="session")
def sdk_environment(python: Path, wheels: dict[str, Wheel], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The SDK and what it must have, and nothing else."""
    folder = tmp_path_factory.mktemp("sdk") / "environment"
    return make_environment(folder, python, str(wheels["wharfside-sdk"].path))


@pytest.fixture(scope="session")
def full_environment(python: Path, wheels: dict[str, Wheel], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Both distributions with all extras."""
    folder = tmp_path_factory.mktemp("full") / "environment"
    sdk, program = wheels["wharfside-sdk"].path, wheels["wharfside"].path
    return make_environment(folder, python, f"{sdk}[aio]", f"{program}[testing]")
