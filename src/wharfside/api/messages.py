"""What the API rooms see of HTTP: a request and a response, without any type of the HTTP server.

Handlers are written against these, so the server underneath can be exchanged and handlers can be tested alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from io import FileIO
from typing import Protocol
from urllib.parse import unquote

from wharfside.blobs.sealed import SealedFile


class BodyTooLarge(Exception):
    """The request body is larger than the limit given to `Body.read`."""


class BodyIncomplete(Exception):
    """The client went away, or sent too slowly, before the whole body had arrived."""


class Body(Protocol):
    """A request body that arrives piece by piece. Asking for the first piece sends an awaited `100 Continue`."""

    @property
    def length(self) -> int | None:
        """The declared Content-Length in bytes; None when the body is chunked."""
        ...

    async def read(self, limit: int) -> bytes:
        """The whole body. Raises BodyTooLarge above `limit` bytes, BodyIncomplete when it does not arrive whole."""
        ...

    def pieces(self) -> AsyncIterator[bytes]:
        """The body in the pieces in which it arrives, each at most 256 KiB. Raises BodyIncomplete."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `raw_path` and `raw_query` are as sent, since signatures are over the raw bytes."""

    method: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str]
    """Case-insensitive; repeated fields are joined with a comma."""
    body: Body
    scheme: str
    """`http` or `https`, as the client reached this server."""
    host: str
    """The Host header, with the port where there is one."""
    client: str
    """The client's IP address."""

    @property
    def path(self) -> str:
        """The path with percent-escapes decoded once."""
        return unquote(self.raw_path) if "%" in self.raw_path else self.raw_path

    def parameters(self) -> Iterator[tuple[str, str]]:
        """The query parameters, decoded, in the order in which they were sent."""
        for part in self.raw_query.split("&") if self.raw_query else ():
            name, _, value = part.partition("=")
            yield unquote(name.replace("+", " ")), unquote(value.replace("+", " "))

    def query(self) -> dict[str, str]:
        """The query parameters, decoded; the first of a repeated name counts."""
        values: dict[str, str] = {}
        for name, value in self.parameters():
            values.setdefault(name, value)
        return values


@dataclass(frozen=True, slots=True)
class FileRange:
    """A part of an open file that leaves as the response body. Whoever sends it closes the file."""

    file: FileIO | SealedFile
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response. For HEAD, give `content_length` and an empty body."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | FileRange = b""
    content_length: int | None = None
    """Overrides the length of the body; only for answers to HEAD."""
    repeated: tuple[tuple[str, str], ...] = ()
    """Header fields besides `headers`, whose names may stand more than once."""
