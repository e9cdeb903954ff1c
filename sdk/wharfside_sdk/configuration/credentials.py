"""Access keys, and where the current ones come from.

A source caches what it found and has it anew before it expires. Secrets are in no `repr` and in no message.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from wharfside_sdk.errors import ConfigurationError, NoCredentials

ADVISORY_REFRESH: Final = timedelta(minutes=15)
"""From this long before they expire, one caller at a time tries to have new credentials; a failure is only logged."""
MANDATORY_REFRESH: Final = timedelta(minutes=10)
"""From this long before they expire, all callers wait for new credentials; a failure is raised."""
RETRY_AFTER: Final = timedelta(seconds=30)
"""How long nobody tries again after an advisory refresh that failed."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key, with a session token where it is a temporary one, and when it expires (None: never)."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


class CredentialSource(Protocol):
    """Gives the credentials to sign the next request with. May be asked from many threads."""

    def current(self) -> Credentials:
        """Credentials that are good now; may block on a file, a process or the network.

        Raises NoCredentials when there are none, ConfigurationError when the configuration of them is wrong.
        """
        ...

    def fresh(self) -> bool:
        """Whether `current` would answer at once. Never blocks: an event loop asks this before it takes a thread."""
        ...


class FrozenCredentialsProvider(Protocol):
    """What boto3's and botocore's credentials are: something that refreshes itself and gives a frozen copy."""

    def get_frozen_credentials(self) -> Any:
        """An object with `access_key`, `secret_key` and `token`."""
        ...


@dataclass(frozen=True, slots=True)
class StaticCredentials:
    """One access key for good."""

    credentials: Credentials

    def current(self) -> Credentials:
        return self.credentials

    def fresh(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class ForeignCredentials:
    """Credentials of boto3 or of anything that looks like them; the other side caches and refreshes."""

    provider: FrozenCredentialsProvider

    def current(self) -> Credentials:
        frozen = self.provider.get_frozen_credentials()
        if hasattr(frozen, "__await__"):
            frozen.close()
            raise ConfigurationError("the credentials are asynchronous, as aiobotocore's are; give those of boto3")
        if frozen is None or not frozen.access_key or not frozen.secret_key:
            raise NoCredentials("the object that was given as credentials has none")
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)

    def fresh(self) -> bool:
        # Only botocore's refreshing kinds have this; the others hold what they have and answer at once.
        needed = getattr(self.provider, "refresh_needed", None)
        return needed is None or not needed()


class RefreshingCredentials:
    """Credentials that `fetch` gives, for as long as they are good."""

    def __init__(self, fetch: Callable[[], Credentials], now: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._fetch = fetch
        self._now = now
        self._lock = threading.Lock()
        self._held: Credentials | None = None
        self._next_attempt: datetime | None = None

    def fresh(self) -> bool:
        return self._good_for(ADVISORY_REFRESH) is not None

    def current(self) -> Credentials:
        held = self._good_for(ADVISORY_REFRESH)
        if held is not None:
            return held
        usable = self._good_for(MANDATORY_REFRESH)
        if not self._lock.acquire(blocking=usable is None):
            assert usable is not None
            return usable
        try:
            return self._good_for(ADVISORY_REFRESH) or self._refreshed()
        finally:
            self._lock.release()

    def _good_for(self, span: timedelta) -> Credentials | None:
        held = self._held
        if held is None:
            return None
        return held if held.expires_at is None or held.expires_at - self._now() >= span else None

    def _refreshed(self) -> Credentials:
        usable = self._good_for(MANDATORY_REFRESH)
        if usable is not None and self._next_attempt is not None and self._now() < self._next_attempt:
            return usable
        try:
            fetched = self._fetch()
            if fetched.expires_at is not None and fetched.expires_at <= self._now():
                raise NoCredentials(f"the credentials that were had anew have expired at {fetched.expires_at}")
        except ConfigurationError as error:
            if usable is None:
                raise
            # A large module, that those to whom nothing happens need not wait for.
            import logging

            text = "having new credentials failed, the old ones are good until %s: %s"
            logging.getLogger(__name__).warning(text, usable.expires_at, error)
            self._next_attempt = self._now() + RETRY_AFTER
            return usable
        self._held = fetched
        self._next_attempt = None
        return fetched


class DeferredCredentials:
    """A source that is looked for when it is first needed, so that making a client reaches for nothing."""

    def __init__(self, find: Callable[[], CredentialSource]):
        self._find = find
        self._lock = threading.Lock()
        self._source: CredentialSource | None = None

    def fresh(self) -> bool:
        return self._source is not None and self._source.fresh()

    def current(self) -> Credentials:
        if self._source is None:
            with self._lock:
                self._source = self._source or self._find()
        return self._source.current()


def parse_expiry(text: str) -> datetime:
    """An ISO 8601 time, UTC where it says nothing else. Raises ConfigurationError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{text[:40]!r} is not an ISO 8601 time at which credentials expire") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
