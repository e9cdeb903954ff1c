"""HTTP messages as the clients make and read them, and what carries them.

Give a client a `transport` of your own to embed it, or to make a server's faults in a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A signed request, complete but for Content-Length and what concerns the connection."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    """Host and Authorization among them."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole response; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Sends requests, from any number of threads at once."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """The response, whatever its status. Raises ConnectionFailed or Timeout when there is none."""
        ...

    def close(self) -> None:
        """Give up the connections."""
        ...


class AsyncTransport(Protocol):
    """Sends requests, from any number of tasks of one event loop."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The response, whatever its status. Raises ConnectionFailed or Timeout when there is none."""
        ...

    async def close(self) -> None:
        """Give up the connections."""
        ...
