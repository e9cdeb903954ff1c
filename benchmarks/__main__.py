"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

from benchmarks.cases import CASES, MEBIBYTE, Case, Numbers, Setting
from benchmarks.layers import LayerSource
from benchmarks.peers import Server, ServerFailed, docker_registry, wharfside
from benchmarks.report import Row, publish, rows_of, table_of

_EXAMPLES = """\
examples:
  python -m benchmarks                                     every case once, about three minutes
  python -m benchmarks --case 'push-*' --case memory       some cases
  python -m benchmarks --repeat 3 --gate                   medians of three; exit code 1 when a target is missed
  python -m benchmarks --markdown benchmarks/README.md     also update the table in the document
"""
_NEEDED_BYTES = 4 * 1024 * MEBIBYTE


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures Wharfside and docker-registry in the same run and prints the ratios.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--case", action="append", metavar="PATTERN", help="only cases whose name matches; may be repeated"
    )
    parser.add_argument("--list", action="store_true", help="print the names of the cases and end")
    parser.add_argument("--seconds", type=float, default=1.2, help="seconds of load per case and server (default 1.2)")
    parser.add_argument(
        "--repeat", type=int, default=1, help="measure each case so often and take the medians (default 1)"
    )
    parser.add_argument(
        "--large-layer", type=float, default=5, metavar="GB", help="layer of the memory case (default 5)"
    )
    parser.add_argument("--memory-folder", type=Path, default=Path("/dev/shm"), help="a tmpfs (default /dev/shm)")
    parser.add_argument("--disk-folder", type=Path, default=Path("/var/tmp"), help="on a real disk (default /var/tmp)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="also update the table between the markers in FILE"
    )
    parser.add_argument("--gate", action="store_true", help="exit with 1 when a target is missed")
    return parser.parse_args()


@contextmanager
def _setting(arguments: argparse.Namespace) -> Generator[Setting, None, None]:
    free = shutil.disk_usage(arguments.memory_folder).free
    if free < _NEEDED_BYTES:
        raise ServerFailed(
            f"{arguments.memory_folder} has {free // MEBIBYTE} MiB free and {_NEEDED_BYTES // MEBIBYTE} are needed; "
            "give another folder with --memory-folder"
        )
    with tempfile.TemporaryDirectory(prefix="wharfside-benchmark-", dir=arguments.memory_folder) as scratch:
        layers = LayerSource(Path(scratch) / "layer", 64 * MEBIBYTE)
        yield Setting(arguments.seconds, Path(scratch), layers, int(arguments.large_layer * 1e9))


def _measure(case: Case, setting: Setting, folder: Path) -> tuple[Numbers, Numbers]:
    """Wharfside's numbers and the rival's, one directly after the other."""
    with wharfside(folder, case.workers, encrypted=case.encrypted) as server:
        ours = _run(case, setting, server)
    with wharfside(folder) if case.workers > 1 else docker_registry(folder) as server:
        return ours, _run(case, setting, server)


def _run(case: Case, setting: Setting, server: Server) -> Numbers:
    try:
        return case.run(setting, server)
    except ServerFailed as error:
        error.add_note(f"This was the case {case.name}.")
        raise


def _medians(runs: list[Numbers]) -> Numbers:
    return {measure: statistics.median(run[measure] for run in runs) for measure in runs[0]}


def _measure_all(cases: list[Case], arguments: argparse.Namespace) -> list[Row]:
    rows: list[Row] = []
    with wharfside(arguments.memory_folder):
        pass  # so that Python has compiled everything once
    with _setting(arguments) as setting:
        for number, case in enumerate(cases, 1):
            if sys.stderr.isatty():
                print(f"\r\033[K{number}/{len(cases)} {case.name}", end="", file=sys.stderr, flush=True)
            folder = arguments.disk_folder if case.on_disk else arguments.memory_folder
            ours, rival = zip(*(_measure(case, setting, folder) for _ in range(arguments.repeat)), strict=True)
            rows += rows_of(case, _medians(list(ours)), _medians(list(rival)))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return rows


def _heading(arguments: argparse.Namespace) -> str:
    day = datetime.now(UTC).date().isoformat()
    runs = f"medians of {arguments.repeat} runs" if arguments.repeat > 1 else "one run"
    hashing = f"SHA-256 at {_hash_speed():.2f} GB/s per core"
    machine = f"{os.cpu_count()} CPUs ({platform.machine()}, {hashing}), Python {platform.python_version()}"
    return f"{day}, {machine}; {runs} of {arguments.seconds:g} s per case."


def _hash_speed() -> float:
    """GB hashed per CPU second: a push can cost no less CPU than this."""
    content = bytes(64 * MEBIBYTE)
    begin = time.process_time()
    hashlib.sha256(content).digest()
    return len(content) / (time.process_time() - begin) / 1e9


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
        rows = _measure_all(cases, arguments)
        return publish(f"{_heading(arguments)}\n\n{table_of(rows)}", rows, arguments)
    except (ServerFailed, ValueError) as error:
        print("", error, *getattr(error, "__notes__", ()), sep="\n", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
