"""CPU seconds and memory of a server's whole process tree, from /proc (Linux only)."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def _stat_fields(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the command name, which may hold spaces; None when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def process_tree(root: int) -> list[int]:
    """The process and all its living descendants."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _stat_fields(int(name))):
            children.setdefault(int(fields[1]), []).append(int(name))
    tree = [root]
    for pid in tree:
        tree.extend(children.get(pid, []))
    return tree


def cpu_seconds(root: int) -> float:
    """User and system time that the process tree has used, also by those of its children that have ended."""
    ticks = 0
    for pid in process_tree(root):
        if fields := _stat_fields(pid):
            ticks += sum(int(value) for value in fields[11:15])  # utime, stime, cutime, cstime
    return ticks / _TICKS_PER_SECOND


def peak_memory(root: int) -> float:
    """The highest resident set of each process of the tree, summed, in MB (an upper bound when there are several)."""
    kibibytes = 0
    for pid in process_tree(root):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                kibibytes += int(line.split()[1])
    return kibibytes * 1024 / 1e6


@dataclass
class Window:
    """CPU seconds of the server and seconds of the clock that passed inside a `measured` block."""

    cpu: float = 0.0
    wall: float = 0.0


@contextmanager
def measured(root: int) -> Generator[Window, None, None]:
    """Fills in the Window when the block ends."""
    window = Window()
    cpu, wall = cpu_seconds(root), time.perf_counter()
    yield window
    window.wall = time.perf_counter() - wall
    window.cpu = cpu_seconds(root) - cpu
