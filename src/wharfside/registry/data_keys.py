"""Data keys of every encryption domain: of `aes256` by the server's own key, of the others by keys of the key store.

Wrapped form of the latter: a version byte, the version of the key (4 bytes, the highest first), a nonce of 12 bytes,
and the AES-256-GCM ciphertext of the data keys with its tag of 16 bytes. The domain, and with it the key's ARN, and the
key's version are authenticated with it, as the encryption context of AWS KMS is. Each use asks the database for the
state of the key, so one that is disabled anywhere is of no use on any node from then on. Random nonces are safe for
2^32 data keys of one version of a key.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wharfside.blobs.base import DATA_KEY_BYTES, DataKey, DataKeys, KeyUnavailable, Tampered
from wharfside.core.encryption import kms_key_of, layers_of
from wharfside.core.errors import RegistryError, key_not_found
from wharfside.core.kms import parse_key_reference
from wharfside.registry.kms_keys import open_material, unusable
from wharfside.store import kms_keys as stored
from wharfside.store.db import Db
from wharfside.store.sealing import SealBroken, Sealer

_FORM: Final = b"\x01"
_VERSION_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_PURPOSE: Final = b"wharfside kms data key "
_START: Final = len(_FORM) + _VERSION_BYTES + _NONCE_BYTES


class KeyStoreDataKeys:
    """Wraps with the key that a domain names, and leaves domains that name none to the server's own."""

    def __init__(self, server: DataKeys, db: Db, sealer: Sealer) -> None:
        """`sealer` opens the material of keys."""
        self._server = server
        self._db = db
        self._sealer = sealer

    def make(self, domain: str) -> DataKey:
        """New random keys. Raises KeyUnavailable."""
        arn = kms_key_of(domain)
        if arn is None:
            return self._server.make(domain)
        version, cipher = self._cipher(domain, arn, None)
        keys = tuple(os.urandom(DATA_KEY_BYTES) for _ in range(layers_of(domain)))
        nonce, head = os.urandom(_NONCE_BYTES), _FORM + version.to_bytes(_VERSION_BYTES)
        sealed = cipher.encrypt(nonce, b"".join(keys), _PURPOSE + head + domain.encode())
        return DataKey(keys, head + nonce + sealed)

    def unwrap(self, domain: str, wrapped: bytes) -> tuple[bytes, ...]:
        """The keys. Raises KeyUnavailable, and Tampered for what was wrapped for another domain, or changed."""
        arn = kms_key_of(domain)
        if arn is None:
            return self._server.unwrap(domain, wrapped)
        head, nonce = wrapped[: _START - _NONCE_BYTES], wrapped[_START - _NONCE_BYTES : _START]
        if len(wrapped) < _START or not wrapped.startswith(_FORM):
            raise Tampered("a data key does not open")
        _, cipher = self._cipher(domain, arn, int.from_bytes(head[len(_FORM) :]))
        try:
            opened = cipher.decrypt(nonce, wrapped[_START:], _PURPOSE + head + domain.encode())
        except (InvalidTag, ValueError):
            raise Tampered("a data key does not open") from None
        return tuple(opened[start : start + DATA_KEY_BYTES] for start in range(0, len(opened), DATA_KEY_BYTES))

    def _cipher(self, domain: str, arn: str, version: int | None) -> tuple[int, AESGCM]:
        """A version of the key (None: the newest), and what encrypts with it, if the key can be used now."""
        named = parse_key_reference(arn)
        key_id = named.id if named is not None and named.id is not None else arn
        found = self._db.look(lambda connection: stored.find_material(connection, key_id, version))
        if found is None:
            raise _unavailable(domain, key_not_found(arn))
        refusal = unusable(arn, found.state)
        if refusal is not None:
            raise _unavailable(domain, refusal)
        try:
            return found.version, AESGCM(open_material(self._sealer, key_id, found))
        except SealBroken:
            text = f"The material of {arn} was sealed with another master key."
            raise KeyUnavailable(domain, "KMSInternalException", text) from None


def _unavailable(domain: str, refusal: RegistryError) -> KeyUnavailable:
    return KeyUnavailable(domain, str(refusal.members["kmsError"]), refusal.message)
