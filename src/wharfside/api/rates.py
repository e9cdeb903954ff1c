"""Limits on how often something may be asked: token buckets, per account, region and operation, and per principal.

Off unless configured. Buckets live in one process; a registry of several workers gives each its share of the rate.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from wharfside.core.errors import throttled

BURST_SECONDS: Final = 2.0
"""How many seconds' worth of requests may come at once."""
MOST_BUCKETS: Final = 10_000
"""The one that was used least lately goes first: it is full, unless somebody uses very many."""

ECR_RATES: Final[Mapping[str, float]] = {
    "BatchCheckLayerAvailability": 1000,
    "BatchGetImage": 2000,
    "CompleteLayerUpload": 100,
    "GetAuthorizationToken": 500,
    "GetDownloadUrlForLayer": 3000,
    "InitiateLayerUpload": 100,
    "PutImage": 10,
    "UploadLayerPart": 500,
}
"""Amazon's quotas: requests per second, account and region (Amazon ECR user guide, "Amazon ECR service quotas")."""


class Buckets:
    """Token buckets, each full at first. `clock`: seconds, which never go back."""

    def __init__(self, per_second: Mapping[str, float], workers: int, clock: Callable[[], float]) -> None:
        self._per_second = {name: rate / workers for name, rate in per_second.items()}
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, ...], tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, action: str, *owner: str) -> None:
        """Take a token from the bucket of an IAM action. Raises ThrottlingException when there is none."""
        name = action.partition(":")[2]
        rate = self._per_second.get(name)
        if rate is None:
            return
        capacity = max(1.0, rate * BURST_SECONDS)
        key = (name, *owner)
        with self._lock:
            now = self._clock()
            left, then = self._buckets.pop(key, (capacity, now))
            left = min(capacity, left + (now - then) * rate)
            self._buckets[key] = (left - 1 if left >= 1 else left, now)
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
        if left < 1:
            raise throttled(math.ceil((1 - left) / rate))


class Rates:
    """Requests per second by IAM action without its prefix (such as `PutImage`), for accounts and for principals."""

    def __init__(
        self,
        per_account: Mapping[str, float],
        per_principal: Mapping[str, float] | None = None,
        workers: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accounts = Buckets(per_account, workers, clock) if per_account else None
        self._principals = Buckets(per_principal, workers, clock) if per_principal else None

    def take(self, account: str, region: str, action: str) -> None:
        """Count a request about the registry of an account. Raises ThrottlingException when there are too many."""
        if self._accounts is not None:
            self._accounts.take(action, account, region)

    def take_of_principal(self, arn: str, region: str, action: str) -> None:
        """Count a request of a principal. Raises ThrottlingException when there are too many."""
        if self._principals is not None:
            self._principals.take(action, arn, region)
