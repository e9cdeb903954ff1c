"""Reads botocore's endpoint rule sets and partitions, and reduces them to the facts that choose a host.

A rule set is a decision tree over the region's partition, FIPS and dual-stack. It is walked here for every combination
of the three, so that what is kept is a table of URLs, and nothing has to interpret rules at run time.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, Final, cast

from tools.codegen.read import Facts, UnknownTrait, botocore_version

RULE_SETS: Final = {"ecr": "2015-09-21", "ecr-public": "2020-10-30", "sts": "2011-06-15"}
"""The services whose endpoints the SDK must know: STS gives the credentials of roles."""
PLACEHOLDER: Final = "{region}"

_OUTPUTS = {"dnsSuffix", "dualStackDnsSuffix", "implicitGlobalRegion", "name", "supportsDualStack", "supportsFIPS"}


class _NoEndpoint(Exception):
    """The rule set ends with an error: there is no such endpoint."""


def read_endpoints(package: Path) -> Facts:
    """Partitions and the URLs of every service in them, from the botocore package in this folder.

    Raises UnknownTrait when the rules, the patterns of regions or the partitions have a form that is new.
    """
    partitions = [_partition(facts) for facts in _read_json(package / "data" / "partitions.json")["partitions"]]
    prefixes = {name: f"api.{name}" for name in ("ecr", "ecr-public")}
    return {
        "botocore": botocore_version(package),
        "partitions": {
            facts["name"]: {"prefixes": facts["prefixes"], "regions": facts["regions"]} for facts in partitions
        },
        "services": {name: _urls(package, name, partitions) for name in RULE_SETS},
        "regions": {name: _service_regions(package, prefix) for name, prefix in prefixes.items()},
    }


def _partition(facts: Facts) -> Facts:
    outputs = facts["outputs"]
    if outputs.keys() != _OUTPUTS:
        raise UnknownTrait(f"partition {facts['id']} says {sorted(outputs)}")
    return {
        "name": facts["id"],
        "outputs": outputs,
        "prefixes": _prefixes(facts["regionRegex"]),
        "regions": sorted(facts["regions"]),
    }


def _prefixes(pattern: str) -> list[str]:
    r"""What may stand before `-word-number` in a region's name: `^us\-gov\-\w+\-\d+$` gives `us-gov`."""
    start, end = "^", r"\-\w+\-\d+$"
    core = pattern.removeprefix(start).removesuffix(end).replace(r"\-", "-")
    before, opened, rest = core.partition("(")
    alternatives, _, after = rest.partition(")")
    prefixes = [f"{before}{word}{after}" for word in alternatives.split("|")] if opened else [core]
    if not (pattern.startswith(start) and pattern.endswith(end) and all(map(_is_name, prefixes))):
        raise UnknownTrait(f"the pattern of regions {pattern} has a new form")
    return prefixes


def _is_name(text: str) -> bool:
    return text.replace("-", "").isalnum() and text.isascii()


def _urls(package: Path, service: str, partitions: list[Facts]) -> Facts:
    """By partition: the URLs plain, FIPS, dual-stack, both; None where there is none."""
    folder = package / "data" / service / RULE_SETS[service]
    rules = _read_json(folder / "endpoint-rule-set-1.json.gz")["rules"]
    urls: Facts = {}
    for partition in partitions:
        variants = [(fips, dual_stack) for dual_stack in (False, True) for fips in (False, True)]
        urls[partition["name"]] = [_url(rules, PLACEHOLDER, partition, *variant) for variant in variants]
        for region in partition["regions"]:
            for variant, template in zip(variants, urls[partition["name"]], strict=True):
                expected = template and template.replace(PLACEHOLDER, region)
                # The names of whole partitions are no regions that a client of ECR could be in.
                if not region.endswith("-global") and _url(rules, region, partition, *variant) != expected:
                    raise UnknownTrait(f"{service} in {region} has an endpoint of its own")
    return urls


def _url(rules: list[Facts], region: str, partition: Facts, fips: bool, dual_stack: bool) -> str | None:
    names = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack, "UseGlobalEndpoint": False}
    try:
        return _walk(rules, names, partition["outputs"])
    except _NoEndpoint:
        return None


def _walk(rules: list[Facts], names: Facts, partition: Facts) -> str | None:
    for rule in rules:
        scope = dict(names)
        if not all(_holds(condition, scope, partition) for condition in rule["conditions"]):
            continue
        if rule["type"] == "error":
            raise _NoEndpoint(rule["error"])
        if rule["type"] == "endpoint":
            return _filled(rule["endpoint"], scope)
        return _walk(rule["rules"], scope, partition)
    return None


def _holds(condition: Facts, scope: Facts, partition: Facts) -> bool:
    value = _value(condition, scope, partition)
    if "assign" in condition:
        scope[condition["assign"]] = value
    return value is not None and value is not False


def _value(term: Any, scope: Facts, partition: Facts) -> Any:
    if not isinstance(term, dict):
        return term
    call = cast(Facts, term)
    if "ref" in call:
        return scope.get(call["ref"])
    arguments = [_value(argument, scope, partition) for argument in call["argv"]]
    match call["fn"]:
        case "isSet":
            return arguments[0] is not None
        case "not":
            return not arguments[0]
        case "booleanEquals" | "stringEquals":
            return arguments[0] == arguments[1]
        case "getAttr":
            return arguments[0][arguments[1]]
        case "aws.partition":
            return partition
        case unknown:
            raise UnknownTrait(f"the endpoint rules use {unknown}")


def _filled(endpoint: Facts, scope: Facts) -> str:
    url: str = endpoint["url"]
    for name, value in scope["PartitionResult"].items():
        url = url.replace(f"{{PartitionResult#{name}}}", str(value))
    url = url.replace("{Region}", scope["Region"])
    if not url.startswith("https://") or "{" in url.replace(PLACEHOLDER, ""):
        raise UnknownTrait(f"the endpoint {endpoint['url']} has a new form")
    return url


def _service_regions(package: Path, prefix: str) -> list[str]:
    """The regions that botocore's older table lists for a service, in all partitions."""
    table = _read_json(package / "data" / "endpoints.json")
    return sorted(
        region
        for partition in table["partitions"]
        for region in partition["services"].get(prefix, {}).get("endpoints", {})
        if region in partition["regions"]
    )


def _read_json(path: Path) -> Facts:
    content = path.read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
