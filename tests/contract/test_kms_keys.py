"""The local key store: what its keys go through, who sees them, and when they are gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, select

from wharfside.core.errors import RegistryError
from wharfside.registry import identities, kms_keys
from wharfside.store import kms_keys as stored
from wharfside.store.db import Db
from wharfside.store.kms_keys import KmsKey
from wharfside.store.sealing import SealBroken, Sealer
from wharfside.store.tables import audit_record, kms_alias, kms_key_version

ACCOUNT, REGION, OTHER = "000000000000", "us-east-1", "111122223333"
SEALER = Sealer(bytes(32))
DAY = 86_400.0


def write(db: Db, use_case: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    return db.write(lambda connection: use_case(connection, *arguments, **options)).result(60)


def create(db: Db, alias: str | None = None, account: str = ACCOUNT, region: str = REGION) -> KmsKey:
    return write(db, kms_keys.create_key, SEALER, account, region, 1000.0, alias=alias, description="of a team")


def find(db: Db, reference: str, account: str = ACCOUNT, region: str = REGION) -> KmsKey:
    return db.read(lambda connection: kms_keys.find_key(connection, account, region, reference))


def refusal(work: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(RegistryError) as refused:
        work()
    assert refused.value.code == "KmsException"
    return str(refused.value.members["kmsError"]), refused.value.message


def material(db: Db, key: KmsKey, version: int | None = None) -> bytes:
    found = db.read(lambda connection: stored.find_material(connection, key.id, version))
    assert found is not None
    return kms_keys.open_material(SEALER, key.id, found)


def test_a_key_is_found_by_all_its_names(db: Db) -> None:
    made = create(db, "alias/team/app")
    assert re.fullmatch(rf"arn:aws:kms:{REGION}:{ACCOUNT}:key/[0-9a-f-]{{36}}", made.arn)
    assert (made.state, made.version, made.managed, made.deletion_at) == ("Enabled", 1, False, None)
    for name in (made.id, made.arn, "alias/team/app", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/team/app"):
        assert find(db, name) == made
    assert db.read(lambda connection: stored.list_keys(connection, ACCOUNT, REGION)) == [made]
    assert db.read(lambda connection: stored.aliases_of(connection, made.id)) == ["alias/team/app"]


def test_keys_are_of_one_account_in_one_region(db: Db) -> None:
    made = create(db, "alias/app")
    elsewhere = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{made.id}"
    assert refusal(lambda: find(db, made.arn, account=OTHER)) == (
        "NotFoundException",
        f"Key '{made.arn}' does not exist",
    )
    assert refusal(lambda: find(db, made.arn, region="eu-west-1")) == ("NotFoundException", f"Invalid arn {REGION}")
    assert refusal(lambda: find(db, elsewhere)) == ("NotFoundException", "Invalid arn eu-west-1")
    assert refusal(lambda: find(db, made.id, region="eu-west-1"))[1] == f"Key '{elsewhere}' does not exist"
    theirs = f"arn:aws:kms:{REGION}:{OTHER}:alias/app"
    assert refusal(lambda: find(db, "alias/app", account=OTHER)) == (
        "NotFoundException",
        f"Alias {theirs} is not found.",
    )
    assert refusal(lambda: find(db, "no key!")) == ("NotFoundException", "Invalid keyId 'no key!'")
    assert create(db, "alias/app", account=OTHER).id != made.id
    assert create(db, "alias/app", region="eu-west-1").id != made.id


def test_a_rotation_keeps_the_older_versions(db: Db) -> None:
    made = create(db)
    first = material(db, made)
    rotated = write(db, kms_keys.rotate_key, SEALER, ACCOUNT, REGION, made.id, 2000.0)
    assert (rotated.id, rotated.version) == (made.id, 2)
    assert db.read(lambda connection: stored.versions_of(connection, made.id)) == {1: 1000.0, 2: 2000.0}
    assert material(db, made, 1) == first
    assert material(db, made) == material(db, made, 2) != first
    assert len(first) == 32


def test_material_is_stored_sealed_and_for_one_version_of_one_key(db: Db) -> None:
    made, other = create(db), create(db)
    found = db.read(lambda connection: stored.find_material(connection, made.id))
    assert found is not None
    assert material(db, made) not in found.sealed
    for key, moved in ((other, found), (made, replace(found, version=2))):
        with pytest.raises(SealBroken):
            kms_keys.open_material(SEALER, key.id, moved)


def test_a_disabled_key_cannot_be_used_until_it_is_enabled(db: Db) -> None:
    made = create(db)

    def use() -> None:
        refused = db.read(lambda connection: kms_keys.find_refusal(connection, made.arn))
        if refused is not None:
            raise refused

    use()
    assert write(db, kms_keys.set_enabled, ACCOUNT, REGION, made.id, enabled=False).state == "Disabled"
    disabled = ("DisabledException", f"{made.arn} is disabled.")
    assert refusal(use) == disabled
    assert refusal(lambda: write(db, kms_keys.rotate_key, SEALER, ACCOUNT, REGION, made.id, 1.0)) == disabled
    assert write(db, kms_keys.set_enabled, ACCOUNT, REGION, made.id, enabled=True) == made
    use()
    gone = made.arn.replace(made.id, "gone")
    missing = db.read(lambda connection: kms_keys.find_refusal(connection, gone))
    assert missing is not None
    assert missing.message == f"Key '{gone}' does not exist"


def test_a_deletion_waits_and_can_be_cancelled(db: Db) -> None:
    made = create(db, "alias/app")

    def schedule(days: int) -> KmsKey:
        return write(db, kms_keys.schedule_deletion, ACCOUNT, REGION, "alias/app", 1000.0, days)

    def cancel(now: float) -> KmsKey:
        return write(db, kms_keys.cancel_deletion, ACCOUNT, REGION, made.id, now)

    for days in (6, 31):
        assert refusal(lambda days=days: schedule(days)) == ("ValidationException", "A key waits 7 to 30 days.")
    not_pending = ("KMSInvalidStateException", f"{made.arn} is not pending deletion.")
    assert refusal(lambda: cancel(1000.0)) == not_pending
    waiting = schedule(7)
    assert (waiting.state, waiting.deletion_at) == ("PendingDeletion", 1000.0 + 7 * DAY)
    pending = ("KMSInvalidStateException", f"{made.arn} is pending deletion.")
    refused = db.read(lambda connection: kms_keys.find_refusal(connection, made.arn))
    assert refused is not None
    assert (refused.members["kmsError"], refused.message) == pending
    assert refusal(lambda: schedule(8)) == pending
    assert refusal(lambda: write(db, kms_keys.set_enabled, ACCOUNT, REGION, made.id, enabled=True)) == pending
    assert refusal(lambda: write(db, kms_keys.put_alias, ACCOUNT, REGION, "alias/b", made.id)) == pending
    assert write(db, kms_keys.destroy_due_keys, 1000.0 + 7 * DAY - 1, 10) == []
    cancelled = cancel(1000.0 + 7 * DAY - 1)
    assert (cancelled.state, cancelled.deletion_at) == ("Disabled", None)
    assert find(db, made.id) == cancelled
    schedule(30)
    assert refusal(lambda: cancel(1000.0 + 30 * DAY))[0] == "NotFoundException"  # it is only not destroyed yet


def test_a_key_whose_wait_is_over_is_destroyed_with_all_it_has(db: Db) -> None:
    made, stays = create(db, "alias/app"), create(db)
    write(db, kms_keys.rotate_key, SEALER, ACCOUNT, REGION, made.id, 2000.0)
    write(db, kms_keys.schedule_deletion, ACCOUNT, REGION, made.id, 2000.0, 7)
    (record,) = write(db, kms_keys.destroy_due_keys, 2000.0 + 7 * DAY, 10)
    assert (record.event, record.account) == ("DeleteKey", ACCOUNT)
    assert made.arn in record.content
    assert write(db, kms_keys.destroy_due_keys, 2000.0 + 8 * DAY, 10) == []
    assert refusal(lambda: find(db, made.id))[0] == "NotFoundException"

    def left(connection: Connection) -> list[Any]:
        return [
            list(connection.scalars(select(kms_alias.c.name))),
            list(connection.scalars(select(kms_key_version.c.key_id))),
            list(connection.scalars(select(audit_record.c.event))),
        ]

    assert db.read(left) == [[], [stays.id], ["DeleteKey"]]


def test_aliases_move_and_go(db: Db) -> None:
    first, second = create(db, "alias/app"), create(db)
    taken = refusal(lambda: create(db, "alias/app"))
    assert taken[0] == "AlreadyExistsException"
    assert write(db, kms_keys.put_alias, ACCOUNT, REGION, "alias/app", second.id) == second
    assert find(db, "alias/app") == second
    write(db, kms_keys.put_alias, ACCOUNT, REGION, "alias/other", "alias/app")
    write(db, kms_keys.delete_alias, ACCOUNT, REGION, "alias/app")
    missing = refusal(lambda: write(db, kms_keys.delete_alias, ACCOUNT, REGION, "alias/app"))
    assert missing == ("NotFoundException", f"Alias arn:aws:kms:{REGION}:{ACCOUNT}:alias/app is not found.")
    assert find(db, "alias/other") == second
    assert find(db, first.id) == first
    for name in ("app", "alias/", "alias/a b", "alias/" + "a" * 251):
        assert refusal(lambda name=name: create(db, name))[0] == "InvalidAliasNameException"
    for change in (kms_keys.put_alias, kms_keys.delete_alias):
        further = (first.id,) if change is kms_keys.put_alias else ()
        code, _ = refusal(lambda: write(db, change, ACCOUNT, REGION, "alias/aws/mine", *further))  # noqa: B023
        assert code == "NotAuthorizedException"


def test_the_managed_key_is_made_once_and_stays(db: Db) -> None:
    at_once = 1 if db.engine.dialect.name == "sqlite" else 4  # on SQLite one thread writes
    together = Barrier(at_once)

    def make(connection: Connection) -> KmsKey:
        found = stored.find_alias(connection, ACCOUNT, REGION, "alias/aws/ecr")
        if found is None:
            together.wait(60)
        return kms_keys.managed_key(connection, SEALER, ACCOUNT, REGION, 5.0)

    made = [writing.result(60) for writing in [db.write(make) for _ in range(at_once)]]
    assert len({key.id for key in made}) == 1
    (key,) = {key.id: key for key in made}.values()
    assert key.managed
    assert find(db, "alias/aws/ecr") == key
    assert write(db, kms_keys.managed_key, SEALER, OTHER, REGION, 5.0).id != key.id
    own = ("AccessDeniedException", f"{key.arn} is the registry's own key alias/aws/ecr, which stays as it is.")
    assert refusal(lambda: write(db, kms_keys.set_enabled, ACCOUNT, REGION, key.id, enabled=False)) == own
    assert refusal(lambda: write(db, kms_keys.schedule_deletion, ACCOUNT, REGION, "alias/aws/ecr", 5.0)) == own


def test_an_account_takes_its_keys_with_it(db: Db) -> None:
    write(db, identities.create_account, ACCOUNT, 1.0)
    write(db, identities.create_account, OTHER, 2.0)
    theirs, ours = create(db, "alias/app", account=OTHER), create(db)
    write(db, identities.delete_account, OTHER)
    write(db, identities.create_account, OTHER, 3.0)
    assert refusal(lambda: find(db, theirs.arn, account=OTHER))[0] == "NotFoundException"
    assert find(db, ours.arn) == ours


def test_limits(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kms_keys, "MOST_KEYS", 2)
    create(db)
    create(db)
    assert refusal(lambda: create(db))[0] == "LimitExceededException"
    for description in ("x" * 8193, "a\0b"):
        code, _ = refusal(
            lambda text=description: write(db, kms_keys.create_key, SEALER, OTHER, REGION, 1.0, description=text)
        )
        assert code == "ValidationException"
