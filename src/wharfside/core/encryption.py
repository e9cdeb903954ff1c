"""Encryption of repositories (ECR structure EncryptionConfiguration), and the domains that share stored blobs.

A domain is a text: `plain`, `aes256`, `kms:<key ARN>` or `kms_dsse:<key ARN>`. Repositories with equal type and key are
of one domain; blobs are stored once for each domain, and mounted within it only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

EncryptionType = Literal["AES256", "KMS", "KMS_DSSE"]
"""As ECR names them."""
PLAIN: Final = "plain"
"""The domain of what is stored as it came."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """How a repository is encrypted; `kms_key` is the ARN of the key, and None for AES256."""

    type: EncryptionType
    kms_key: str | None = None


AES256: Final = Encryption("AES256")


def domain_of(encryption: Encryption | None) -> str:
    """The domain of what is encrypted so; None is not encrypted."""
    if encryption is None:
        return PLAIN
    kind = encryption.type.lower()
    return kind if encryption.kms_key is None else f"{kind}:{encryption.kms_key}"


def encryption_of(domain: str) -> Encryption | None:
    """How what is of the domain is encrypted; None if it is not. Raises ValueError for a text that is no domain."""
    if domain == PLAIN:
        return None
    kind, _, key = domain.partition(":")
    named = kind.upper()
    if named not in get_args(EncryptionType) or (not key) is not (named == "AES256") or kind != kind.lower():
        raise ValueError(f"not an encryption domain: {domain!r}")
    return Encryption(cast("EncryptionType", named), key or None)


def kms_key_of(domain: str) -> str | None:
    """The ARN of the key of a domain; None for a domain without one."""
    return domain.partition(":")[2] or None


def layers_of(domain: str) -> int:
    """How many times what is of the domain is encrypted, each time with a key of its own."""
    if domain == PLAIN:
        return 0
    return 2 if domain.startswith("kms_dsse:") else 1
