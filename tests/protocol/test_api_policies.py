"""SetRepositoryPolicy, PutRegistryPolicy and what belongs to them, and the account settings, with boto3."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from administration import Administration, administration
from api_client import invalid, refused
from image_content import Content
from people import EVERYTHING, Person, document, new_account, new_user
from registry_process import RegistryProcess
from wharfside.registry import identities

ACCOUNT, REGION = "000000000000", "us-east-1"
ALLOW = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "ecr:BatchGetImage"}
DENY_ALL = {"Effect": "Deny", "Principal": "*", "Action": "ecr:*"}
INVALID = invalid("PolicyText", "Invalid repository policy provided")
LOCKED_OUT = invalid(
    "PolicyText",
    "This policy would keep you from setting the repository policy again. Use force to set it nevertheless",
)


@pytest.fixture(scope="module")
def admin(registry: RegistryProcess) -> Iterator[Administration]:
    with administration(registry.data) as made:
        yield made


@pytest.fixture
def ecr(registry: RegistryProcess) -> Any:
    return registry.client()


@pytest.fixture
def owner(registry: RegistryProcess, admin: Administration) -> Person:
    """An administrator in an account of its own, for what counts in a whole registry."""
    return new_user(registry, admin, new_account(admin), EVERYTHING, "admin")


def test_a_repository_policy_is_kept_as_it_was_set(ecr: Any, repository: str) -> None:
    missing = (
        "RepositoryPolicyNotFoundException",
        f"Repository policy does not exist for the repository with name '{repository}' in the registry with id"
        f" '{ACCOUNT}'",
    )
    assert refused(ecr.get_repository_policy, repositoryName=repository) == missing
    assert refused(ecr.delete_repository_policy, repositoryName=repository) == missing
    for text in (document(ALLOW), json.dumps({"Statement": ALLOW, "Version": "2008-10-17"}, indent=4) + "\n"):
        expected = {"registryId": ACCOUNT, "repositoryName": repository, "policyText": text}
        answers = [
            ecr.set_repository_policy(repositoryName=repository, policyText=text),
            ecr.get_repository_policy(repositoryName=repository),
        ]
        for answer in answers:
            del answer["ResponseMetadata"]
        assert answers == [expected, expected]
    assert ecr.delete_repository_policy(repositoryName=repository)["policyText"] == text
    assert refused(ecr.get_repository_policy, repositoryName=repository) == missing


def test_a_policy_goes_with_its_repository(ecr: Any, repository: str) -> None:
    ecr.set_repository_policy(repositoryName=repository, policyText=document(ALLOW))
    ecr.delete_repository(repositoryName=repository)
    assert refused(ecr.get_repository_policy, repositoryName=repository)[0] == "RepositoryNotFoundException"
    ecr.create_repository(repositoryName=repository)
    assert refused(ecr.get_repository_policy, repositoryName=repository)[0] == "RepositoryPolicyNotFoundException"


def test_no_repository_no_policy(ecr: Any) -> None:
    for call, members in (
        (ecr.get_repository_policy, {}),
        (ecr.delete_repository_policy, {}),
        (ecr.set_repository_policy, {"policyText": document(ALLOW)}),
    ):
        code, message = refused(call, repositoryName="not/there", **members)
        assert code == "RepositoryNotFoundException"
        assert message == f"The repository with name 'not/there' does not exist in the registry with id '{ACCOUNT}'"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        document(),
        document(ALLOW | {"Effect": "Maybe"}),
        document(ALLOW | {"Action": "s3:GetObject"}),
        document(ALLOW | {"Principal": {"AWS": "ann"}}),
        document({"Effect": "Allow", "Action": "ecr:*"}),
        document(ALLOW | {"Resource": f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/x"}),
        document(ALLOW | {"Condition": {"StringSounds": {"aws:username": "ann"}}}),
        document(ALLOW, Version="2030-01-01"),
        document(ALLOW, Rules=[]),
    ],
    ids=lambda text: text[:60],
)
def test_what_is_no_repository_policy(ecr: Any, repository: str, text: str) -> None:
    assert refused(ecr.set_repository_policy, repositoryName=repository, policyText=text) == INVALID
    assert refused(ecr.get_repository_policy, repositoryName=repository)[0] == "RepositoryPolicyNotFoundException"


def test_policies_have_a_size(ecr: Any, owner: Person, repository: str) -> None:
    fits = document(ALLOW | {"Sid": "x" * (10_240 - len(document(ALLOW | {"Sid": ""})))})
    assert len(fits) == 10_240
    ecr.set_repository_policy(repositoryName=repository, policyText=fits)
    code, message = refused(ecr.set_repository_policy, repositoryName=repository, policyText=fits + " ")
    assert code == "InvalidParameterException"
    assert "10240" in message
    fits = document(ALLOW | {"Sid": "x" * 10_000, "Resource": "*"})
    other = owner.client()
    other.put_registry_policy(policyText=fits)
    code, message = refused(other.put_registry_policy, policyText=fits + " " * 241)
    assert code == "InvalidParameterException"
    assert "10240" in message


def test_principals_have_to_exist(ecr: Any, admin: Administration, repository: str) -> None:
    name = f"x{secrets.token_hex(4)}"
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    statement = ALLOW | {"Principal": {"AWS": [ACCOUNT, arn]}}
    unknown = invalid("PolicyText", "Principal not found")
    assert refused(ecr.set_repository_policy, repositoryName=repository, policyText=document(statement)) == unknown
    registry_wide = document(statement | {"Resource": "*"})
    assert refused(ecr.put_registry_policy, policyText=registry_wide) == unknown
    admin.run(identities.create_user, ACCOUNT, name, admin.now)
    ecr.set_repository_policy(repositoryName=repository, policyText=document(statement))


def test_a_policy_that_locks_the_caller_out_takes_force(ecr: Any, registry: RegistryProcess) -> None:
    """The root of the account can always get it back; whoever has it only by policies cannot."""
    name = registry.create_repository(f"tests/{secrets.token_hex(6)}")
    locking = [
        document(DENY_ALL),
        document(ALLOW, DENY_ALL | {"Action": "ecr:SetRepositoryPolicy"}),
        document(DENY_ALL | {"Condition": {"StringEquals": {"aws:username": "admin"}}}),
        document({"Effect": "Deny", "NotPrincipal": {"AWS": "111111111111"}, "Action": "ecr:Set*"}),
    ]
    for text in locking:
        assert refused(ecr.set_repository_policy, repositoryName=name, policyText=text) == LOCKED_OUT
    for text in (
        document(DENY_ALL | {"Action": "ecr:PutImage"}),
        document(DENY_ALL | {"Condition": {"StringEquals": {"aws:username": "bob"}}}),
        document(ALLOW | {"Principal": {"AWS": "111111111111"}}),
    ):
        ecr.set_repository_policy(repositoryName=name, policyText=text)
    ecr.set_repository_policy(repositoryName=name, policyText=locking[0], force=True)
    code, message = refused(ecr.set_repository_policy, repositoryName=name, policyText=document(ALLOW), force=True)
    assert code == "AccessDeniedException"
    assert message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/admin is not authorized to perform: ecr:SetRepositoryPolicy on resource:"
        f" arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name} with an explicit deny in a resource-based policy"
    )


def test_a_registry_policy_counts_in_every_request(owner: Person) -> None:
    account, ecr = owner.account, owner.client()
    missing = (
        "RegistryPolicyNotFoundException",
        f"Registry policy does not exist in the registry with id '{account}'",
    )
    assert refused(ecr.get_registry_policy) == missing
    assert refused(ecr.delete_registry_policy) == missing
    ecr.create_repository(repositoryName="team/app")
    text = document(DENY_ALL | {"Action": ["ecr:ListImages"], "Resource": f"arn:aws:ecr:*:{account}:repository/team/*"})
    for answer in (ecr.put_registry_policy(policyText=text), ecr.get_registry_policy()):
        assert (answer["registryId"], answer["policyText"]) == (account, text)
    assert refused(ecr.list_images, repositoryName="team/app") == (
        "AccessDeniedException",
        f"User: arn:aws:iam::{account}:user/admin is not authorized to perform: ecr:ListImages on resource:"
        f" arn:aws:ecr:{REGION}:{account}:repository/team/app with an explicit deny in a resource-based policy",
    )
    ecr.describe_images(repositoryName="team/app")
    assert ecr.delete_registry_policy()["policyText"] == text
    ecr.list_images(repositoryName="team/app")
    assert refused(ecr.get_registry_policy) == missing


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        document(ALLOW),
        document(ALLOW | {"Resource": "team/*"}),
        document(ALLOW | {"Resource": "arn:aws:s3:::x"}),
        document(ALLOW | {"Resource": "*", "Action": "s3:*"}),
    ],
)
def test_what_is_no_registry_policy(ecr: Any, text: str) -> None:
    expected = invalid("PolicyText", "Invalid registry policy provided")
    assert refused(ecr.put_registry_policy, policyText=text) == expected


def test_a_registry_policy_is_of_one_region(owner: Person) -> None:
    owner.client().put_registry_policy(policyText=document(ALLOW | {"Resource": "*"}))
    elsewhere = owner.client(region_name="eu-west-1")
    assert refused(elsewhere.get_registry_policy)[0] == "RegistryPolicyNotFoundException"


SETTINGS = {
    "BASIC_SCAN_TYPE_VERSION": ["AWS_NATIVE"],
    "BLOB_MOUNTING": ["ENABLED", "DISABLED"],
    "REGISTRY_POLICY_SCOPE": ["V2"],
}


@pytest.mark.parametrize("name", SETTINGS)
def test_account_settings(owner: Person, name: str) -> None:
    ecr = owner.client()
    assert ecr.get_account_setting(name=name)["value"] == SETTINGS[name][0]
    for value in reversed(SETTINGS[name]):
        answer = ecr.put_account_setting(name=name, value=value)
        assert (answer["name"], answer["value"]) == (name, value)
        assert ecr.get_account_setting(name=name)["value"] == value


@pytest.mark.parametrize(("name", "value"), [("REGISTRY_POLICY_SCOPE", "V1"), ("BLOB_MOUNTING", "enabled")])
def test_values_that_a_setting_does_not_have(ecr: Any, name: str, value: str) -> None:
    assert refused(ecr.put_account_setting, name=name, value=value) == (
        "ValidationException",
        f"1 validation error detected: Value '{value}' at 'value' failed to satisfy constraint: Member must satisfy"
        f" enum value set: [{', '.join(SETTINGS[name])}]",
    )


def test_settings_that_there_are_not(ecr: Any) -> None:
    message = (
        "1 validation error detected: Value 'COLOUR' at 'name' failed to satisfy constraint: Member must satisfy"
        f" enum value set: [{', '.join(SETTINGS)}]"
    )
    assert refused(ecr.get_account_setting, name="COLOUR") == ("ValidationException", message)
    assert refused(ecr.put_account_setting, name="COLOUR", value="red") == ("ValidationException", message)


def test_blobs_are_mounted_only_where_the_setting_says_so(owner: Person) -> None:
    ecr, client = owner.client(), owner.oci()
    for name in ("one", "two"):
        ecr.create_repository(repositoryName=name)
    content = Content()
    content.image("latest")
    content.push(client, "one")
    digest = next(iter(content.blobs))
    mount = f"/v2/two/blobs/uploads/?mount={digest}&from=one"
    ecr.put_account_setting(name="BLOB_MOUNTING", value="DISABLED")
    refused_ = client.request("POST", mount)
    assert refused_.status == 202
    assert client.get_blob("two", digest, "HEAD").status == 404
    ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    assert client.request("POST", mount).status == 201
    ecr.put_account_setting(name="BLOB_MOUNTING", value="DISABLED")
    assert client.get_blob("two", digest).status == 200
    client.close()
