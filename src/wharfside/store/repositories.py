"""Repositories and their resource tags."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, select, update

from wharfside.core.encryption import PLAIN, Encryption, encryption_of
from wharfside.core.mutability import TagMutability
from wharfside.store.prepared import Prepared
from wharfside.store.tables import image, repository, repository_tag


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of one account in one region."""

    id: int
    account: str
    region: str
    name: str
    created_at: float
    mutability: TagMutability
    encryption_domain: str
    """As in `core.encryption`: chosen when the repository is made, and never changed."""

    @property
    def encryption(self) -> Encryption | None:
        """How the repository is encrypted; None if it is not."""
        return encryption_of(self.encryption_domain)


_COLUMNS = (
    repository.c.id,
    repository.c.account,
    repository.c.region,
    repository.c.name,
    repository.c.created_at,
    repository.c.tag_mutability,
    repository.c.tag_mutability_exclusions,
    repository.c.encryption_domain,
)


def _repository(row: Sequence[Any]) -> Repository:
    id_, account, region, name, created_at, mode, exclusions, domain = row
    filters = () if exclusions == "[]" else tuple(json.loads(exclusions))
    return Repository(id_, account, region, name, created_at, TagMutability(mode, filters), domain)


_FIND = select(*_COLUMNS).where(
    repository.c.account == bindparam("account"),
    repository.c.region == bindparam("region"),
    repository.c.name == bindparam("name"),
)
_FIND_ONLY = Prepared(_FIND)
_FIND_AND_LOCK = Prepared(_FIND.with_for_update())


def find_repository(
    connection: Connection, account: str, region: str, name: str, *, lock: bool = False
) -> Repository | None:
    """The repository. `lock` keeps other writers of it away until the end of the transaction."""
    query = _FIND_AND_LOCK if lock else _FIND_ONLY
    row = query.first(connection, account=account, region=region, name=name)
    return _repository(row) if row else None


_FIND_BY_ID = select(*_COLUMNS).where(repository.c.id == bindparam("id"))
_FIND_ONLY_BY_ID = Prepared(_FIND_BY_ID)
_FIND_AND_LOCK_BY_ID = Prepared(_FIND_BY_ID.with_for_update())


def find_repository_by_id(connection: Connection, repository_id: int, *, lock: bool = False) -> Repository | None:
    """The repository with this id, which no other ever gets. `lock` as for `find_repository`."""
    query = _FIND_AND_LOCK_BY_ID if lock else _FIND_ONLY_BY_ID
    row = query.first(connection, id=repository_id)
    return _repository(row) if row else None


def list_repositories(connection: Connection, account: str, region: str, after: str, limit: int) -> list[Repository]:
    """Repositories whose name is greater than `after`, by name."""
    query = (
        select(*_COLUMNS)
        .where(repository.c.account == account, repository.c.region == region, repository.c.name > after)
        .order_by(repository.c.name)
        .limit(limit)
    )
    return [_repository(tuple(row)) for row in connection.execute(query)]


def count_repositories(connection: Connection, account: str, region: str) -> int:
    """How many repositories the account has in the region."""
    query = select(func.count()).where(repository.c.account == account, repository.c.region == region)
    return connection.execute(query).scalar_one()


def insert_repository(
    connection: Connection,
    account: str,
    region: str,
    name: str,
    mutability: TagMutability,
    now: float,
    encryption_domain: str = PLAIN,
) -> Repository:
    """Make a repository."""
    row = {
        "account": account,
        "region": region,
        "name": name,
        "created_at": now,
        "tag_mutability": mutability.mode,
        "tag_mutability_exclusions": json.dumps(mutability.exclusions),
        "encryption_domain": encryption_domain,
    }
    made = connection.execute(insert(repository).returning(repository.c.id), row).scalar_one()
    return Repository(made, account, region, name, now, mutability, encryption_domain)


def update_mutability(connection: Connection, repository_id: int, mutability: TagMutability) -> None:
    """Replace the tag mutability of a repository."""
    connection.execute(
        update(repository)
        .where(repository.c.id == repository_id)
        .values(tag_mutability=mutability.mode, tag_mutability_exclusions=json.dumps(mutability.exclusions))
    )


def has_images(connection: Connection, repository_id: int) -> bool:
    """Whether the repository has any image, tagged or not."""
    return bool(connection.scalar(select(exists().where(image.c.repository_id == repository_id))))


def delete_repository(connection: Connection, repository_id: int) -> None:
    """Delete a repository with all that belongs to it."""
    connection.execute(delete(repository).where(repository.c.id == repository_id))


def resource_tags(connection: Connection, repository_id: int) -> dict[str, str]:
    """The resource tags of a repository, by key."""
    query = select(repository_tag.c.key, repository_tag.c.value).where(repository_tag.c.repository_id == repository_id)
    return {row.key: row.value for row in connection.execute(query.order_by(repository_tag.c.key))}


def find_resource_tags(connection: Connection, account: str, region: str, name: str) -> dict[str, str]:
    """The resource tags of a repository, which need not exist."""
    found = find_repository(connection, account, region, name)
    return resource_tags(connection, found.id) if found is not None else {}


def put_resource_tags(connection: Connection, repository_id: int, tags: Mapping[str, str]) -> None:
    """Add resource tags; a key that is there gets the new value."""
    delete_resource_tags(connection, repository_id, tags)
    rows = [{"repository_id": repository_id, "key": key, "value": value} for key, value in tags.items()]
    if rows:
        connection.execute(insert(repository_tag), rows)


def delete_resource_tags(connection: Connection, repository_id: int, keys: Iterable[str]) -> None:
    """Remove resource tags; unknown keys are ignored."""
    connection.execute(
        delete(repository_tag).where(
            repository_tag.c.repository_id == repository_id, repository_tag.c.key.in_(list(keys))
        )
    )
