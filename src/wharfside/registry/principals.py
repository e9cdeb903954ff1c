"""Who may sign: the first account with its administrator, and finding the caller behind an access key."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass

from sqlalchemy import Connection

from wharfside.core.iam import ADMINISTRATOR_POLICY
from wharfside.registry.context import Caller
from wharfside.store import principals as stored
from wharfside.store.sealing import Sealer

_SECRET_PURPOSE = "access key secret"  # noqa: S105  # what the seal is for, not a secret
_KEY_LETTERS = string.ascii_uppercase + "234567"


@dataclass(frozen=True, slots=True)
class NewAccessKey:
    """An access key with its secret in the clear; shown once."""

    access_key_id: str
    secret_access_key: str


def _random(prefix: str, length: int) -> str:
    return prefix + "".join(secrets.choice(_KEY_LETTERS) for _ in range(length))


def create_first_account(connection: Connection, sealer: Sealer, account: str, now: float) -> NewAccessKey | None:
    """Make the account and its administrator `user/admin`; None when there is an account already."""
    if stored.find_first_account(connection) is not None:
        return None
    stored.insert_account(connection, account, now)
    arn = f"arn:aws:iam::{account}:user/admin"
    principal = stored.insert_principal(
        connection, account, arn, _random("AIDA", 17), {"AdministratorAccess": ADMINISTRATOR_POLICY}, now
    )
    return create_access_key(connection, sealer, principal, now)


def create_access_key(connection: Connection, sealer: Sealer, principal_id: int, now: float) -> NewAccessKey:
    """Make an access key for a principal."""
    made = NewAccessKey(_random("AKIA", 16), secrets.token_urlsafe(30))
    sealed = sealer.seal(_SECRET_PURPOSE, made.secret_access_key.encode())
    stored.insert_access_key(connection, made.access_key_id, principal_id, sealed, now)
    return made


@dataclass(frozen=True, slots=True)
class Signer:
    """A caller with the secret that proves it."""

    caller: Caller
    secret: str


def ensure_account(connection: Connection, account: str, now: float) -> None:
    """Make the account, unless there is one."""
    if not stored.account_exists(connection, account):
        stored.insert_account(connection, account, now)


def root(account: str, access_key_id: str) -> Caller:
    """The account itself, which may do everything in it."""
    return Caller(account, f"arn:aws:iam::{account}:root", account, (ADMINISTRATOR_POLICY,), access_key_id)


def find_caller(connection: Connection, access_key_id: str) -> Caller | None:
    """The caller behind an access key that is in force."""
    found = stored.find_access_key(connection, access_key_id)
    return _caller(found, access_key_id) if found else None


def find_signer(connection: Connection, sealer: Sealer, access_key_id: str) -> Signer | None:
    """The caller behind an access key that is in force, with its secret."""
    found = stored.find_access_key(connection, access_key_id)
    if found is None:
        return None
    secret = sealer.open(_SECRET_PURPOSE, found.secret_sealed).decode()
    return Signer(_caller(found, access_key_id), secret)


def _caller(found: stored.AccessKey, access_key_id: str) -> Caller:
    principal = found.principal
    return Caller(principal.account, principal.arn, principal.user_id, principal.policies, access_key_id)
