from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wharfside.core.wildcards import Piece, compile_pieces, compile_wildcards

texts = st.text("ab?*\n:", max_size=12)
pieces = st.lists(st.builds(Piece, texts, st.booleans()), max_size=4)


def expression(parts: list[Piece]) -> re.Pattern[str]:
    """The obvious way to do it, which goes back to every `*`."""
    translated = ""
    for text, literal in parts:
        for character in text:
            wild = None if literal else {"*": ".*", "?": "."}.get(character)
            translated += wild or re.escape(character)
    return re.compile(translated, re.DOTALL)


@given(pieces, texts)
@example([Piece("ab*b")], "ab")
@example([Piece("*a?*?b*")], "aabab")
@example([Piece("a"), Piece("*", literal=True)], "a*")
def test_patterns_match_what_they_should(parts: list[Piece], text: str) -> None:
    assert compile_pieces(parts).match(text) == (expression(parts).fullmatch(text) is not None)


@given(st.lists(texts, max_size=4), texts)
def test_any_of_many_patterns(patterns: list[str], text: str) -> None:
    expected = any(expression([Piece(pattern)]).fullmatch(text) for pattern in patterns)
    assert compile_wildcards(patterns).match(text) == expected


@pytest.mark.parametrize("pattern", ["*a" * 2000 + "b", "*" + "a" * 1000 + "b*", "*?" * 1000, "*a?" * 1000 + "b"])
def test_no_pattern_takes_long(pattern: str) -> None:
    """With an expression that goes back to every `*`, this would take years."""
    assert compile_wildcards([pattern]).match("a" * 4000) is pattern.startswith("*?")
