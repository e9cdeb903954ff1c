"""Data keys that the key store wraps: only for their domain, only while the key may be used, through rotations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from wharfside.blobs.base import LONGEST_WRAPPED, DataKey, KeyUnavailable, Tampered
from wharfside.core.encryption import Encryption, EncryptionType, domain_of
from wharfside.registry import kms_keys
from wharfside.registry.data_keys import KeyStoreDataKeys
from wharfside.store.db import Db
from wharfside.store.kms_keys import KmsKey
from wharfside.store.sealing import Sealer

ACCOUNT, REGION = "000000000000", "us-east-1"
SEALER = Sealer(bytes(32))


class Server:
    """Says that it was asked."""

    def make(self, domain: str) -> DataKey:
        return DataKey((b"made",), domain.encode())

    def unwrap(self, domain: str, wrapped: bytes) -> tuple[bytes, ...]:
        return (domain.encode() + wrapped,)


def write(db: Db, use_case: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    return db.write(lambda connection: use_case(connection, *arguments, **options)).result(60)


@pytest.fixture
def keys(db: Db) -> KeyStoreDataKeys:
    return KeyStoreDataKeys(Server(), db, SEALER)


def make_key(db: Db) -> KmsKey:
    return write(db, kms_keys.create_key, SEALER, ACCOUNT, REGION, 1.0)


def domain(key: KmsKey, kind: EncryptionType = "KMS") -> str:
    return domain_of(Encryption(kind, key.arn))


def refusal(work: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(KeyUnavailable) as refused:
        work()
    return str(refused.value.members["kmsError"]), refused.value.message


@pytest.mark.parametrize(("kind", "layers"), [("KMS", 1), ("KMS_DSSE", 2)])
def test_what_is_wrapped_is_unwrapped(db: Db, keys: KeyStoreDataKeys, kind: EncryptionType, layers: int) -> None:
    of_key = domain(make_key(db), kind)
    made, other = keys.make(of_key), keys.make(of_key)
    assert [len(key) for key in made.keys] == [32] * layers
    assert len({*made.keys, *other.keys}) == 2 * layers
    assert len(made.wrapped) <= LONGEST_WRAPPED
    assert all(key not in made.wrapped for key in made.keys)
    assert keys.unwrap(of_key, made.wrapped) == made.keys
    assert keys.unwrap(of_key, other.wrapped) == other.keys


def test_domains_without_a_key_are_the_servers_affair(keys: KeyStoreDataKeys) -> None:
    assert keys.make("aes256").wrapped == b"aes256"
    assert keys.unwrap("aes256", b"+") == (b"aes256+",)


def test_a_wrapped_key_is_of_one_domain(db: Db, keys: KeyStoreDataKeys) -> None:
    key, other = make_key(db), make_key(db)
    made = keys.make(domain(key))
    for of_another in (domain(other), domain(key, "KMS_DSSE")):
        with pytest.raises(Tampered):
            keys.unwrap(of_another, made.wrapped)


def test_a_changed_bit_is_found(db: Db, keys: KeyStoreDataKeys) -> None:
    write(db, kms_keys.rotate_key, SEALER, ACCOUNT, REGION, (key := make_key(db)).id, 2.0)
    of_key = domain(key)
    wrapped = keys.make(of_key).wrapped
    for place in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[place] ^= 1
        # A version that there is not cannot be told from one that was lost.
        with pytest.raises((Tampered, KeyUnavailable)):
            keys.unwrap(of_key, bytes(changed))
    for length in range(len(wrapped)):
        with pytest.raises((Tampered, KeyUnavailable)):
            keys.unwrap(of_key, wrapped[:length])


def test_a_rotation_counts_for_new_keys_and_old_ones_stay_readable(db: Db, keys: KeyStoreDataKeys) -> None:
    key = make_key(db)
    of_key = domain(key)
    made = [keys.make(of_key)]
    for moment in (2.0, 3.0):
        write(db, kms_keys.rotate_key, SEALER, ACCOUNT, REGION, key.id, moment)
        made.append(keys.make(of_key))
    assert [int.from_bytes(each.wrapped[1:5]) for each in made] == [1, 2, 3]
    assert [keys.unwrap(of_key, each.wrapped) for each in made] == [each.keys for each in made]


def test_the_state_of_a_key_counts_at_once(db: Db, keys: KeyStoreDataKeys) -> None:
    key = make_key(db)
    of_key = domain(key)
    made = keys.make(of_key)
    uses = (lambda: keys.make(of_key), lambda: keys.unwrap(of_key, made.wrapped))
    write(db, kms_keys.set_enabled, ACCOUNT, REGION, key.id, enabled=False)
    for use in uses:
        assert refusal(use) == ("DisabledException", f"{key.arn} is disabled.")
    write(db, kms_keys.set_enabled, ACCOUNT, REGION, key.id, enabled=True)
    assert keys.unwrap(of_key, made.wrapped) == made.keys
    write(db, kms_keys.schedule_deletion, ACCOUNT, REGION, key.id, 1.0, 7)
    for use in uses:
        assert refusal(use) == ("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    write(db, kms_keys.destroy_due_keys, 1.0 + 7 * 86_400, 1)
    for use in uses:
        assert refusal(use) == ("NotFoundException", f"Key '{key.arn}' does not exist")


def test_material_of_another_master_key(db: Db, keys: KeyStoreDataKeys) -> None:
    key = make_key(db)
    wrapped = keys.make(domain(key)).wrapped
    wrong = KeyStoreDataKeys(Server(), db, Sealer(b"x" * 32))
    assert refusal(lambda: wrong.unwrap(domain(key), wrapped))[0] == "KMSInternalException"


def test_keys_are_unwrapped_within_a_unit_of_work(db: Db, keys: KeyStoreDataKeys) -> None:
    of_key = domain(make_key(db))
    made = keys.make(of_key)
    assert db.read(lambda _: keys.unwrap(of_key, made.wrapped)) == made.keys
