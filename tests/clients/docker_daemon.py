"""A dockerd of the tests' own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sandbox import Sandbox

from registry_process import tool


@dataclass(frozen=True)
class Daemon:
    """A dockerd, which brings its own containerd."""

    folder: Path
    sandbox: Sandbox

    def run(self, *arguments: str | Path, text: str | None = None) -> str:
        return self.sandbox.run("docker", "-H", f"unix://{self.folder}/docker.sock", *arguments, text=text)

    def attempt(self, *arguments: str | Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
        return self.sandbox.attempt("docker", "-H", f"unix://{self.folder}/docker.sock", *arguments, text=text)

    def ctr(self, *arguments: str) -> str:
        return self.sandbox.run("ctr", "-a", self.folder / "exec" / "containerd" / "containerd.sock", *arguments)


@contextmanager
def docker_daemon(folder: Path, sandbox: Sandbox) -> Iterator[Daemon]:
    """Run a dockerd that keeps everything in a folder; the test is skipped where there cannot be one."""
    program = tool("dockerd")
    tool("docker")
    if os.geteuid() != 0:
        pytest.skip("dockerd needs root")
    command = [program, "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "-p", f"{folder}/pid"]
    command += ["-H", f"unix://{folder}/docker.sock", "--iptables=false", "--ip6tables=false", "--bridge=none"]
    command += ["--storage-driver=overlay2"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    daemon = Daemon(folder, sandbox)
    try:
        wait_until_ready(daemon, process)
        yield daemon
    finally:
        process.terminate()
        process.wait(60)
        # dockerd leaves this mount, and pytest cannot remove the folder with it.
        subprocess.run([tool("umount"), folder / "exec" / "netns" / "default"], capture_output=True, check=False)


def wait_until_ready(daemon: Daemon, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"dockerd ended:\n{(daemon.folder / 'log').read_text()}")
        if daemon.attempt("version").returncode == 0:
            return
        time.sleep(0.1)
    pytest.fail(f"dockerd was not ready:\n{(daemon.folder / 'log').read_text()}")
