"""Data keys of the domain `aes256`: wrapped by one key of the server.

Wrapped form: a version byte, a nonce of 12 bytes, the AES-256-GCM ciphertext of the key with its tag. The domain is
authenticated with it. Random nonces are safe for 2^32 keys.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wharfside.blobs.base import DATA_KEY_BYTES, DataKey, KeyUnavailable, Tampered
from wharfside.core.encryption import AES256, domain_of

_VERSION: Final = b"\x01"
_NONCE: Final = 12
_PURPOSE: Final = b"wharfside data key "
_DOMAIN: Final = domain_of(AES256)


class MasterDataKeys:
    """Wraps with the server's own key, and knows no other domain than `aes256`."""

    def __init__(self, key: bytes) -> None:
        """`key`: 32 bytes."""
        self._cipher = AESGCM(key)

    def make(self, domain: str) -> DataKey:
        """A new random key. Raises KeyUnavailable for other domains."""
        _require_own(domain)
        key, nonce = os.urandom(DATA_KEY_BYTES), os.urandom(_NONCE)
        return DataKey((key,), _VERSION + nonce + self._cipher.encrypt(nonce, key, _PURPOSE + domain.encode()))

    def unwrap(self, domain: str, wrapped: bytes) -> tuple[bytes, ...]:
        """The key. Raises KeyUnavailable for other domains, and Tampered for what this key has not wrapped."""
        _require_own(domain)
        try:
            if not wrapped.startswith(_VERSION):
                raise InvalidTag
            nonce, sealed = wrapped[1 : 1 + _NONCE], wrapped[1 + _NONCE :]
            return (self._cipher.decrypt(nonce, sealed, _PURPOSE + domain.encode()),)
        except (InvalidTag, ValueError):
            raise Tampered("a data key does not open") from None


def _require_own(domain: str) -> None:
    if domain != _DOMAIN:
        raise KeyUnavailable(domain, "NotFoundException", f"There is no key for {domain}")
