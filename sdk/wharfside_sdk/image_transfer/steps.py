"""How a transfer is written down once for synchronous and for asynchronous clients.

A step is a generator that yields the calls it needs and is sent their answers, or the errors; where it yields None, it
only lets itself be stopped. What else it does, on files and the network, blocks. A transfer is a generator that yields
steps to be taken side by side.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

from wharfside_sdk.image_transfer.descriptors import Descriptor

Step: TypeAlias = Generator["Call | None", Any, Any]
Transfer: TypeAlias = Generator[Sequence[Step], "list[Any]", str]
"""Returns the digest of the image."""
Progress: TypeAlias = Callable[[Descriptor, int, int], object]
"""Called with a blob, how many of its bytes are done, and how many it has. One call at a time."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the client: the name of its method, and the keyword arguments."""

    method: str
    parameters: Mapping[str, Any]


NOTHING: Final = Call("", {})


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository, as the calls name it."""

    name: str
    registry_id: str | None

    def call(self, method: str, **parameters: object) -> Call:
        registry = {} if self.registry_id is None else {"registryId": self.registry_id}
        return Call(method, {"repositoryName": self.name, **registry, **parameters})


class Reporter:
    """Tells one listener, from any thread, one thing at a time."""

    def __init__(self, progress: Progress | None):
        self._progress = progress
        self._lock = threading.Lock()

    def __call__(self, descriptor: Descriptor, done: int) -> None:
        if self._progress is not None:
            with self._lock:
                self._progress(descriptor, done, descriptor.size)


@dataclass(frozen=True, slots=True)
class End:
    """A step has come to its end, and returned this."""

    result: Any


def advance(step: Step, answer: object = None, error: Exception | None = None) -> Call | End:
    """Runs a step up to its next call, or its end, or (`NOTHING`) to where it lets itself be stopped."""
    try:
        return (step.send(answer) if error is None else step.throw(error)) or NOTHING
    except StopIteration as end:
        return End(end.value)


def error_code(error: Exception) -> str | None:
    """The code of an error of the service, in whose client's form it may be; None for another error."""
    response: object = getattr(error, "response", None)
    if not isinstance(response, dict):
        return None
    details = cast("dict[str, object]", response).get("Error")
    code = cast("dict[str, object]", details).get("Code") if isinstance(details, dict) else None
    return code if isinstance(code, str) else None
