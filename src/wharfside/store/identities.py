"""Accounts, users, roles and access keys, as they are administered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, delete, func, insert, select, update

from wharfside.store.principals import Kind
from wharfside.store.tables import access_key, account, principal, repository


@dataclass(frozen=True, slots=True)
class Account:
    """An account. Moments are seconds since the epoch."""

    id: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Identity:
    """A user or a role as it is administered; `trust_policy` and `max_session_seconds` are those of roles."""

    id: int
    account: str
    kind: Kind
    name: str
    path: str
    arn: str
    user_id: str
    created_at: float
    tags: Mapping[str, str]
    boundary: str | None
    trust_policy: str | None
    max_session_seconds: int | None


@dataclass(frozen=True, slots=True)
class AccessKeyMetadata:
    """An access key, without its secret (IAM, ListAccessKeys: AccessKeyMetadata)."""

    id: str
    active: bool
    created_at: float


_IDENTITY = (
    principal.c.id,
    principal.c.account,
    principal.c.kind,
    principal.c.name,
    principal.c.path,
    principal.c.arn,
    principal.c.user_id,
    principal.c.created_at,
    principal.c.tags,
    principal.c.boundary,
    principal.c.trust_policy,
    principal.c.max_session_seconds,
)


def _identity(row: Sequence[Any]) -> Identity:
    values = list(row)
    values[8] = json.loads(values[8])
    return Identity(*values)


def list_accounts(connection: Connection) -> list[Account]:
    """Every account, the first one first."""
    rows = connection.execute(select(account.c.id, account.c.created_at).order_by(account.c.created_at, account.c.id))
    return [Account(*row) for row in rows]


def has_repositories(connection: Connection, account_id: str) -> bool:
    """Whether an account has repositories, in any region."""
    return connection.scalar(select(repository.c.id).where(repository.c.account == account_id).limit(1)) is not None


def delete_account(connection: Connection, account_id: str) -> None:
    """Delete an account with everybody in it."""
    connection.execute(delete(account).where(account.c.id == account_id))


def insert_identity(
    connection: Connection,
    *,
    account_id: str,
    kind: Kind,
    name: str,
    path: str,
    arn: str,
    user_id: str,
    now: float,
    trust_policy: str | None = None,
    max_session_seconds: int | None = None,
) -> int:
    """Make a user or a role; its number."""
    row = {
        "account": account_id,
        "kind": kind,
        "name": name,
        "path": path,
        "arn": arn,
        "user_id": user_id,
        "created_at": now,
        "tags": "{}",
        "trust_policy": trust_policy,
        "max_session_seconds": max_session_seconds,
        "sessions_valid_from": 0.0,
    }
    return connection.execute(insert(principal).returning(principal.c.id), row).scalar_one()


def find_identity(
    connection: Connection, account_id: str, kind: Kind, name: str, *, lock: bool = False
) -> Identity | None:
    """The user or role of this name, whose case does not matter (IAM, "IAM identifiers").

    `lock` keeps other writers of it away until the end of the transaction.
    """
    query = select(*_IDENTITY).where(
        principal.c.account == account_id, principal.c.kind == kind, func.lower(principal.c.name) == name.lower()
    )
    row = connection.execute(query.with_for_update() if lock else query).first()
    return _identity(row) if row is not None else None


def find_identity_by_arn(connection: Connection, arn: str) -> Identity | None:
    """The user or role with this ARN."""
    row = connection.execute(select(*_IDENTITY).where(principal.c.arn == arn)).first()
    return _identity(row) if row is not None else None


def list_identities(connection: Connection, account_id: str, kind: Kind) -> list[Identity]:
    """Every user, or every role, of an account."""
    rows = connection.execute(
        select(*_IDENTITY).where(principal.c.account == account_id, principal.c.kind == kind).order_by(principal.c.name)
    )
    return [_identity(row) for row in rows]


def update_identity(connection: Connection, number: int, **values: object) -> None:
    """Change columns of a user or a role. Tags are given as a mapping."""
    if "tags" in values:
        values["tags"] = json.dumps(values["tags"])
    connection.execute(update(principal).where(principal.c.id == number), values)


def delete_identity(connection: Connection, number: int) -> None:
    """Delete a user or a role, with its access keys and inline policies."""
    connection.execute(delete(principal).where(principal.c.id == number))


def insert_access_key(connection: Connection, key: str, principal_id: int, secret_sealed: bytes, now: float) -> None:
    """Make an access key."""
    row = {
        "id": key,
        "principal_id": principal_id,
        "secret_sealed": secret_sealed,
        "active": True,
        "created_at": now,
    }
    connection.execute(insert(access_key), row)


def list_access_keys(connection: Connection, principal_id: int) -> list[AccessKeyMetadata]:
    """The access keys of a user, the oldest first."""
    rows = connection.execute(
        select(access_key.c.id, access_key.c.active, access_key.c.created_at)
        .where(access_key.c.principal_id == principal_id)
        .order_by(access_key.c.created_at, access_key.c.id)
    )
    return [AccessKeyMetadata(*row) for row in rows]


def find_owner(connection: Connection, key: str) -> Identity | None:
    """The user that an access key belongs to, in force or not."""
    row = connection.execute(
        select(*_IDENTITY)
        .select_from(access_key.join(principal, principal.c.id == access_key.c.principal_id))
        .where(access_key.c.id == key)
    ).first()
    return _identity(row) if row is not None else None


def set_key_active(connection: Connection, key: str, active: bool) -> None:
    """Enable or disable an access key."""
    connection.execute(update(access_key).where(access_key.c.id == key), {"active": active})


def delete_access_key(connection: Connection, key: str) -> None:
    """Delete an access key."""
    connection.execute(sa.delete(access_key).where(access_key.c.id == key))
