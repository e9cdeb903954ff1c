"""What a call needs permission for: told from its input alone, before anything is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from wharfside.api.ecr.call import Handling
from wharfside.core.errors import invalid_parameter
from wharfside.core.names import parse_repository_arn
from wharfside.registry.authorization import EVERY_REPOSITORY, NO_TAGS, TagChange


class Permission(NamedTuple):
    """An action, by any of its names, on a repository, or without one on the registry."""

    actions: tuple[str, ...]
    repository: str | None
    change: TagChange


def owner_of(handling: Handling, members: Mapping[str, Any], account: str) -> str:
    """The account whose registry a call is about: that of its ARN or of its `registryId`, or else `account`.

    Raises InvalidParameterException for what is no ARN of a repository.
    """
    if handling.resource == "resourceArn":
        return _parts(members)[0]
    return members.get("registryId", account)


def permissions(handling: Handling, actions: tuple[str, ...], members: Mapping[str, Any]) -> list[Permission]:
    """All that a call needs."""
    change = _change(members) if handling.changes_tags else NO_TAGS
    needed = [Permission(actions, name, change) for name in _repositories(handling, members)]
    if handling.tag_action is not None and change.keys:
        needed += [Permission((handling.tag_action,), each.repository, change) for each in needed]
    return needed


def _parts(members: Mapping[str, Any]) -> tuple[str, str]:
    arn = parse_repository_arn(members["resourceArn"])
    if arn is None:
        raise invalid_parameter("resourceArn", "Invalid ARN")
    return arn.account, arn.repository


def _repositories(handling: Handling, members: Mapping[str, Any]) -> list[str | None]:
    if handling.resource is None:
        return [None]
    if handling.resource == "resourceArn":
        return [_parts(members)[1]]
    value = members.get(handling.resource)
    if value is None:
        return [EVERY_REPOSITORY]
    return cast("list[str | None]", value) if isinstance(value, list) else [value]


def _change(members: Mapping[str, Any]) -> TagChange:
    tags = {tag["Key"]: tag["Value"] for tag in members.get("tags", ())}
    return TagChange(tags, tuple(dict.fromkeys([*tags, *members.get("tagKeys", ())])))
