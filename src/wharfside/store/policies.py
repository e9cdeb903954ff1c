"""Policies of repositories and of registries, and account settings."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam, delete, select

from wharfside.core.iam import ResourcePolicies
from wharfside.store.prepared import Prepared
from wharfside.store.tables import account_setting, principal, registry_policy, repository, repository_policy


class Resource(NamedTuple):
    """A repository, which need not exist, or with an empty name the registry itself."""

    account: str
    region: str
    repository: str

    def parameters(self) -> dict[str, str]:
        """Values for the parameters of POLICIES_OF_RESOURCE."""
        return {"of_account": self.account, "of_region": self.region, "of_repository": self.repository}


NOTHING = Resource("", "", "")

_REPOSITORY_POLICY = (
    select(repository_policy.c.document)
    .join(repository, repository.c.id == repository_policy.c.repository_id)
    .where(
        repository.c.account == bindparam("of_account"),
        repository.c.region == bindparam("of_region"),
        repository.c.name == bindparam("of_repository"),
    )
    .scalar_subquery()
)
_REGISTRY_POLICY = (
    select(registry_policy.c.document)
    .where(registry_policy.c.account == bindparam("of_account"), registry_policy.c.region == bindparam("of_region"))
    .scalar_subquery()
)
POLICIES_OF_RESOURCE = (_REPOSITORY_POLICY, _REGISTRY_POLICY)
"""Columns for statements that look up something else at the same time."""
_OF_RESOURCE = Prepared(select(*POLICIES_OF_RESOURCE))


def find_policies(connection: Connection, resource: Resource) -> ResourcePolicies:
    """The policies that have a say in what is done to a resource."""
    row = _OF_RESOURCE.first(connection, **resource.parameters())
    assert row is not None
    return ResourcePolicies(*row)


def setting(table: sa.Table, *values: str) -> Prepared:
    """A statement that sets the values for a key, whether it had one or not: two at the same time do not conflict.

    Written out, since the dialects that could build it take long to import, and both databases have the same words.
    """
    names = [column.name for column in table.c]
    keys = [column.name for column in table.primary_key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in values)
    return Prepared(
        sa.text(
            f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"  # noqa: S608  # names of columns
            f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
        )
    )


_SET_REPOSITORY_POLICY = setting(repository_policy, "document")
_SET_REGISTRY_POLICY = setting(registry_policy, "document")
_SET_ACCOUNT_SETTING = setting(account_setting, "value")


def put_repository_policy(connection: Connection, repository_id: int, document: str) -> None:
    """Set or replace the policy of a repository."""
    _SET_REPOSITORY_POLICY.run(connection, repository_id=repository_id, document=document)


def delete_repository_policy(connection: Connection, repository_id: int) -> None:
    """Remove the policy of a repository."""
    connection.execute(delete(repository_policy).where(repository_policy.c.repository_id == repository_id))


def put_registry_policy(connection: Connection, account: str, region: str, document: str) -> None:
    """Set or replace the policy of a registry."""
    _SET_REGISTRY_POLICY.run(connection, account=account, region=region, document=document)


def delete_registry_policy(connection: Connection, account: str, region: str) -> None:
    """Remove the policy of a registry."""
    connection.execute(
        delete(registry_policy).where(registry_policy.c.account == account, registry_policy.c.region == region)
    )


def existing_principals(connection: Connection, arns: Collection[str]) -> set[str]:
    """Those of the ARNs that belong to a user or a role."""
    return set(connection.scalars(select(principal.c.arn).where(principal.c.arn.in_(list(arns)))))


def find_setting(connection: Connection, account: str, region: str, name: str) -> str | None:
    """The value of an account setting; None when it was never set."""
    return connection.scalar(
        select(account_setting.c.value).where(
            account_setting.c.account == account,
            account_setting.c.region == region,
            account_setting.c.name == name,
        )
    )


def put_setting(connection: Connection, account: str, region: str, name: str, value: str) -> None:
    """Set an account setting."""
    _SET_ACCOUNT_SETTING.run(connection, account=account, region=region, name=name, value=value)
