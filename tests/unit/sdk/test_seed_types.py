"""Every structure, member and literal that stubs of the last years had is there, with a type that takes theirs."""

from __future__ import annotations

import collections.abc
import importlib
import json
import re
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

DATA = Path(__file__).parents[4] / "shared" / "data"
PACKAGES = {"ecr": "wharfside_sdk.ecr", "ecr-public": "wharfside_sdk.ecr_public"}
NOT_A_TYPED_DICT = {"BaseValidatorModel"}
"""Stands in `models`."""

OPTIONAL_HERE = {
    # A token is absent on the last page.
    "nextToken",
    # Only some services of AWS answer it.
    "ResponseMetadataTypeDef.HostId",
    # Neither the model nor other stubs require it.
    "UpdatePullThroughCacheRuleRequestRequestTypeDef.credentialArn",
}
REQUIRED_HERE = {"TagTypeDef.Key", "TagTypeDef.Value"}
"""The model requires them, though older stubs did not."""


def _read(name: str) -> Any:
    file = DATA / name
    if not file.is_file():
        pytest.skip(f"there is no {name} in ../shared/data")
    return json.loads(file.read_bytes())


def _modules(service: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("literals", "type_defs"):
        found |= vars(importlib.import_module(f"{PACKAGES[service]}.{name}"))
    return found


class StreamingBody:
    """Stands for botocore's in the texts of the seeds."""


def _evaluate(text: str, service: str) -> Any:
    plain = re.sub(r" \(see \w+\)$", "", text)
    names = {"datetime": datetime, "StreamingBody": StreamingBody, "IO": typing.IO, "Any": Any}
    constructors = {
        name: getattr(typing, name) for name in ("Dict", "List", "Literal", "Optional", "Sequence", "Union")
    }
    return eval(plain, {**constructors, **names, **_modules(service)})


def _takes(ours: Any, theirs: Any) -> bool:
    """Whether a value of their type is one of ours."""
    if ours is Any or ours == theirs:
        return True
    if _is_union(theirs):
        return all(_takes(ours, each) for each in get_args(theirs) if each is not type(None))
    if _is_union(ours):
        return any(_takes(each, theirs) for each in get_args(ours))
    if hasattr(ours, "__required_keys__") and hasattr(theirs, "__required_keys__"):
        members, wanted = get_type_hints(ours), get_type_hints(theirs)
        return members.keys() >= wanted.keys() and all(_takes(members[key], wanted[key]) for key in wanted)
    our_kind, their_kind = get_origin(ours), get_origin(theirs)
    if our_kind is typing.Literal:
        return their_kind is typing.Literal and set(get_args(ours)) >= set(get_args(theirs))
    lists = (list, collections.abc.Sequence)
    if (our_kind in lists and their_kind in lists) or our_kind is their_kind is not None:
        return all(_takes(*pair) for pair in zip(get_args(ours), get_args(theirs), strict=True))
    return False


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (typing.Union, UnionType)


def _members() -> Iterator[tuple[str, str, str, str, Mapping[str, Any]]]:
    """Seed, service, structure, member and what is said of it."""
    meta = _read("seed-names.json")["meta"]
    for seed, structures in _read("seed-structures.json").items():
        for structure, members in structures.items():
            for member, facts in members.items():
                yield seed, meta[seed]["service"], structure, member, facts


def test_every_name_is_there() -> None:
    facts = _read("seed-names.json")
    wanted = {
        (service, name)
        for service in PACKAGES
        for name in [*facts["names"][service], *facts["current_stub_names"][service]]
    }
    assert len(wanted) == 336
    missing = {name for service, name in wanted if name not in _modules(service)}
    assert missing == NOT_A_TYPED_DICT


def test_renamed_structures_are_the_same() -> None:
    for service, names in _read("seed-names.json")["names"].items():
        found = _modules(service)
        for name, facts in names.items():
            if facts["current"] is not None:
                assert found[name] is found[facts["current"]], name


def test_every_literal_is_there() -> None:
    facts = _read("seed-names.json")
    found = _modules("ecr")
    literals = {name for seed in facts["meta"].values() for name in seed.get("literals", ())}
    assert len(literals) == 30
    assert literals <= found.keys()
    for earlier, today in facts["literal_aliases_era_A"].items():
        assert found[earlier] is found[today]


def test_every_member_is_there_with_a_type_that_takes_theirs() -> None:
    counted, wrong = 0, list[str]()
    for seed, service, structure, member, facts in _members():
        counted += 1
        ours = get_type_hints(_modules(service)[structure]).get(member)
        if ours is None or not _takes(ours, _evaluate(facts["type"], service)):
            wrong.append(f"{seed}: {structure}.{member}: {facts['type']} is {ours}")
    assert counted == 1_297
    assert wrong == []


def test_other_types_would_be_refused() -> None:
    found = _modules("ecr")
    for ours, theirs in (
        (str, "int"),
        (found["TagStatusType"], "Literal['ANY', 'SOME']"),
        (list[str], "List[int]"),
        (dict[str, int], "Dict[str, str]"),
        (found["RepositoryTypeDef"], "ImageDetailTypeDef"),
        (found["BlobTypeDef"].__args__[0], "Union[bytes, str]"),
    ):
        assert not _takes(ours, _evaluate(theirs, "ecr"))


def test_what_is_required_is_what_stubs_required() -> None:
    """But for contradictions between them, and for the oldest stubs, which required nothing of answers."""
    differing: set[str] = set()
    for seed, service, structure, member, facts in _members():
        required = member in _modules(service)[structure].__required_keys__
        if required != facts["required"] and not seed.startswith("000"):
            differing.add(f"{structure}.{member}")
            assert required or {member, f"{structure}.{member}"} & OPTIONAL_HERE, f"{seed}: {structure}.{member}"
            assert not required or f"{structure}.{member}" in REQUIRED_HERE, f"{seed}: {structure}.{member}"
    assert differing >= REQUIRED_HERE
