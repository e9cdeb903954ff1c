"""The HTTP requests and answers of a recorded server."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from crash.trace import Event

_REQUEST = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.1\r\n(.*?)\r\n\r\n", re.DOTALL)
_ANSWER = re.compile(rb"HTTP/1\.1 ([2-5]\d\d) ")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its final answer. `began` and `answered` are places in the recording."""

    method: str
    target: str
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes
    """As it was sent, so with its framing where it was chunked, and as far as it had arrived."""
    status: int
    began: int
    answered: int


def exchanges(events: Iterable[Event]) -> list[Exchange]:
    """The exchanges in the order of their answers. The client must not send a request before the last answer."""
    received: dict[str, tuple[int, bytes]] = {}
    found: list[Exchange] = []
    for event in sorted(events, key=lambda event: event.end if event.name.startswith("recv") else event.start):
        if not event.path.startswith("TCP"):
            continue
        if event.name.startswith("recv"):
            began, so_far = received.get(event.path, (event.start, b""))
            received[event.path] = (began, so_far + event.data)
        elif (answer := _ANSWER.match(event.data)) and event.path in received:
            began, request = received.pop(event.path)
            if head := _REQUEST.search(request):
                fields = (line.decode("latin-1").partition(":") for line in head[3].split(b"\r\n"))
                headers = {name.lower(): value.strip() for name, _, value in fields}
                target = head[2].decode("latin-1")
                body = request[head.end() :]
                found.append(Exchange(head[1].decode(), target, headers, body, int(answer[1]), began, event.start))
    return found
