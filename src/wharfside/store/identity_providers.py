"""Issuers of OIDC tokens that the roles of an account may trust."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from wharfside.store.tables import identity_provider


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """An OIDC issuer. `jwks`: its JWKS as text, where it was given; None: to be fetched from the issuer."""

    arn: str
    account: str
    url: str
    audiences: tuple[str, ...]
    jwks: str | None
    created_at: float


_COLUMNS = (
    identity_provider.c.arn,
    identity_provider.c.account,
    identity_provider.c.url,
    identity_provider.c.audiences,
    identity_provider.c.jwks,
    identity_provider.c.created_at,
)


def _provider(row: Sequence[Any]) -> IdentityProvider:
    arn, account_id, url, audiences, jwks, created_at = row
    return IdentityProvider(arn, account_id, url, tuple(json.loads(audiences)), jwks, created_at)


def list_providers(connection: Connection, account_id: str) -> list[IdentityProvider]:
    """The identity providers of an account."""
    rows = connection.execute(
        select(*_COLUMNS).where(identity_provider.c.account == account_id).order_by(identity_provider.c.url)
    )
    return [_provider(row) for row in rows]


def find_provider(connection: Connection, arn: str) -> IdentityProvider | None:
    """The identity provider with this ARN."""
    row = connection.execute(select(*_COLUMNS).where(identity_provider.c.arn == arn)).first()
    return _provider(row) if row is not None else None


def insert_provider(connection: Connection, provider: IdentityProvider) -> None:
    """Make an identity provider."""
    row = {
        "arn": provider.arn,
        "account": provider.account,
        "url": provider.url,
        "audiences": json.dumps(provider.audiences),
        "jwks": provider.jwks,
        "created_at": provider.created_at,
    }
    connection.execute(insert(identity_provider), row)


def update_provider(connection: Connection, arn: str, audiences: Sequence[str], jwks: str | None) -> None:
    """Replace what is known of an issuer."""
    values = {"audiences": json.dumps(list(audiences)), "jwks": jwks}
    connection.execute(update(identity_provider).where(identity_provider.c.arn == arn), values)


def delete_provider(connection: Connection, arn: str) -> None:
    """Delete an identity provider."""
    connection.execute(delete(identity_provider).where(identity_provider.c.arn == arn))
