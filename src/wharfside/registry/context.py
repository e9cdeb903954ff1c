"""What every use case gets: who asks, and the unit of work it happens in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

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
    session_policies: tuple[str, ...] | None = None
    """The documents that limit the session; None where nothing does."""
    tags: tuple[tuple[str, str], ...] = ()
    """Tags of the principal, and over them those of the session."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One transaction, on one registry: the repositories of one account in one region."""

    connection: Connection
    account: str
    region: str
    now: float
    """Seconds since the epoch."""
