"""Content digests: `algorithm:hex`, as in the OCI image specification, section "Digests"."""

from __future__ import annotations

import hashlib
import re
from typing import NewType

Digest = NewType("Digest", str)
"""A digest that passed `parse_digest`: `sha256:` with 64 or `sha512:` with 128 lower-case hex digits."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


class InvalidDigest(ValueError):
    """The text is no digest of an algorithm that this registry verifies."""


def parse_digest(text: str) -> Digest:
    """The text as a Digest. Raises InvalidDigest."""
    if _DIGEST.fullmatch(text) is None:
        raise InvalidDigest(text)
    return Digest(text)


def is_digest(text: str) -> bool:
    """Whether `parse_digest` would accept the text."""
    return _DIGEST.fullmatch(text) is not None


def algorithm_of(digest: Digest) -> str:
    """`sha256` or `sha512`."""
    return digest[:6]


def hex_of(digest: Digest) -> str:
    """The hexadecimal part."""
    return digest[7:]


def sha256_of(content: bytes) -> Digest:
    """The SHA-256 digest of the content."""
    return Digest("sha256:" + hashlib.sha256(content).hexdigest())


def digest_of(content: bytes, algorithm: str) -> Digest:
    """The digest of the content by `sha256` or `sha512`."""
    return Digest(f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}")
