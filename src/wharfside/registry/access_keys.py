"""Access keys of users: the secret is shown once, and kept sealed with the data folder's key."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from wharfside.core.errors import RegistryError
from wharfside.registry.identities import no_such_entity, require_identity, unique_id
from wharfside.store import identities
from wharfside.store.identities import AccessKeyMetadata, Identity
from wharfside.store.sealing import Sealer

MOST_KEYS: Final = 2
"""Access keys per user (IAM, "Quotas"): one in use, and one to rotate to."""
_SECRET_PURPOSE = "access key secret"  # noqa: S105  # what the seal is for, not a secret
_LETTERS = string.ascii_letters + string.digits + "+/"


@dataclass(frozen=True, slots=True)
class NewAccessKey:
    """An access key with its secret in the clear; shown once."""

    access_key_id: str
    secret_access_key: str


def new_secret() -> str:
    """A secret access key: 40 characters, as Amazon's are."""
    return "".join(secrets.choice(_LETTERS) for _ in range(40))


def open_secret(sealer: Sealer, sealed: bytes) -> str:
    """The secret of an access key. Raises SealBroken when another data folder's key sealed it."""
    return sealer.open(_SECRET_PURPOSE, sealed).decode()


def insert_key(connection: Connection, sealer: Sealer, principal_id: int, now: float) -> NewAccessKey:
    """Make an access key, whatever others there are."""
    made = NewAccessKey(unique_id("AKIA", 16), new_secret())
    sealed = sealer.seal(_SECRET_PURPOSE, made.secret_access_key.encode())
    identities.insert_access_key(connection, made.access_key_id, principal_id, sealed, now)
    return made


def create_key(connection: Connection, sealer: Sealer, account: str, user: str, now: float) -> NewAccessKey:
    """CreateAccessKey. Raises NoSuchEntity, LimitExceeded."""
    owner = require_identity(connection, account, "user", user, lock=True)
    if len(identities.list_access_keys(connection, owner.id)) >= MOST_KEYS:
        raise RegistryError("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {MOST_KEYS}", status=409)
    return insert_key(connection, sealer, owner.id, now)


def rotate_key(connection: Connection, sealer: Sealer, account: str, user: str, now: float) -> NewAccessKey:
    """Make a new key and disable the others; one that was disabled before makes room for it. Raises NoSuchEntity.

    With two keys in force, which of them is to go cannot be known: LimitExceeded.
    """
    owner = require_identity(connection, account, "user", user, lock=True)
    keys = identities.list_access_keys(connection, owner.id)
    if len(keys) >= MOST_KEYS:
        spare = next((key for key in keys if not key.active), None)
        if spare is None:
            raise RegistryError(
                "LimitExceeded", f"The user {user} has two active keys. Disable or delete one first.", status=409
            )
        identities.delete_access_key(connection, spare.id)
    for key in keys:
        identities.set_key_active(connection, key.id, False)
    return insert_key(connection, sealer, owner.id, now)


def list_keys(connection: Connection, account: str, user: str) -> list[AccessKeyMetadata]:
    """ListAccessKeys. Raises NoSuchEntity."""
    return identities.list_access_keys(connection, require_identity(connection, account, "user", user).id)


def set_key_active(connection: Connection, key: str, active: bool) -> Identity:
    """UpdateAccessKey: the user whose key was enabled or disabled. Raises NoSuchEntity."""
    owner = _require_owner(connection, key)
    identities.set_key_active(connection, key, active)
    return owner


def delete_key(connection: Connection, key: str) -> Identity:
    """DeleteAccessKey: the user whose key it was. Raises NoSuchEntity."""
    owner = _require_owner(connection, key)
    identities.delete_access_key(connection, key)
    return owner


def _require_owner(connection: Connection, key: str) -> Identity:
    owner = identities.find_owner(connection, key)
    if owner is None:
        raise no_such_entity(f"The Access Key with id {key} cannot be found. See `wharfside key list`.")
    return owner
