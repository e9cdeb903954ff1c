"""Endpoints: the same as botocore's rules give, for every region it knows and for new ones."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from wharfside_sdk.configuration import available_regions
from wharfside_sdk.configuration.endpoints import EndpointService, amazon_url, check_region, partition_of
from wharfside_sdk.errors import ConfigurationError
from wharfside_sdk.model.ir import load

LOADER = Loader()
PARTITIONS = LOADER.load_data("partitions")
REGIONS = sorted(region for partition in PARTITIONS["partitions"] for region in partition["regions"])
NEW = ["eu-nowhere-7", "us-gov-north-12", "us-isob-mid-2", "eusc-de-west-9", "cn-south-1", "moon-base", "mx_1", "local"]
SERVICES: tuple[EndpointService, ...] = ("ecr", "ecr-public", "sts")


@cache
def provider(service: str) -> EndpointProvider:
    return EndpointProvider(LOADER.load_service_model(service, "endpoint-rule-set-1"), PARTITIONS)


def theirs(service: str, region: str, fips: bool, dual_stack: bool) -> str | None:
    asked: dict[str, Any] = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}
    if service == "sts":
        asked["UseGlobalEndpoint"] = False
    try:
        return provider(service).resolve_endpoint(**asked).url
    except EndpointProviderError:
        return None


def ours(service: EndpointService, region: str, fips: bool, dual_stack: bool) -> str | None:
    try:
        return amazon_url(service, region, fips=fips, dual_stack=dual_stack)
    except ConfigurationError:
        return None


@pytest.mark.parametrize("service", SERVICES)
def test_every_region_as_botocore(service: EndpointService) -> None:
    compared = 0
    for region in [*REGIONS, *(name for name in NEW if "_" not in name)]:
        if service == "sts" and region.endswith("-global"):
            continue
        for fips in (False, True):
            for dual_stack in (False, True):
                case = (service, region, fips, dual_stack)
                assert ours(*case) == theirs(*case), case
                compared += 1
    assert compared > 150


@given(st.sampled_from([*REGIONS, *NEW]), st.text("-01aeusgovi", max_size=6), st.sampled_from(SERVICES))
def test_names_near_a_region_as_botocore(region: str, addition: str, service: EndpointService) -> None:
    name = region[: len(region) - len(addition) // 2] + addition
    try:
        check_region(name)
    except ConfigurationError:
        return
    assert ours(service, name, False, True) == theirs(service, name, False, True) or name.endswith("-global")


@pytest.mark.parametrize("partition", [facts["id"] for facts in PARTITIONS["partitions"]])
def test_available_regions_as_boto3(partition: str) -> None:
    session = Session()
    for service in ("ecr", "ecr-public"):
        expected = session.get_available_regions(service, partition)
        assert available_regions(service, partition) == sorted(expected)
    assert available_regions("ecr-public") == ["us-east-1", "us-west-2"]


def test_partitions() -> None:
    regions = ("us-gov-west-1", "us-west-1", "us-iso-east-1", "cn-north-1", "eusc-de-east-1", "atlantis")
    found = [partition_of(region) for region in regions]
    assert found == ["aws-us-gov", "aws", "aws-iso", "aws-cn", "aws-eusc", "aws"]


@pytest.mark.parametrize(
    "region",
    ["", "a.b", "eu-west-1/", "eu-west-1.evil.example", "-eu", "eu-", "12", "x" * 64, "eu west", "eu\n", "ä", "a@b"],
)
def test_what_cannot_be_a_label_is_no_region(region: str) -> None:
    with pytest.raises(ConfigurationError, match="is not the name of a region"):
        amazon_url("ecr", region)


def test_signing_names_are_those_of_the_models() -> None:
    for service in ("ecr", "ecr-public"):
        assert load(service).signing_name == service
