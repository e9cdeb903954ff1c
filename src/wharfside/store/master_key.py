"""The master key: what the data keys of `aes256` are wrapped with, and the material of the local KMS keys sealed.

It is 32 random bytes from a file, a setting, or the output of a command. The database keeps a fingerprint of the first
one, so that a wrong or a missing key is found at the start, and no new one is ever made where something is encrypted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, select

from wharfside.store.sealing import KEY_LENGTH, load_or_create_key
from wharfside.store.tables import master_key

COMMAND_SECONDS: Final = 60
"""How long a command may take to print the key."""
_ONLY: Final = 1


class MasterKeyRefused(Exception):
    """The master key cannot be used; the text says why and what to do, and nothing of the key."""


class MasterKey:
    """The key itself is never used, only what is derived from it for each purpose."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_LENGTH:
            raise MasterKeyRefused(f"A master key has {KEY_LENGTH} bytes, and this one has {len(key)}.")
        self._key = key

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose."""
        return hmac.digest(self._key, b"wharfside " + purpose.encode(), hashlib.sha256)

    def fingerprint(self) -> str:
        """Tells the key from others, and nothing more of it."""
        return self.derive("fingerprint").hex()


@dataclass(frozen=True, slots=True, repr=False)
class MasterKeySource:
    """Where the key comes from: the text (base64), else the command that prints it so, else the file of 32 bytes."""

    file: Path
    text: str | None = None
    command: str | None = None


def load_master_key(source: MasterKeySource, *, make: bool) -> MasterKey:
    """The key. `make`: a missing file is made. Raises MasterKeyRefused, KeyFileRefused."""
    if source.text is not None:
        return _decoded(source.text, "WHARFSIDE_MASTER_KEY")
    if source.command is not None:
        return _decoded(_printed(source.command), "What WHARFSIDE_MASTER_KEY_COMMAND prints")
    if not make and not source.file.exists():
        raise MasterKeyRefused(
            f"The master key {source.file} is missing, and what is stored is encrypted with it. Restore the file from a"
            " backup, or say with WHARFSIDE_MASTER_KEY_FILE, WHARFSIDE_MASTER_KEY or WHARFSIDE_MASTER_KEY_COMMAND where"
            " the key is."
        )
    return MasterKey(load_or_create_key(source.file))


def _printed(command: str) -> str:
    try:
        # Its standard error is that of the server: the place to say what went wrong.
        done = subprocess.run(  # noqa: S603  # the administrator's own command
            shlex.split(command), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=COMMAND_SECONDS, check=True
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise MasterKeyRefused(f"WHARFSIDE_MASTER_KEY_COMMAND gave no key: {_problem(error)}.") from None
    return done.stdout.decode(errors="replace")


def _problem(error: Exception) -> str:
    """What happened, without what the command printed."""
    if isinstance(error, subprocess.CalledProcessError):
        return f"it ended with {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it did not end within {COMMAND_SECONDS} seconds"
    return str(error)


def _decoded(text: str, name: str) -> MasterKey:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_LENGTH:
        raise MasterKeyRefused(
            f"{name} is not a master key: {KEY_LENGTH} random bytes in base64, as `openssl rand -base64 32` prints."
        )
    return MasterKey(key)


def find_fingerprint(connection: Connection) -> str | None:
    """The fingerprint of the key that the data is encrypted with; None before the first one."""
    return connection.scalar(select(master_key.c.fingerprint).where(master_key.c.id == _ONLY))


def fix_master_key(connection: Connection, key: MasterKey) -> None:
    """From now on, only this key will do. Raises MasterKeyRefused when it is another one that does."""
    known = find_fingerprint(connection)
    if known is None:
        connection.execute(insert(master_key), {"id": _ONLY, "fingerprint": key.fingerprint()})
    elif not hmac.compare_digest(known, key.fingerprint()):
        raise MasterKeyRefused(
            "The master key is not the one that the data is encrypted with, so nothing of it could be read."
            " Give the key that was used before (DATA/master.key by default, or WHARFSIDE_MASTER_KEY_FILE,"
            " WHARFSIDE_MASTER_KEY, WHARFSIDE_MASTER_KEY_COMMAND)."
        )
