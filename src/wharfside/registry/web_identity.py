"""Identity tokens of OIDC issuers (OpenID Connect Core 1.0, section 2; RFC 7519), verified with the issuer's keys.

PyJWT checks the signature; which keys and algorithms count, and every claim, are checked here. It takes a tenth of a
second to import, so that is done when a token is to be read, which most registries never do.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from wharfside.core.errors import RegistryError

LONGEST_TOKEN: Final = 20_000
"""Characters (STS, AssumeRoleWithWebIdentity: WebIdentityToken)."""
LONGEST_KEYS: Final = 262_144
"""Bytes of a JWKS."""
MOST_KEYS: Final = 100
SKEW: Final = 300
"""Seconds that an issuer's clock may be ahead."""
_RSA_BITS = range(2048, 8193)
_ALGORITHMS: Final[Mapping[tuple[str, str | None], str]] = {
    ("RSA", None): "RS256",
    ("EC", "P-256"): "ES256",
    ("OKP", "Ed25519"): "EdDSA",
}
"""What a key of a kind and curve is used for, whatever a token says. Others are passed over."""


class InvalidKeys(Exception):
    """Not a JWKS with a key that can be used; the text says why."""


class UnknownKey(Exception):
    """The token names a key that is not among the issuer's."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of an issuer, with the one algorithm it is used for."""

    id: str | None
    algorithm: str
    key: Any


Keys = tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """What a verified token says."""

    issuer: str
    subject: str
    audiences: tuple[str, ...]
    claims: Mapping[str, Any]

    def condition_keys(self) -> dict[str, tuple[str, ...]]:
        """The condition keys of the token (IAM, "Available keys for AWS OIDC federation"), in lower case."""
        prefix = without_scheme(self.issuer).lower()
        keys = {f"{prefix}:sub": (self.subject,), f"{prefix}:aud": self.audiences}
        for name, value in self.claims.items():
            values = _texts(value)
            if values:
                keys.setdefault(f"{prefix}:{name.lower()}", values)
        return keys


def without_scheme(url: str) -> str:
    """An issuer as it stands in ARNs and condition keys."""
    return url.partition("://")[2]


def _texts(value: object) -> tuple[str, ...]:
    """A claim as values of a condition key; none where it has no such form."""
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, str | int):
        return (str(value),)
    if isinstance(value, list) and all(isinstance(each, str) for each in cast("list[object]", value)):
        return tuple(cast("list[str]", value))
    return ()


def invalid_token(message: str) -> RegistryError:
    """A token that is no good, whatever time it is."""
    return RegistryError("InvalidIdentityToken", message)


def _not_a_token() -> RegistryError:
    return invalid_token(
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    )


def parse_keys(text: str | bytes) -> Keys:
    """The keys of a JWKS (RFC 7517) that can be used here. Raises InvalidKeys."""
    if len(text) > LONGEST_KEYS:
        raise InvalidKeys(f"A JWKS has at most {LONGEST_KEYS} bytes.")
    try:
        found = json.loads(text)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidKeys('This is not a JWKS: it must be a JSON object with "keys".') from None
    if not isinstance(found, list):
        raise InvalidKeys('This is not a JWKS: "keys" must be a list.')
    keys = tuple(key for each in cast("list[Any]", found)[:MOST_KEYS] if (key := _key(each)) is not None)
    if not keys:
        raise InvalidKeys("There is no key for RS256 (from 2048 bits), ES256 or EdDSA (Ed25519) in the JWKS.")
    return keys


def _key(value: Any) -> Key | None:
    if not isinstance(value, dict):
        return None
    members = cast("dict[str, Any]", value)
    kind = (str(members.get("kty")), None if members.get("kty") == "RSA" else str(members.get("crv")))
    algorithm = _ALGORITHMS.get(kind)
    if algorithm is None or members.get("use", "sig") != "sig" or members.get("alg", algorithm) != algorithm:
        return None
    import jwt

    public = {name: member for name, member in members.items() if name not in ("d", "p", "q", "dp", "dq", "qi", "oth")}
    try:
        key: Any = jwt.PyJWK(public, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if isinstance(key, RSAPublicKey) and key.key_size not in _RSA_BITS:
        return None
    name = members.get("kid")
    return Key(name if isinstance(name, str) else None, algorithm, key)


def read_issuer(token: str) -> str:
    """The issuer that a token names, before anything is verified. Raises InvalidIdentityToken."""
    claims = _unverified(token)[1]
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not 1 <= len(issuer) <= 255:
        raise invalid_token("Missing a required claim: iss")
    return issuer


def _unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    import jwt

    if len(token) > LONGEST_TOKEN or not token.isascii():
        raise _not_a_token()
    try:
        decoded = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise _not_a_token() from error
    return decoded["header"], decoded["payload"]


def verify(token: str, keys: Keys, issuer: str, audiences: Sequence[str], now: float) -> WebIdentity:
    """What a token says, after every check. Raises InvalidIdentityToken, ExpiredWebIdentityToken, UnknownKey."""
    import jwt

    header, _ = _unverified(token)
    key = _select(header, keys)
    try:
        # Times, issuer and audience follow, with this server's clock and STS's texts.
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            options={
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_iss": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise invalid_token("The signature of the ID Token is not valid") from error
    return _checked(claims, issuer, audiences, now)


def _select(header: Mapping[str, Any], keys: Keys) -> Key:
    """The key that a token is signed with. What the token says of its algorithm only has to agree with the key."""
    algorithm, name = header.get("alg"), header.get("kid")
    fitting = [key for key in keys if key.algorithm == algorithm]
    if algorithm not in _ALGORITHMS.values():
        raise invalid_token(f"The algorithm must be one of {', '.join(_ALGORITHMS.values())}")
    if name is not None:
        fitting = [key for key in fitting if key.id == name]
    if len(fitting) != 1:
        raise UnknownKey
    return fitting[0]


def _checked(claims: dict[str, Any], issuer: str, audiences: Sequence[str], now: float) -> WebIdentity:
    if claims.get("iss") != issuer:
        raise invalid_token("The issuer in the token does not match the identity provider")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise invalid_token("Missing a required claim: sub")
    expires, issued = _moment(claims, "exp"), _moment(claims, "iat")
    if expires is None or issued is None:
        raise invalid_token(f"Missing a required claim: {'exp' if expires is None else 'iat'}")
    if expires <= now:
        message = f"Token expired: current date/time {now:.0f} must be before the expiration date/time {expires:.0f}"
        raise RegistryError("ExpiredWebIdentityToken", message)
    if max(issued, _moment(claims, "nbf") or issued) > now + SKEW:
        raise invalid_token("The ID Token is not valid yet")
    # The authorized party is who the token was made for, where an issuer tells it apart from who may read it.
    given = _texts(claims.get("azp") or claims.get("aud"))
    if not set(given) & set(audiences):
        raise invalid_token("Incorrect token audience")
    return WebIdentity(issuer, subject, given, claims)


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    with suppress(OverflowError):  # a whole number may be larger than any float
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    raise invalid_token(f"The claim {name} is not a number of seconds")
