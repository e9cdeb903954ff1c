"""When images were last pulled, and the principals whose pulls do not count (ECR operation DescribeImages)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from wharfside.core import errors
from wharfside.registry.context import Unit
from wharfside.store import pull_times as stored

MAXIMUM_EXCLUSIONS: Final = 100
"""Per account and region (ECR quota)."""
RESOLUTION: Final = 300.0
"""Seconds that a recorded moment may be older than the last pull. Amazon's may be by a day."""


class Pull(NamedTuple):
    """That somebody was given a manifest. `account` and `region` are of the image's registry.

    `principal` is the ARN of a user, of the role of a session, or of an account; None for somebody without credentials.
    """

    account: str
    region: str
    repository_id: int
    digest: str
    principal: str | None
    at: float


def record_pulls(connection: Connection, pulls: Iterable[Pull]) -> list[Pull]:
    """Record the moments of pulls; those that do not count, since the principal is excluded by now."""
    excluded: dict[tuple[str, str], set[str]] = {}
    ignored: list[Pull] = []
    # In one order everywhere, so that two processes do not wait for each other's rows.
    for pull in sorted(pulls, key=lambda pull: (pull.repository_id, pull.digest, pull.at)):
        registry = (pull.account, pull.region)
        if registry not in excluded:
            excluded[registry] = stored.excluded_principals(connection, *registry)
        if pull.principal in excluded[registry]:
            ignored.append(pull)
        else:
            stored.set_pulled(connection, pull.repository_id, pull.digest, pull.at, pull.at - RESOLUTION)
    return ignored


def register_exclusion(unit: Unit, principal: str) -> None:
    """RegisterPullTimeUpdateExclusion. The principal is only compared: it need not exist.

    Raises ExclusionAlreadyExistsException, LimitExceededException.
    """
    if stored.find_exclusion(unit.connection, unit.account, unit.region, principal):
        raise errors.exclusion_already_exists(principal, unit.account)
    if stored.count_exclusions(unit.connection, unit.account, unit.region) >= MAXIMUM_EXCLUSIONS:
        raise errors.too_many_exclusions(unit.account, MAXIMUM_EXCLUSIONS)
    stored.insert_exclusion(unit.connection, unit.account, unit.region, principal, unit.now)


def deregister_exclusion(unit: Unit, principal: str) -> None:
    """DeregisterPullTimeUpdateExclusion. Raises ExclusionNotFoundException."""
    if not stored.delete_exclusion(unit.connection, unit.account, unit.region, principal):
        raise errors.exclusion_not_found(principal, unit.account)


def list_exclusions(unit: Unit, after: str, limit: int) -> Sequence[str]:
    """ListPullTimeUpdateExclusions: ARNs, those greater than `after`."""
    return stored.list_exclusions(unit.connection, unit.account, unit.region, after, limit)
