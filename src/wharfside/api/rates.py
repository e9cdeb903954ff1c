"""Limits on how often something may be asked: a token bucket per account, region and action.

Off unless configured. Buckets live in one process; a registry of several workers gives each its share of the rate.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from wharfside.core.errors import throttled

BURST_SECONDS = 2.0
"""How many seconds' worth of requests may come at once."""
MAXIMUM_BUCKETS = 10_000


class Rates:
    """Requests per second, by IAM action without its prefix (such as `PutImage`)."""

    def __init__(
        self, per_second: Mapping[str, float], workers: int = 1, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = {name: rate / workers for name, rate in per_second.items()}
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str, str], tuple[float, float]] = OrderedDict()

    def take(self, account: str, region: str, action: str) -> None:
        """Count one request. Raises ThrottlingException when the rate is exceeded."""
        if not self._per_second:
            return
        name = action.partition(":")[2]
        rate = self._per_second.get(name)
        if rate is None:
            return
        now, capacity = self._clock(), max(1.0, rate * BURST_SECONDS)
        key = (account, region, name)
        left, then = self._buckets.pop(key, (capacity, now))
        left = min(capacity, left + (now - then) * rate)
        self._buckets[key] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > MAXIMUM_BUCKETS:
            self._buckets.popitem(last=False)
        if left < 1:
            raise throttled()
