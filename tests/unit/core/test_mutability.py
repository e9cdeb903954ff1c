from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wharfside.core.errors import RegistryError
from wharfside.core.mutability import TagMutability, check_mutability, matches

letters = st.text(st.sampled_from("ab."), max_size=8)
patterns = st.text(st.sampled_from("ab.*"), max_size=8)


def oracle(tag: str, pattern: str) -> bool:
    """What the pattern means, letter by letter: `*` is nothing, or one letter and then itself."""
    if not pattern:
        return not tag
    if pattern[0] == "*":
        return oracle(tag, pattern[1:]) or (tag != "" and oracle(tag[1:], pattern))
    return tag[:1] == pattern[0] and oracle(tag[1:], pattern[1:])


@given(letters, patterns)
@example("aa", "a*a")
@example("a", "a*a")
@example("abab", "*ab*ab")
@example("aba", "ab*ba")
def test_wildcards(tag: str, pattern: str) -> None:
    assert matches(tag, pattern) == oracle(tag, pattern)


@given(letters)
def test_a_pattern_without_wildcard_is_itself(tag: str) -> None:
    assert matches(tag, tag)
    assert matches(tag, "*")
    assert matches(tag, "**")
    assert not matches(tag + "x", tag)


def test_case_counts() -> None:
    assert matches("Dev-1", "Dev-*")
    assert not matches("Dev-1", "dev-*")


def test_many_wildcards_take_no_time() -> None:
    assert not matches("a" * 128, "*a" * 64 + "b")


@pytest.mark.parametrize(
    ("mode", "exclusions", "moving"),
    [
        ("MUTABLE", (), {"v1": True, "latest": True}),
        ("IMMUTABLE", (), {"v1": False, "latest": False}),
        (
            "IMMUTABLE_WITH_EXCLUSION",
            ("latest", "dev-*"),
            {"v1": False, "latest": True, "dev-1": True, "Dev-1": False},
        ),
        ("MUTABLE_WITH_EXCLUSION", ("v*",), {"v1": False, "main": True}),
    ],
)
def test_modes(mode: str, exclusions: tuple[str, ...], moving: dict[str, bool]) -> None:
    setting = check_mutability(mode, exclusions or None)
    assert setting == TagMutability(mode, exclusions)
    assert {tag: setting.allows_overwriting(tag) for tag in moving} == moving


@pytest.mark.parametrize(
    ("mode", "exclusions", "reason"),
    [
        ("MUTABLE", ("a",), "are not allowed when imageTagMutability is set to MUTABLE"),
        ("IMMUTABLE", ("a",), "are not allowed when imageTagMutability is set to IMMUTABLE"),
        ("MUTABLE_WITH_EXCLUSION", None, "can't be null when imageTagMutability is set to MUTABLE_WITH_EXCLUSION"),
        ("IMMUTABLE_WITH_EXCLUSION", (), "can't be null when imageTagMutability is set to IMMUTABLE_WITH_EXCLUSION"),
    ],
)
def test_modes_and_filters_that_do_not_go_together(mode: str, exclusions: tuple[str, ...] | None, reason: str) -> None:
    with pytest.raises(RegistryError) as caught:
        check_mutability(mode, exclusions)
    assert caught.value.code == "InvalidParameterException"
    assert caught.value.message == (
        "Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint:"
        f" 'ImageTagMutabilityExclusionFilters {reason}'"
    )
