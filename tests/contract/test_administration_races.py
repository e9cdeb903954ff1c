"""Two administrators, each at a node of their own, who change what belongs together at the same moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from concurrent_writes import beside
from wharfside.core.errors import RegistryError
from wharfside.core.iam import ADMINISTRATOR_POLICY
from wharfside.registry import access_keys, identities, identity_policies
from wharfside.store import identities as stored
from wharfside.store import identity_policies as stored_policies
from wharfside.store.db import Db
from wharfside.store.sealing import Sealer

ACCOUNT, NOW = "000000000000", 1.8e9
SEALER = Sealer(b"k" * 32)


@pytest.fixture
def people(db: Db) -> Db:
    """An account with the user alice, and the policy push."""

    def make(connection: Connection) -> None:
        identities.create_account(connection, ACCOUNT, NOW)
        identities.create_user(connection, ACCOUNT, "alice", NOW)
        identity_policies.create_policy(connection, ACCOUNT, "push", ADMINISTRATOR_POLICY, NOW)

    db.write(make).result(30)
    return db


def attach(connection: Connection) -> str:
    return identity_policies.attach(connection, ACCOUNT, "user", "alice", "push")


def bound(connection: Connection) -> None:
    identity_policies.set_boundary(connection, ACCOUNT, "user", "alice", "push")


def delete(connection: Connection) -> None:
    identity_policies.delete_policy(connection, ACCOUNT, "push")


@pytest.mark.parametrize("use", [attach, bound])
def test_a_policy_that_somebody_gets_meanwhile_stays(people: Db, use: Callable[[Connection], object]) -> None:
    with pytest.raises(RegistryError, match="is still attached to"):
        beside(people, use, delete).result()


@pytest.mark.parametrize("use", [attach, bound])
def test_nobody_gets_a_policy_that_is_deleted_meanwhile(people: Db, use: Callable[[Connection], object]) -> None:
    with pytest.raises(RegistryError, match="does not exist"):
        beside(people, delete, use).result()
    arn = identity_policies.policy_arn(ACCOUNT, "push")
    assert people.read(lambda connection: stored_policies.users_of(connection, arn)) == []


def test_a_user_has_so_many_keys_and_no_more(people: Db) -> None:
    def make(connection: Connection) -> object:
        return access_keys.create_key(connection, SEALER, ACCOUNT, "alice", NOW)

    people.write(make).result(30)
    with pytest.raises(RegistryError, match="Cannot exceed quota"):
        beside(people, make, make).result()
    assert len(people.read(lambda connection: access_keys.list_keys(connection, ACCOUNT, "alice"))) == 2


def test_a_user_has_so_many_policies_and_no_more(people: Db) -> None:
    def put(name: str) -> Callable[[Connection], None]:
        return lambda connection: identity_policies.put_inline(
            connection, ACCOUNT, "user", "alice", name, ADMINISTRATOR_POLICY
        )

    for number in range(identity_policies.MOST_ATTACHED - 1):
        people.write(put(f"policy-{number}")).result(30)
    with pytest.raises(RegistryError, match="Cannot exceed quota"):
        beside(people, put("one"), put("other")).result()

    def count(connection: Connection) -> int:
        alice = stored.find_identity(connection, ACCOUNT, "user", "alice")
        return len(stored_policies.list_policies(connection, alice.id))

    assert people.read(count) == identity_policies.MOST_ATTACHED
