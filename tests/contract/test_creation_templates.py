"""Creation templates as they are stored, and repositories that are made from them, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Barrier
from typing import Any

import pytest

from wharfside.core.errors import RegistryError
from wharfside.core.mutability import TagMutability
from wharfside.core.request_context import Circumstances, Principal
from wharfside.registry import creation_templates, repositories
from wharfside.registry.context import Unit
from wharfside.registry.creation_templates import MAXIMUM_TEMPLATES
from wharfside.registry.principals import root
from wharfside.registry.repository_creation import Purpose, find_template, make_repository
from wharfside.store.creation_templates import CreationTemplate
from wharfside.store.db import Db

ACCOUNT, REGION = "000000000000", "us-east-1"
ROOT: Principal = root(ACCOUNT, "").evaluated()
HERE = Circumstances()
LIFECYCLE = (
    '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":5},'
    '"action":{"type":"expire"}}]}'
)
POLICY = '{"Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:*"}}'


def unit_of(connection: Any, account: str = ACCOUNT) -> Unit:
    return Unit(connection, account, REGION, 2.0)


def start(db: Db, work: Callable[[Unit], Any], account: str = ACCOUNT) -> Future[Any]:
    return db.write(lambda connection: work(unit_of(connection, account)))


def write(db: Db, work: Callable[[Unit], Any], account: str = ACCOUNT) -> Any:
    return start(db, work, account).result(60)


def template(prefix: str, *applied_for: str, **members: Any) -> CreationTemplate:
    return CreationTemplate(prefix, applied_for or ("CREATE_ON_PUSH",), 1.0, 1.0, **members)


def create(db: Db, made: CreationTemplate, account: str = ACCOUNT) -> None:
    principal = root(account, "").evaluated()
    write(db, lambda unit: creation_templates.create_template(unit, made, principal, HERE), account)


def found(db: Db, name: str, purpose: Purpose = "CREATE_ON_PUSH") -> str | None:
    chosen = db.read(lambda connection: find_template(unit_of(connection), name, purpose))
    return None if chosen is None else chosen.prefix


def test_what_is_stored_is_what_is_found(db: Db) -> None:
    whole = template(
        "team/a/",
        "REPLICATION",
        "CREATE_ON_PUSH",
        description="ü",
        mutability=TagMutability("MUTABLE_WITH_EXCLUSION", ("v*", "dev-*")),
        resource_tags={"b": "2", "a": ""},
        repository_policy=POLICY,
        lifecycle_policy=LIFECYCLE,
        custom_role_arn="arn:aws:iam::000000000000:role/x",
    )
    create(db, whole)
    create(db, template("team/a"), "111111111111")
    assert write(db, lambda unit: creation_templates.get_template(unit, "team/a")) == whole
    changed = CreationTemplate("team/a/", ("REPLICATION",), 1.0, 1.0)
    updated = write(db, lambda unit: creation_templates.update_template(unit, changed, ROOT, HERE))
    assert updated.updated_at == 2.0
    assert write(db, lambda unit: creation_templates.delete_template(unit, "team/a")) == updated
    with pytest.raises(RegistryError, match="does not exist"):
        write(db, lambda unit: creation_templates.get_template(unit, "team/a/"))
    assert write(db, lambda unit: creation_templates.list_templates(unit, None, 9), "111111111111") == [
        template("team/a")
    ]


def test_templates_are_listed_by_namespace_from_that_of_root_on(db: Db) -> None:
    for prefix in ("b", "a/b", "ROOT", "a"):
        create(db, template(prefix))
    pages = [("ROOT", "a"), ("a/b", "b"), ()]
    for after, expected in zip((None, "a/", "b/"), pages, strict=True):
        listed = write(db, lambda unit, after=after: creation_templates.list_templates(unit, after, 2))
        assert tuple(each.prefix for each in listed) == expected
    named = write(db, lambda unit: creation_templates.describe_templates(unit, ["ROOT", "b/", "c"]))
    assert {each.prefix for each in named} == {"ROOT", "b"}


def test_of_the_templates_that_apply_the_longest_prefix_wins(db: Db) -> None:
    create(db, template("ROOT", "PULL_THROUGH_CACHE"))
    create(db, template("a-b"))
    create(db, template("a"))
    create(db, template("a/b/", "REPLICATION"))
    create(db, template("a/b/c/d"))
    assert found(db, "a/b/c/d/e") == "a/b/c/d"
    assert found(db, "a/b/c/d") == "a"
    assert found(db, "a/b/c/d", "REPLICATION") == "a/b/"
    assert found(db, "a/b/c/d", "PULL_THROUGH_CACHE") == "ROOT"
    assert found(db, "a-b/c") == "a-b"
    assert found(db, "aa/b") is None
    assert found(db, "/".join("a" * 128)) == "a"
    write(db, lambda unit: repositories.create_repository(unit, "a/there", TagMutability(), {}))
    assert found(db, "a/there") is None


def test_a_registry_has_room_for_so_many(db: Db) -> None:
    def fill(unit: Unit) -> None:
        for number in range(MAXIMUM_TEMPLATES):
            creation_templates.create_template(unit, template(f"t{number}"), ROOT, HERE)

    write(db, fill)
    with pytest.raises(RegistryError, match=f"which is '{MAXIMUM_TEMPLATES}'") as caught:
        create(db, template("more"))
    assert caught.value.code == "LimitExceededException"


def test_one_of_those_who_create_a_template_at_the_same_time_does(db: Db) -> None:
    writes = [
        start(db, lambda unit: creation_templates.create_template(unit, template("team"), ROOT, HERE)) for _ in range(8)
    ]
    refusals = [each.exception(60) for each in writes]
    codes = [each.code for each in refusals if isinstance(each, RegistryError)]
    assert refusals.count(None) == 1
    assert codes == ["TemplateAlreadyExistsException"] * 7


def test_pushes_at_the_same_time_make_one_repository_with_all_of_its_settings(db: Db) -> None:
    settings = template(
        "team", mutability=TagMutability("IMMUTABLE"), resource_tags={"a": "b"}, repository_policy=POLICY
    )
    create(db, settings)
    # On PostgreSQL all find the repository missing before the first has made it; SQLite writes one after the other.
    together = Barrier(4) if db.engine.dialect.name == "postgresql" else Barrier(1)
    waited: list[None] = []

    def work(unit: Unit) -> bool:
        chosen = find_template(unit, "team/app", "CREATE_ON_PUSH")
        if len(waited) < 4:
            waited.append(None)
            together.wait(30)
        if chosen is None:
            return False
        make_repository(unit, "team/app", chosen, HERE, None, as_role=False)
        return True

    writes = [start(db, work) for _ in range(4)]
    assert sorted(each.result(60) for each in writes) == [False, False, False, True]
    made = write(db, lambda unit: repositories.list_repositories(unit, "", 9))
    assert [(each.name, each.mutability) for each in made] == [("team/app", TagMutability("IMMUTABLE"))]
    arn = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/team/app"
    assert write(db, lambda unit: repositories.list_tags_for_resource(unit, arn)) == {"a": "b"}


def test_nothing_is_left_of_a_repository_that_cannot_be_made_whole(db: Db) -> None:
    create(db, template("team", resource_tags={"a": "b"}))

    def work(unit: Unit) -> None:
        chosen = find_template(unit, "team/app", "CREATE_ON_PUSH")
        assert chosen is not None
        make_repository(unit, "team/app", chosen, HERE, None, as_role=False)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        write(db, work)
    assert found(db, "team/app") == "team"
