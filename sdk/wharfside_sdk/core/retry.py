"""Whether to send a request again, and when: the "standard" retry mode of AWS's SDKs.

Times and codes are botocore's, but for one: LimitExceededException is final here. ECR gives it for quotas, which do not
go away by waiting.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from wharfside_sdk.core.http import HttpResponse
from wharfside_sdk.errors import ConnectionFailed

THROTTLING_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
TRANSIENT_CODES = frozenset({"RequestTimeout", "RequestTimeoutException"})
TRANSIENT_STATUSES = frozenset({500, 502, 503, 504})
SKEWED_CLOCK_CODES = frozenset(
    {
        "InvalidSignatureException",
        "RequestExpired",
        "RequestInTheFuture",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    }
)

LONGEST_DELAY = 20.0
"""Seconds."""
LONGEST_ADDITION = 5.0
"""By how many seconds x-amz-retry-after can put off a retry at most."""
CLOCK_TOLERANCE = 240.0
"""Seconds by which the service's clock must differ before we believe it rather than ours; signatures allow 300."""

_THROTTLING_BASE, _TRANSIENT_BASE = 1.0, 0.05
_THROTTLING_COST, _TRANSIENT_COST, _SUCCESS_GAIN = 5, 14, 1


class RetryQuota:
    """A bucket of tokens that all calls of a client share: retries cost, successes give back.

    When most calls fail it runs dry and calls fail at once, instead of burdening a service that is down.
    """

    def __init__(self, capacity: int = 500) -> None:
        self._capacity = capacity
        self._left = capacity
        self._lock = threading.Lock()

    def take(self, tokens: int) -> bool:
        """Take the tokens; False, and none taken, when there are too few."""
        with self._lock:
            if tokens > self._left:
                return False
            self._left -= tokens
            return True

    def give_back(self, tokens: int) -> None:
        """Give tokens back."""
        if self._left == self._capacity:
            return
        with self._lock:
            self._left = min(self._capacity, self._left + tokens)


class Retries:
    """The attempts of one call. `attempts` is the number of those that have been answered or have failed."""

    def __init__(self, quota: RetryQuota, max_attempts: int, chance: Callable[[], float] = random.random) -> None:
        self.attempts: int = 0
        self.max_attempts_reached: bool = False
        self._quota = quota
        self._max_attempts = max_attempts
        self._chance = chance
        self._taken = 0

    def after_success(self) -> None:
        """The service has answered well."""
        self.attempts += 1
        self._quota.give_back(self._taken or _SUCCESS_GAIN)

    def after_connection_failure(self, failure: ConnectionFailed) -> float | None:
        """Seconds to wait before the next attempt; None when there shall be none."""
        self.attempts += 1
        return self._again(_TRANSIENT_BASE, _TRANSIENT_COST, {}) if failure.transient else None

    def after_refusal(self, response: HttpResponse, code: str, modeled: bool) -> float | None:
        """Seconds to wait before the next attempt; None when there shall be none.

        `modeled` says whether the code is one of the operation's own errors, of which a status of 429 changes nothing.
        """
        self.attempts += 1
        if code in THROTTLING_CODES or (response.status == 429 and not modeled):
            return self._again(_THROTTLING_BASE, _THROTTLING_COST, response.headers)
        if code in TRANSIENT_CODES or response.status in TRANSIENT_STATUSES:
            return self._again(_TRANSIENT_BASE, _TRANSIENT_COST, response.headers)
        return None

    def after_skewed_clock(self) -> float | None:
        """Seconds to wait before the attempt that is signed with the right time; None when there shall be none."""
        self.attempts += 1
        return 0.0 if self._may_try(_TRANSIENT_COST) else None

    def _again(self, base: float, cost: int, headers: Mapping[str, str]) -> float | None:
        if not self._may_try(cost):
            return None
        delay = self._chance() * min(base * 2.0 ** (self.attempts - 1), LONGEST_DELAY)
        asked = _asked_delay(headers, delay)
        return delay if asked is None else max(delay, asked)

    def _may_try(self, cost: int) -> bool:
        if self.attempts >= self._max_attempts:
            self.max_attempts_reached = True
            return False
        if not self._quota.take(cost):
            return False
        self._taken = cost
        return True


def _asked_delay(headers: Mapping[str, str], delay: float) -> float | None:
    """How many seconds the service asks to wait: AWS's header, in milliseconds, or HTTP's, in seconds."""
    milliseconds, seconds = headers.get("x-amz-retry-after", ""), headers.get("retry-after", "")
    if _is_number(milliseconds):
        return min(int(milliseconds) / 1000, delay + LONGEST_ADDITION)
    return min(float(seconds), LONGEST_DELAY) if _is_number(seconds) else None


def _is_number(text: str) -> bool:
    return 0 < len(text) < 10 and text.isascii() and text.isdecimal()


def service_time(response: HttpResponse) -> float | None:
    """What the service's clock said, in seconds since the epoch; None when it does not tell."""
    from email.utils import parsedate_to_datetime  # Large, and hardly ever needed.

    try:
        moment: datetime = parsedate_to_datetime(response.headers.get("date", ""))
        return moment.timestamp()
    except (ValueError, OverflowError):
        return None
