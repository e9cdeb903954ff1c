"""When images were last pulled, and the principals whose pulls do not count."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from wharfside.store.prepared import Prepared
from wharfside.store.tables import image
from wharfside.store.tables import pull_time_exclusion as table

_SET_PULLED = Prepared(
    update(image)
    .where(
        image.c.repository_id == bindparam("repository"),
        image.c.digest == bindparam("digest"),
        or_(image.c.last_pulled_at.is_(None), image.c.last_pulled_at < bindparam("before")),
    )
    .values(last_pulled_at=bindparam("now"))
)
_OF_REGISTRY = (table.c.account == bindparam("account"), table.c.region == bindparam("region"))
_EXCLUDED = Prepared(select(table.c.principal_arn).where(*_OF_REGISTRY))


def set_pulled(connection: Connection, repository_id: int, digest: str, now: float, before: float) -> None:
    """Record that an image was pulled, unless a pull at `before` or later is recorded."""
    _SET_PULLED.run(connection, repository=repository_id, digest=digest, now=now, before=before)


def excluded_principals(connection: Connection, account: str, region: str) -> set[str]:
    """The ARNs of all principals whose pulls do not count."""
    return {row[0] for row in _EXCLUDED.all(connection, account=account, region=region)}


def find_exclusion(connection: Connection, account: str, region: str, principal: str) -> bool:
    """Whether pulls by the principal do not count."""
    query = select(table.c.created_at).where(
        table.c.account == account, table.c.region == region, table.c.principal_arn == principal
    )
    return connection.execute(query).first() is not None


def count_exclusions(connection: Connection, account: str, region: str) -> int:
    """How many principals are excluded."""
    query = select(func.count()).where(table.c.account == account, table.c.region == region)
    return connection.execute(query).scalar_one()


def insert_exclusion(connection: Connection, account: str, region: str, principal: str, now: float) -> None:
    """Exclude a principal that is not excluded."""
    row = {"account": account, "region": region, "principal_arn": principal, "created_at": now}
    connection.execute(insert(table), row)


def delete_exclusion(connection: Connection, account: str, region: str, principal: str) -> bool:
    """Exclude a principal no longer; False when it was not excluded."""
    of_principal = (table.c.account == account, table.c.region == region, table.c.principal_arn == principal)
    return connection.execute(delete(table).where(*of_principal)).rowcount > 0


def list_exclusions(connection: Connection, account: str, region: str, after: str, limit: int) -> Sequence[str]:
    """ARNs of excluded principals greater than `after`, in their order."""
    query = select(table.c.principal_arn).where(
        table.c.account == account, table.c.region == region, table.c.principal_arn > after
    )
    return connection.scalars(query.order_by(table.c.principal_arn).limit(limit)).all()
