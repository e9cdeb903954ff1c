"""Repositories through boto3 (ECR operations CreateRepository, DescribeRepositories, DeleteRepository)."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest

from api_client import call, invalid, refused
from image_content import Content
from oci_client import OciClient
from registry_process import RegistryProcess

ACCOUNT = "000000000000"


@pytest.fixture(scope="module")
def ecr(registry: RegistryProcess) -> Any:
    return registry.client()


def missing(name: str) -> tuple[str, str]:
    message = f"The repository with name '{name}' does not exist in the registry with id '{ACCOUNT}'"
    return "RepositoryNotFoundException", message


def test_create_answers_with_the_repository_and_its_defaults(registry: RegistryProcess, ecr: Any) -> None:
    name = f"made/{secrets.token_hex(4)}"
    before = time.time()
    made = ecr.create_repository(repositoryName=name)["repository"]
    created = made.pop("createdAt")
    assert before - 1 <= created.timestamp() <= time.time() + 1
    assert made == {
        "repositoryArn": f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{name}",
        "registryId": ACCOUNT,
        "repositoryName": name,
        "repositoryUri": f"{registry.host}/{name}",
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": False},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    }
    (described,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    assert described == made | {"createdAt": created}
    assert ecr.delete_repository(repositoryName=name)["repository"] == described
    assert refused(ecr.describe_repositories, repositoryNames=[name]) == missing(name)


def test_created_twice(ecr: Any, repository: str) -> None:
    message = f"The repository with name '{repository}' already exists in the registry with id '{ACCOUNT}'"
    assert refused(ecr.create_repository, repositoryName=repository) == ("RepositoryAlreadyExistsException", message)


def test_a_deleted_name_can_be_taken_again_and_brings_nothing_back(ecr: Any, oci: OciClient, repository: str) -> None:
    content = Content()
    digest = content.image("latest")["digest"]
    content.push(oci, repository)
    message = (
        f"The repository with name '{repository}' in registry with id '{ACCOUNT}' cannot be deleted because it still"
        " contains images"
    )
    assert refused(ecr.delete_repository, repositoryName=repository) == ("RepositoryNotEmptyException", message)
    assert refused(ecr.delete_repository, repositoryName=repository, force=False)[0] == "RepositoryNotEmptyException"
    assert oci.get_manifest(repository, "latest").status == 200
    assert ecr.delete_repository(repositoryName=repository, force=True)["repository"]["repositoryName"] == repository
    assert refused(ecr.delete_repository, repositoryName=repository, force=True) == missing(repository)
    ecr.create_repository(repositoryName=repository)
    assert ecr.list_images(repositoryName=repository)["imageIds"] == []
    assert ecr.list_tags_for_resource(resourceArn=arn(repository))["tags"] == []
    assert oci.get_manifest(repository, digest).status == 404
    for blob in content.blobs:
        assert oci.get_blob(repository, blob).status == 404


def arn(name: str) -> str:
    return f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{name}"


def test_a_repository_with_layers_but_no_image_is_empty(ecr: Any, oci: OciClient, repository: str) -> None:
    oci.push_blob(repository, b"nobody needs this")
    ecr.delete_repository(repositoryName=repository)


def test_an_untagged_image_keeps_a_repository(ecr: Any, oci: OciClient, repository: str) -> None:
    content = Content()
    content.image()
    content.push(oci, repository)
    assert refused(ecr.delete_repository, repositoryName=repository)[0] == "RepositoryNotEmptyException"


@pytest.mark.parametrize(
    "tags",
    [
        [{"Key": "aws:owner", "Value": "x"}],
        [{"Key": "AWS:owner", "Value": "x"}],
        [{"Key": "k", "Value": "v" * 257}],
        [{"Key": "k" * 129, "Value": "v"}],
        [{"Key": "", "Value": "v"}],
        [{"Key": "good", "Value": "v"}, {"Key": "good", "Value": "w"}],
        [{"Key": "line\nfeed", "Value": "v"}],
        [{"Key": "nul", "Value": "\0"}],
        [{"Key": f"k{number}", "Value": "v"} for number in range(51)],
    ],
    ids=["reserved", "reserved in capitals", "value", "key", "no key", "twice", "control", "nul", "51"],
)
def test_bad_tags_leave_no_repository(ecr: Any, tags: list[dict[str, str]]) -> None:
    name = f"tagged/{secrets.token_hex(4)}"
    code, _ = refused(ecr.create_repository, repositoryName=name, tags=tags)
    assert code == ("TooManyTagsException" if len(tags) > 50 else "InvalidTagParameterException")
    assert refused(ecr.describe_repositories, repositoryNames=[name]) == missing(name)


def test_one_missing_name_fails_the_whole_description(ecr: Any, repository: str) -> None:
    assert refused(ecr.describe_repositories, repositoryNames=[repository, "not/there"]) == missing("not/there")
    found = ecr.describe_repositories(repositoryNames=[repository, repository])["repositories"]
    assert [each["repositoryName"] for each in found] == [repository]


@pytest.mark.parametrize("name", ["ab", "0a", "a.b_c__d---e/f", "a/b/c/d", "x" * 256], ids=lambda name: name[:12])
def test_good_names(ecr: Any, name: str) -> None:
    assert ecr.create_repository(repositoryName=name)["repository"]["repositoryName"] == name
    ecr.delete_repository(repositoryName=name)


@pytest.mark.parametrize(
    "name",
    ["Ab", "a..b", "a___b", "-a", "a-", "a/", "/a", "a//b", "a b", "ä1", "a._b", "ab\n", "../ab", "a/../b", "a\\b"],
)
def test_bad_names(registry: RegistryProcess, name: str) -> None:
    pattern = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
    for operation in ("CreateRepository", "DeleteRepository", "ListImages", "InitiateLayerUpload"):
        answer = call(registry, operation, {"repositoryName": name})
        assert answer.status == 400
        expected = invalid("repositoryName", f"must satisfy regular expression '{pattern}'")
        assert (answer.code, answer.message) == expected


@pytest.fixture(scope="module")
def abroad(registry: RegistryProcess) -> Any:
    """A client of a region that only this module uses, with seven repositories."""
    client = registry.client(region_name="ap-south-1")
    for number in range(7):
        client.create_repository(repositoryName=f"paged/{number}")
    return client


def names(answer: dict[str, Any]) -> list[str]:
    return [each["repositoryName"] for each in answer["repositories"]]


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 1000])
def test_pages_hold_everything_once(abroad: Any, size: int) -> None:
    pages = list(abroad.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": size}))
    assert all(len(page["repositories"]) <= size for page in pages)
    found = [name for page in pages for name in names(page)]
    assert sorted(found) == [f"paged/{number}" for number in range(7)]
    assert "nextToken" not in pages[-1]
    assert len(pages) == -(-7 // size)


def test_regions_are_registries_of_their_own(ecr: Any, abroad: Any) -> None:
    (found,) = abroad.describe_repositories(repositoryNames=["paged/1"])["repositories"]
    assert found["repositoryArn"] == f"arn:aws:ecr:ap-south-1:{ACCOUNT}:repository/paged/1"
    assert refused(ecr.describe_repositories, repositoryNames=["paged/1"]) == missing("paged/1")


def test_page_tokens_are_opaque_bound_and_tamper_proof(registry: RegistryProcess, ecr: Any, abroad: Any) -> None:
    token = abroad.describe_repositories(maxResults=2)["nextToken"]
    assert names(abroad.describe_repositories(maxResults=3, nextToken=token)) == ["paged/2", "paged/3", "paged/4"]
    assert b"paged" not in base64.urlsafe_b64decode(token)
    bad = invalid("nextToken", "Invalid token")
    for position in (0, 1, len(token) // 2, len(token) - 1):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        assert refused(abroad.describe_repositories, nextToken=changed) == bad
    for garbage in ("", "x", "paged/2", "=" * 40, "é", "A" * 9000, registry.password()):
        assert refused(abroad.describe_repositories, nextToken=garbage) == bad
    abroad.create_repository(repositoryName="binding")
    assert refused(abroad.list_images, repositoryName="binding", nextToken=token) == bad
    abroad.delete_repository(repositoryName="binding")
    assert refused(ecr.describe_repositories, nextToken=token) == bad


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        (0, "Member must have value greater than or equal to 1"),
        (-1, "Member must have value greater than or equal to 1"),
        (1001, "Member must have value less than or equal to 1000"),
    ],
)
def test_page_sizes(registry: RegistryProcess, size: int, reason: str) -> None:
    answer = call(registry, "DescribeRepositories", {"maxResults": size})
    assert (answer.code, answer.message) == invalid("maxResults", reason)


def test_names_and_paging_exclude_each_other(ecr: Any, repository: str, abroad: Any) -> None:
    token = abroad.describe_repositories(maxResults=1)["nextToken"]
    for paging in ({"maxResults": 5}, {"nextToken": token}, {"nextToken": token, "maxResults": 5}):
        code, message = refused(ecr.describe_repositories, repositoryNames=[repository], **paging)
        assert code == "InvalidParameterException"
        assert "repositoryNames" in message


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"imageScanningConfiguration": {"scanOnPush": True}}, "scanOnPush"),
    ],
    ids=["scanOnPush"],
)
def test_settings_that_are_not_there_yet_are_refused_and_not_stored(ecr: Any, settings: Any, what: str) -> None:
    code, message = refused(ecr.create_repository, repositoryName="later", **settings)
    assert code == "UnsupportedCommandException"
    assert what in message
    assert refused(ecr.describe_repositories, repositoryNames=["later"]) == missing("later")
    made = ecr.create_repository(repositoryName="later", imageScanningConfiguration={"scanOnPush": False})
    assert made["repository"]["imageScanningConfiguration"] == {"scanOnPush": False}
    ecr.delete_repository(repositoryName="later")


def test_repositories_survive_a_restart(fresh_registry: Callable[..., RegistryProcess]) -> None:
    server = fresh_registry()
    server.create_repository("kept", tags=[{"Key": "k", "Value": "v"}], imageTagMutability="IMMUTABLE")
    before = server.client().describe_repositories()["repositories"]
    token = server.client().get_authorization_token()["authorizationData"][0]["authorizationToken"]
    server.stop()
    server.start()
    assert server.client().describe_repositories()["repositories"] == before
    client = server.oci_client(base64.b64decode(token).decode().removeprefix("AWS:"))
    assert client.list_tags("kept").status == 200
    client.close()
