"""Tokens that need no table: sealed, so that only this registry can make or read them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wharfside.core.errors import RegistryError, invalid_parameter
from wharfside.registry.sessions import Session, session_of
from wharfside.store.sealing import SealBroken, Sealer

AUTHORIZATION_SECONDS = 12 * 3600
"""How long a docker token is good (GetAuthorizationToken)."""
DOWNLOAD_SECONDS = 3600
"""How long a download URL is good (GetDownloadUrlForLayer)."""

USER = "AWS"
_AUTHORIZATION = "authorization token"
_DOWNLOAD = "layer download"
_SESSION = "session"
_LONGEST = 8192


class InvalidToken(Exception):
    """The token was not made by this registry, or for something else."""


class ExpiredToken(Exception):
    """The token is over its time."""


def _encode(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode()


def _open(sealer: Sealer, purpose: str, text: str) -> list[Any]:
    if len(text) > _LONGEST:
        raise InvalidToken
    try:
        sealed = base64.b64decode(text, altchars=b"-_", validate=True)
        if _encode(sealed) != text:  # the last letter may have bits that mean nothing
            raise InvalidToken
        return json.loads(sealer.open(purpose, sealed))
    except (SealBroken, binascii.Error, ValueError) as error:
        raise InvalidToken from error


@dataclass(frozen=True, slots=True)
class AuthorizationToken:
    """What a docker password stands for: an access key or a session, in one region, until a moment."""

    account: str
    region: str
    access_key: str
    expires_at: float
    session: Session | None = None


def seal_authorization(sealer: Sealer, token: AuthorizationToken) -> str:
    """The docker password."""
    claims: list[Any] = [token.account, token.region, token.access_key, token.expires_at]
    if token.session is not None:
        claims.append(token.session.claims())
    return _encode(sealer.seal(_AUTHORIZATION, json.dumps(claims).encode()))


def open_authorization(sealer: Sealer, password: str) -> AuthorizationToken:
    """What a docker password stands for, expired or not. Raises InvalidToken."""
    account, region, access_key, expires_at, *session = _open(sealer, _AUTHORIZATION, password)
    return AuthorizationToken(account, region, access_key, expires_at, session_of(session[0]) if session else None)


def seal_session(sealer: Sealer, session: Session, secret: str) -> str:
    """The session token of temporary credentials, whose secret access key stands in it."""
    return _encode(sealer.seal(_SESSION, json.dumps([secret, session.claims()]).encode()))


def open_session(sealer: Sealer, token: str) -> tuple[Session, str]:
    """A session, expired or not, and its secret access key. Raises InvalidToken."""
    secret, claims = _open(sealer, _SESSION, token)
    return session_of(claims), secret


@dataclass(frozen=True, slots=True)
class Download:
    """What a download URL gives access to: one layer of one repository."""

    account: str
    region: str
    repository: str
    digest: str


def seal_download(sealer: Sealer, download: Download, now: float) -> str:
    """The token of a download URL."""
    claims = [download.account, download.region, download.repository, download.digest, now + DOWNLOAD_SECONDS]
    return _encode(sealer.seal(_DOWNLOAD, json.dumps(claims).encode()))


def open_download(sealer: Sealer, token: str, now: float) -> Download:
    """The layer that a download URL is for. Raises InvalidToken, ExpiredToken."""
    *layer, expires_at = _open(sealer, _DOWNLOAD, token)
    if expires_at < now:
        raise ExpiredToken
    return Download(*layer)


def seal_page(sealer: Sealer, call: Sequence[object], position: object) -> str:
    """The `nextToken` of a call: good only for the same operation on the same things."""
    return _encode(sealer.seal(_page_purpose(call), json.dumps([position]).encode()))


def open_page(sealer: Sealer, call: Sequence[object], token: str) -> Any:
    """The position in a list. Raises InvalidParameterException for any token that `seal_page` did not make for it."""
    try:
        return _open(sealer, _page_purpose(call), token)[0]
    except InvalidToken as error:
        raise _invalid_page() from error


def _page_purpose(call: Sequence[object]) -> str:
    return "page " + json.dumps(list(call))


def _invalid_page() -> RegistryError:
    return invalid_parameter("nextToken", "Invalid token")
