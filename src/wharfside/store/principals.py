"""Accounts, and who calls: principals with their policies, found by access key or by their own id."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam, insert, select

from wharfside.core.iam import ResourcePolicies
from wharfside.store.policies import NOTHING, POLICIES_OF_RESOURCE, Resource
from wharfside.store.prepared import Prepared
from wharfside.store.tables import access_key, account, policy, principal, principal_policy

Kind = Literal["user", "role"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or a role, with the policies in force now."""

    account: str
    kind: Kind
    name: str
    arn: str
    user_id: str
    tags: Mapping[str, str]
    sessions_valid_from: float
    """Temporary credentials that are older are no good. Seconds since the epoch."""
    boundary: tuple[str, str | None] | None
    """The ARN of the permissions boundary, and its document; None for the document where it is not stored here."""
    policies: tuple[tuple[str, str | None], ...]
    """Names of inline policies and ARNs of attached ones, with documents as above."""
    resource_policies: ResourcePolicies
    """Those of the resource that was looked up together with the principal."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key that may be used: its sealed secret and its principal."""

    secret_sealed: bytes
    principal: Principal


_boundary = policy.alias("boundary")
_COLUMNS = (
    principal.c.account,
    principal.c.kind,
    principal.c.name,
    principal.c.arn,
    principal.c.user_id,
    principal.c.tags,
    principal.c.sessions_valid_from,
    principal.c.boundary,
    _boundary.c.document,
    principal_policy.c.name,
    sa.func.coalesce(policy.c.document, principal_policy.c.document),
    *POLICIES_OF_RESOURCE,
)
_WITH_POLICIES = (
    principal.outerjoin(_boundary, _boundary.c.arn == principal.c.boundary)
    .outerjoin(principal_policy, principal_policy.c.principal_id == principal.c.id)
    .outerjoin(policy, policy.c.arn == principal_policy.c.name)
)
_BY_KEY = Prepared(
    select(*_COLUMNS, access_key.c.secret_sealed)
    .select_from(access_key.join(_WITH_POLICIES, principal.c.id == access_key.c.principal_id))
    .where(access_key.c.id == bindparam("key"), access_key.c.active == sa.true())
)
_BY_USER_ID = Prepared(select(*_COLUMNS).select_from(_WITH_POLICIES).where(principal.c.user_id == bindparam("user_id")))


def _principal(rows: list[tuple[Any, ...]]) -> Principal:
    account_id, kind, name, arn, user_id, tags, valid_from, boundary, boundary_document = rows[0][:9]
    return Principal(
        account=account_id,
        kind=kind,
        name=name,
        arn=arn,
        user_id=user_id,
        tags={} if tags == "{}" else json.loads(tags),
        sessions_valid_from=valid_from,
        boundary=None if boundary is None else (boundary, boundary_document),
        policies=tuple((row[9], row[10]) for row in rows if row[9] is not None),
        resource_policies=ResourcePolicies(*rows[0][11:13]),
    )


def find_access_key(connection: Connection, key: str, resource: Resource = NOTHING) -> AccessKey | None:
    """The access key with its principal, unless it does not exist or is disabled."""
    rows = _BY_KEY.all(connection, key=key, **resource.parameters())
    return AccessKey(bytes(rows[0][13]), _principal(rows)) if rows else None


def find_principal(connection: Connection, user_id: str, resource: Resource = NOTHING) -> Principal | None:
    """The principal with this unique id, which no other one ever has."""
    rows = _BY_USER_ID.all(connection, user_id=user_id, **resource.parameters())
    return _principal(rows) if rows else None


def find_first_account(connection: Connection) -> str | None:
    """The account that was made first, at the first start."""
    return connection.scalar(select(account.c.id).order_by(account.c.created_at).limit(1))


def account_exists(connection: Connection, account_id: str) -> bool:
    """Whether there is this account."""
    return connection.scalar(select(account.c.id).where(account.c.id == account_id)) is not None


def insert_account(connection: Connection, account_id: str, now: float) -> None:
    """Make an account."""
    connection.execute(insert(account), {"id": account_id, "created_at": now})
