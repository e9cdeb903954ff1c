"""The server behind the tests of a process: started when it is first needed, used again, and gone with the process."""

from __future__ import annotations

import atexit
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

START_SECONDS: Final = 60.0
"""How long a server may take to start: a busy machine compiles every module first."""
_NOT_FOR_THE_SERVER: Final = (
    *("WHARFSIDE_", "AWS_"),
    *("COVERAGE_", "COV_CORE_"),
    *("PYTHONASYNCIODEBUG", "PYTHONDEVMODE", "PYTHONINSPECT", "PYTHONSTARTUP", "PYTHONWARNINGS"),
)
"""Variables, by how they begin, that are meant for the tests: they would change or slow the server, or end it."""
_lock = threading.Lock()
_running: Server | None = None


class RegistryNotStarted(Exception):
    """The registry for the tests did not start; the text holds its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server in open mode, and the temporary folder with all its data."""

    process: subprocess.Popen[str]
    folder: Path
    endpoint_url: str
    owner: int
    """The process that started it. Others got it by a fork: they may use it, but cannot wait for it or end it."""

    @property
    def log_file(self) -> Path:
        return self.folder / "log"

    def is_running(self) -> bool:
        return self.owner != os.getpid() or self.process.poll() is None

    def stop(self) -> None:
        """End it and remove its data, at once: nobody is to read them again."""
        if self.owner == os.getpid():
            _remove(self.process, self.folder)


def running_server() -> Server:
    """The server of this process, started when there is none. Raises RegistryNotStarted."""
    global _running
    with _lock:
        if _running is None or not _running.is_running():
            if _running is not None:
                atexit.unregister(_running.stop)
                _running.stop()
                _running = None
            _running = start_server()
            atexit.register(_running.stop)
        return _running


def start_server() -> Server:
    """Start a server, and wait until it answers. Raises RegistryNotStarted."""
    folder = Path(tempfile.mkdtemp(prefix="wharfside-"))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  # our own module
            # -P: a file in the folder of the tests must not stand in for a module of the server.
            [sys.executable, "-P", "-m", "wharfside.testing", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={name: text for name, text in os.environ.items() if not name.startswith(_NOT_FOR_THE_SERVER)},
            # Ctrl-C is for the tests, whose ends may still need the registry.
            process_group=0,
            text=True,
        )
    try:
        url = _wait_until_ready(process)
        if not url:
            raise RegistryNotStarted(_failure(process, (folder / "log").read_text(errors="replace")))
    except BaseException:
        _remove(process, folder)
        raise
    return Server(process, folder, url, os.getpid())


def _wait_until_ready(process: subprocess.Popen[str]) -> str:
    """The address that the server prints when it is ready; empty when it ends, or takes too long."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(START_SECONDS):
            return ""
    return process.stdout.readline().strip()


def _failure(process: subprocess.Popen[str], log: str) -> str:
    try:
        happened = f"ended with exit code {process.wait(1)}"
    except subprocess.TimeoutExpired:
        happened = f"was not ready within {START_SECONDS:.0f} seconds"
    return f"The registry for the tests {happened}. Its log:\n{log.strip() or '(empty)'}"


def _remove(process: subprocess.Popen[str], folder: Path) -> None:
    process.kill()
    with process:  # waits, and closes the pipes
        pass
    shutil.rmtree(folder, ignore_errors=True)
