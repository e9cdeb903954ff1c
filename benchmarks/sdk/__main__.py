"""The command line of the SDK's benchmarks."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

from benchmarks.cases import Target
from benchmarks.report import MET, publish, short, table
from benchmarks.sdk.cases import CASES, OURS, Case, Command
from benchmarks.sdk.facts import checked
from benchmarks.sdk.requests import write_requests
from benchmarks.sdk.stub import stub_server

_EXAMPLES = """\
examples:
  tools/environment rivals && tools/environment aiobotocore    what the SDK is compared with
  python -m benchmarks.sdk                                     every case, about three minutes
  python -m benchmarks.sdk --case 'import-*' --rounds 15       some cases, more thoroughly
  python -m benchmarks.sdk --facts --markdown benchmarks/sdk/README.md
"""
_ROOT = Path(__file__).parents[2]
_HEADINGS = ("case", "measure", OURS, "rival", "its", "ratio", "target", "met")
_SECONDS = 300

Numbers = Mapping[str, float]


class Failed(Exception):
    """A contender did not give its numbers."""


@dataclass(frozen=True)
class Row:
    """One number of one case beside that of one rival, or alone. `met` is None where there is no target."""

    case: str
    measure: str
    ours: float
    rival: str
    theirs: float | None
    target: str
    met: bool | None

    def cells(self) -> tuple[str, ...]:
        alone = self.theirs is None
        ratio = "" if alone or not self.theirs else f"{self.ours / self.theirs:.2f}x"
        theirs = "" if self.theirs is None else short(self.theirs)
        return (self.case, self.measure, short(self.ours), self.rival, theirs, ratio, self.target, MET[self.met])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sdk",
        description="Measures wharfside-sdk and what else there is for ECR in Python in the same run.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--case", action="append", metavar="PATTERN", help="only cases whose name matches; may be repeated"
    )
    parser.add_argument("--list", action="store_true", help="print the names of the cases and end")
    parser.add_argument("--rounds", type=int, default=5, help="measure so often and take the least (default 5)")
    parser.add_argument("--facts", action="store_true", help="also run the tests of what is promised beyond speed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="also update the table between the markers in FILE"
    )
    parser.add_argument("--gate", action="store_true", help="exit with 1 when a target is missed")
    return parser.parse_args()


def _run(command: Command, places: Mapping[str, str]) -> Numbers:
    """The numbers of one contender, measured once. Raises Failed."""
    python = _ROOT / command.environment / "bin" / "python"
    if not python.exists():
        environment = command.environment.removeprefix(".venv").lstrip("-") or "dev"
        raise Failed(f"There is no {command.environment}; make it: tools/environment {environment}")
    arguments = command.arguments
    for name, value in places.items():
        arguments = tuple(argument.replace(f"{{{name}}}", value) for argument in arguments)
    with tempfile.TemporaryDirectory(prefix="wharfside-sdk-benchmark-") as folder:
        shutil.copytree(Path(__file__).parent / "samples", folder, dirs_exist_ok=True)
        arguments = tuple(argument.replace("{folder}", folder) for argument in arguments)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
        done = subprocess.run(
            [python, *arguments],
            cwd=_ROOT,
            env=kept | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    if done.returncode:
        raise Failed(f"{' '.join(command.arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def _measure(case: Case, rounds: int, places: Mapping[str, str]) -> Mapping[str, Numbers]:
    """The least numbers of every contender. They take turns, so that each has quiet moments and others."""
    least: dict[str, dict[str, float]] = {}
    for _ in range(1 if case.once else rounds):
        for contender, command in case.commands.items():
            numbers = _run(command, places)
            so_far = least.setdefault(contender, dict(numbers))
            so_far.update({measure: min(value, so_far[measure]) for measure, value in numbers.items()})
    return least


def _rows(case: Case, numbers: Mapping[str, Numbers]) -> list[Row]:
    rows: list[Row] = []
    for measure, ours in numbers[OURS].items():
        targets = {goal.rival: goal.target for goal in case.goals if goal.measure == measure}
        rivals = [rival for rival in numbers if rival != OURS] or [""]
        for place, rival in enumerate(rivals):
            theirs = numbers[rival][measure] if rival else None
            target = targets.get(rival) or (targets.get("") if place == 0 else None)
            met = None if target is None else _is_met(target, ours, theirs)
            rows.append(Row(case.name, measure, ours, rival, theirs, "" if target is None else str(target), met))
    return rows


def _is_met(target: Target, ours: float, theirs: float | None) -> bool:
    if target.absolute or not theirs:
        return target.is_met(ours)
    return target.is_met(ours / theirs)


def _heading(rounds: int) -> str:
    day = datetime.now(UTC).date().isoformat()
    machine = f"{os.cpu_count()} CPUs ({platform.machine()}), Python {platform.python_version()}"
    return f"{day}, {machine}; the least of {rounds} rounds."


def _measure_all(cases: Sequence[Case], rounds: int) -> list[Row]:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="wharfside-sdk-benchmark-") as folder, stub_server() as url:
        requests = Path(folder) / "requests"
        write_requests(requests)
        places = {"url": url, "requests": str(requests), "root": str(_ROOT)}
        for number, case in enumerate(cases, 1):
            if sys.stderr.isatty():
                print(f"\r\033[K{number}/{len(cases)} {case.name}", end="", file=sys.stderr, flush=True)
            rows += _rows(case, _measure(case, rounds, places))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return rows


def _results(rows: Sequence[Row], arguments: argparse.Namespace) -> str:
    results = f"{_heading(arguments.rounds)}\n\n{table(_HEADINGS, [row.cells() for row in rows], left={0, 1, 3})}"
    if arguments.facts:
        results += f"\n\n{checked()}"
    return results


def main() -> int:
    arguments = _arguments()
    patterns: list[str] = arguments.case or ["*"]
    cases = [case for case in CASES if any(fnmatch(case.name, pattern) for pattern in patterns)]
    if arguments.list:
        print("\n".join(case.name for case in cases))
        return 0
    if not cases:
        print("No case has such a name; --list shows all.", file=sys.stderr)
        return 2
    try:
        rows = _measure_all(cases, arguments.rounds)
        return publish(_results(rows, arguments), rows, arguments)
    except (Failed, ValueError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
