"""Policies and account settings as they are stored, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import wait
from typing import Any

import pytest
from sqlalchemy import Connection

from wharfside.core.errors import RegistryError
from wharfside.core.iam import NO_POLICIES, ResourcePolicies
from wharfside.core.mutability import TagMutability
from wharfside.core.request_context import Circumstances, Principal
from wharfside.registry import identities, policies, repositories, settings
from wharfside.registry.context import Unit
from wharfside.store.db import Db
from wharfside.store.policies import Resource, find_policies

ACCOUNT, OTHER, REGION, ELSEWHERE = "000000000000", "111111111111", "us-east-1", "eu-west-1"
ROOT = Principal("Account", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)
POLICY = '{"Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:*","Resource":"*"}}'


class Registry:
    """Runs use cases in a registry."""

    def __init__(self, db: Db) -> None:
        self.db = db

    def write(self, work: Callable[[Unit], Any], account: str = ACCOUNT, region: str = REGION) -> Any:
        return self.db.write(lambda connection: work(Unit(connection, account, region, 1.0))).result(30)

    def create(self, name: str, account: str = ACCOUNT, region: str = REGION) -> None:
        self.write(lambda unit: repositories.create_repository(unit, name, TagMutability(), {}), account, region)

    def set(self, name: str, text: str, account: str = ACCOUNT, region: str = REGION) -> None:
        root = ROOT._replace(account=account, arn=f"arn:aws:iam::{account}:root")

        def work(unit: Unit) -> None:
            policies.set_repository_policy(unit, name, text, caller=root, circumstances=Circumstances(), force=False)

        self.write(work, account, region)

    def found(self, name: str, account: str = ACCOUNT, region: str = REGION) -> ResourcePolicies:
        return self.db.read(lambda connection: find_policies(connection, Resource(account, region, name)))


@pytest.fixture
def registry(db: Db) -> Registry:
    return Registry(db)


def test_policies_belong_to_one_repository_and_to_one_registry(registry: Registry) -> None:
    for account, region in ((ACCOUNT, REGION), (ACCOUNT, ELSEWHERE), (OTHER, REGION)):
        registry.create("app", account, region)
    registry.create("other")
    assert registry.found("app") == NO_POLICIES
    registry.set("app", POLICY)
    registry.write(lambda unit: policies.put_registry_policy(unit, POLICY + " "))
    assert registry.found("app") == ResourcePolicies(POLICY, POLICY + " ")
    assert registry.found("other") == ResourcePolicies(None, POLICY + " ")
    assert registry.found("not/there") == ResourcePolicies(None, POLICY + " ")
    assert registry.found("app", OTHER) == registry.found("app", ACCOUNT, ELSEWHERE) == NO_POLICIES
    registry.set("app", POLICY + "\n")
    assert registry.found("app").repository == POLICY + "\n"
    assert registry.write(policies.delete_registry_policy) == POLICY + " "
    assert registry.write(lambda unit: policies.delete_repository_policy(unit, "app")) == POLICY + "\n"
    assert registry.found("app") == NO_POLICIES


def test_a_policy_goes_with_its_repository(registry: Registry) -> None:
    registry.create("app")
    registry.set("app", POLICY)
    registry.write(lambda unit: repositories.delete_repository(unit, "app", force=False))
    registry.create("app")
    assert registry.found("app") == NO_POLICIES


def test_principals_are_those_of_all_accounts(registry: Registry) -> None:
    registry.create("app")
    naming = POLICY.replace('"*","Action"', f'{{"AWS":"arn:aws:iam::{OTHER}:user/team/bob"}},"Action"')

    def make(unit: Unit) -> None:
        identities.create_account(unit.connection, OTHER, 1.0)
        identities.create_user(unit.connection, OTHER, "bob", 1.0, "/team/")

    with pytest.raises(RegistryError, match="Principal not found"):
        registry.set("app", naming)
    registry.write(make)
    registry.set("app", naming)


def test_settings_belong_to_one_registry(registry: Registry) -> None:
    registry.write(lambda unit: settings.put_account_setting(unit, "BLOB_MOUNTING", "DISABLED"))
    registry.write(lambda unit: settings.put_account_setting(unit, "BLOB_MOUNTING", "DISABLED"))
    assert not registry.write(settings.mounts_blobs)
    assert registry.write(settings.mounts_blobs, OTHER)
    assert registry.write(settings.mounts_blobs, ACCOUNT, ELSEWHERE)


def test_many_set_the_same_at_once(registry: Registry) -> None:
    registry.create("app")

    def change(number: int) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            unit = Unit(connection, ACCOUNT, REGION, 1.0)
            policies.put_registry_policy(unit, POLICY + " " * number)
            settings.put_account_setting(unit, "BLOB_MOUNTING", ("ENABLED", "DISABLED")[number % 2])

        return work

    futures = [registry.db.write(change(number)) for number in range(20)]
    wait(futures, timeout=60)
    for future in futures:
        future.result(0)
    found = registry.found("app").registry
    assert found is not None
    assert found.strip() == POLICY
