"""How many files and sockets this process may have open, and for how many connections that is enough."""

from __future__ import annotations

import resource
from contextlib import suppress
from typing import Final

MOST_DESCRIPTORS: Final = 1 << 20
"""More is not asked for, also where the system sets no limit."""
OWN_DESCRIPTORS: Final = 128
"""What a process needs besides connections: the database in each of its threads, listeners, logs."""
PER_CONNECTION: Final = 3
"""Its socket, a second descriptor of that while a file is sent, and the file."""
_FEWEST: Final = 16


def raise_limit() -> None:
    """Take as many descriptors as the system allows. What shells give is used up by a thousand clients that idle."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # forbidden: those that there are have to do
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """How many connections may be open, so that each of them can still be served a file."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptors = MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else min(soft, MOST_DESCRIPTORS)
    return max(_FEWEST, (descriptors - OWN_DESCRIPTORS) // PER_CONNECTION)
