"""Webhooks: who is told of the events of a registry, and of which of them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import Connection

from wharfside.core.errors import RegistryError
from wharfside.core.hosts import is_loopback
from wharfside.core.wildcards import Wildcards, compile_wildcards
from wharfside.registry.identities import already_exists, no_such_entity, require_account, validation_error
from wharfside.store import webhook_deliveries as deliveries
from wharfside.store import webhooks as stored
from wharfside.store.announcements import announce
from wharfside.store.sealing import Sealer
from wharfside.store.webhooks import Webhook

MOST_WEBHOOKS: Final = 20
"""Webhooks per registry: each is looked at for every event."""
MOST_FILTERS: Final = 50
"""Of a kind, for each webhook."""
LONGEST_URL: Final = 2048
SHORTEST_SECRET: Final = 16
LONGEST_SECRET: Final = 256
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PURPOSE: Final = "webhook secret"


def leave_deliveries(
    connection: Connection, account: str, region: str, events: Sequence[tuple[int, str, str]], now: float
) -> None:
    """Have events delivered to the webhooks that want them: number, detail-type and repository of each.

    A webhook that is disabled gets its deliveries as well: they wait until it is enabled.
    """
    left = False
    for webhook in stored.list_webhooks(connection, account, region):
        for number, detail_type, repository in events:
            if wants(webhook, detail_type, repository):
                deliveries.leave_delivery(connection, webhook.id, number, repository, now)
                left = True
    if left:
        announce(connection)


def wants(webhook: Webhook, detail_type: str, repository: str) -> bool:
    """Whether a webhook is told of such an event."""
    if webhook.detail_types and detail_type not in webhook.detail_types:
        return False
    return not webhook.repositories or _compiled(webhook.repositories).match(repository)


@lru_cache(256)
def _compiled(patterns: tuple[str, ...]) -> Wildcards:
    return compile_wildcards(patterns)


def add_webhook(connection: Connection, new: Webhook, *, insecure: bool = False) -> Webhook:
    """Tell an address of what happens from now on. `insecure` allows http to other machines.

    Raises EntityAlreadyExists, ValidationError, NoSuchEntity.
    """
    require_account(connection, new.account)
    if _NAME.fullmatch(new.name) is None:
        raise validation_error("The name of a webhook is 1 to 64 letters, digits, full stops, hyphens and underscores.")
    _check_url(new.url, insecure=insecure)
    for filters in (new.detail_types, new.repositories):
        if len(filters) > MOST_FILTERS or not all(1 <= len(each) <= 256 and each.isprintable() for each in filters):
            raise validation_error(f"A filter has at most {MOST_FILTERS} values of 1 to 256 printable characters.")
    present = stored.list_webhooks(connection, new.account, new.region)
    if any(each.name == new.name for each in present):
        raise already_exists(f"There is a webhook {new.name} already.")
    if len(present) >= MOST_WEBHOOKS:
        raise validation_error(f"A registry has at most {MOST_WEBHOOKS} webhooks.")
    return stored.insert_webhook(connection, new)


def require_webhook(connection: Connection, account: str, region: str, name: str) -> Webhook:
    """The webhook with this name. Raises NoSuchEntity."""
    found = stored.find_webhook(connection, account, region, name)
    if found is None:
        raise no_such_entity(f"There is no webhook {name} in account {account}, region {region}.")
    return found


def remove_webhook(connection: Connection, account: str, region: str, name: str) -> None:
    """Forget a webhook, with what waits for it. Raises NoSuchEntity."""
    stored.delete_webhook(connection, require_webhook(connection, account, region, name).id)


def enable_webhook(connection: Connection, account: str, region: str, name: str, *, enabled: bool) -> None:
    """Send to a webhook, or hold back what is for it. Raises NoSuchEntity."""
    stored.set_enabled(connection, require_webhook(connection, account, region, name).id, enabled=enabled)
    announce(connection)


def rotate_secret(connection: Connection, account: str, region: str, name: str, secret_sealed: bytes) -> None:
    """Sign with another secret from now on. Raises NoSuchEntity."""
    stored.set_secret(connection, require_webhook(connection, account, region, name).id, secret_sealed)


def retry_deliveries(
    connection: Connection, account: str, region: str, name: str, numbers: Sequence[int], now: float
) -> int | bool:
    """Try the waiting and dead deliveries of a webhook now, or those with these numbers; how many, False for none.

    Raises NoSuchEntity.
    """
    webhook = require_webhook(connection, account, region, name)
    count = deliveries.retry_deliveries(connection, webhook.id, numbers, now)
    announce(connection)
    return count or False


def new_secret() -> str:
    """A secret that nobody knows yet."""
    return f"whsec_{secrets.token_urlsafe(32)}"


def seal_secret(sealer: Sealer, secret: str) -> bytes:
    """A secret as it is stored. Raises ValidationError."""
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET or not (secret.isascii() and secret.isprintable()):
        raise validation_error(f"A secret has {SHORTEST_SECRET} to {LONGEST_SECRET} printable ASCII characters.")
    return sealer.seal(_PURPOSE, secret.encode())


def open_secret(sealer: Sealer, webhook: Webhook) -> str:
    """The secret of a webhook. Raises SealBroken."""
    return sealer.open(_PURPOSE, webhook.secret_sealed).decode()


def _check_url(url: str, *, insecure: bool) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise _refused_url() from None
    plain = len(url) <= LONGEST_URL and url.isascii() and url.isprintable() and " " not in url
    if not plain or not host or parts.fragment or "@" in parts.netloc or parts.scheme not in ("https", "http"):
        raise _refused_url()
    if parts.scheme == "http" and not insecure and not is_loopback(host):
        raise validation_error(
            f"Over http, everybody between here and {host} can read the events. Use https, or say --insecure-http."
        )


def _refused_url() -> RegistryError:
    return validation_error(
        f"The URL of a webhook begins with https://, has at most {LONGEST_URL} characters, and no user, password or #."
    )
