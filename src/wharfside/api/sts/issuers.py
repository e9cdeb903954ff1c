"""The keys of OIDC issuers: fetched from where the issuer says that they are, and kept for a while.

Source: OpenID Connect Discovery 1.0, section 4. Only issuers that an administrator has registered are asked.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wharfside.core.errors import RegistryError
from wharfside.registry.identity_providers import is_safe_issuer
from wharfside.registry.web_identity import LONGEST_KEYS, InvalidKeys, Keys, parse_keys

if TYPE_CHECKING:
    from aiohttp import ClientSession

KEPT_SECONDS: Final = 3600
"""How long keys are used before the issuer is asked again."""
ATTEMPT_SECONDS: Final = 10
"""How often an issuer is asked at most, whatever tokens come."""
FETCH_SECONDS: Final = 5
"""How long an issuer may take for both answers."""
MOST_ISSUERS: Final = 1000
_log = logging.getLogger(__name__)


class _Unusable(Exception):
    """What the issuer answered cannot be used."""


@dataclass
class _Issuer:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    keys: Keys | None = None
    fetched_at: float = 0.0
    asked_at: float = 0.0


class Issuers:
    """The keys of every issuer that was needed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._issuers: dict[str, _Issuer] = {}

    async def keys(self, url: str, *, newer: bool = False) -> Keys:
        """The keys of an issuer; with `newer`, asked for again unless that was done just now.

        Raises IDPCommunicationError.
        """
        if url not in self._issuers and len(self._issuers) >= MOST_ISSUERS:
            self._issuers.clear()
        issuer = self._issuers.setdefault(url, _Issuer())
        async with issuer.lock:
            now = self._clock()
            too_old = issuer.keys is None or not 0 <= now - issuer.fetched_at < KEPT_SECONDS
            may_ask = not 0 <= now - issuer.asked_at < ATTEMPT_SECONDS
            if (too_old or newer) and may_ask:
                issuer.asked_at = now
                issuer.keys = await _fetch(url)
                issuer.fetched_at = now
            elif too_old:
                raise _no_answer()
            assert issuer.keys is not None
            return issuer.keys


def _no_answer() -> RegistryError:
    return RegistryError(
        "IDPCommunicationError",
        "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity"
        " documentation for requirements",
    )


async def _fetch(url: str) -> Keys:
    import aiohttp

    try:
        async with asyncio.timeout(FETCH_SECONDS), aiohttp.ClientSession(trust_env=True) as session:
            document = json.loads(await _get(session, url.removesuffix("/") + "/.well-known/openid-configuration"))
            if not isinstance(document, dict) or document.get("issuer") != url:  # pyright: ignore[reportUnknownMemberType]
                raise _Unusable("its discovery document is not about this issuer")
            where = document.get("jwks_uri")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            if not isinstance(where, str) or not _is_safe(where, url):
                raise _Unusable("its discovery document names no address of keys that may be asked")
            return parse_keys(await _get(session, where))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError, InvalidKeys, _Unusable) as error:
        _log.warning(
            "the keys of the identity provider %s could not be fetched: %s", url, error or type(error).__name__
        )
        raise _no_answer() from error


def _is_safe(where: str, issuer: str) -> bool:
    """An issuer elsewhere does not send us to an address of this machine by http."""
    if "?" in where:
        return False
    return is_safe_issuer(where) and (where.startswith("https:") or issuer.startswith("http:"))


async def _get(session: ClientSession, url: str) -> bytes:
    """A body of at most LONGEST_KEYS bytes; other addresses are not followed."""
    async with session.get(url, allow_redirects=False) as response:
        if response.status != 200:
            raise _Unusable(f"{url} answered {response.status}")
        content = bytearray()
        async for piece in response.content.iter_chunked(16_384):
            content += piece
            if len(content) > LONGEST_KEYS:
                raise _Unusable(f"{url} answered more than {LONGEST_KEYS} bytes")
        return bytes(content)
