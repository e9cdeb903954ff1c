"""Policy variables: `${aws:username}` stands for what the request says (IAM user guide, "Variables and tags").

They exist in policies of version 2012-10-17, in `Resource`, `NotResource`, and the values of string and ARN conditions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wharfside.core.wildcards import Piece

Lookup = Callable[[str], tuple[str, ...]]
"""The values that a request has for a condition key in lower case; none when it has none. Raises Undecidable."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_REFERENCE = re.compile(r"\s*([^\s,'{}$]+)\s*(?:,\s*'([^']*)'\s*)?", re.DOTALL)
_LITERALS = frozenset("*?$")


class Undecidable(Exception):
    """What a policy says cannot be decided: it names a key that nobody here knows, or compares what has no order."""


class Malformed(Exception):
    """A part of a policy is not of the policy language."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A reference to a condition key, and what counts when the request does not have it."""

    key: str
    default: str | None


Template = tuple[Piece | Variable, ...]


def has_variables(text: str) -> bool:
    """Whether the text has to be read by `parse_template`."""
    return "${" in text


def parse_template(text: str) -> Template:
    """Take a text with variables apart. Raises Malformed."""
    parts: list[Piece | Variable] = []
    end = 0
    for match in _VARIABLE.finditer(text):
        parts.append(Piece(_without_variables(text[end : match.start()])))
        end = match.end()
        parts.append(_variable(match[1]))
    parts.append(Piece(_without_variables(text[end:])))
    return tuple(parts)


def _without_variables(text: str) -> str:
    if has_variables(text):
        raise Malformed("a policy variable is not closed")
    return text


def _variable(reference: str) -> Piece | Variable:
    if reference in _LITERALS:
        return Piece(reference, literal=True)
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise Malformed("a policy variable is malformed")
    return Variable(match[1].lower(), match[2])


def fill_in(template: Template, lookup: Lookup) -> tuple[Piece, ...] | None:
    """The text that a template stands for; None when a variable has no value. Raises Undecidable."""
    pieces: list[Piece] = []
    for part in template:
        if isinstance(part, Piece):
            pieces.append(part)
            continue
        values = lookup(part.key)
        if len(values) > 1:
            raise Undecidable(part.key)
        value = values[0] if values else part.default
        if value is None:
            return None
        pieces.append(Piece(value, literal=True))
    return tuple(pieces)


def text_of(pieces: Iterable[Piece]) -> str:
    """The text itself, in which `*` and `?` are no wildcards."""
    return "".join(piece.text for piece in pieces)
