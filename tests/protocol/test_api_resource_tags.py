"""Resource tags of repositories (ECR operations TagResource, UntagResource, ListTagsForResource)."""

from __future__ import annotations

from typing import Any

import pytest

from api_client import call, invalid, refused
from registry_process import RegistryProcess

ACCOUNT = "000000000000"
INVALID_ARN = invalid("resourceArn", "Invalid ARN")


@pytest.fixture(scope="module")
def ecr(registry: RegistryProcess) -> Any:
    return registry.client()


@pytest.fixture
def arn(repository: str) -> str:
    return f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{repository}"


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def listed(ecr: Any, arn: str) -> dict[str, str]:
    found = ecr.list_tags_for_resource(resourceArn=arn)["tags"]
    assert len({tag["Key"] for tag in found}) == len(found)
    return {tag["Key"]: tag["Value"] for tag in found}


def test_tags_merge_by_key_and_go_by_key(registry: RegistryProcess, ecr: Any, arn: str) -> None:
    assert listed(ecr, arn) == {}
    assert call(registry, "TagResource", {"resourceArn": arn, "tags": tags(a="1", A="2", empty="")}).json() == {}
    ecr.tag_resource(resourceArn=arn, tags=tags(a="3", b="ü €"))
    assert listed(ecr, arn) == {"a": "3", "A": "2", "b": "ü €", "empty": ""}
    assert call(registry, "UntagResource", {"resourceArn": arn, "tagKeys": ["a", "unknown", "a"]}).json() == {}
    assert listed(ecr, arn) == {"A": "2", "b": "ü €", "empty": ""}
    ecr.untag_resource(resourceArn=arn, tagKeys=[])
    assert len(listed(ecr, arn)) == 3


def test_tags_of_creation(ecr: Any) -> None:
    ecr.create_repository(repositoryName="born/tagged", tags=tags(team="x"))
    assert listed(ecr, f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/born/tagged") == {"team": "x"}
    ecr.delete_repository(repositoryName="born/tagged")


def test_fifty_tags_fit_and_no_more(ecr: Any, arn: str) -> None:
    ecr.tag_resource(resourceArn=arn, tags=tags(**{f"k{number}": "v" for number in range(50)}))
    before = listed(ecr, arn)
    assert len(before) == 50
    assert refused(ecr.tag_resource, resourceArn=arn, tags=tags(one="more", k1="w"))[0] == "TooManyTagsException"
    assert listed(ecr, arn) == before
    ecr.tag_resource(resourceArn=arn, tags=tags(k1="w"))
    assert listed(ecr, arn) == before | {"k1": "w"}


def test_longest_key_and_value(ecr: Any, arn: str) -> None:
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "é" * 128, "Value": "€" * 256}])
    assert listed(ecr, arn) == {"é" * 128: "€" * 256}


@pytest.mark.parametrize(
    "tag",
    [
        {"Key": "aws:cloud", "Value": ""},
        {"Key": "Aws:cloud", "Value": ""},
        {"Key": "", "Value": ""},
        {"Key": "k" * 129, "Value": ""},
        {"Key": "k", "Value": "v" * 257},
        {"Key": "\x00", "Value": ""},
        {"Key": "k", "Value": "\x7f"},
    ],
)
def test_bad_tags_change_nothing(ecr: Any, arn: str, tag: dict[str, str]) -> None:
    given = [{"Key": "good", "Value": "x"}, tag]
    assert refused(ecr.tag_resource, resourceArn=arn, tags=given)[0] == "InvalidTagParameterException"
    assert listed(ecr, arn) == {}


def test_value_is_required(registry: RegistryProcess, arn: str) -> None:
    answer = call(registry, "TagResource", {"resourceArn": arn, "tags": [{"Key": "k"}]})
    assert (answer.code, answer.message) == invalid("tags.1.member.value", "Member must not be null")


def test_more_keys_than_a_statement_has_room_for(ecr: Any, arn: str) -> None:
    ecr.tag_resource(resourceArn=arn, tags=tags(stays="1", k7="2"))
    ecr.untag_resource(resourceArn=arn, tagKeys=[f"k{number}" for number in range(300_000)])
    assert listed(ecr, arn) == {"stays": "1"}


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "nonsense",
        "arn:aws:ecr:us-east-1:000000000000:repository/",
        "arn:aws:ecr:us-east-1:000000000000:repository/Upper",
        "arn:aws:ecr:us-east-1:000000000000:repository/a/../b",
        "arn:aws:ecr:us-east-1:000000000000:registry/ab",
        "arn:aws:ecr:us-east-1:12345:repository/ab",
        "arn:aws:ecr::000000000000:repository/ab",
        "arn:aws-cn:ecr:us-east-1:000000000000:repository/ab",
        "arn:aws:s3:us-east-1:000000000000:repository/ab",
        "arn:aws:ecr:eu-west-1:000000000000:repository/ab",
        "arn:aws:ecr:us-east-1:000000000000:repository/ab\n",
    ],
)
def test_invalid_arns(ecr: Any, arn: str) -> None:
    assert refused(ecr.list_tags_for_resource, resourceArn=arn) == INVALID_ARN
    assert refused(ecr.tag_resource, resourceArn=arn, tags=tags(a="b")) == INVALID_ARN
    assert refused(ecr.untag_resource, resourceArn=arn, tagKeys=["a"]) == INVALID_ARN


def test_unknown_repository(ecr: Any) -> None:
    arn = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/not/there"
    expected = f"The repository with name 'not/there' does not exist in the registry with id '{ACCOUNT}'"
    for refusal in (
        refused(ecr.list_tags_for_resource, resourceArn=arn),
        refused(ecr.tag_resource, resourceArn=arn, tags=tags(a="b")),
        refused(ecr.untag_resource, resourceArn=arn, tagKeys=["a"]),
    ):
        assert refusal == ("RepositoryNotFoundException", expected)


def test_another_accounts_repository(ecr: Any, repository: str) -> None:
    arn = f"arn:aws:ecr:us-east-1:111111111111:repository/{repository}"
    code, message = refused(ecr.tag_resource, resourceArn=arn, tags=tags(a="b"))
    assert code == "AccessDeniedException"
    assert message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/admin is not authorized to perform: ecr:TagResource on resource: {arn}"
        " because no resource-based policy allows the ecr:TagResource action"
    )


def test_a_host_of_another_registry_does_not_change_whose_arn_it_is(registry: RegistryProcess, arn: str) -> None:
    """What is allowed and what is done are about the same repository, whatever host name the call went to."""
    host = "111111111111.dkr.ecr.us-east-1.localhost"
    assert call(registry, "TagResource", {"resourceArn": arn, "tags": tags(a="host")}, host=host).json() == {}
    answer = call(registry, "ListTagsForResource", {"resourceArn": arn})
    assert {"Key": "a", "Value": "host"} in answer.json()["tags"]
