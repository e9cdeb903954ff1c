"""Sealing of short claims with the data folder's own key: nobody else can read, change or make them.

Sealed form: one version byte, a nonce of 12 bytes, then the AES-256-GCM ciphertext with its tag of 16 bytes (NIST SP
800-38D). The version byte and the purpose are authenticated with it, so a token for one purpose is no good for another.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_LENGTH: Final = 32
LONGEST_SEALED: Final = 65_536
"""The most bytes that `Sealer.open` looks at."""

_VERSION: Final = b"\x01"
_NONCE_LENGTH: Final = 12
_TAG_LENGTH: Final = 16


class SealBroken(Exception):
    """Not sealed with this key for this purpose, or changed since. Deliberately says no more."""


class KeyFileRefused(Exception):
    """The key file cannot be used; the text says why and what to do."""


class Sealer:
    """Seals and opens claims with one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_LENGTH:
            raise ValueError(f"a sealing key has {KEY_LENGTH} bytes, not {len(key)}")
        self._cipher = AESGCM(key)

    def seal(self, purpose: str, claims: bytes) -> bytes:
        """The claims, sealed. Random nonces are safe for 2^32 seals with one key."""
        nonce = os.urandom(_NONCE_LENGTH)
        return _VERSION + nonce + self._cipher.encrypt(nonce, claims, _VERSION + purpose.encode())

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """The claims that were sealed for this purpose. Raises SealBroken."""
        start = len(_VERSION) + _NONCE_LENGTH
        if not start + _TAG_LENGTH <= len(sealed) <= LONGEST_SEALED or not sealed.startswith(_VERSION):
            raise SealBroken
        try:
            return self._cipher.decrypt(sealed[len(_VERSION) : start], sealed[start:], _VERSION + purpose.encode())
        except InvalidTag:
            raise SealBroken from None


def load_or_create_key(path: Path) -> bytes:
    """The key in this file, which is made at first use and only its owner can read. Raises KeyFileRefused.

    Processes that start at once agree on one key, and a key that was returned is still there after a power loss.
    """
    if not path.exists():
        _create(path)
    key = _load(path)
    # Also when another process made the file: it may not have come to this yet.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return key


def _load(path: Path) -> bytes:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size != KEY_LENGTH:
            raise KeyFileRefused(
                f"{path} is not a key of {KEY_LENGTH} bytes. Restore it from a backup; or remove it, "
                "which ends the validity of everything that was sealed with it."
            )
        if status.st_mode & 0o077:
            raise KeyFileRefused(
                f"{path} can be reached by other users (mode {stat.S_IMODE(status.st_mode):04o}). Run: chmod 600 {path}"
            )
        return file.read(KEY_LENGTH + 1)


def _create(path: Path) -> None:
    # The file appears under its name only when it is complete, and only if no other process was first.
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(KEY_LENGTH))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        unfinished.unlink()
