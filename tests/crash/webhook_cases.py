"""The job that delivers events, for the program that kills at each of its steps: whatever happened is told of."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, select

from crash.left_case import Case
from webhook_receiver import Received, Receiver
from wharfside.api.node import Node
from wharfside.registry.context import Unit
from wharfside.registry.events import ImageAction, emit
from wharfside.registry.webhooks import seal_secret
from wharfside.store import webhooks as stored
from wharfside.store.jobs import enqueue
from wharfside.store.tables import webhook_delivery
from wharfside.store.webhook_deliveries import DELIVER
from wharfside.store.webhooks import Webhook

SECRET = "a secret of the tests"
REGISTRY = ("000000000000", "us-east-1")
ORDER: dict[str, list[str | None]] = {"app": ["v1", "v2", "v3"], "base": ["v1", "v2"]}
RECEIVERS: list[Receiver] = []


@contextmanager
def receiving() -> Generator[None]:
    """A receiver in the process that starts the ones that are killed."""
    with Receiver(SECRET, tolerance=7 * 86_400.0) as receiver:
        RECEIVERS.append(receiver)
        yield


def push(connection: Connection, moment: float) -> None:
    made = stored.insert_webhook(connection, Webhook(0, *REGISTRY, "ci", RECEIVERS[0].url, b"", (), (), True, moment))
    unit = Unit(connection, *REGISTRY, moment - 1)
    for repository, tags in ORDER.items():
        emit(unit, *(ImageAction("PUSH", repository, "sha256:1", tag) for tag in tags))
    enqueue(connection, DELIVER, str(made.id), {}, moment - 1)


def seal(node: Node) -> None:
    (made,) = node.db.read(lambda connection: stored.list_webhooks(connection, *REGISTRY))
    sealed = seal_secret(node.sealer, SECRET)
    node.db.write(lambda connection: stored.set_secret(connection, made.id, sealed)).result(20)


def deliveries(connection: Connection) -> tuple[list[str], dict[str, list[str | None]], list[Received]]:
    """The states of the deliveries, the order of what came, and all that came since this was called last."""
    states = list(connection.scalars(select(webhook_delivery.c.state)))
    order, received = RECEIVERS[0].order(), list(RECEIVERS[0].received)
    RECEIVERS[0].received.clear()
    return states, order, received


def check(seen: tuple[list[str], dict[str, list[str | None]], list[Any]]) -> None:
    states, order, received = seen
    assert states == ["delivered"] * 5
    assert order == ORDER
    assert all(each.signed for each in received)
    assert len({each.id for each in received}) == 5, "one that comes again has its id"


WEBHOOK_CASES = {DELIVER: Case(push, deliveries, check, seal, around=receiving)}
