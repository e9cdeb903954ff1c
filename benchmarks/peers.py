"""Starts and stops the servers that are measured: Wharfside, and docker-registry as the peer."""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

REPOSITORY = "benchmark"
WHARFSIDE = "Wharfside"
PEER = "docker-registry"
_START_SECONDS = 20.0
_STOP_SECONDS = 15.0

_PEER_CONFIGURATION = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  cache: {{blobdescriptor: inmemory}}
  filesystem: {{rootdirectory: {data}}}
  delete: {{enabled: true}}
http: {{addr: "127.0.0.1:{port}"}}
"""


class ServerFailed(Exception):
    """A server did not start, or answered something that a benchmark cannot go on with. The text says what to do."""


@dataclass(frozen=True)
class Server:
    """A running server of its own port and data folder, with the repository REPOSITORY to push to."""

    name: str
    pid: int
    port: int
    data: Path
    start_seconds: float
    """From starting the process to its first answer on /v2/."""
    headers: tuple[tuple[str, str], ...] = ()
    """What every request to it carries: the token, where the server wants one."""


def _environment() -> dict[str, str]:
    """Ours, but Python may keep what it compiles, as anywhere that nobody forbids it: else every start compiles."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status in (200, 401)
    except OSError:
        return False
    finally:
        connection.close()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServerFailed(f"{process.args} did not start.")
        time.sleep(0.005)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wharfside_token(port: int, data: Path) -> tuple[tuple[str, str], ...]:
    """Creates the repository and gets a token, both through boto3 with the administrator's key."""
    import boto3  # here because it takes long to import, and --list and --help need none of it

    key = json.loads((data / "admin.json").read_text())
    # Any: boto3 makes the methods of its clients at run time, so there is nothing to check them against.
    client: Any = cast("Any", boto3).client(
        "ecr",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=key.get("region", "us-east-1"),
        aws_access_key_id=key["accessKeyId"],
        aws_secret_access_key=key["secretAccessKey"],
    )
    client.create_repository(repositoryName=REPOSITORY)
    token = client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    if not base64.b64decode(token).startswith(b"AWS:"):
        raise ServerFailed(f"Wharfside gave a token that is not AWS:PASSWORD: {token[:20]}…")
    return (("Authorization", f"Basic {token}"),)


def _no_token(port: int, data: Path) -> tuple[tuple[str, str], ...]:
    return ()


@contextmanager
def _running(
    name: str,
    folder: Path,
    command: Callable[[int, Path], list[str]],
    log_in: Callable[[int, Path], tuple[tuple[str, str], ...]],
) -> Generator[Server, None, None]:
    root = Path(tempfile.mkdtemp(prefix="wharfside-benchmark-", dir=folder))
    try:
        data, log, port = root / "data", root / "log", _free_port()
        data.mkdir()
        arguments = command(port, data)
        with log.open("wb") as output:
            started = time.perf_counter()
            process = subprocess.Popen(arguments, env=_environment(), stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_until_ready(process, port)
            seconds = time.perf_counter() - started
            yield Server(name, process.pid, port, data, seconds, log_in(port, data))
        except ServerFailed as failure:
            failure.add_note(f"{name} said:\n{log.read_text(errors='replace')[-4000:]}")
            raise
        finally:
            _stop(process)
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def wharfside(folder: Path, workers: int = 1, *, encrypted: bool = False) -> Generator[Server, None, None]:
    """Wharfside as it is installed in this Python, on an empty data folder inside `folder`.

    Without `encrypted` it stores what is pushed as it comes, as its peers do.
    """

    def command(port: int, data: Path) -> list[str]:
        serve = [sys.executable, "-m", "wharfside", "serve", "--port", str(port), "--data", str(data)]
        serve += [] if encrypted else ["--encryption", "off"]
        return [*serve, "--workers", str(workers)] if workers > 1 else serve

    with _running(WHARFSIDE, folder, command, _wharfside_token) as server:
        yield server


@contextmanager
def docker_registry(folder: Path) -> Generator[Server, None, None]:
    """Debian's docker-registry with its default settings but no authentication, on an empty folder inside `folder`."""
    program = shutil.which("docker-registry")
    if program is None:
        raise ServerFailed(
            "docker-registry, the peer to compare with, is not installed: apt-get install docker-registry"
        )

    def command(port: int, data: Path) -> list[str]:
        configuration = data.parent / "config.yml"
        configuration.write_text(_PEER_CONFIGURATION.format(data=data, port=port))
        return [program, "serve", str(configuration)]

    with _running(PEER, folder, command, _no_token) as server:
        yield server
