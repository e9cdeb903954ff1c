"""Temporary credentials: all that is known of them stands in the session token, sealed with the data folder's key.

Nothing is stored, so nothing has to be removed when they expire. Each use finds the principal they were made from, as
it is then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

MOST_CLAIMS: Final = 3800
"""Bytes of a session's claims: with them, a docker password still fits into a header field of 8 KiB."""


@dataclass(frozen=True, slots=True)
class Session:
    """What temporary credentials stand for. Moments are seconds since the epoch."""

    access_key_id: str
    account: str
    principal_id: str
    """The unique id of the user or the role."""
    name: str
    """RoleSessionName; empty for the session of a user."""
    issued_at: float
    expires_at: float
    access_key: str | None
    """The access key of the user who asked for it, without which it is no good; None for a role."""
    policy: str | None
    """The session policy that was given as a document."""
    policy_arns: tuple[str, ...]
    """The session policies that were given by their ARNs."""
    tags: tuple[tuple[str, str], ...]
    provider: str | None
    """The ARN of the identity provider whose token was exchanged for it."""

    def claims(self) -> list[Any]:
        """The session as JSON values."""
        return [
            self.access_key_id,
            self.account,
            self.principal_id,
            self.name,
            self.issued_at,
            self.expires_at,
            self.access_key,
            self.policy,
            list(self.policy_arns),
            [list(tag) for tag in self.tags],
            self.provider,
        ]


def session_of(claims: list[Any]) -> Session:
    """The session that `claims` gave."""
    key_id, account, principal_id, name, issued_at, expires_at, key, policy, policy_arns, tags, provider = claims
    pairs = tuple((tag, value) for tag, value in tags)
    return Session(
        key_id, account, principal_id, name, issued_at, expires_at, key, policy, tuple(policy_arns), pairs, provider
    )
