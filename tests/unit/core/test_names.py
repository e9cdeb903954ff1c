"""Names, compared with the service model's own pattern as pydantic-core's regular expressions understand it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import SchemaValidator, ValidationError, core_schema

from wharfside.core.names import (
    RepositoryArn,
    is_account,
    is_region,
    is_repository_name,
    is_tag,
    namespace_of,
    namespaces_of,
    parse_repository_arn,
    partition_of,
    repository_arn,
)
from wharfside_sdk.model.ir import Scalar, load
from wharfside_sdk.model.schemas import whole

likely = st.text(st.sampled_from("ab09._-/"), max_size=30)
any_text = st.text(max_size=30)
repositories = st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=5).map("/".join)


def of_the_model(name: str) -> SchemaValidator:
    shape = load("ecr").shapes[name]
    assert isinstance(shape, Scalar)
    assert shape.pattern is not None
    return SchemaValidator(
        core_schema.str_schema(min_length=shape.minimum, max_length=shape.maximum, pattern=whole(shape.pattern))
    )


def accepts(validator: SchemaValidator, text: str) -> bool:
    try:
        validator.validate_python(text, strict=True)
    except ValidationError:
        return False
    return True


REPOSITORY, ACCOUNT, REGION = of_the_model("RepositoryName"), of_the_model("RegistryId"), of_the_model("Region")


@given(st.one_of(likely, any_text, st.builds("{}{}".format, likely, st.sampled_from(["\n", " ", "A", "é"]))))
def test_repository_names_are_those_of_the_model(text: str) -> None:
    assert is_repository_name(text) == accepts(REPOSITORY, text)


@pytest.mark.parametrize("length", [0, 1, 2, 255, 256, 257])
def test_length_of_repository_names(length: int) -> None:
    assert is_repository_name("a" * length) == (2 <= length <= 256) == accepts(REPOSITORY, "a" * length)


def test_names_that_backtracking_would_choke_on() -> None:
    assert not is_repository_name("a-" * 127 + "A")
    assert not is_repository_name("a" + "-" * 254 + "!")


@given(st.one_of(st.text(st.sampled_from("0123456789"), max_size=14), st.text(max_size=14)))
def test_accounts(text: str) -> None:
    assert is_account(text) == accepts(ACCOUNT, text)


@given(st.one_of(st.text(st.sampled_from("us-east1"), max_size=30), st.text(max_size=30)))
def test_regions(text: str) -> None:
    assert is_region(text) == accepts(REGION, text)


@pytest.mark.parametrize("tag", ["a", "_", "9", "v1.2-rc_3", "LATEST", "a" * 128, "a.", "a-"])
def test_tags(tag: str) -> None:
    assert is_tag(tag)


@pytest.mark.parametrize("tag", ["", ".a", "-a", "a" * 129, "a:b", "a/b", "a+b", "a b", "ä", "a\n", "٣", "sha256:ab"])
def test_texts_that_are_no_tags(tag: str) -> None:
    assert not is_tag(tag)


names = likely.filter(is_repository_name)
accounts = st.text(st.sampled_from("0123456789"), min_size=12, max_size=12)
regions = st.sampled_from(["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "xx"])


@given(accounts, regions, names)
def test_arns_are_read_as_they_are_written(account: str, region: str, name: str) -> None:
    arn = repository_arn(account, region, name)
    assert parse_repository_arn(arn) == RepositoryArn(region, account, name)
    for spoilt in (arn + "\n", " " + arn, arn.upper(), arn.replace(":repository/", ":registry/"), arn + "/"):
        assert parse_repository_arn(spoilt) is None


@given(st.text(max_size=80))
def test_any_text_may_be_no_arn(text: str) -> None:
    parsed = parse_repository_arn("arn:aws:ecr:us-east-1:000000000000:repository/" + text)
    assert (parsed is not None) == is_repository_name(text)
    assert parse_repository_arn(text) is None


@pytest.mark.parametrize(
    ("region", "partition"), [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov")]
)
def test_partitions(region: str, partition: str) -> None:
    assert partition_of(region) == partition
    assert repository_arn("000000000000", region, "ab").split(":")[1] == partition


def test_namespaces() -> None:
    assert namespaces_of("a/bc/d") == ["a/bc/", "a/", ""]
    assert namespaces_of("bc") == [""]
    assert [namespace_of(prefix) for prefix in ("a", "a/", "a/bc", "ROOT")] == ["a/", "a/", "a/bc/", ""]


@given(repositories, repositories)
def test_a_repository_is_in_the_namespaces_that_its_name_begins_with(name: str, prefix: str) -> None:
    assert (namespace_of(prefix) in namespaces_of(name)) == name.startswith(f"{prefix}/")
    assert namespace_of(prefix) in namespaces_of(f"{prefix}/{name}")
