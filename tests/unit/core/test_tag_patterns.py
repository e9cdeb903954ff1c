"""Tag patterns as expressions say the same as the plain comparison, whatever characters they have."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wharfside.core.mutability import matches
from wharfside.core.tag_patterns import compile_tag_pattern

few = st.text(st.sampled_from("ab"), max_size=8)
odd = st.text(st.sampled_from("a^]-\\.+\n"), max_size=6)


@given(few | odd, st.lists(few | odd, max_size=5).map("*".join))
@example("", "")
@example("", "*")
@example("ab", "a*b*")
@example("aab", "*ab")
@example("aba", "ab*ba")
@example("a\n", "a")
@example("aaab", "*aab*")
def test_expressions_say_what_a_plain_comparison_says(tag: str, pattern: str) -> None:
    assert (compile_tag_pattern(pattern).match(tag) is not None) == matches(tag, pattern)


@pytest.mark.parametrize("pattern", ["*a*a*a*a", "*ab*ab*ab*ab", "a*a*a*a*b", "*aaaaaaaaab*", "*aaaab*aaaab*aaaab*"])
def test_a_long_text_of_one_letter_ends_the_search_at_once(pattern: str) -> None:
    """With an expression that tried every way, this would take longer than anybody waits."""
    assert compile_tag_pattern(pattern).match("a" * 100_000 + "c") is None
