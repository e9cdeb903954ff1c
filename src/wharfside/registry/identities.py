"""Accounts, users and roles: made, changed and deleted. Names of errors and limits are those of AWS IAM."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from wharfside.core.errors import RegistryError
from wharfside.core.names import is_account
from wharfside.store import identities, kms_keys, principals
from wharfside.store.identities import Identity
from wharfside.store.principals import Kind

SHORTEST_SESSION: Final = 900
DEFAULT_SESSION: Final = 3600
LONGEST_SESSION: Final = 43_200
"""Seconds of a role's sessions (IAM, CreateRole: MaxSessionDuration; STS, AssumeRole: DurationSeconds)."""
MOST_TAGS: Final = 50
_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_PATH = re.compile(r"/(?:[\x21-\x2e\x30-\x7e]+/){0,32}")
_ID_LETTERS = string.ascii_uppercase + "234567"
_LONGEST_PATH = 512


def no_such_entity(message: str) -> RegistryError:
    """Something that does not exist."""
    return RegistryError("NoSuchEntity", message, status=404)


def already_exists(message: str) -> RegistryError:
    """A name that is taken."""
    return RegistryError("EntityAlreadyExists", message, status=409)


def validation_error(message: str) -> RegistryError:
    """A value that breaks a rule."""
    return RegistryError("ValidationError", message)


def unique_id(prefix: str, length: int = 17) -> str:
    """An id that was never used before (IAM, "Unique identifiers")."""
    return prefix + "".join(secrets.choice(_ID_LETTERS) for _ in range(length))


def create_account(connection: Connection, account: str, now: float) -> None:
    """Make an account. Raises EntityAlreadyExists, ValidationError."""
    if not is_account(account):
        raise validation_error(f"{account!r} is not an account: it must be 12 digits.")
    if principals.account_exists(connection, account):
        raise already_exists(f"The account {account} already exists.")
    principals.insert_account(connection, account, now)


def ensure_account(connection: Connection, account: str, now: float) -> bool:
    """Make the account, unless there is one; whether it was made."""
    if principals.account_exists(connection, account):
        return False
    principals.insert_account(connection, account, now)
    return True


def require_account(connection: Connection, account: str) -> None:
    """Raises NoSuchEntity for an account that does not exist."""
    if not principals.account_exists(connection, account):
        raise no_such_entity(
            f"There is no account {account}. Make it with `wharfside account create {account}`."
            if is_account(account)
            else f"{account!r} is not an account: it must be 12 digits."
        )


def delete_account(connection: Connection, account: str) -> None:
    """Delete an account with everybody in it. Raises NoSuchEntity, DeleteConflict."""
    require_account(connection, account)
    if account == principals.find_first_account(connection):
        raise RegistryError("DeleteConflict", f"The account {account} is the first one, which stays.", status=409)
    if identities.has_repositories(connection, account):
        raise RegistryError(
            "DeleteConflict", f"The account {account} still has repositories. Delete them first.", status=409
        )
    kms_keys.destroy_keys_of(connection, account)
    identities.delete_account(connection, account)


def create_user(connection: Connection, account: str, name: str, now: float, path: str = "/") -> Identity:
    """CreateUser. Raises EntityAlreadyExists, ValidationError, NoSuchEntity."""
    _require_new(connection, account, "user", name, path)
    identities.insert_identity(
        connection,
        account_id=account,
        kind="user",
        name=name,
        path=path,
        arn=f"arn:aws:iam::{account}:user{path}{name}",
        user_id=unique_id("AIDA"),
        now=now,
    )
    return require_identity(connection, account, "user", name)


def create_role(
    connection: Connection,
    account: str,
    name: str,
    trust_policy: str,
    now: float,
    *,
    path: str = "/",
    max_session_seconds: int = DEFAULT_SESSION,
) -> Identity:
    """CreateRole; `trust_policy` was checked. Raises EntityAlreadyExists, ValidationError, NoSuchEntity."""
    _require_new(connection, account, "role", name, path)
    _require_duration(max_session_seconds)
    identities.insert_identity(
        connection,
        account_id=account,
        kind="role",
        name=name,
        path=path,
        arn=f"arn:aws:iam::{account}:role{path}{name}",
        user_id=unique_id("AROA"),
        now=now,
        trust_policy=trust_policy,
        max_session_seconds=max_session_seconds,
    )
    return require_identity(connection, account, "role", name)


def require_identity(connection: Connection, account: str, kind: Kind, name: str, *, lock: bool = False) -> Identity:
    """A user or a role. Raises NoSuchEntity. `lock` keeps other writers of it away."""
    found = identities.find_identity(connection, account, kind, name, lock=lock)
    if found is None:
        raise no_such_entity(
            f"The {kind} with name {name} cannot be found in account {account}."
            f" See `wharfside {kind} list --account {account}`, or name another account."
        )
    return found


def change_role(
    connection: Connection,
    account: str,
    name: str,
    *,
    trust_policy: str | None = None,
    max_session_seconds: int | None = None,
) -> None:
    """UpdateAssumeRolePolicy and UpdateRole: replace what is given. Raises NoSuchEntity, ValidationError."""
    role = require_identity(connection, account, "role", name)
    changes: dict[str, object] = {}
    if trust_policy is not None:
        changes["trust_policy"] = trust_policy
    if max_session_seconds is not None:
        _require_duration(max_session_seconds)
        changes["max_session_seconds"] = max_session_seconds
    if changes:
        identities.update_identity(connection, role.id, **changes)


def set_tags(connection: Connection, account: str, kind: Kind, name: str, tags: Mapping[str, str]) -> None:
    """Replace the tags of a user or a role. Raises NoSuchEntity, ValidationError."""
    found = require_identity(connection, account, kind, name)
    require_tags(tags)
    identities.update_identity(connection, found.id, tags=dict(tags))


def require_tags(tags: Mapping[str, str]) -> None:
    """Raises ValidationError unless these may be tags of a principal or of a session."""
    if len(tags) > MOST_TAGS:
        raise validation_error(f"A principal has at most {MOST_TAGS} tags.")
    if len({key.lower() for key in tags}) != len(tags):
        raise validation_error("Tag keys must differ in more than the case of letters.")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:"):
            raise validation_error(
                "A tag has a key of 1 to 128 characters that does not start with aws:, and a value of at most 256."
            )
        if "\0" in key + value:
            raise validation_error("A tag has no null characters.")


def revoke_sessions(connection: Connection, account: str, kind: Kind, name: str, now: float) -> None:
    """End every session of a user or a role that was made before now. Raises NoSuchEntity."""
    found = require_identity(connection, account, kind, name)
    identities.update_identity(connection, found.id, sessions_valid_from=now)


def delete_identity(connection: Connection, account: str, kind: Kind, name: str) -> None:
    """Delete a user or a role, with its keys and inline policies; its sessions end. Raises NoSuchEntity."""
    identities.delete_identity(connection, require_identity(connection, account, kind, name).id)


def _require_new(connection: Connection, account: str, kind: Kind, name: str, path: str) -> None:
    require_account(connection, account)
    if not _NAME.fullmatch(name):
        raise validation_error(f"The name of a {kind} has 1 to 64 letters, digits and characters of _+=,.@-")
    if len(path) > _LONGEST_PATH or not _PATH.fullmatch(path):
        raise validation_error("A path begins and ends with /, and has at most 512 characters.")
    if identities.find_identity(connection, account, kind, name) is not None:
        raise already_exists(f"{kind.capitalize()} with name {name} already exists in account {account}.")


def _require_duration(seconds: int) -> None:
    if not DEFAULT_SESSION <= seconds <= LONGEST_SESSION:
        raise validation_error(f"The longest session of a role is {DEFAULT_SESSION} to {LONGEST_SESSION} seconds.")
