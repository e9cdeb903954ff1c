from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfside.core.errors import RegistryError
from wharfside.core.tagging import MAXIMUM_TAGS, check_tags, require_room

texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
tags = st.dictionaries(texts.filter(lambda key: not key.lower().startswith("aws:")), texts, max_size=8)


@given(tags)
def test_good_tags_stay_as_they_are(given_tags: dict[str, str]) -> None:
    assert check_tags(given_tags.items()) == given_tags


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


def test_there_is_room_for_fifty_keys() -> None:
    fifty = [str(number) for number in range(MAXIMUM_TAGS)]
    require_room(fifty, ["1"])
    require_room(fifty[:25], fifty[20:])
    with pytest.raises(RegistryError) as caught:
        require_room(fifty, ["more"])
    assert caught.value.code == "TooManyTagsException"
