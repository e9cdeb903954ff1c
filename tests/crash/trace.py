"""Recordings of a program's system calls, made with strace."""

import ast
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

CALLS = (
    "openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,recvfrom,recvmsg,fsync,fdatasync,"
    "rename,renameat,renameat2,link,linkat,unlink,unlinkat,ftruncate,truncate,mkdir,mkdirat,rmdir"
)
_LONGEST_STRING = 32 * 1024 * 1024
_LINE = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+)(?:<(.*)>)?[^<>\"]*", re.DOTALL)
_UNFINISHED = re.compile(r"(\d+) +(\w+\(.*) <unfinished \.\.\.>", re.DOTALL)
_RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)", re.DOTALL)
_DESCRIPTOR = re.compile(r"(?:\d+|AT_FDCWD)<(.*?)>(\(deleted\))?(?=,|$)")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\.\.\.)?')
_WRITES = {"write", "pwrite64", "writev", "pwritev", "pwritev2", "sendto", "sendmsg", "recvfrom", "recvmsg"}
_NAMES = {"rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir"}


@dataclass(frozen=True, slots=True)
class Event:
    """One system call that succeeded. `start` and `end` are the places in the recording where it began and returned.

    Of two calls of different threads, one surely happened before the other only if its `end` is below the other's
    `start`.
    """

    thread: int
    name: str
    start: int
    end: int
    result: int
    path: str
    """The file, folder or socket; for calls with two names the first."""
    other: str = ""
    """The second name of rename and link."""
    data: bytes = b""
    """What was written, sent or received."""
    offset: int | None = None
    """Where a write with an explicit offset went; for truncations the new size."""
    flags: frozenset[str] = frozenset()
    """Of openat: O_CREAT and so on."""


def strace(output: Path, command: Sequence[str]) -> list[str]:
    """The command line that runs a command under strace, as the process that is started: strace is a child of it."""
    return ["strace", "-DDD", "-f", "--seccomp-bpf", "-yy", "-s", str(_LONGEST_STRING), "-e", f"trace={CALLS}",
            "-e", "signal=none", "-o", str(output), *command]  # fmt: skip


def wait_for_end(recording: Path, process: int, seconds: float = 10) -> None:
    """Wait until the recording holds the end of a process. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    end = re.compile(rf"^{process} +\+\+\+ (?:exited|killed)", re.MULTILINE)
    while end.search(recording.read_text("latin-1")) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"strace did not record the end of process {process}")
        time.sleep(0.02)


def read_recording(lines: Iterable[str]) -> list[Event]:
    """The calls of a recording that succeeded, in the order in which they returned. Raises ValueError if bytes lack."""
    events: list[Event] = []
    begun: dict[int, tuple[int, str]] = {}
    for number, line in enumerate(lines):
        line = line.rstrip("\n")
        start = number
        if unfinished := _UNFINISHED.fullmatch(line):
            begun[int(unfinished[1])] = (number, unfinished[2])
            continue
        if resumed := _RESUMED.fullmatch(line):
            start, beginning = begun.pop(int(resumed[1]))
            line = f"{resumed[1]} {beginning}{resumed[2]}"
        if (call := _LINE.fullmatch(line)) and int(call[4]) >= 0:
            events.append(_event(call, start, number))
    return events


def _event(call: re.Match[str], start: int, end: int) -> Event:
    thread, name, arguments, result, opened = int(call[1]), call[2], call[3], int(call[4]), call[5]
    descriptor = _DESCRIPTOR.match(arguments)
    path = (descriptor[1] + (descriptor[2] or "")) if descriptor else ""
    if name in _WRITES:
        offset = int(arguments.split(", ")[-1]) if name == "pwrite64" else None
        if name.startswith("pwritev"):
            offset = int(re.findall(r"\], \d+, (\d+)", arguments)[-1])
        return Event(thread, name, start, end, result, path, data=_data(arguments, result), offset=offset)
    if name in ("ftruncate", "truncate"):
        return Event(
            thread, name, start, end, result, path or _name(arguments, 0), offset=int(arguments.split(", ")[-1])
        )
    if name in _NAMES:
        return Event(thread, name, start, end, result, _name(arguments, 0), _name(arguments, 1))
    if name in ("open", "openat", "creat"):
        flags = {"O_CREAT", "O_TRUNC"} if name == "creat" else set(re.findall(r"\bO_[A-Z]+", arguments))
        return Event(thread, name, start, end, result, opened or "", flags=frozenset(flags))
    return Event(thread, name, start, end, result, path)


def _data(arguments: str, length: int) -> bytes:
    strings = list(_STRING.finditer(arguments))
    data = b"".join(_bytes(string[1]) for string in strings)[:length]
    if len(data) < length:
        raise ValueError(f"the recording holds {len(data)} of {length} bytes")
    return data


def _bytes(text: str) -> bytes:
    """strace escapes as C does, and those escapes are Python's too."""
    return ast.literal_eval(f'b"{text}"')


def _name(arguments: str, number: int) -> str:
    """The name at this place among the names of a call, absolute where its folder is given."""
    names = list(re.finditer(r'(?:(?:\d+|AT_FDCWD)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"', arguments))
    if number >= len(names):
        return ""
    name = _bytes(names[number][2]).decode()
    return name if name.startswith("/") or names[number][1] is None else f"{names[number][1]}/{name}"
