"""Repository creation templates with boto3: the four operations, what they refuse, and who may call them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from administration import Administration, administration
from api_client import invalid, refused
from people import EVERYTHING, Person, allow, document, new_account, new_user
from registry_process import RegistryProcess
from wharfside.registry import identities

PUSH = ["CREATE_ON_PUSH"]
FILTERS = [{"filterType": "WILDCARD", "filter": "dev-*"}]
LIFECYCLE = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5},
                "action": {"type": "expire"},
            }
        ]
    }
)
KEY = "arn:aws:kms:us-east-1:000000000000:key/0c1bd4f4-3c2a-4c6e-9a53-0d7c5ab1a7a5"
ALWAYS = {"prefix", "appliedFor", "imageTagMutability", "encryptionConfiguration", "createdAt", "updatedAt"}
POLICY = document({"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"})


@pytest.fixture(scope="module")
def admin(registry: RegistryProcess) -> Iterator[Administration]:
    with administration(registry.data) as made:
        made.run(identities.ensure_account, "000000000000", made.now)
        yield made


@pytest.fixture
def owner(registry: RegistryProcess, admin: Administration) -> Person:
    """An administrator in an account of its own, which has no templates."""
    return new_user(registry, admin, new_account(admin), EVERYTHING, "admin")


@pytest.fixture
def ecr(owner: Person) -> Any:
    return owner.client()


def create(ecr: Any, prefix: str, **members: Any) -> dict[str, Any]:
    made = ecr.create_repository_creation_template(prefix=prefix, **{"appliedFor": PUSH} | members)
    return made["repositoryCreationTemplate"]


def listed(ecr: Any, *prefixes: str) -> list[dict[str, Any]]:
    return ecr.describe_repository_creation_templates(prefixes=list(prefixes))["repositoryCreationTemplates"]


def test_a_template_is_kept_as_it_was_given(ecr: Any, owner: Person) -> None:
    members = {
        "description": "Repositories of teams",
        "appliedFor": ["REPLICATION", "CREATE_ON_PUSH", "PULL_THROUGH_CACHE"],
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": FILTERS,
        "repositoryPolicy": POLICY,
        "lifecyclePolicy": LIFECYCLE,
        "resourceTags": [{"Key": "team", "Value": "red"}],
        "customRoleArn": f"arn:aws:iam::{owner.account}:role/path/templates",
        "encryptionConfiguration": {"encryptionType": "KMS_DSSE", "kmsKey": KEY},
    }
    answer = ecr.create_repository_creation_template(prefix="team/a/", **members)
    template = answer["repositoryCreationTemplate"]
    assert answer["registryId"] == owner.account
    assert template["createdAt"] == template["updatedAt"]
    assert abs(template["createdAt"].timestamp() - time.time()) < 3600
    assert template == {"prefix": "team/a/", "createdAt": template["createdAt"], "updatedAt": template["updatedAt"]} | (
        members
    )
    assert listed(ecr, "team/a/") == [template]
    assert ecr.delete_repository_creation_template(prefix="team/a")["repositoryCreationTemplate"] == template
    assert listed(ecr, "team/a/") == []


def test_members_that_are_not_given(ecr: Any) -> None:
    template = create(ecr, "ROOT")
    assert template.keys() == ALWAYS
    assert template["encryptionConfiguration"] == {"encryptionType": "AES256"}
    assert (template["prefix"], template["appliedFor"], template["imageTagMutability"]) == ("ROOT", PUSH, "MUTABLE")


def test_a_prefix_has_one_template(ecr: Any, owner: Person) -> None:
    create(ecr, "team")
    for prefix in ("team", "team/"):
        code, message = refused(ecr.create_repository_creation_template, prefix=prefix, appliedFor=PUSH)
        assert code == "TemplateAlreadyExistsException"
        assert message == (
            f"The repository creation template with prefix '{prefix}' already exists in the registry with id"
            f" '{owner.account}'"
        )
    elsewhere = owner.client(region_name="eu-west-1")
    create(elsewhere, "team", description="another region")
    assert "description" not in listed(ecr, "team")[0]


def test_an_update_replaces_what_it_gives_and_nothing_else(ecr: Any) -> None:
    tags = [{"Key": "team", "Value": "red"}]
    policies = {"repositoryPolicy": POLICY, "lifecyclePolicy": LIFECYCLE}
    made = create(ecr, "team", description="before", resourceTags=tags, **policies)
    update = ecr.update_repository_creation_template
    changed = update(prefix="team/", description="after")["repositoryCreationTemplate"]
    assert changed == made | {"description": "after", "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] > changed["createdAt"]
    mode = "MUTABLE_WITH_EXCLUSION"
    update(
        prefix="team", imageTagMutability=mode, imageTagMutabilityExclusionFilters=FILTERS, appliedFor=["REPLICATION"]
    )
    (found,) = listed(ecr, "team")
    assert (found["imageTagMutability"], found["imageTagMutabilityExclusionFilters"]) == (mode, FILTERS)
    assert (found["appliedFor"], found["resourceTags"]) == (["REPLICATION"], tags)
    assert {name: found[name] for name in policies} == policies
    other = [{"filterType": "WILDCARD", "filter": "v*"}]
    found = update(prefix="team", imageTagMutabilityExclusionFilters=other)["repositoryCreationTemplate"]
    assert (found["imageTagMutability"], found["imageTagMutabilityExclusionFilters"]) == (mode, other)
    found = update(prefix="team", imageTagMutability="IMMUTABLE")["repositoryCreationTemplate"]
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert "imageTagMutabilityExclusionFilters" not in found


def test_empty_members_take_away_what_there_was(ecr: Any, owner: Person) -> None:
    role = f"arn:aws:iam::{owner.account}:role/templates"
    tags = [{"Key": "team", "Value": "red"}]
    policies = {"repositoryPolicy": POLICY, "lifecyclePolicy": LIFECYCLE}
    create(ecr, "team", description="x", resourceTags=tags, customRoleArn=role, **policies)
    ecr.update_repository_creation_template(
        prefix="team", description="", repositoryPolicy="", lifecyclePolicy="", resourceTags=[], customRoleArn=""
    )
    assert listed(ecr, "team")[0].keys() == ALWAYS


def test_templates_that_there_are_not(ecr: Any, owner: Person) -> None:
    create(ecr, "team/a")
    expected = (
        "TemplateNotFoundException",
        f"The repository creation template with prefix 'team' does not exist in the registry with id '{owner.account}'",
    )
    assert refused(ecr.update_repository_creation_template, prefix="team", description="x") == expected
    assert refused(ecr.delete_repository_creation_template, prefix="team") == expected
    assert [each["prefix"] for each in listed(ecr, "team", "team/a", "ROOT")] == ["team/a"]


def test_pages(ecr: Any) -> None:
    prefixes = ["ROOT", "a", "a/b/", "a-b", "z"]
    for prefix in prefixes:
        create(ecr, prefix)
    pages = list(ecr.get_paginator("describe_repository_creation_templates").paginate(PaginationConfig={"PageSize": 2}))
    found = [[each["prefix"] for each in page["repositoryCreationTemplates"]] for page in pages]
    assert [len(page) for page in found] == [2, 2, 1]
    assert sorted(prefix for page in found for prefix in page) == sorted(prefixes)
    describe = ecr.describe_repository_creation_templates
    both = invalid("maxResults", "Member must be null when prefixes is specified")
    assert refused(describe, prefixes=["a"], maxResults=5) == both
    most = invalid("prefixes", "Member must have length less than or equal to 100")
    assert refused(describe, prefixes=["a"] * 101) == most


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"appliedFor": []}, invalid("appliedFor", "Member must have length greater than or equal to 1")),
        ({"customRoleArn": "role/x"}, invalid("customRoleArn", "Invalid ARN")),
        ({"repositoryPolicy": "{}"}, invalid("PolicyText", "Invalid repository policy provided")),
        (
            {"repositoryPolicy": POLICY.replace('"*"', '{"AWS": "arn:aws:iam::000000000000:user/gone"}')},
            invalid("PolicyText", "Principal not found"),
        ),
        (
            {"imageTagMutability": "MUTABLE_WITH_EXCLUSION"},
            invalid(
                "imageTagMutabilityExclusionFilters",
                "ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set to"
                " MUTABLE_WITH_EXCLUSION",
            ),
        ),
        (
            {"lifecyclePolicy": "no policy"},
            invalid(
                "LifecyclePolicyText",
                "Lifecycle policy parsing failure: Could not map policyString into LifecyclePolicy.",
            ),
        ),
        (
            {"lifecyclePolicy": LIFECYCLE.replace("5", "0")},
            invalid(
                "LifecyclePolicyText",
                "Lifecycle policy validation failure: numeric instance is lower than the required minimum"
                " (minimum: 1, found: 0)",
            ),
        ),
        (
            {"resourceTags": [{"Key": "aws:x", "Value": ""}]},
            (
                "InvalidTagParameterException",
                "Invalid parameter at 'tags': tag keys that start with 'aws:' are reserved",
            ),
        ),
        (
            {"encryptionConfiguration": {"encryptionType": "AES256", "kmsKey": KEY}},
            (
                "InvalidParameterException",
                "Invalid encryption configuration: Encryption key should not be set for AES256 encryption.",
            ),
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_refused(ecr: Any, members: dict[str, Any], expected: tuple[str, str]) -> None:
    assert (
        refused(ecr.create_repository_creation_template, **{"prefix": "new", "appliedFor": PUSH} | members) == expected
    )
    before = create(ecr, "old", description="stays")
    assert refused(ecr.update_repository_creation_template, prefix="old", **members) == expected
    assert listed(ecr, "new", "old") == [before]


def test_who_makes_templates_needs_what_the_templates_do(
    registry: RegistryProcess, admin: Administration, owner: Person, ecr: Any
) -> None:
    templates = allow("ecr:*RepositoryCreationTemplate*")
    repositories = f"arn:aws:ecr:us-east-1:{owner.account}:repository/team/*"
    member = new_user(registry, admin, owner.account, document(templates))
    creator = new_user(
        registry, admin, owner.account, document(templates, allow("ecr:CreateRepository", resource=repositories))
    )
    nobody = new_user(registry, admin, owner.account, document(allow("ecr:CreateRepository")))
    for person, prefix, members, missing in (
        (nobody, "team", {}, "ecr:CreateRepositoryCreationTemplate"),
        (member, "team", {}, "ecr:CreateRepository"),
        (creator, "other", {}, "ecr:CreateRepository"),
        (creator, "ROOT", {}, "ecr:CreateRepository"),
        (creator, "team", {"repositoryPolicy": POLICY}, "ecr:SetRepositoryPolicy"),
        (creator, "team", {"lifecyclePolicy": LIFECYCLE}, "ecr:PutLifecyclePolicy"),
    ):
        call = person.client().create_repository_creation_template
        code, message = refused(call, prefix=prefix, appliedFor=PUSH, **members)
        assert code == "AccessDeniedException"
        assert f"is not authorized to perform: {missing} on resource: " in message
    create(creator.client(), "team")
    for members in ({"repositoryPolicy": POLICY}, {"lifecyclePolicy": LIFECYCLE}):
        code, _ = refused(creator.client().update_repository_creation_template, prefix="team", **members)
        assert code == "AccessDeniedException"
    assert [each["prefix"] for each in listed(ecr, "team", "other", "ROOT")] == ["team"]
