"""Moments as texts: ISO 8601 in UTC with whole seconds, as CloudTrail, EventBridge and token servers write them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


def text_of_moment(seconds: float) -> str:
    """The second that a moment, in seconds since the epoch, lies in: `2026-01-31T23:59:59Z`."""
    return _text(int(seconds))


@lru_cache(16)
def _text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
