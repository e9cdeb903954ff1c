"""What stands in the last part of a path: a digest or a tag."""

from __future__ import annotations

from wharfside.core.digests import Digest, InvalidDigest, parse_digest
from wharfside.core.errors import RegistryError


def is_digest_reference(reference: str) -> bool:
    """Whether this is meant as a digest: tags have no colon."""
    return ":" in reference


def require_digest(reference: str) -> Digest:
    """The digest. Raises DIGEST_INVALID (OCI distribution specification, "Error Codes")."""
    try:
        return parse_digest(reference)
    except InvalidDigest as error:
        raise RegistryError("DigestInvalid", "The digest is malformed or its algorithm is not supported") from error
