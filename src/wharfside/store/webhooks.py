"""Webhooks: addresses that are told of the events of a registry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from wharfside.store.prepared import Prepared
from wharfside.store.tables import webhook


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address, with what it is told of: none of a kind means all of it."""

    id: int
    account: str
    region: str
    name: str
    url: str
    secret_sealed: bytes
    detail_types: tuple[str, ...]
    repositories: tuple[str, ...]
    """Patterns of names, with the wildcards `*` and `?`."""
    enabled: bool
    created_at: float


_COLUMNS = (
    webhook.c.id,
    webhook.c.account,
    webhook.c.region,
    webhook.c.name,
    webhook.c.url,
    webhook.c.secret_sealed,
    webhook.c.detail_types,
    webhook.c.repositories,
    webhook.c.enabled,
    webhook.c.created_at,
)
_REGISTRY = (webhook.c.account == bindparam("account"), webhook.c.region == bindparam("region"))
_LIST = Prepared(select(*_COLUMNS).where(*_REGISTRY).order_by(webhook.c.name))
_FIND = Prepared(select(*_COLUMNS).where(*_REGISTRY, webhook.c.name == bindparam("name")))
_FIND_BY_ID = Prepared(select(*_COLUMNS).where(webhook.c.id == bindparam("id")))


def _webhook(row: Sequence[Any]) -> Webhook:
    id_, account, region, name, url, secret, types, repositories, enabled, created_at = row
    filters = tuple(json.loads(types)), tuple(json.loads(repositories))
    return Webhook(id_, account, region, name, url, bytes(secret), *filters, bool(enabled), created_at)


def list_webhooks(connection: Connection, account: str, region: str) -> list[Webhook]:
    """The webhooks of a registry, by name."""
    return [_webhook(row) for row in _LIST.all(connection, account=account, region=region)]


def find_webhook(connection: Connection, account: str, region: str, name: str) -> Webhook | None:
    """The webhook with this name."""
    row = _FIND.first(connection, account=account, region=region, name=name)
    return _webhook(row) if row else None


def find_webhook_by_id(connection: Connection, id_: int) -> Webhook | None:
    """The webhook with this id, which no other ever gets."""
    row = _FIND_BY_ID.first(connection, id=id_)
    return _webhook(row) if row else None


def insert_webhook(connection: Connection, new: Webhook) -> Webhook:
    """Add a webhook; `new.id` is ignored."""
    row = {
        "account": new.account,
        "region": new.region,
        "name": new.name,
        "url": new.url,
        "secret_sealed": new.secret_sealed,
        "detail_types": json.dumps(new.detail_types),
        "repositories": json.dumps(new.repositories),
        "enabled": new.enabled,
        "created_at": new.created_at,
    }
    return replace(new, id=connection.execute(insert(webhook).returning(webhook.c.id), row).scalar_one())


def set_enabled(connection: Connection, id_: int, *, enabled: bool) -> None:
    """Say whether anything is sent."""
    connection.execute(update(webhook).where(webhook.c.id == id_).values(enabled=enabled))


def set_secret(connection: Connection, id_: int, secret_sealed: bytes) -> None:
    """Replace the secret."""
    connection.execute(update(webhook).where(webhook.c.id == id_).values(secret_sealed=secret_sealed))


def delete_webhook(connection: Connection, id_: int) -> None:
    """Forget a webhook, with all deliveries to it."""
    connection.execute(delete(webhook).where(webhook.c.id == id_))
