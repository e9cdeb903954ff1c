"""OIDC issuers whose tokens the roles of an account may trust (IAM, CreateOpenIDConnectProvider)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import Connection

from wharfside.core.hosts import is_loopback
from wharfside.registry.identities import already_exists, no_such_entity, require_account, validation_error
from wharfside.registry.web_identity import InvalidKeys, parse_keys, without_scheme
from wharfside.store import identity_providers as stored
from wharfside.store.identity_providers import IdentityProvider

LONGEST_URL: Final = 255
MOST_AUDIENCES: Final = 100
LONGEST_AUDIENCE: Final = 255
MOST_PROVIDERS: Final = 100
"""Identity providers per account (IAM, "Quotas")."""


def provider_arn(account: str, url: str) -> str:
    """The ARN of the identity provider for an issuer."""
    return f"arn:aws:iam::{account}:oidc-provider/{without_scheme(url)}"


def is_safe_issuer(url: str) -> bool:
    """Whether keys may be fetched from here: by https, or by http from this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if not host or parts.query or parts.fragment or "@" in parts.netloc or not url.isascii() or not url.isprintable():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def create_provider(
    connection: Connection, account: str, url: str, audiences: Sequence[str], jwks: str | None, now: float
) -> str:
    """Register an issuer, with its JWKS where it is not to be asked for it: the ARN.

    Raises EntityAlreadyExists, ValidationError, NoSuchEntity.
    """
    require_account(connection, account)
    if len(url) > LONGEST_URL or not is_safe_issuer(url):
        raise validation_error(f"The URL of an issuer begins with https:// and has at most {LONGEST_URL} characters.")
    _check(audiences, jwks)
    arn = provider_arn(account, url)
    if stored.find_provider(connection, arn) is not None:
        raise already_exists(f"Provider with url {url} already exists.")
    if len(stored.list_providers(connection, account)) >= MOST_PROVIDERS:
        raise validation_error(f"An account has at most {MOST_PROVIDERS} identity providers.")
    stored.insert_provider(connection, IdentityProvider(arn, account, url, tuple(audiences), jwks, now))
    return arn


def update_provider(connection: Connection, account: str, url: str, audiences: Sequence[str], jwks: str | None) -> None:
    """Replace the audiences and the JWKS of an issuer. Raises NoSuchEntity, ValidationError."""
    provider = require_provider(connection, account, url)
    _check(audiences, jwks)
    stored.update_provider(connection, provider.arn, audiences, jwks)


def delete_provider(connection: Connection, account: str, url: str) -> None:
    """DeleteOpenIDConnectProvider. Raises NoSuchEntity."""
    stored.delete_provider(connection, require_provider(connection, account, url).arn)


def require_provider(connection: Connection, account: str, url: str) -> IdentityProvider:
    """The identity provider with this URL or ARN. Raises NoSuchEntity."""
    found = stored.find_provider(connection, url if url.startswith("arn:") else provider_arn(account, url))
    if found is None or found.account != account:
        raise no_such_entity(f"There is no identity provider {url} in account {account}.")
    return found


def _check(audiences: Sequence[str], jwks: str | None) -> None:
    if not 1 <= len(audiences) <= MOST_AUDIENCES:
        raise validation_error(f"An identity provider has 1 to {MOST_AUDIENCES} audiences (client ids).")
    if not all(1 <= len(each) <= LONGEST_AUDIENCE and each.isprintable() for each in audiences):
        raise validation_error(f"An audience has 1 to {LONGEST_AUDIENCE} printable characters.")
    if jwks is not None:
        try:
            parse_keys(jwks)
        except InvalidKeys as error:
            raise validation_error(str(error)) from error
