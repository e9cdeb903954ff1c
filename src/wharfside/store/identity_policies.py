"""Policies of users and roles: inline ones, managed ones, and which of them are attached to whom."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from wharfside.store.tables import policy, principal, principal_policy


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A managed policy of an account. Moments are seconds since the epoch."""

    arn: str
    document: str
    created_at: float
    updated_at: float


_MANAGED = (policy.c.arn, policy.c.document, policy.c.created_at, policy.c.updated_at)


def list_policies(connection: Connection, principal_id: int) -> dict[str, str | None]:
    """Documents of inline policies by name, and None by the ARN of each attached one."""
    rows = connection.execute(
        select(principal_policy.c.name, principal_policy.c.document)
        .where(principal_policy.c.principal_id == principal_id)
        .order_by(principal_policy.c.name)
    )
    return {row[0]: row[1] for row in rows}


def put_policy(connection: Connection, principal_id: int, name: str, document: str | None) -> None:
    """Make or replace an inline policy; without a document, attach the managed policy with the ARN `name`."""
    delete_policy(connection, principal_id, name)
    row = {"principal_id": principal_id, "name": name, "document": document}
    connection.execute(insert(principal_policy), row)


def delete_policy(connection: Connection, principal_id: int, name: str) -> bool:
    """Delete an inline policy, or detach a managed one. Whether there was one."""
    statement = delete(principal_policy).where(
        principal_policy.c.principal_id == principal_id, principal_policy.c.name == name
    )
    return connection.execute(statement).rowcount > 0


def list_managed(connection: Connection, account_id: str) -> list[ManagedPolicy]:
    """The managed policies of an account."""
    rows = connection.execute(select(*_MANAGED).where(policy.c.account == account_id).order_by(policy.c.arn))
    return [ManagedPolicy(*row) for row in rows]


def find_managed(connection: Connection, arn: str, *, lock: bool = False) -> ManagedPolicy | None:
    """The managed policy with this ARN. `lock` keeps other writers of it away until the end of the transaction."""
    query = select(*_MANAGED).where(policy.c.arn == arn)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return ManagedPolicy(*row) if row is not None else None


def insert_managed(connection: Connection, account_id: str, arn: str, document: str, now: float) -> None:
    """Make a managed policy."""
    row = {"arn": arn, "account": account_id, "document": document, "created_at": now, "updated_at": now}
    connection.execute(insert(policy), row)


def update_managed(connection: Connection, arn: str, document: str, now: float) -> None:
    """Replace the document of a managed policy, for everybody it is attached to."""
    connection.execute(update(policy).where(policy.c.arn == arn), {"document": document, "updated_at": now})


def delete_managed(connection: Connection, arn: str) -> None:
    """Delete a managed policy, which nobody may have any more."""
    connection.execute(delete(policy).where(policy.c.arn == arn))


def users_of(connection: Connection, arn: str) -> list[str]:
    """The ARNs of those who have a managed policy attached, or as their boundary."""
    attached = (
        select(principal.c.arn)
        .join(principal_policy, principal_policy.c.principal_id == principal.c.id)
        .where(principal_policy.c.name == arn)
    )
    bounded = select(principal.c.arn).where(principal.c.boundary == arn)
    return sorted(set(connection.scalars(attached.union(bounded))))
