"""Accounts, principals and their access keys."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam, insert, select

from wharfside.store.prepared import Prepared
from wharfside.store.tables import access_key, account, principal, principal_policy


@dataclass(frozen=True, slots=True)
class Principal:
    """Who an access key belongs to, with the policy documents in force now."""

    account: str
    arn: str
    user_id: str
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key that may be used: its sealed secret and its principal."""

    secret_sealed: bytes
    principal: Principal


_BY_KEY = Prepared(
    select(
        access_key.c.secret_sealed,
        principal.c.account,
        principal.c.arn,
        principal.c.user_id,
        principal_policy.c.document,
    )
    .select_from(
        access_key.join(principal, principal.c.id == access_key.c.principal_id).outerjoin(
            principal_policy, principal_policy.c.principal_id == principal.c.id
        )
    )
    .where(access_key.c.id == bindparam("key"), access_key.c.active == sa.true())
)


def find_access_key(connection: Connection, key: str) -> AccessKey | None:
    """The access key with its principal, unless it does not exist or is disabled."""
    rows = _BY_KEY.all(connection, key=key)
    if not rows:
        return None
    secret, account_id, arn, user_id, _ = rows[0]
    policies = tuple(row[4] for row in rows if row[4] is not None)
    return AccessKey(bytes(secret), Principal(account_id, arn, user_id, policies))


def find_first_account(connection: Connection) -> str | None:
    """The account that was made first, at the first start."""
    return connection.scalar(select(account.c.id).order_by(account.c.created_at).limit(1))


def account_exists(connection: Connection, account_id: str) -> bool:
    """Whether there is this account."""
    return connection.scalar(select(account.c.id).where(account.c.id == account_id)) is not None


def insert_account(connection: Connection, account_id: str, now: float) -> None:
    """Make an account."""
    connection.execute(insert(account), {"id": account_id, "created_at": now})


def insert_principal(
    connection: Connection, account_id: str, arn: str, user_id: str, policies: dict[str, str], now: float
) -> int:
    """Make a principal with its policies (documents by name)."""
    row = {"account": account_id, "arn": arn, "user_id": user_id, "created_at": now}
    made = connection.execute(insert(principal).returning(principal.c.id), row).scalar_one()
    for name, document in policies.items():
        connection.execute(insert(principal_policy), {"principal_id": made, "name": name, "document": document})
    return made


def insert_access_key(connection: Connection, key: str, principal_id: int, secret_sealed: bytes, now: float) -> None:
    """Make an access key."""
    connection.execute(
        insert(access_key),
        {
            "id": key,
            "principal_id": principal_id,
            "secret_sealed": secret_sealed,
            "active": True,
            "created_at": now,
        },
    )
