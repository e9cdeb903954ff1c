"""What a first start makes: the account, and its administrator."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from wharfside.core.iam import ADMINISTRATOR_POLICY
from wharfside.registry.access_keys import NewAccessKey, insert_key
from wharfside.registry.audit import account_by_itself, record_of
from wharfside.registry.identities import create_user, ensure_account
from wharfside.store import identity_policies, principals
from wharfside.store.audit import AuditRecord, insert_record
from wharfside.store.sealing import Sealer


class FirstAccount(NamedTuple):
    """An account that was made, with its administrator's key, and what the audit trail says of it."""

    key: NewAccessKey
    record: AuditRecord


def create_first_account(
    connection: Connection, sealer: Sealer, account: str, region: str, now: float
) -> FirstAccount | None:
    """Make the account and its administrator `user/admin`; None when there is an account already."""
    if principals.find_first_account(connection) is not None:
        return None
    ensure_account(connection, account, now)
    admin = create_user(connection, account, "admin", now)
    identity_policies.put_policy(connection, admin.id, "AdministratorAccess", ADMINISTRATOR_POLICY)
    key = insert_key(connection, sealer, admin.id, now)
    made = {"administrator": {"arn": f"arn:aws:iam::{account}:user/admin", "accessKeyId": key.access_key_id}}
    record = record_of(account_by_itself(account, region, made), now)
    insert_record(connection, record)
    return FirstAccount(key, record)
