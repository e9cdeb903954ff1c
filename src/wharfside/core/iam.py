"""Who may do what, decided from policy documents (IAM JSON policy language; the subset documented below).

A statement is understood by its Effect, Action and Resource. What this module does not understand never widens access:
an Allow with a member that it does not know is passed over, a Deny with one is applied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

_UNDERSTOOD = {"Sid", "Effect", "Action", "Resource"}

ADMINISTRATOR_POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
"""Everything in the principal's own account."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One compiled statement."""

    denies: bool
    actions: re.Pattern[str] | None
    resources: re.Pattern[str] | None

    def applies(self, action: str, resource: str) -> bool:
        """Whether the statement is about this action on this resource. None stands for "could be anything"."""
        return (self.actions is None or self.actions.fullmatch(action) is not None) and (
            self.resources is None or self.resources.fullmatch(resource) is not None
        )


def _pattern(values: Any, flags: re.RegexFlag) -> re.Pattern[str] | None:
    texts = cast("list[Any]", values) if isinstance(values, list) else [values]
    if not texts or not all(isinstance(text, str) for text in texts):
        return None
    alternatives = (
        "".join(".*" if char == "*" else "." if char == "?" else re.escape(char) for char in re.sub(r"\*+", "*", text))
        for text in cast("list[str]", texts)
    )
    return re.compile("|".join(alternatives), flags | re.DOTALL)


def _statement(value: Any) -> Statement | None:
    if not isinstance(value, dict):
        return None
    members = cast("dict[str, Any]", value)
    denies = members.get("Effect") != "Allow"
    actions = _pattern(members.get("Action"), re.IGNORECASE)
    resources = _pattern(members.get("Resource"), re.NOFLAG)
    if denies:
        return Statement(True, actions, resources)
    if actions is None or resources is None or not members.keys() <= _UNDERSTOOD:
        return None
    return Statement(False, actions, resources)


@lru_cache(4096)
def compile_policy(document: str) -> tuple[Statement, ...]:
    """The statements of a policy document; none when it is not one."""
    try:
        policy = json.loads(document)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(policy, dict):
        return ()
    statements: Any = cast("dict[str, Any]", policy).get("Statement", [])
    values = cast("list[Any]", statements) if isinstance(statements, list) else [statements]
    return tuple(statement for value in values if (statement := _statement(value)) is not None)


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed, or the ending of the sentence that says why not."""

    allowed: bool
    reason: str = ""


_ALLOWED = Decision(True)


def decide(
    documents: Iterable[str], principal_account: str, resource_account: str, action: str, resource: str
) -> Decision:
    """Decide from the principal's identity policies. Another account's resources are never allowed by them alone."""
    allowed = False
    for document in documents:
        for statement in compile_policy(document):
            if statement.applies(action, resource):
                if statement.denies:
                    return Decision(False, "with an explicit deny in an identity-based policy")
                allowed = True
    if not allowed:
        return Decision(False, f"because no identity-based policy allows the {action} action")
    if principal_account != resource_account:
        return Decision(False, f"because no resource-based policy allows the {action} action")
    return _ALLOWED
