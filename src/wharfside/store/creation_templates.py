"""Repository creation templates."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from wharfside.core.mutability import TagMutability
from wharfside.core.names import namespace_of
from wharfside.store.tables import repository_creation_template as table


@dataclass(frozen=True, slots=True)
class CreationTemplate:
    """What repositories are like that the registry makes by itself. Moments are seconds since the epoch."""

    prefix: str
    """As it was given: with or without the `/` that it implies, or `ROOT`."""
    applied_for: tuple[str, ...]
    """Why a repository is made: REPLICATION, PULL_THROUGH_CACHE, CREATE_ON_PUSH."""
    created_at: float
    updated_at: float
    description: str = ""
    mutability: TagMutability = field(default_factory=TagMutability)
    resource_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    repository_policy: str | None = None
    lifecycle_policy: str | None = None
    encryption_type: str | None = None
    """None: as the registry encrypts when nobody says how."""
    kms_key: str | None = None
    """The ARN of a key; None with a type of KMS: the key that the account has for that."""
    custom_role_arn: str | None = None
    """The role that the repositories are made as; None: the registry itself makes them."""


def _values(template: CreationTemplate) -> dict[str, Any]:
    return {
        "prefix": template.prefix,
        "applied_for": json.dumps(template.applied_for),
        "description": template.description,
        "tag_mutability": template.mutability.mode,
        "tag_mutability_exclusions": json.dumps(template.mutability.exclusions),
        "resource_tags": json.dumps(dict(template.resource_tags)),
        "repository_policy": template.repository_policy,
        "lifecycle_policy": template.lifecycle_policy,
        "encryption_type": template.encryption_type,
        "kms_key": template.kms_key,
        "custom_role_arn": template.custom_role_arn,
        "created_at": template.created_at,
        "updated_at": template.updated_at,
    }


def _template(row: Row[Any]) -> CreationTemplate:
    return CreationTemplate(
        prefix=row.prefix,
        applied_for=tuple(json.loads(row.applied_for)),
        created_at=row.created_at,
        updated_at=row.updated_at,
        description=row.description,
        mutability=TagMutability(row.tag_mutability, tuple(json.loads(row.tag_mutability_exclusions))),
        resource_tags=json.loads(row.resource_tags),
        repository_policy=row.repository_policy,
        lifecycle_policy=row.lifecycle_policy,
        encryption_type=row.encryption_type,
        kms_key=row.kms_key,
        custom_role_arn=row.custom_role_arn,
    )


def find_templates(
    connection: Connection, account: str, region: str, namespaces: Collection[str], *, lock: bool = False
) -> list[CreationTemplate]:
    """The templates of these namespaces, as far as there are any, by namespace. `lock` keeps other writers away."""
    query = (
        select(table)
        .where(table.c.account == account, table.c.region == region, table.c.namespace.in_(namespaces))
        .order_by(table.c.namespace)
    )
    return _templates(connection.execute(query.with_for_update() if lock else query))


def list_templates(
    connection: Connection, account: str, region: str, after: str | None, limit: int
) -> list[CreationTemplate]:
    """Templates whose namespace is greater than `after`, by namespace; all for None, as that of ROOT is empty."""
    query = select(table).where(table.c.account == account, table.c.region == region)
    if after is not None:
        query = query.where(table.c.namespace > after)
    return _templates(connection.execute(query.order_by(table.c.namespace).limit(limit)))


def _templates(rows: Iterable[Row[Any]]) -> list[CreationTemplate]:
    return [_template(row) for row in rows]


def count_templates(connection: Connection, account: str, region: str) -> int:
    """How many templates the account has in the region."""
    query = select(func.count()).where(table.c.account == account, table.c.region == region)
    return connection.execute(query).scalar_one()


def insert_template(connection: Connection, account: str, region: str, template: CreationTemplate) -> None:
    """Add a template, whose namespace has none."""
    key = {"account": account, "region": region, "namespace": namespace_of(template.prefix)}
    connection.execute(insert(table), key | _values(template))


def update_template(connection: Connection, account: str, region: str, template: CreationTemplate) -> None:
    """Replace the template of a namespace."""
    connection.execute(
        update(table)
        .where(
            table.c.account == account,
            table.c.region == region,
            table.c.namespace == namespace_of(template.prefix),
        )
        .values(_values(template))
    )


def delete_template(connection: Connection, account: str, region: str, prefix: str) -> None:
    """Remove the template of a namespace."""
    connection.execute(
        delete(table).where(
            table.c.account == account, table.c.region == region, table.c.namespace == namespace_of(prefix)
        )
    )
