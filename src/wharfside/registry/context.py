"""What every use case gets: who asks, and the unit of work it happens in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from wharfside.core.request_context import Principal
from wharfside.registry.sessions import Session

PrincipalType = Literal["Account", "User", "AssumedRole"]
"""As in the condition key aws:PrincipalType."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated principal, with the policies in force at this moment.

    For the session of a role, `arn` and `user_id` are those of the session, and `principal_arn` is the role's.
    """

    account: str
    arn: str
    user_id: str
    policies: tuple[str, ...]
    access_key: str
    principal_type: PrincipalType
    principal_arn: str
    user_name: str | None = None
    boundary: str | None = None
    """The document of the permissions boundary; None where there is none."""
    session: Session | None = None
    """Set for temporary credentials."""
    session_policies: tuple[str, ...] = ()
    """The documents that limit the session; none where nothing does."""
    tags: tuple[tuple[str, str], ...] = ()
    """Tags of the principal, and over them those of the session."""

    def evaluated(self) -> Principal:
        """The caller as policies are evaluated for it."""
        session = self.session
        return Principal(
            self.principal_type,
            self.account,
            self.arn,
            self.user_id,
            self.user_name,
            role_arn=self.principal_arn if self.principal_type == "AssumedRole" else None,
            provider=session.provider if session is not None else None,
            temporary=session is not None,
            issued_at=session.issued_at if session is not None else None,
            tags=dict(self.tags),
            policies=self.policies,
            boundary=self.boundary,
            session_policies=self.session_policies,
        )


@dataclass(frozen=True, slots=True)
class Unit:
    """One transaction, on one registry: the repositories of one account in one region."""

    connection: Connection
    account: str
    region: str
    now: float
    """Seconds since the epoch."""
