"""Up to where a stream of events has been read.

Numbers are given in their order, but transactions end in another, so a number that is missing below one that is there
may still come. It cannot any more once every transaction has ended that ran when it was missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Transactions(NamedTuple):
    """Which transactions a reader sees: all before `oldest` have ended, and none from `next` on has begun."""

    oldest: int
    next: int


class Gap(NamedTuple):
    """Numbers that are missing, from the first to the last; they may come from transactions before `before`."""

    first: int
    last: int
    before: int


class Position(NamedTuple):
    """Everything up to a number has been read, but for the gaps."""

    number: int
    gaps: tuple[Gap, ...] = ()


def advanced(position: Position, found: Iterable[int], seen: Transactions) -> Position:
    """The position after a look at everything behind it and in its gaps, which found these numbers."""
    numbers = sorted(found)
    gaps: list[Gap] = []
    for gap in position.gaps:
        gaps += _without(gap, [number for number in numbers if gap.first <= number <= gap.last])
    behind = [number for number in numbers if number > position.number]
    if behind:
        gaps += _without(Gap(position.number + 1, behind[-1], seen.next), behind)
    end = behind[-1] if behind else position.number
    return Position(end, tuple(gap for gap in gaps if gap.before > seen.oldest))


def _without(gap: Gap, numbers: Iterable[int]) -> list[Gap]:
    """What remains of a gap when these of its numbers have come."""
    remaining: list[Gap] = []
    first = gap.first
    for number in numbers:
        if number > first:
            remaining.append(Gap(first, number - 1, gap.before))
        first = number + 1
    if first <= gap.last:
        remaining.append(Gap(first, gap.last, gap.before))
    return remaining
