"""SIGKILL of a server that pushes come to and events go out from: none is lost, and none overtakes another."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from random import Random
from typing import Any

from sqlalchemy import Connection, update

from administration import administration
from oci_client import OCI_MANIFEST
from registry_process import RegistryProcess
from webhook_receiver import CLOSE, Receiver
from wharfside.registry.webhooks import add_webhook, seal_secret
from wharfside.store.tables import job
from wharfside.store.webhooks import Webhook

SECRET = "a secret of the tests"
REPOSITORIES = ("first", "second")
KILLS = 4


def adopt(connection: Connection) -> None:
    """As if the leases of the process that was killed had ended."""
    connection.execute(update(job).where(job.c.state == "running").values(due_at=0.0))


def test_a_killed_server_tells_all_that_was_acknowledged(fresh_registry: Callable[..., RegistryProcess]) -> None:
    random = Random(21)

    def answer(event: dict[str, Any]) -> int:
        return random.choice([*[200] * 10, 500, CLOSE])

    server = fresh_registry()
    for name in REPOSITORIES:
        server.create_repository(name)
    password = server.password()
    pushed: dict[str, list[str]] = {name: [] for name in REPOSITORIES}
    with Receiver(SECRET, answer) as receiver:
        with administration(server.data) as admin:
            sealed = seal_secret(admin.sealer, SECRET)
            new = Webhook(0, server.account, server.region, "ci", receiver.url, sealed, (), (), True, admin.now)
            admin.run(add_webhook, new)
        for kill in range(KILLS):
            push_some(server, password, pushed, kill)
            threading.Event().wait(random.uniform(0.0, 0.4))
            server.kill()
            with administration(server.data) as admin:
                admin.run(adopt)
            server.start()
        deadline = time.monotonic() + 120
        while {name: len(tags) for name, tags in receiver.order().items()} != dict.fromkeys(pushed, KILLS * 4):
            assert time.monotonic() < deadline, receiver.order()
            time.sleep(0.1)
        assert receiver.order() == pushed
        assert all(each.signed for each in receiver.received)
        assert len({each.id for each in receiver.received}) == KILLS * 4 * len(REPOSITORIES)


def push_some(server: RegistryProcess, password: str, pushed: dict[str, list[str]], kill: int) -> None:
    client = server.oci_client(password)
    for number in range(4):
        for name, tags in pushed.items():
            tag = f"{kill}-{number}"
            digest = client.push_blob(name, tag.encode())
            config = {"mediaType": "application/x-config", "digest": digest, "size": len(tag)}
            document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []}
            assert client.put_manifest(name, tag, json.dumps(document).encode()).status == 201
            tags.append(tag)
    client.close()
