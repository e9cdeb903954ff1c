"""Wheels, and environments that they are installed in."""

from __future__ import annotations

import os
import subprocess
import zipfile
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path

from interpreters import UV

ROOT = Path(__file__).parents[2]
SECONDS = 240


@dataclass(frozen=True)
class Wheel:
    path: Path

    @property
    def files(self) -> set[str]:
        with zipfile.ZipFile(self.path) as archive:
            return set(archive.namelist())

    def read(self, suffix: str) -> str:
        """The one file whose name ends like this."""
        (name,) = (name for name in self.files if name.endswith(suffix))
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(name).decode()

    @property
    def metadata(self) -> Message:
        return Parser().parsestr(self.read(".dist-info/METADATA"))


@dataclass(frozen=True)
class Environment:
    """A virtual environment, in which nothing of this checkout can be imported but what was installed."""

    folder: Path

    def run(self, program: str, *arguments: str) -> str:
        """The output of a program of the environment. A failure shows what it said."""
        return run(self.folder / "bin" / program, *arguments, folder=self.folder)

    def python(self, statements: str) -> str:
        return self.run("python", "-I", "-W", "error", "-c", statements)


def run(*command: str | Path, folder: Path) -> str:
    own = {name: text for name, text in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "WHARFSIDE_"))}
    # Neither the environment that runs the tests, nor downloads of interpreters.
    own.pop("VIRTUAL_ENV", None)
    own["UV_PYTHON_DOWNLOADS"] = "never"
    done = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def make_environment(folder: Path, python: Path, *requirements: str) -> Environment:
    """Installs what is required and what that declares to need, in the versions that are locked."""
    run(UV, "venv", "--quiet", "--python", python, folder, folder=folder.parent)
    environment = folder / "bin" / "python"
    constraints = ROOT / "requirements-dev.lock"
    run(
        *(UV, "pip", "install", "--quiet", "--python", environment, "--only-binary", ":all:"),
        *("--constraint", constraints, *requirements),
        folder=folder,
    )
    return Environment(folder)
