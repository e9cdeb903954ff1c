"""What the models do not say, from the TOML files beside this module: meanings, defaults, error texts and examples."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from wharfside_sdk.model.ir import Operation, ServiceName

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Example:
    """Code that uses a client called `ecr`."""

    code: str
    prints: str | None
    """None where that is not known."""
    boto3: bool
    """Whether boto3's client can run it, and not the SDK's alone."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Sentences and values by name, in Markdown. See `meanings.toml` for what stands under each name."""

    operations: Mapping[str, str]
    structures: Mapping[str, str]
    errors: Mapping[str, str]
    literals: Mapping[str, str]
    values: Mapping[str, str]
    members: Mapping[str, str]
    patterns: Mapping[str, str]
    defaults: Mapping[str, str]
    waiters: Mapping[str, str]
    names: Mapping[str, str]
    any_call: Mapping[str, str]
    texts: Mapping[str, list[str]]
    examples: Mapping[str, Example]
    not_yet: frozenset[str]
    """The operations that Wharfside does not answer yet."""

    def member(self, structure: str, name: str) -> str:
        """What a member of a structure means; what members of that name mean everywhere, unless it is an exception."""
        return self.members.get(f"{structure}.{name}") or self.members[name]

    def default(self, structure: str, name: str) -> str:
        """What an optional member of a request is when it is left out; empty where that goes without saying."""
        return self.defaults.get(f"{structure}.{name}") or self.defaults.get(name, "")

    def error_texts(self, code: str, operation: Operation | None = None) -> list[str]:
        """Every text of an error; with an operation, only those that it gives and that not all operations give."""
        found: list[str] = []
        for key, texts in self.texts.items():
            of, _, only = key.partition(".")
            if of == code and (operation is None or only in ("", operation.name)):
                found += texts
        return list(dict.fromkeys(found))


@cache
def facts(service: ServiceName) -> Facts:
    """The facts of one service: the common ones, and its own in their place."""
    meanings, texts, examples = _read("meanings"), _read("errors"), _read("examples")
    own: Mapping[str, Mapping[str, str]] = meanings.get(service, {})
    common: Mapping[str, Mapping[str, str]] = meanings["common"]
    return Facts(
        **{section: {**sentences, **own.get(section, {})} for section, sentences in common.items()},
        texts={**texts["common"], **texts.get(service, {})},
        examples={
            name: Example(example["code"].strip("\n"), example.get("prints"), example.get("boto3", True))
            for name, example in examples[service].items()
        },
        not_yet=frozenset(examples["not_yet"][service]),
    )


def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text())
