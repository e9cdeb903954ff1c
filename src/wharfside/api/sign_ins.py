"""Failed sign-ins, by the address they come from: the more there are, the longer it has to wait before the next.

Nothing waits here: whoever is too early is told so at once. Each process counts for itself.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from wharfside.core.errors import throttled

FREE: Final = 10
"""Failures that cost nothing: wrong keys are pasted, and several clients may share an address."""
FIRST: Final = 0.25
"""Seconds to wait after the first failure that does. Every further one doubles them."""
LONGEST: Final = 8.0
"""Seconds: those who share an address with an attacker can wait that long."""
FORGOTTEN: Final = 600.0
"""Seconds without a failure after which all is forgotten."""
MOST_ADDRESSES: Final = 10_000
MOST_KNOWN: Final = 10_000

GUESSES: Final = frozenset({"UnrecognizedClientException", "InvalidSignatureException", "InvalidIdentityToken"})
"""Errors that wrong credentials are answered with; what has merely expired was right once."""


@dataclass(slots=True)
class _Failures:
    count: int
    last: float
    until: float


@lru_cache(4096)
def network_of(client: str) -> str | None:
    """What is counted together: an IPv4 address, or the /64 of an IPv6 address. None for this machine.

    Programs on this machine are never slowed down. Behind a proxy that is not trusted everybody seems to be here, and
    one of them could otherwise lock out all.
    """
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = mapped or address
    if address.is_loopback:
        return None
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


class FailedSignIns:
    """Slows down whoever guesses. `clock`: seconds, which never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def require_patience(self, client: str, access_key: str = "") -> None:
        """Raises ThrottlingException for a client that failed too often and has not waited since.

        An access key that was good from the same address the last time is let through: it is not the one who guesses.
        """
        if not self._failures:
            return
        network = network_of(client)
        if network is None:
            return
        with self._lock:
            if (network, access_key) in self._known:
                return
            failures = self._failures.get(network)
            left = failures.until - self._clock() if failures is not None else 0.0
        if left > 0:
            raise throttled(math.ceil(left))

    def fail(self, client: str, access_key: str = "") -> None:
        """Count a failure."""
        network = network_of(client)
        if network is None:
            return
        now = self._clock()
        with self._lock:
            self._known.pop((network, access_key), None)
            before = self._failures.pop(network, None)
            count = 1 if before is None or now - before.last > FORGOTTEN else before.count + 1
            doublings = min(count - FREE - 1, 10)
            wait = 0.0 if doublings < 0 else min(LONGEST, FIRST * 2**doublings)
            self._failures[network] = _Failures(count, now, now + wait)
            if len(self._failures) > MOST_ADDRESSES:
                self._failures.popitem(last=False)

    def forgive(self, client: str) -> None:
        """Forget the failures of an address from which somebody has signed in."""
        if self._failures and (network := network_of(client)) is not None:
            with self._lock:
                self._failures.pop(network, None)

    def succeed(self, client: str, access_key: str) -> None:
        """Forget the failures of an address, and remember with which access key somebody has signed in there."""
        self.forgive(client)
        network = network_of(client)
        if network is None:
            return
        with self._lock:
            self._known.pop((network, access_key), None)
            self._known[network, access_key] = None
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
