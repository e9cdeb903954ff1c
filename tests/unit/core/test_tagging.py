from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfside.core.errors import RegistryError
from wharfside.core.tagging import MAXIMUM_TAGS, check_tags, merge_tags

texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
tags = st.dictionaries(texts.filter(lambda key: not key.lower().startswith("aws:")), texts, max_size=8)


@given(tags)
def test_good_tags_stay_as_they_are(given_tags: dict[str, str]) -> None:
    assert check_tags(given_tags.items()) == given_tags


@given(tags, tags)
def test_merging(present: dict[str, str], added: dict[str, str]) -> None:
    merged = merge_tags(present, added)
    assert merged.keys() == present.keys() | added.keys()
    assert all(merged[key] == added.get(key, present.get(key)) for key in merged)


def code_of(pairs: list[tuple[str, str]]) -> str:
    with pytest.raises(RegistryError) as caught:
        check_tags(pairs)
    return caught.value.code


@pytest.mark.parametrize(
    "pair",
    [("", "v"), ("k" * 129, "v"), ("k", "v" * 257), ("aws:x", "v"), ("AwS:x", "v"), ("k\0", "v"), ("k", "\n")],
)
def test_bad_tags(pair: tuple[str, str]) -> None:
    assert code_of([("good", "x"), pair]) == "InvalidTagParameterException"


def test_bounds() -> None:
    assert check_tags([("k" * 128, "v" * 256), ("a", "")])
    assert code_of([("a", "1"), ("a", "1")]) == "InvalidTagParameterException"
    fifty = {str(number): "v" for number in range(MAXIMUM_TAGS)}
    assert len(check_tags(fifty.items())) == 50
    assert code_of([*fifty.items(), ("more", "v")]) == "TooManyTagsException"
    assert len(merge_tags(fifty, {"1": "w"})) == 50
    with pytest.raises(RegistryError) as caught:
        merge_tags(fifty, {"more": "w"})
    assert caught.value.code == "TooManyTagsException"
