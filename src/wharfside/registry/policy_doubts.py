"""What a policy says that has no effect here, and is likely a slip of the pen.

Policies may name actions and condition keys that there are not: they may be written for later, or for Amazon too. So
they are set as they are, and only whoever tries them out is told.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, cast

from wharfside.core.policies import as_list, parse_document
from wharfside.core.request_context import is_known_key
from wharfside.core.wildcards import compile_wildcards
from wharfside_sdk.model.ir import load

_WITHOUT_OPERATION = (
    "ecr:BatchImportUpstreamImage",
    "ecr:GetImageCopyStatus",
    "ecr:ReplicateImage",
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:GetCallerIdentity",
    "sts:GetServiceBearerToken",
    "sts:GetSessionToken",
    "sts:TagSession",
)
"""Actions of no operation of ECR's (ECR user guide, "Private registry permissions"; AWS STS API Reference)."""


@cache
def _actions() -> Mapping[str, str]:
    """Every action, by its name in lower case."""
    services = (load("ecr"), load("ecr-public"))
    needed = (action for each in services for operation in each.operations.values() for action in operation.iam_actions)
    return {action.lower(): action for action in (*needed, *_WITHOUT_OPERATION)}


def doubt_action(pattern: str) -> str | None:
    """What is odd about an action, which may have wildcards; None when there is such an action."""
    names = compile_wildcards([pattern.lower()])
    if any(names.match(action) for action in _actions()):
        return None
    near = difflib.get_close_matches(pattern.lower(), _actions(), 1, 0.85)
    return f"no operation needs {pattern}" + (f"; is {_actions()[near[0]]} meant?" if near else "")


def doubts(document: str) -> Iterator[str]:
    """What is odd about a policy that may be set."""
    for number, value in enumerate(as_list(parse_document(document).get("Statement", [])), 1):
        statement = cast("dict[str, Any]", value)
        patterns = [*as_list(statement.get("Action", [])), *as_list(statement.get("NotAction", []))]
        found = [doubt for pattern in patterns if (doubt := doubt_action(pattern))]
        blocks = cast("dict[str, dict[str, Any]]", statement.get("Condition", {}))
        keys = sorted({key for block in blocks.values() for key in block if not is_known_key(key.lower())})
        found += [f"no request has the condition key {key}" for key in keys]
        yield from (f"statement {number}: {doubt}" for doubt in found)


def doubts_about(policies: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """What is odd about policies, each with what it is called."""
    return tuple(f"{name}, {doubt}" for name, document in policies for doubt in doubts(document))
