"""The Python modules of the SDK that are made from the models: what is written, and what has drifted."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tools.codegen import emit_literals, emit_package, emit_requests, emit_responses, emit_type_defs
from tools.codegen.naming import PACKAGES
from wharfside_sdk.model.ir import Service, load

SDK: Final = Path(__file__).parents[2] / "sdk" / "wharfside_sdk"
HEADER: Final = "# Made by `python -m tools.codegen` from the service model; changes here are lost.\n"

Emitter = Callable[[Service], Mapping[str, str]]
"""Gives the source of modules by their path inside the service's package, without header and unformatted."""

EMITTERS: Final[tuple[Emitter, ...]] = (
    emit_package.files,
    emit_literals.files,
    emit_type_defs.files,
    emit_requests.files,
    emit_responses.files,
)


def write_sources() -> int:
    """Writes every generated module, and removes generated ones that are no longer made. How many were written."""
    made = _sources()
    for path in _generated() - made.keys():
        path.unlink()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return len(made)


def source_drift() -> Iterator[str]:
    """A line for every generated module that is missing, differs or is left over."""
    made = _sources()
    for path in sorted(made.keys() | _generated()):
        where = path.relative_to(SDK.parent)
        if path not in made:
            yield f"{where}: is no longer made"
        elif not path.is_file():
            yield f"{where}: missing"
        elif path.read_text() != made[path]:
            yield f"{where}: differs from what is made now"


def _sources() -> dict[Path, str]:
    unformatted = {
        f"{package}/{module}": HEADER + source
        for service, package in PACKAGES.items()
        for emitter in EMITTERS
        for module, source in emitter(load(service)).items()
    }
    return {SDK / name: text for name, text in _formatted(unformatted).items()}


def _generated() -> set[Path]:
    return {
        path
        for package in PACKAGES.values()
        for path in (SDK / package).rglob("*.py")
        if path.read_text().startswith(HEADER)
    }


def _formatted(modules: Mapping[str, str]) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, source in modules.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        settings = ["--no-cache", "--config", str(SDK.parents[1] / "pyproject.toml")]
        settings += ["--config", "lint.isort.known-first-party = ['wharfside_sdk']"]
        # Rule I sorts the imports, F401 drops those that a module turned out not to need.
        for command in (["check", "--select", "I,F401", "--fix"], ["format"]):
            subprocess.run([sys.executable, "-m", "ruff", *command, *settings, "--quiet", folder], check=True)
        return {name: Path(folder, name).read_text() for name in modules}
