"""Amazon's endpoints: the URL of a service in a region, with FIPS and dual-stack, in every partition.

The facts are those of botocore's endpoint rule sets, vendored by `tools/codegen`. A region that nobody knows belongs
to the partition whose names look like it, else to `aws`, as in botocore: new regions need no new release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias, TypedDict, cast

from wharfside_sdk.errors import ConfigurationError

if TYPE_CHECKING:
    from typing import Literal

    from wharfside_sdk.model.ir import ServiceName

EndpointService: TypeAlias = "ServiceName | Literal['sts']"


class _Partition(TypedDict):
    prefixes: Sequence[str]
    regions: Sequence[str]


class _Facts(TypedDict):
    partitions: Mapping[str, _Partition]
    regions: Mapping[str, Sequence[str]]
    services: Mapping[str, Mapping[str, Sequence[str | None]]]
    """The templates of a service's URLs by partition: plain, FIPS, dual-stack, both; None where there is none."""


_LABEL: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
_LONGEST_LABEL: Final = 63


def amazon_url(service: EndpointService, region: str, *, fips: bool = False, dual_stack: bool = False) -> str:
    """Where Amazon serves this service. Raises ConfigurationError: not a region's name, or no such endpoint there."""
    check_region(region)
    partition = partition_of(region)
    template = _facts()["services"][service][partition][fips + 2 * dual_stack]
    if template is None:
        wanted = " and ".join(name for name, on in (("FIPS", fips), ("dual-stack", dual_stack)) if on)
        raise ConfigurationError(f"{service} has no {wanted} endpoint in the partition {partition}")
    return template.replace("{region}", region)


def partition_of(region: str) -> str:
    """The partition that a region is in, such as `aws` or `aws-us-gov`."""
    partitions = _facts()["partitions"]
    for name, facts in partitions.items():
        if region in facts["regions"] or any(_looks_like(region, prefix) for prefix in facts["prefixes"]):
            return name
    return next(iter(partitions))


def available_regions(service: ServiceName, partition: str = "aws") -> list[str]:
    """The regions of a partition in which Amazon is known to serve this service, as boto3's session lists them."""
    partitions = _facts()["partitions"]
    known = partitions[partition]["regions"] if partition in partitions else ()
    return [region for region in _facts()["regions"][service] if region in known]


def check_region(region: str) -> None:
    """Raises ConfigurationError for what cannot be a label of a host name, before it becomes a part of one."""
    wrong = not 0 < len(region) <= _LONGEST_LABEL or not _LABEL.issuperset(region)
    if wrong or region.startswith("-") or region.endswith("-") or region.isdigit():
        raise ConfigurationError(f"{region[:80]!r} is not the name of a region; one looks like 'eu-central-1'")


def _looks_like(region: str, prefix: str) -> bool:
    """Whether the name is the prefix, a word and a number: `us-gov-west-1` for `us-gov`, but not for `us`."""
    word, dash, number = region.removeprefix(f"{prefix}-").partition("-")
    return region.startswith(f"{prefix}-") and bool(word and dash) and number.isdigit()


@cache
def _facts() -> _Facts:
    # Who has an endpoint of one's own does not need these, nor the facts.
    import json
    from pathlib import Path

    return cast(_Facts, json.loads((Path(__file__).parents[1] / "model" / "endpoints.json").read_bytes()))
