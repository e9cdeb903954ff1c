"""What a first start makes: the account, and its administrator."""

from __future__ import annotations

from sqlalchemy import Connection

from wharfside.core.iam import ADMINISTRATOR_POLICY
from wharfside.registry.access_keys import NewAccessKey, insert_key
from wharfside.registry.identities import create_user, ensure_account
from wharfside.store import identity_policies, principals
from wharfside.store.sealing import Sealer


def create_first_account(connection: Connection, sealer: Sealer, account: str, now: float) -> NewAccessKey | None:
    """Make the account and its administrator `user/admin`; None when there is an account already."""
    if principals.find_first_account(connection) is not None:
        return None
    ensure_account(connection, account, now)
    admin = create_user(connection, account, "admin", now)
    identity_policies.put_policy(connection, admin.id, "AdministratorAccess", ADMINISTRATOR_POLICY)
    return insert_key(connection, sealer, admin.id, now)
