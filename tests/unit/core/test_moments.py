"""Moments as texts."""

from __future__ import annotations

import pytest

from wharfside.core.moments import text_of_moment


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_399.999, "2000-02-28T23:59:59Z"),
        (1_769_903_999.0, "2026-01-31T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
    ],
)
def test_the_second_that_a_moment_lies_in(seconds: float, text: str) -> None:
    assert text_of_moment(seconds) == text
