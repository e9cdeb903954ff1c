"""Wildcards of the IAM policy language: `*` stands for any text, `?` for any one character.

Matching never goes back to an earlier `*`: each takes as little as it can, and nothing is lost by that, since the next
one can take more. So no pattern takes longer than its length times that of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Piece(NamedTuple):
    """A part of a pattern. What a policy variable stood for is `literal`: its `*` and `?` mean themselves."""

    text: str
    literal: bool = False


@dataclass(frozen=True, slots=True)
class _Segment:
    """What stands between two `*`: a text, or with `?` in it an expression that matches as many characters."""

    text: str
    expression: re.Pattern[str] | None

    def at(self, text: str, position: int) -> bool:
        if self.expression is None:
            return text.startswith(self.text, position)
        return self.expression.match(text, position) is not None

    def find(self, text: str, start: int, end: int) -> int:
        """The first position at or after `start` where it matches within `end`, or -1."""
        if self.expression is None:
            return text.find(self.text, start, end)
        found = self.expression.search(text, start, end)
        return found.start() if found else -1


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern."""

    segments: tuple[_Segment, ...]

    def match(self, text: str) -> bool:
        """Whether the pattern matches the whole text."""
        first, last = self.segments[0], self.segments[-1]
        if len(self.segments) == 1:
            return len(text) == len(first.text) and first.at(text, 0)
        position, end = len(first.text), len(text) - len(last.text)
        if position > end or not first.at(text, 0) or not last.at(text, end):
            return False
        for segment in self.segments[1:-1]:
            found = segment.find(text, position, end)
            if found < 0:
                return False
            position = found + len(segment.text)
        return True


def compile_pieces(pieces: Iterable[Piece]) -> Pattern:
    """A pattern of which some parts may be literal."""
    segments: list[list[Piece]] = [[]]
    for piece in pieces:
        first, *rest = [piece.text] if piece.literal else piece.text.split("*")
        segments[-1].append(Piece(first, piece.literal))
        segments += [[Piece(text)] for text in rest]
    return Pattern(tuple(_segment(segment) for segment in segments))


def _segment(pieces: Sequence[Piece]) -> _Segment:
    text = "".join(piece.text for piece in pieces)
    if not any("?" in piece.text and not piece.literal for piece in pieces):
        return _Segment(text, None)
    parts = (re.escape(part) if literal else re.escape(part).replace(r"\?", ".") for part, literal in pieces)
    return _Segment(text, re.compile("".join(parts), re.DOTALL))


@dataclass(frozen=True, slots=True)
class Wildcards:
    """Patterns without variables, each in the cheapest form that it has."""

    exact: frozenset[str]
    prefixes: tuple[str, ...]
    others: tuple[Pattern, ...]

    def match(self, text: str) -> bool:
        """Whether any of the patterns matches the whole text."""
        return (
            text in self.exact
            or text.startswith(self.prefixes)
            or (bool(self.others) and any(pattern.match(text) for pattern in self.others))
        )


def compile_wildcards(patterns: Sequence[str]) -> Wildcards:
    """Patterns in which every `*` and `?` is a wildcard."""
    exact: list[str] = []
    prefixes: list[str] = []
    others: list[Pattern] = []
    for pattern in patterns:
        start = pattern.rstrip("*")
        if "*" in start or "?" in start:
            others.append(compile_pieces([Piece(pattern)]))
        elif start == pattern:
            exact.append(pattern)
        else:
            prefixes.append(start)
    return Wildcards(frozenset(exact), tuple(prefixes), tuple(others))


EVERYTHING = compile_wildcards(["*"])
