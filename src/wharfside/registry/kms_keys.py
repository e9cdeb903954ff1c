"""The local key store: keys of accounts, named and used as those of AWS KMS are. Refusals carry the codes of AWS KMS.

What a key encrypts with is 32 random bytes for each of its versions. They are stored sealed with the registry's master
key, and nothing shows them.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from wharfside.core.errors import (
    RegistryError,
    alias_not_found,
    invalid_key_id,
    key_disabled,
    key_not_found,
    key_of_another_region,
    key_pending_deletion,
    kms_exception,
)
from wharfside.core.kms import MANAGED_ALIAS, RESERVED, alias_arn, is_alias, key_arn, parse_key_reference
from wharfside.registry.audit import ECR, KMS, Event, RegistryItself, record_of
from wharfside.store import kms_keys as stored
from wharfside.store.audit import AuditRecord, insert_record
from wharfside.store.kms_keys import KmsKey, Material
from wharfside.store.sealing import KEY_LENGTH, Sealer

SHORTEST_WAIT: Final = 7
LONGEST_WAIT: Final = 30
"""Days between the order to delete a key and its deletion (AWS KMS, ScheduleKeyDeletion: PendingWindowInDays)."""
MOST_KEYS: Final = 10_000
"""Keys of an account in a region."""
LONGEST_DESCRIPTION: Final = 8192
_DAY = 86_400.0


def _seal_new(sealer: Sealer, key_id: str, version: int) -> bytes:
    """Material for a version of a key, sealed for that alone."""
    return sealer.seal(f"kms key material {key_id} {version}", os.urandom(KEY_LENGTH))


def open_material(sealer: Sealer, key_id: str, material: Material) -> bytes:
    """The 32 bytes that a version of a key encrypts with. Raises SealBroken."""
    return sealer.open(f"kms key material {key_id} {material.version}", material.sealed)


def create_key(
    connection: Connection,
    sealer: Sealer,
    account: str,
    region: str,
    now: float,
    *,
    description: str = "",
    alias: str | None = None,
) -> KmsKey:
    """CreateKey, and CreateAlias if an alias is given.

    Raises KmsException, also for an alias that there is.
    """
    if len(description) > LONGEST_DESCRIPTION or "\0" in description:
        raise kms_exception("ValidationException", f"A description has at most {LONGEST_DESCRIPTION} characters.")
    if alias is not None:
        _require_own_alias(alias)
        if stored.find_alias(connection, account, region, alias) is not None:
            arn = alias_arn(account, region, alias)
            raise kms_exception("AlreadyExistsException", f"An alias with the name {arn} already exists")
    if stored.count_keys(connection, account, region) >= MOST_KEYS:
        raise kms_exception("LimitExceededException", f"The account {account} has the most keys, which is {MOST_KEYS}.")
    made = _insert(connection, sealer, account, region, now, description=description, managed=False)
    if alias is not None:
        stored.insert_alias(connection, account, region, alias, made.id)
    return made


def _insert(
    connection: Connection, sealer: Sealer, account: str, region: str, now: float, *, description: str, managed: bool
) -> KmsKey:
    made = KmsKey(str(uuid.uuid4()), account, region, description, "Enabled", managed, 1, now, None)
    stored.insert_key(connection, made, _seal_new(sealer, made.id, 1))
    return made


def managed_key(connection: Connection, sealer: Sealer, account: str, region: str, now: float) -> KmsKey:
    """The key `alias/aws/ecr` of the account in the region, which is made at first use."""
    key_id = stored.find_alias(connection, account, region, MANAGED_ALIAS)
    if key_id is not None:
        return _require(connection, account, region, key_id)
    description = "Default key that protects the repositories of the registry when no other key is defined"
    made = _insert(connection, sealer, account, region, now, description=description, managed=True)
    stored.insert_alias(connection, account, region, MANAGED_ALIAS, made.id)
    return made


def find_key(connection: Connection, account: str, region: str, reference: str, *, lock: bool = False) -> KmsKey:
    """The key that an id, an alias, or the ARN of either names. There are no keys of other accounts.

    Raises KmsException (NotFoundException). `lock` keeps other writers of it away.
    """
    named = parse_key_reference(reference)
    if named is None:
        raise invalid_key_id(reference[:200])
    if named.region is not None and named.region != region:
        raise key_of_another_region(named.region)
    if named.account is not None and named.account != account:
        raise key_not_found(reference)
    key_id = named.id
    if named.alias is not None:
        key_id = stored.find_alias(connection, account, region, named.alias)
        if key_id is None:
            raise alias_not_found(alias_arn(account, region, named.alias))
    return _require(connection, account, region, key_id or "", lock=lock)


def _require(connection: Connection, account: str, region: str, key_id: str, *, lock: bool = False) -> KmsKey:
    found = stored.find_key(connection, key_id, lock=lock)
    if found is None or (found.account, found.region) != (account, region):
        raise key_not_found(key_arn(account, region, key_id))
    return found


def unusable(arn: str, state: stored.State) -> RegistryError | None:
    """Why a key in this state cannot be used; None if it can."""
    if state == "Enabled":
        return None
    return key_disabled(arn) if state == "Disabled" else key_pending_deletion(arn)


def find_refusal(connection: Connection, arn: str) -> RegistryError | None:
    """Why a key cannot be used now; None if it can."""
    named = parse_key_reference(arn)
    found = stored.find_key(connection, named.id) if named is not None and named.id is not None else None
    return key_not_found(arn) if found is None else unusable(arn, found.state)


def rotate_key(connection: Connection, sealer: Sealer, account: str, region: str, reference: str, now: float) -> KmsKey:
    """RotateKeyOnDemand: what is encrypted from now on is encrypted with a new version; the others stay for reading.

    Raises KmsException, also for a key that cannot be used.
    """
    found = find_key(connection, account, region, reference, lock=True)
    refusal = unusable(found.arn, found.state)
    if refusal is not None:
        raise refusal
    version = found.version + 1
    stored.add_version(connection, found.id, version, _seal_new(sealer, found.id, version), now)
    return replace(found, version=version)


def set_enabled(connection: Connection, account: str, region: str, reference: str, *, enabled: bool) -> KmsKey:
    """EnableKey and DisableKey. Raises KmsException, also for one that is pending deletion, or the registry's own."""
    found = _of_people(connection, account, region, reference)
    if found.state == "PendingDeletion":
        raise key_pending_deletion(found.arn)
    state: stored.State = "Enabled" if enabled else "Disabled"
    stored.update_state(connection, found.id, state)
    return replace(found, state=state)


def schedule_deletion(
    connection: Connection, account: str, region: str, reference: str, now: float, days: int = LONGEST_WAIT
) -> KmsKey:
    """ScheduleKeyDeletion: the key cannot be used from now on, and is destroyed after so many days.

    Raises KmsException, also for one that is pending deletion already, or the registry's own.
    """
    if not SHORTEST_WAIT <= days <= LONGEST_WAIT:
        raise kms_exception("ValidationException", f"A key waits {SHORTEST_WAIT} to {LONGEST_WAIT} days.")
    found = _of_people(connection, account, region, reference)
    if found.state == "PendingDeletion":
        raise key_pending_deletion(found.arn)
    deletion_at = now + days * _DAY
    stored.update_state(connection, found.id, "PendingDeletion", deletion_at)
    return replace(found, state="PendingDeletion", deletion_at=deletion_at)


def cancel_deletion(connection: Connection, account: str, region: str, reference: str, now: float) -> KmsKey:
    """CancelKeyDeletion: the key stays, disabled until somebody enables it. Raises KmsException."""
    found = _of_people(connection, account, region, reference)
    if found.deletion_at is None:
        raise kms_exception("KMSInvalidStateException", f"{found.arn} is not pending deletion.")
    if found.deletion_at <= now:
        raise key_not_found(found.arn)
    stored.update_state(connection, found.id, "Disabled")
    return replace(found, state="Disabled", deletion_at=None)


def _of_people(connection: Connection, account: str, region: str, reference: str) -> KmsKey:
    """A key that people made, locked."""
    found = find_key(connection, account, region, reference, lock=True)
    if found.managed:
        raise kms_exception(
            "AccessDeniedException", f"{found.arn} is the registry's own key {MANAGED_ALIAS}, which stays as it is."
        )
    return found


def put_alias(connection: Connection, account: str, region: str, name: str, reference: str) -> KmsKey:
    """CreateAlias and UpdateAlias. Repositories stay with the key that they were made with. Raises KmsException."""
    _require_own_alias(name)
    found = find_key(connection, account, region, reference, lock=True)
    if found.state == "PendingDeletion":
        raise key_pending_deletion(found.arn)
    stored.put_alias(connection, account, region, name, found.id)
    return found


def delete_alias(connection: Connection, account: str, region: str, name: str) -> None:
    """DeleteAlias; the key stays. Raises KmsException."""
    _require_own_alias(name)
    if not stored.delete_alias(connection, account, region, name):
        raise alias_not_found(alias_arn(account, region, name))


def _require_own_alias(name: str) -> None:
    if not is_alias(name):
        message = "An alias is alias/ and up to 250 letters, digits and characters of /_-"
        raise kms_exception("InvalidAliasNameException", message)
    if name.startswith(RESERVED):
        message = f"An alias that begins with {RESERVED} is not for people to change."
        raise kms_exception("NotAuthorizedException", message)


def destroy_due_keys(connection: Connection, now: float, limit: int) -> list[AuditRecord]:
    """Destroy keys whose waiting period is over; the records of it, which are in the audit trail."""
    records: list[AuditRecord] = []
    for key in stored.find_due(connection, now, limit):
        stored.destroy_key(connection, key.id)
        event = Event(
            name="DeleteKey",
            region=key.region,
            account=key.account,
            caller=RegistryItself(),
            client=ECR,
            user_agent=ECR,
            parameters={},
            details={"keyId": key.arn},
            source=KMS,
        )
        record = record_of(event, now)
        insert_record(connection, record)
        records.append(record)
    return records
