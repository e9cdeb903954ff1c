"""Principals, keys, policies and providers, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from wharfside.core.errors import RegistryError
from wharfside.core.iam import ADMINISTRATOR_POLICY
from wharfside.registry import access_keys, identities, identity_policies, identity_providers, principals
from wharfside.registry.declarations import DeclaredAccount, DeclaredIdentity, DeclaredProvider, plan
from wharfside.registry.first_start import create_first_account
from wharfside.registry.sessions import Session
from wharfside.store.db import Db
from wharfside.store.sealing import Sealer

ACCOUNT, OTHER = "000000000000", "111122223333"
REGION = "us-east-1"
NOW = 1.8e9
SEALER = Sealer(b"k" * 32)
DOCUMENT = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:*","Resource":"*"}]}'
TRUST = DOCUMENT.replace('"Resource":"*"', f'"Principal":{{"AWS":"{OTHER}"}}').replace("ecr:*", "sts:AssumeRole")
READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"


@pytest.fixture
def run(db: Db) -> Callable[..., Any]:
    """Call a use case in a transaction, on a database as the first start makes it."""

    def call(use_case: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        return db.write(lambda connection: use_case(connection, *arguments, **options)).result()

    assert call(create_first_account, SEALER, ACCOUNT, REGION, NOW) is not None
    return call


def refusal(run: Callable[..., Any], *arguments: Any) -> str:
    with pytest.raises(RegistryError) as caught:
        run(*arguments)
    return caught.value.code


def test_the_first_start_happens_once(run: Callable[..., Any]) -> None:
    assert run(create_first_account, SEALER, OTHER, REGION, NOW) is None


def test_a_key_finds_its_user_with_every_policy(run: Callable[..., Any]) -> None:
    run(identities.create_user, ACCOUNT, "alice", NOW, "/dev/")
    key = run(access_keys.create_key, SEALER, ACCOUNT, "alice", NOW)
    caller, _ = run(principals.find_caller, key.access_key_id)
    assert (caller.arn, caller.policies, caller.boundary) == (f"arn:aws:iam::{ACCOUNT}:user/dev/alice", (), None)
    own = run(identity_policies.create_policy, ACCOUNT, "own", DOCUMENT, NOW)
    run(identity_policies.attach, ACCOUNT, "user", "alice", own)
    run(identity_policies.attach, ACCOUNT, "user", "alice", READ_ONLY)
    run(identity_policies.put_inline, ACCOUNT, "user", "alice", "inline", ADMINISTRATOR_POLICY)
    run(identity_policies.set_boundary, ACCOUNT, "user", "alice", "own")
    run(identities.set_tags, ACCOUNT, "user", "alice", {"team": "ä"})
    caller, _ = run(principals.find_caller, key.access_key_id)
    assert {DOCUMENT, ADMINISTRATOR_POLICY} < set(caller.policies)
    assert (len(caller.policies), caller.boundary, caller.tags) == (3, DOCUMENT, (("team", "ä"),))
    assert (caller.principal_type, caller.user_name, caller.session) == ("User", "alice", None)
    signer = run(principals.find_signer, SEALER, key.access_key_id)
    assert (signer.caller, signer.secret) == (caller, key.secret_access_key)
    changed = DOCUMENT.replace("ecr:*", "ecr:Get*")
    run(identity_policies.update_policy, ACCOUNT, "own", changed, NOW)
    assert run(principals.find_caller, key.access_key_id)[0].boundary == changed
    assert refusal(run, identity_policies.delete_policy, ACCOUNT, "own") == "DeleteConflict"


def test_policies_of_another_account_cannot_be_used(run: Callable[..., Any]) -> None:
    run(identities.create_account, OTHER, NOW)
    arn = run(identity_policies.create_policy, OTHER, "theirs", DOCUMENT, NOW)
    assert refusal(run, identity_policies.attach, ACCOUNT, "user", "admin", arn) == "NoSuchEntity"
    assert refusal(run, identity_policies.update_policy, ACCOUNT, arn, DOCUMENT, NOW) == "NoSuchEntity"
    assert refusal(run, identity_policies.delete_policy, ACCOUNT, arn) == "NoSuchEntity"


def test_names_differ_in_more_than_case(run: Callable[..., Any]) -> None:
    assert refusal(run, identities.create_user, ACCOUNT, "ADMIN", NOW) == "EntityAlreadyExists"
    assert run(identities.require_identity, ACCOUNT, "user", "ADMIN").name == "admin"
    run(identities.create_role, ACCOUNT, "admin", "{}", NOW)


def test_there_is_room_for_twenty_policies(run: Callable[..., Any]) -> None:
    for number in range(19):
        run(identity_policies.put_inline, ACCOUNT, "user", "admin", f"p{number}", DOCUMENT)
    full = refusal(run, identity_policies.put_inline, ACCOUNT, "user", "admin", "more", DOCUMENT)
    assert full == refusal(run, identity_policies.attach, ACCOUNT, "user", "admin", READ_ONLY) == "LimitExceeded"
    run(identity_policies.put_inline, ACCOUNT, "user", "admin", "p0", ADMINISTRATOR_POLICY)


def session(principal_id: str, **changes: Any) -> Session:
    values: dict[str, Any] = {
        "access_key_id": "ASIAEXAMPLE",
        "account": ACCOUNT,
        "principal_id": principal_id,
        "name": "build",
        "issued_at": NOW,
        "expires_at": NOW + 900,
        "access_key": None,
        "policy": None,
        "policy_arns": (),
        "tags": (),
        "provider": None,
    }
    return Session(**values | changes)


def test_a_session_finds_its_role(run: Callable[..., Any]) -> None:
    role = run(identities.create_role, ACCOUNT, "ci", "{}", NOW, path="/build/")
    run(identities.set_tags, ACCOUNT, "role", "ci", {"team": "web", "stage": "test"})
    own = run(identity_policies.create_policy, ACCOUNT, "own", DOCUMENT, NOW)
    made = session(role.user_id, policy=ADMINISTRATOR_POLICY, policy_arns=(own, READ_ONLY), tags=(("stage", "live"),))
    caller, _ = run(principals.find_session_caller, made)
    assert caller.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/build"
    assert (caller.principal_arn, caller.user_id) == (role.arn, f"{role.user_id}:build")
    assert caller.session_policies[:2] == (ADMINISTRATOR_POLICY, DOCUMENT)
    assert len(caller.session_policies) == 3
    assert dict(caller.tags) == {"team": "web", "stage": "live"}
    run(identity_policies.delete_policy, ACCOUNT, "own")
    # What is not there any more allows nothing, rather than not to limit.
    assert '"Statement":[]' in run(principals.find_session_caller, made)[0].session_policies[1]
    run(identities.revoke_sessions, ACCOUNT, "role", "ci", NOW + 1)
    assert run(principals.find_session_caller, made) is None


def test_deleting_an_account_deletes_everybody_in_it(run: Callable[..., Any]) -> None:
    run(identities.create_account, OTHER, NOW)
    run(identities.create_user, OTHER, "bob", NOW)
    key = run(access_keys.create_key, SEALER, OTHER, "bob", NOW)
    run(identity_policies.create_policy, OTHER, "own", DOCUMENT, NOW)
    run(identity_policies.attach, OTHER, "user", "bob", "own")
    run(identity_providers.create_provider, OTHER, "https://ci.example.com", ["registry"], None, NOW)
    run(identities.delete_account, OTHER)
    assert run(principals.find_caller, key.access_key_id) is None
    assert refusal(run, identities.require_account, OTHER) == "NoSuchEntity"
    assert refusal(run, identities.delete_account, ACCOUNT) == "DeleteConflict"


def test_what_is_declared_is_made_once(run: Callable[..., Any], db: Db) -> None:
    role = DeclaredIdentity("role", "ci", "/", ("own",), {"in": DOCUMENT}, "own", {"a": "b"}, TRUST)
    provider = DeclaredProvider("https://ci.example.com", ("registry",), None)
    declared = (DeclaredAccount(OTHER, {"own": DOCUMENT}, (provider,), (role,)),)
    changes = db.read(lambda connection: plan(connection, declared, NOW))
    assert len(changes) == 8

    def carry_out(connection: Any) -> None:
        for change in plan(connection, declared, NOW):
            change.carry_out(connection)

    run(carry_out)
    assert db.read(lambda connection: plan(connection, declared, NOW)) == []
