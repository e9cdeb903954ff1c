"""What every use case gets: who asks, and the unit of work it happens in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated principal, with the identity policies in force at this moment."""

    account: str
    arn: str
    user_id: str
    policies: tuple[str, ...]
    access_key: str


@dataclass(frozen=True, slots=True)
class Unit:
    """One transaction, on one registry: the repositories of one account in one region."""

    connection: Connection
    account: str
    region: str
    now: float
    """Seconds since the epoch."""
