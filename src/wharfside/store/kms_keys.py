"""Keys of the local key store, their versions and their aliases. Material is stored sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from wharfside.core.kms import key_arn
from wharfside.store.prepared import Prepared
from wharfside.store.tables import kms_alias, kms_key, kms_key_version

State = Literal["Enabled", "Disabled", "PendingDeletion"]
"""As in AWS KMS (KeyMetadata: KeyState)."""


@dataclass(frozen=True, slots=True)
class KmsKey:
    """A key of an account in a region. Moments are seconds since the epoch."""

    id: str
    account: str
    region: str
    description: str
    state: State
    managed: bool
    """Whether the registry made it by itself; such a key stays as it is."""
    version: int
    """The newest, with which is encrypted."""
    created_at: float
    deletion_at: float | None
    """When the material of a key that is pending deletion is destroyed."""

    @property
    def arn(self) -> str:
        return key_arn(self.account, self.region, self.id)


@dataclass(frozen=True, slots=True)
class Material:
    """What a key encrypts with: one version of it, sealed. `state` is that of the key."""

    state: State
    version: int
    sealed: bytes


_COLUMNS = tuple(kms_key.c[name] for name in KmsKey.__dataclass_fields__)
_FIND = select(*_COLUMNS).where(kms_key.c.id == bindparam("id"))
_FIND_ONLY = Prepared(_FIND)
_FIND_AND_LOCK = Prepared(_FIND.with_for_update())


def _key(row: Sequence[Any]) -> KmsKey:
    id_, account, region, description, state, managed, *rest = row
    return KmsKey(id_, account, region, description, state, bool(managed), *rest)


def find_key(connection: Connection, key_id: str, *, lock: bool = False) -> KmsKey | None:
    """The key. `lock` keeps other writers of it away until the end of the transaction."""
    row = (_FIND_AND_LOCK if lock else _FIND_ONLY).first(connection, id=key_id)
    return _key(row) if row is not None else None


_MATERIAL = select(kms_key.c.state, kms_key_version.c.version, kms_key_version.c.material).where(
    kms_key.c.id == bindparam("id"), kms_key_version.c.key_id == kms_key.c.id
)
_NEWEST_MATERIAL = Prepared(_MATERIAL.where(kms_key_version.c.version == kms_key.c.version))
_OLDER_MATERIAL = Prepared(_MATERIAL.where(kms_key_version.c.version == bindparam("version")))


def find_material(connection: Connection, key_id: str, version: int | None = None) -> Material | None:
    """One version of a key, by default the newest."""
    if version is None:
        row = _NEWEST_MATERIAL.first(connection, id=key_id)
    else:
        row = _OLDER_MATERIAL.first(connection, id=key_id, version=version)
    return Material(row[0], row[1], bytes(row[2])) if row is not None else None


def list_keys(connection: Connection, account: str, region: str) -> list[KmsKey]:
    """The keys of the account in the region, the oldest first."""
    query = select(*_COLUMNS).where(kms_key.c.account == account, kms_key.c.region == region)
    return [_key(tuple(row)) for row in connection.execute(query.order_by(kms_key.c.created_at, kms_key.c.id))]


def count_keys(connection: Connection, account: str, region: str) -> int:
    """How many keys the account has in the region."""
    query = select(func.count()).where(kms_key.c.account == account, kms_key.c.region == region)
    return connection.execute(query).scalar_one()


def insert_key(connection: Connection, key: KmsKey, sealed: bytes) -> None:
    """Add a key with its first version."""
    row = {name: getattr(key, name) for name in KmsKey.__dataclass_fields__}
    connection.execute(insert(kms_key), row)
    _insert_version(connection, key.id, key.version, sealed, key.created_at)


def add_version(connection: Connection, key_id: str, version: int, sealed: bytes, now: float) -> None:
    """Give a key a new version, which is its newest."""
    connection.execute(update(kms_key).where(kms_key.c.id == key_id).values(version=version))
    _insert_version(connection, key_id, version, sealed, now)


def _insert_version(connection: Connection, key_id: str, version: int, sealed: bytes, now: float) -> None:
    row = {"key_id": key_id, "version": version, "material": sealed, "created_at": now}
    connection.execute(insert(kms_key_version), row)


def versions_of(connection: Connection, key_id: str) -> dict[int, float]:
    """When each version of a key was made, the oldest first."""
    query = select(kms_key_version.c.version, kms_key_version.c.created_at).where(kms_key_version.c.key_id == key_id)
    return {row.version: row.created_at for row in connection.execute(query.order_by(kms_key_version.c.version))}


def update_state(connection: Connection, key_id: str, state: State, deletion_at: float | None = None) -> None:
    """Change the state of a key."""
    connection.execute(update(kms_key).where(kms_key.c.id == key_id).values(state=state, deletion_at=deletion_at))


def find_alias(connection: Connection, account: str, region: str, name: str) -> str | None:
    """The id of the key that an alias names."""
    query = select(kms_alias.c.key_id).where(
        kms_alias.c.account == account, kms_alias.c.region == region, kms_alias.c.name == name
    )
    return connection.scalar(query)


def aliases_of(connection: Connection, key_id: str) -> list[str]:
    """The names of a key, sorted."""
    return list(connection.scalars(select(kms_alias.c.name).where(kms_alias.c.key_id == key_id).order_by("name")))


def insert_alias(connection: Connection, account: str, region: str, name: str, key_id: str) -> None:
    """Make an alias. Of two at the same moment the second begins anew, and finds the first."""
    connection.execute(insert(kms_alias), {"account": account, "region": region, "name": name, "key_id": key_id})


def put_alias(connection: Connection, account: str, region: str, name: str, key_id: str) -> None:
    """Make an alias, or have it name another key."""
    delete_alias(connection, account, region, name)
    insert_alias(connection, account, region, name, key_id)


def delete_alias(connection: Connection, account: str, region: str, name: str) -> bool:
    """Remove an alias; whether it was there."""
    found = connection.execute(
        delete(kms_alias).where(kms_alias.c.account == account, kms_alias.c.region == region, kms_alias.c.name == name)
    )
    return found.rowcount > 0


def find_due(connection: Connection, now: float, limit: int) -> list[KmsKey]:
    """Keys whose waiting period is over, locked until the end of the transaction."""
    due = select(*_COLUMNS).where(kms_key.c.state == "PendingDeletion", kms_key.c.deletion_at <= now)
    return [_key(tuple(row)) for row in connection.execute(due.order_by(kms_key.c.id).limit(limit).with_for_update())]


def destroy_keys_of(connection: Connection, account: str) -> None:
    """Remove all keys of an account."""
    for key_id in connection.scalars(select(kms_key.c.id).where(kms_key.c.account == account)).all():
        destroy_key(connection, key_id)


def destroy_key(connection: Connection, key_id: str) -> None:
    """Remove a key with its versions and aliases. Its material is overwritten first, so that no free page keeps it."""
    versions = connection.execute(
        select(kms_key_version.c.version, kms_key_version.c.material).where(kms_key_version.c.key_id == key_id)
    ).all()
    for version, sealed in versions:
        connection.execute(
            update(kms_key_version)
            .where(kms_key_version.c.key_id == key_id, kms_key_version.c.version == version)
            .values(material=bytes(len(sealed)))
        )
    connection.execute(delete(kms_key).where(kms_key.c.id == key_id))
