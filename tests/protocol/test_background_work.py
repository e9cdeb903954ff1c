"""Background work of a running registry, as an administrator sees it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from registry_process import RegistryProcess
from wharfside.jobs.handlers import schedules

KINDS = {schedule.kind for schedule in schedules("@hourly")}


def wharfside(server: RegistryProcess, *words: str) -> Any:
    command = [sys.executable, "-m", "wharfside", "jobs", *words, "--data", str(server.data), "--json"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WHARFSIDE_")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=environment)
    return json.loads(done.stdout)


def until_done(server: RegistryProcess) -> list[dict[str, Any]]:
    """Every kind of job was done; some maybe twice, where a moment of its schedule has come meanwhile."""
    deadline = time.monotonic() + 30
    while True:
        listed = wharfside(server, "list")
        if {job["kind"] for job in listed} == KINDS and {job["state"] for job in listed} == {"done"}:
            return listed
        assert time.monotonic() < deadline, listed
        time.sleep(0.1)


def attempts(server: RegistryProcess) -> dict[str, float]:
    client = server.oci_client(password=None)
    reply = client.request("GET", "/metrics")
    client.close()
    lines = [line.rpartition(" ") for line in reply.body.decode().splitlines()]
    return {name: float(value) for name, _, value in lines if name.startswith("wharfside_job_attempts_total")}


def test_workers_share_the_work_and_what_they_did_can_be_seen(fresh_registry: Callable[..., RegistryProcess]) -> None:
    server = fresh_registry("--workers", "2")
    done = len(until_done(server))
    assert {each["kind"] for each in wharfside(server, "schedules") if each["last"]} == KINDS
    counted = attempts(server)
    assert set(counted) == {f'wharfside_job_attempts_total{{kind="{kind}",outcome="done"}}' for kind in KINDS}
    assert sum(counted.values()) >= done  # by both workers together


def test_a_restart_does_not_do_again_what_was_done(fresh_registry: Callable[..., RegistryProcess]) -> None:
    server = fresh_registry()
    before = {job["job"] for job in until_done(server)}
    server.kill()
    moments = {each["kind"]: each["next"] for each in wharfside(server, "schedules")}
    server.start()
    time.sleep(1.5)
    again = {job["kind"] for job in wharfside(server, "list") if job["job"] not in before}
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    assert again <= {kind for kind, moment in moments.items() if moment <= now}
