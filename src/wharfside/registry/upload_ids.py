"""Ids of upload sessions.

Starting an upload writes nothing, so the id itself proves that this registry gave it out, for which repository, and
when: 4 bytes of time, 4 random bytes, and 8 bytes of a keyed hash over them and the repository, in the form of a UUID.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

LIFETIME_SECONDS = 24 * 3600
"""How long a session without bytes may be used."""
_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _proof(key: bytes, start: bytes, repository_id: int) -> bytes:
    return hmac.digest(key, b"upload\0" + start + repository_id.to_bytes(8, "big"), hashlib.sha256)[:8]


def new_upload_id(key: bytes, repository_id: int, now: float) -> str:
    """An id for a new session in the repository."""
    start = (int(now) & 0xFFFFFFFF).to_bytes(4, "big") + secrets.token_bytes(4)
    text = (start + _proof(key, start, repository_id)).hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_upload_id(key: bytes, upload_id: str, repository_id: int) -> bool:
    """Whether this registry gave out the id for this repository."""
    if _FORM.fullmatch(upload_id) is None:
        return False
    raw = bytes.fromhex(upload_id.replace("-", ""))
    return hmac.compare_digest(_proof(key, raw[:8], repository_id), raw[8:])


def started_at(upload_id: str) -> int:
    """When the session was started, in seconds since the epoch."""
    return int(upload_id[:8], 16)
