"""How repositories are encrypted: what is chosen when one is made, and whether its key can be used now."""

from __future__ import annotations

from typing import cast

from wharfside.core.encryption import AES256, Encryption, EncryptionType, kms_key_of
from wharfside.core.errors import RegistryError, key_not_for_aes256
from wharfside.core.kms import MANAGED_ALIAS, alias_arn
from wharfside.registry import kms_keys
from wharfside.registry.context import Unit
from wharfside.store.sealing import Sealer


def check_encryption(encryption_type: str, key: str | None) -> None:
    """Raises InvalidParameterException for a key that nothing is encrypted with."""
    if encryption_type == AES256.type and key:
        raise key_not_for_aes256()


def choose_encryption(unit: Unit, sealer: Sealer, encryption_type: str, key: str | None) -> Encryption:
    """What a new repository is encrypted with: without a key, KMS means `alias/aws/ecr`, which is made at first use.

    `sealer` seals the material of keys. Raises KmsException unless the key can be used, InvalidParameterException.
    """
    check_encryption(encryption_type, key)
    if encryption_type == AES256.type:
        return AES256
    place = (unit.account, unit.region)
    if key and key not in (MANAGED_ALIAS, alias_arn(*place, MANAGED_ALIAS)):
        found = kms_keys.find_key(unit.connection, *place, key)
    else:
        found = kms_keys.managed_key(unit.connection, sealer, *place, unit.now)
    refusal = kms_keys.unusable(found.arn, found.state)
    if refusal is not None:
        raise refusal
    return Encryption(cast("EncryptionType", encryption_type), found.arn)


def key_refusal(unit: Unit, domain: str) -> RegistryError | None:
    """KmsException while the key of an encryption domain cannot be used. Asks nothing of domains without one."""
    arn = kms_key_of(domain)
    return None if arn is None else kms_keys.find_refusal(unit.connection, arn)


def require_key(unit: Unit, domain: str) -> None:
    """Raises KmsException while the key of an encryption domain cannot be used."""
    refusal = key_refusal(unit, domain)
    if refusal is not None:
        raise refusal
