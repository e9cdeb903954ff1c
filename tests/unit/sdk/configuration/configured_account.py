"""What the tests of configuration stand on: the environment of one user, and a server's answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

import pytest


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


Answer = tuple[int, str]


@dataclass
class Service:
    """Answers requests by `answer`, and keeps them."""

    url: str = ""
    answer: Callable[[Received], Answer] = lambda request: (404, "")
    received: list[Received] = field(default_factory=list)


@dataclass
class Account:
    """The environment and the files of one user."""

    monkeypatch: pytest.MonkeyPatch
    folder: Path

    def environment(self, **variables: str) -> None:
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)

    def config(self, text: str) -> None:
        (self.folder / "config").write_text(text)

    def credentials(self, text: str) -> None:
        (self.folder / "credentials").write_text(text)
