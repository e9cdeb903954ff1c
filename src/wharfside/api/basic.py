"""The Basic authentication scheme (RFC 7617)."""

from __future__ import annotations

import base64
import binascii

_LONGEST = 12_000


def basic_credentials(authorization: str) -> tuple[str, str]:
    """User and password in the value of an Authorization field; both empty where it holds none."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic" or len(value) > _LONGEST:
        return "", ""
    try:
        user, _, password = base64.b64decode(value.strip(), validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def basic_challenge(realm: str) -> str:
    """The value of WWW-Authenticate that asks for them; `realm` is a URL."""
    return f'Basic realm="{realm}",service="ecr.amazonaws.com"'
