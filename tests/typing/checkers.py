"""Runs pyright and mypy, each once, and gives what they refuse by file and line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SDK = ROOT / "sdk"
MARK = "# refused"
"""Ends a line of the corpus that a type checker must refuse."""
SECONDS = 240


@dataclass(frozen=True, order=True)
class Refusal:
    file: Path
    line: int
    reason: str


def pyright(files: Sequence[Path], folder: Path) -> list[Refusal]:
    """What pyright refuses in strict mode; its settings are written into the folder."""
    settings = folder / "pyrightconfig.json"
    settings.write_text(
        json.dumps(
            {
                "include": [str(each) for each in files],
                "extraPaths": [str(SDK)],
                "typeCheckingMode": "strict",
                "reportUnusedVariable": False,
                "pythonVersion": "3.11",
            }
        )
    )
    report: Mapping[str, Any] = json.loads(
        _run("pyright", "--project", str(settings), "--pythonpath", sys.executable, "--outputjson")
    )
    assert report["summary"]["filesAnalyzed"] >= len(files), report["summary"]
    return sorted(
        Refusal(Path(each["file"]), each["range"]["start"]["line"] + 1, each["message"])
        for each in report["generalDiagnostics"]
        if each["severity"] == "error"
    )


def mypy(files: Sequence[Path], folder: Path) -> list[Refusal]:
    """What mypy refuses with --strict."""
    settings = folder / "mypy.ini"
    settings.write_text(f"[mypy]\nmypy_path = {SDK}\n")
    options = ("--config-file", str(settings), "--cache-dir", str(folder / "mypy"), "--python-version", "3.11")
    printed = _run("mypy", "--strict", "--output", "json", *options, *(str(each) for each in files))
    lines: Iterable[Mapping[str, Any]] = (json.loads(line) for line in printed.splitlines() if line.startswith("{"))
    return sorted(
        Refusal(Path(each["file"]).resolve(), each["line"], each["message"])
        for each in lines
        if each["severity"] == "error"
    )


def marked_lines(file: Path, checker: str) -> set[int]:
    """The lines of a file that a checker is to refuse: marked `# refused`, or `# refused by` its name."""
    marks = (MARK, f"{MARK} by {checker}")
    return {number for number, line in enumerate(file.read_text().splitlines(), 1) if line.endswith(marks)}


def _run(module: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout
