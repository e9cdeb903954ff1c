"""How long and how large anything that a client does may be."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
ON_THE_LOOP = 256 * KIB
"""Bytes that may be hashed, parsed or appended on the event loop: cheaper than a thread, and nobody waits for long."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of connections. Times are seconds, sizes are bytes."""

    connections: int = 10_000
    """How many may be open at once. Further ones wait until the others are fewer."""
    head: float = 8.0
    """From the connection, or from the first byte of a later request, to the end of the request's head."""
    idle: float = 75.0
    """Between two requests of one connection."""
    line: int = 8 * KIB
    """The request line, and each single header field."""
    fields: int = 100
    """How many header fields a request may have."""
    body_stall: float = 30.0
    """Until the next piece of a body arrives."""
    body_grace: float = 60.0
    """How long we wait in total for one body before `body_rate` counts."""
    body_rate: int = KIB
    """The least bytes per second, over the time that we wait for the client, after `body_grace`."""
    refused_body: int = 64 * MIB
    """How much of a body that nobody reads is thrown away to keep the connection usable."""
    refused_body_time: float = 10.0
    """How long that may take."""
    write_stall: float = 60.0
    """How long a client may take nothing of what we send before the connection is dropped."""
    drain: float = 30.0
    """How long requests in flight may go on after the signal to stop."""
