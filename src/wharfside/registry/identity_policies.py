"""Identity policies of users and roles: inline, managed and as boundaries. Names and errors are those of AWS IAM."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import Connection

from wharfside.core.errors import RegistryError
from wharfside.core.policies import PolicyKind
from wharfside.core.policy_syntax import check_policy
from wharfside.core.policy_variables import Malformed
from wharfside.registry.identities import (
    already_exists,
    no_such_entity,
    require_account,
    require_identity,
    validation_error,
)
from wharfside.registry.ready_policies import ARN_PREFIX, READY_POLICIES, ready_policy
from wharfside.store import identities as stored_identities
from wharfside.store import identity_policies as stored
from wharfside.store.principals import Kind

LONGEST_DOCUMENT: Final = 10_240
"""Characters of a policy document."""
MOST_ATTACHED: Final = 20
"""Policies that a user or a role may have, inline and attached."""
_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)


def check_document(document: str, kind: PolicyKind = PolicyKind.IDENTITY) -> None:
    """Raises MalformedPolicyDocument, which says what is wrong."""
    if len(document) > LONGEST_DOCUMENT:
        raise _malformed(f"a policy has at most {LONGEST_DOCUMENT} characters")
    try:
        check_policy(document, kind)
    except Malformed as error:
        raise _malformed(str(error)) from error


def put_inline(connection: Connection, account: str, kind: Kind, name: str, policy: str, document: str) -> None:
    """PutUserPolicy, PutRolePolicy. Raises NoSuchEntity, MalformedPolicyDocument, LimitExceeded, ValidationError."""
    found = require_identity(connection, account, kind, name, lock=True)
    _require_name(policy)
    check_document(document)
    _require_room(connection, found.id, policy)
    stored.put_policy(connection, found.id, policy, document)


def delete_inline(connection: Connection, account: str, kind: Kind, name: str, policy: str) -> None:
    """DeleteUserPolicy, DeleteRolePolicy. Raises NoSuchEntity."""
    found = require_identity(connection, account, kind, name)
    if policy.startswith("arn:") or not stored.delete_policy(connection, found.id, policy):
        raise no_such_entity(f"The {kind} {name} has no inline policy {policy}.")


def attach(connection: Connection, account: str, kind: Kind, name: str, policy: str) -> str:
    """AttachUserPolicy, AttachRolePolicy, by a policy's name or ARN, which is returned. Raises NoSuchEntity."""
    found = require_identity(connection, account, kind, name, lock=True)
    arn = require_policy(connection, account, policy, lock=True)
    _require_room(connection, found.id, arn)
    stored.put_policy(connection, found.id, arn, None)
    return arn


def detach(connection: Connection, account: str, kind: Kind, name: str, policy: str) -> str:
    """DetachUserPolicy, DetachRolePolicy, by a policy's name or ARN, which is returned. Raises NoSuchEntity."""
    found = require_identity(connection, account, kind, name)
    arn = require_policy(connection, account, policy)
    if not stored.delete_policy(connection, found.id, arn):
        raise no_such_entity(f"Policy {arn} is not attached to the {kind} {name}.")
    return arn


def set_boundary(connection: Connection, account: str, kind: Kind, name: str, policy: str | None) -> None:
    """PutUserPermissionsBoundary, PutRolePermissionsBoundary; None takes it away. Raises NoSuchEntity."""
    found = require_identity(connection, account, kind, name, lock=True)
    arn = None if policy is None else require_policy(connection, account, policy, lock=True)
    stored_identities.update_identity(connection, found.id, boundary=arn)


def policy_arn(account: str, name: str) -> str:
    """The ARN of a policy, by its name: a ready one's, or else the account's own. ARNs stay as they are."""
    if name.startswith("arn:"):
        return name
    return f"{ARN_PREFIX}{name}" if name in READY_POLICIES else f"arn:aws:iam::{account}:policy/{name}"


def find_document(connection: Connection, account: str, arn: str, *, lock: bool = False) -> str | None:
    """The document of a policy that an account may use: a ready one, or its own. `lock` keeps its own as it is."""
    if not arn.startswith(f"arn:aws:iam::{account}:"):
        return ready_policy(arn)
    found = stored.find_managed(connection, arn, lock=lock)
    return found.document if found is not None else None


def require_policy(connection: Connection, account: str, policy: str, *, lock: bool = False) -> str:
    """The ARN of a policy that an account may use, by its name or ARN. Raises NoSuchEntity.

    `lock` keeps it there until the end of the transaction: whoever gives it to somebody, and whoever deletes it because
    nobody has it, wait for each other.
    """
    arn = policy_arn(account, policy)
    if find_document(connection, account, arn, lock=lock) is None:
        raise no_such_entity(f"Policy {arn} does not exist. See `wharfside policy list`.")
    return arn


def create_policy(connection: Connection, account: str, name: str, document: str, now: float) -> str:
    """CreatePolicy: its ARN. Raises EntityAlreadyExists, MalformedPolicyDocument, ValidationError, NoSuchEntity."""
    require_account(connection, account)
    _require_name(name)
    check_document(document)
    arn = policy_arn(account, name)
    if find_document(connection, account, arn) is not None:
        raise already_exists(f"A policy called {name} already exists.")
    stored.insert_managed(connection, account, arn, document, now)
    return arn


def update_policy(connection: Connection, account: str, policy: str, document: str, now: float) -> str:
    """Replace a policy's document for everybody who has it: its ARN. Raises NoSuchEntity, MalformedPolicyDocument."""
    arn = _require_own(connection, account, policy)
    check_document(document)
    stored.update_managed(connection, arn, document, now)
    return arn


def delete_policy(connection: Connection, account: str, policy: str) -> None:
    """DeletePolicy. Raises NoSuchEntity, and DeleteConflict while somebody has it."""
    arn = _require_own(connection, account, policy)
    users = stored.users_of(connection, arn)
    if users:
        raise RegistryError(
            "DeleteConflict", f"The policy {arn} is still attached to {', '.join(users)}. Detach it first.", status=409
        )
    stored.delete_managed(connection, arn)


def _require_own(connection: Connection, account: str, policy: str) -> str:
    arn = require_policy(connection, account, policy, lock=True)
    if ready_policy(arn) is not None:
        raise validation_error(f"{arn} is a ready policy, which cannot be changed.")
    return arn


def _require_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise validation_error("The name of a policy has 1 to 128 letters, digits and characters of _+=,.@-")


def _require_room(connection: Connection, principal_id: int, name: str) -> None:
    present = stored.list_policies(connection, principal_id)
    if name not in present and len(present) >= MOST_ATTACHED:
        raise RegistryError(
            "LimitExceeded", f"Cannot exceed quota for PoliciesPerPrincipal: {MOST_ATTACHED}", status=409
        )


def _malformed(reason: str) -> RegistryError:
    return RegistryError("MalformedPolicyDocument", f"The policy is not valid: {reason}.")
