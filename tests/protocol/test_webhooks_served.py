"""What clients do to a registry reaches its webhooks, and /metrics says how that goes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from oci_client import OCI_MANIFEST, OciClient
from registry_process import RegistryProcess
from webhook_receiver import Receiver

SECRET = "a secret of the tests"


def wharfside(server: RegistryProcess, *words: str, given: str = "") -> str:
    command = [sys.executable, "-m", "wharfside", *words, "--data", str(server.data)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WHARFSIDE_")}
    done = subprocess.run(command, capture_output=True, text=True, input=given, timeout=60, check=True, env=environment)
    return done.stdout


def manifest(client: OciClient, repository: str, content: str) -> str:
    digest = client.push_blob(repository, content.encode())
    config = {"mediaType": "application/x-config", "digest": digest, "size": len(content)}
    return json.dumps({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []})


def wait_for(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def metrics(server: RegistryProcess) -> dict[str, float]:
    client = server.oci_client(password=None)
    body = client.request("GET", "/metrics").body.decode()
    client.close()
    lines = [line.rpartition(" ") for line in body.splitlines() if line.startswith("wharfside_webhook_")]
    return {name: float(value) for name, _, value in lines if "_created" not in name}


def push_and_delete(oci: OciClient, ecr: Any) -> None:
    assert oci.put_manifest("app", "by-container-tool", manifest(oci, "app", "a").encode()).status == 201
    for tag in ("by-api", "flaky"):
        ecr.put_image(repositoryName="app", imageManifest=manifest(oci, "app", "b"), imageTag=tag)
    assert oci.delete_manifest("app", "by-container-tool").status == 202
    ecr.batch_delete_image(repositoryName="app", imageIds=[{"imageTag": "by-api"}])
    ecr.delete_repository(repositoryName="app", force=True)


def test_both_planes_tell_of_what_was_done(fresh_registry: Callable[..., RegistryProcess]) -> None:
    statuses = {"flaky": [500]}

    def answer(event: dict[str, dict[str, str]]) -> int:
        left = statuses.get(event["detail"].get("image-tag", ""), [])
        return left.pop() if left else 200

    server = fresh_registry(environment_options={"WHARFSIDE_WEBHOOK_TIMEOUT": "60"})
    server.create_repository("app")
    oci = server.oci_client(server.password())
    with Receiver(SECRET, answer) as receiver:
        wharfside(server, "webhook", "add", "ci", receiver.url, "--secret-file", "-", given=SECRET)
        push_and_delete(oci, server.client())
        wait_for(lambda: len(receiver.taken()) == 7)
        told = [(each.event["detail"]["action-type"], each.tag) for each in receiver.taken()]
        assert told == [
            ("PUSH", "by-container-tool"),
            ("PUSH", "by-api"),
            ("PUSH", "flaky"),
            ("DELETE", "by-container-tool"),
            ("DELETE", "by-api"),
            ("DELETE", None),
            ("DELETE", "flaky"),
        ]
        assert all(each.signed for each in receiver.received)
        streamed = [json.loads(line) for line in wharfside(server, "events").splitlines()]
        assert [each.event for each in receiver.taken()] == streamed
        wait_for(lambda: metrics(server)["wharfside_webhook_undelivered"] == 0)
        assert metrics(server) == {
            'wharfside_webhook_deliveries_total{outcome="delivered"}': 7,
            'wharfside_webhook_deliveries_total{outcome="failed"}': 1,
            "wharfside_webhook_undelivered": 0,
            "wharfside_webhook_oldest_undelivered_seconds": 0,
        }
    oci.close()
    check_records(server)


def check_records(server: RegistryProcess) -> None:
    """The command is in the audit trail, and the secret nowhere."""
    audited = [json.loads(line) for line in wharfside(server, "audit", "--json").splitlines()]
    (added,) = [each for each in audited if each["eventName"] == "AddWebhook"]
    assert added["requestParameters"]["command"][:3] == ["webhook", "add", "ci"]
    assert SECRET not in json.dumps(audited)
    assert SECRET not in server.log()
