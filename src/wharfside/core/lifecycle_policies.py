"""Lifecycle policy documents: which may be set, and their rules (ECR operation PutLifecyclePolicy).

A document is checked as ECR checks it: first its form, in the words of the JSON schema validator that ECR uses, then
what its rules mean, one by one and together. Where Amazon's words are not known, the text is our own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

from wharfside.core.errors import RegistryError, invalid_parameter
from wharfside.core.policies import parse_document
from wharfside.core.policy_variables import Malformed

MAXIMUM_RULES = 50
"""Rules per lifecycle policy (ECR quota)."""
MAXIMUM_WILDCARDS = 4
"""`*` per tag pattern (ECR user guide, "Lifecycle policy properties")."""
MINIMUM_ARCHIVED_DAYS = 90
"""Days that an archived image is kept before a policy may expire it (ECR user guide, "Archiving an image")."""
_MAXIMUM_INTEGER = 2**31 - 1

Choice = TypeVar("Choice", bound=StrEnum)


class TagStatus(StrEnum):
    """`tagStatus`: which images a rule selects."""

    TAGGED = "tagged"
    UNTAGGED = "untagged"
    ANY = "any"


class StorageClass(StrEnum):
    """`storageClass`. An image that is being restored counts as archived until that is done."""

    STANDARD = "standard"
    ARCHIVE = "archive"


class CountType(StrEnum):
    """`countType`: what a rule measures."""

    IMAGE_COUNT_MORE_THAN = "imageCountMoreThan"
    SINCE_IMAGE_PUSHED = "sinceImagePushed"
    SINCE_IMAGE_PULLED = "sinceImagePulled"
    SINCE_IMAGE_TRANSITIONED = "sinceImageTransitioned"


class ActionType(StrEnum):
    """`type` of an action. A transition is always one to the archive."""

    EXPIRE = "expire"
    TRANSITION = "transition"


@dataclass(frozen=True, slots=True)
class LifecycleRule:
    """A rule. `count_number` is a number of images for IMAGE_COUNT_MORE_THAN and of days otherwise.

    Of the two lists only that of a rule with `tagStatus` tagged has elements, and only one of them.
    """

    priority: int
    tag_status: TagStatus
    count_type: CountType
    count_number: int
    action: ActionType = ActionType.EXPIRE
    storage_class: StorageClass = StorageClass.STANDARD
    tag_pattern_list: tuple[str, ...] = ()
    tag_prefix_list: tuple[str, ...] = ()
    description: str | None = None


@dataclass(frozen=True, slots=True)
class LifecyclePolicy:
    """The rules, in the order of their priority: 1 before 2."""

    rules: tuple[LifecycleRule, ...]


def parse_lifecycle_policy(text: str) -> LifecyclePolicy:
    """The policy of a document. Raises InvalidParameterException, whose text says what is wrong."""
    try:
        document = parse_document(text)
    except Malformed as error:
        raise _unmappable() from error
    if not isinstance(document.get("rules"), list):
        raise _refusal(f"object has missing required properties ({_names(['rules'])})")
    values = cast("list[Any]", document["rules"])
    bounds = f"must have at {{}} elements but instance has {len(values)} elements"
    if not values:
        raise _refusal(f"array is too short: {bounds.format('least 1')}")
    if len(values) > MAXIMUM_RULES:
        raise _refusal(f"array is too long: {bounds.format(f'most {MAXIMUM_RULES}')}")
    rules = [_rule(value) for value in values]
    for rule in rules:
        _check_tags(rule)
        _check_count(rule)
    _check_priorities(rules)
    for storage_class in StorageClass:
        _check_together([rule for rule in rules if rule.storage_class is storage_class])
    return LifecyclePolicy(tuple(sorted(rules, key=lambda rule: rule.priority)))


def _rule(value: Any) -> LifecycleRule:
    rule = _object(value, required={"rulePriority", "selection", "action"}, optional={"description"})
    selection = _object(
        rule["selection"],
        required={"tagStatus", "countType", "countNumber"},
        optional={"tagPatternList", "tagPrefixList", "storageClass", "countUnit"},
    )
    description = rule.get("description")
    if "description" in rule and not isinstance(description, str):
        raise _wrong_type(description, "string")
    return LifecycleRule(
        priority=_positive(rule["rulePriority"]),
        tag_status=_choice(selection["tagStatus"], TagStatus),
        storage_class=_choice(selection.get("storageClass", StorageClass.STANDARD), StorageClass),
        tag_pattern_list=_texts(selection.get("tagPatternList", [])),
        tag_prefix_list=_texts(selection.get("tagPrefixList", [])),
        count_type=_count_type(selection),
        count_number=_positive(selection["countNumber"]),
        action=_action(rule["action"]),
        description=description,
    )


def _count_type(selection: dict[str, Any]) -> CountType:
    """The type of the count, if there is a unit where it needs one and none where it has none."""
    has_unit = "countUnit" in selection
    if has_unit and selection["countUnit"] != "days":
        raise _not_among(selection["countUnit"], ["days"])
    if selection["countType"] not in tuple(CountType):
        raise _no_schema()
    count_type = CountType(selection["countType"])
    if has_unit is (count_type is CountType.IMAGE_COUNT_MORE_THAN):
        raise _no_schema()
    return count_type


def _action(value: Any) -> ActionType:
    action = _object(value, required={"type"}, optional={"targetStorageClass"})
    action_type = _choice(action["type"], ActionType)
    has_target = "targetStorageClass" in action
    if action_type is ActionType.EXPIRE and has_target:
        raise _no_schema()
    if action_type is ActionType.TRANSITION:
        if not has_target:
            raise _unmappable()
        if action["targetStorageClass"] != StorageClass.ARCHIVE:
            raise _not_among(action["targetStorageClass"], [StorageClass.ARCHIVE])
    return action_type


def _check_tags(rule: LifecycleRule) -> None:
    """Whether tag status and lists go together."""
    if rule.tag_pattern_list and rule.tag_prefix_list:
        raise _refusal("If policy has a tagged rule, it must specify only one of tagPrefixList or tagPatternList")
    named = "tagPatternList" if rule.tag_pattern_list else "tagPrefixList" if rule.tag_prefix_list else None
    if rule.tag_status is TagStatus.TAGGED and not named:
        raise _refusal("Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.")
    if rule.tag_status is not TagStatus.TAGGED and named:
        raise _refusal(f"Cannot specify {named} with tagStatus {rule.tag_status.name}")
    if any(pattern.count("*") > MAXIMUM_WILDCARDS for pattern in rule.tag_pattern_list):
        raise _refusal(f"Invalid tag pattern provided. Total number of * must not exceed {MAXIMUM_WILDCARDS}")


def _check_count(rule: LifecycleRule) -> None:
    """Whether count type, storage class and action go together."""
    transitioned = rule.count_type is CountType.SINCE_IMAGE_TRANSITIONED
    if transitioned and rule.storage_class is not StorageClass.ARCHIVE:
        raise _refusal("SINCE_IMAGE_TRANSITIONED supports the ARCHIVE storage class only")
    if not transitioned and rule.storage_class is not StorageClass.STANDARD:
        raise _refusal(
            "SINCE_IMAGE_PUSHED, SINCE_IMAGE_PULLED and IMAGE_COUNT_MORE_THAN support the STANDARD storage class only"
        )
    if transitioned and rule.action is not ActionType.EXPIRE:
        raise _refusal("SINCE_IMAGE_TRANSITIONED supports the EXPIRE action only")
    if rule.count_type is CountType.SINCE_IMAGE_PULLED and rule.action is not ActionType.TRANSITION:
        raise _refusal("SINCE_IMAGE_PULLED supports the TRANSITION action only")
    if transitioned and rule.count_number < MINIMUM_ARCHIVED_DAYS:
        raise _too_low(rule.count_number, MINIMUM_ARCHIVED_DAYS)


def _check_priorities(rules: Sequence[LifecycleRule]) -> None:
    if len({rule.priority for rule in rules}) < len(rules):
        raise _refusal("Duplicate priority in multiple rules")


def _check_together(rules: Sequence[LifecycleRule]) -> None:
    """Whether the rules of one storage class go together."""
    statuses = Counter(rule.tag_status for rule in rules)
    if statuses[TagStatus.UNTAGGED] > 1:
        raise _refusal("Only one rule can select Untagged images per storage class.")
    if statuses[TagStatus.ANY] > 1:
        raise _refusal("Only one rule can specify tagStatus=ANY")
    last = max(rules, key=lambda rule: rule.priority, default=None)
    if last and statuses[TagStatus.ANY] and last.tag_status is not TagStatus.ANY:
        raise _refusal("Rule for tagStatus=ANY must have the lowest priority per storage class")
    lists = Counter(
        (frozenset(rule.tag_pattern_list), frozenset(rule.tag_prefix_list))
        for rule in rules
        if rule.tag_status is TagStatus.TAGGED
    )
    if any(count > 1 for count in lists.values()):
        raise _refusal(
            "Only one rule can select the same set of tagPrefixList or tagPatternList values per storage class."
        )


def _object(value: Any, *, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong_type(value, "object")
    members = cast("dict[str, Any]", value)
    missing = set(required) - members.keys()
    if missing:
        raise _refusal(f"object has missing required properties ({_names(missing)})")
    unknown = members.keys() - set(required) - set(optional)
    if unknown:
        raise _refusal(f"object instance has properties which are not allowed by the schema: ({_names(unknown)})")
    return members


def _choice(value: Any, choices: type[Choice]) -> Choice:
    if value not in tuple(choices):
        raise _not_among(value, choices)
    return choices(value)


def _positive(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong_type(value, "integer")
    if value < 1:
        raise _too_low(value, 1)
    if value > _MAXIMUM_INTEGER:
        raise _unmappable()
    return value


def _texts(value: Any) -> tuple[str, ...]:
    """The elements of a list of tags; an empty list is as good as none."""
    if not isinstance(value, list):
        raise _wrong_type(value, "array")
    elements = cast("list[Any]", value)
    for element in elements:
        if not isinstance(element, str):
            raise _wrong_type(element, "string")
        if not element:
            raise _refusal('string "" is too short (length: 0, required minimum: 1)')
    return tuple(elements)


def _refusal(reason: str) -> RegistryError:
    return invalid_parameter("LifecyclePolicyText", f"Lifecycle policy validation failure: {reason}")


def _unmappable() -> RegistryError:
    return invalid_parameter(
        "LifecyclePolicyText", "Lifecycle policy parsing failure: Could not map policyString into LifecyclePolicy."
    )


def _wrong_type(value: Any, allowed: str) -> RegistryError:
    return _refusal(
        f"instance type ({_type_name(value)}) does not match any allowed primitive type (allowed: {_names([allowed])})"
    )


def _not_among(value: Any, choices: Iterable[str]) -> RegistryError:
    shown = json.dumps(value).strip('"')[:100]
    return _refusal(f"instance value ({shown}) not found in enum :(possible values: {_names(choices)})")


def _no_schema() -> RegistryError:
    return _refusal("instance failed to match exactly one schema (matched 0 out of 2)")


def _too_low(value: int, minimum: int) -> RegistryError:
    return _refusal(
        f"numeric instance is lower than the required minimum (minimum: {minimum}, found: {str(value)[:20]})"
    )


def _names(names: Iterable[str]) -> str:
    """Names as a JSON list, sorted, and bounded because a client chooses them."""
    return json.dumps([name[:100] for name in sorted(names)[:10]], separators=(",", ":"))


def _type_name(value: Any) -> str:
    """What JSON schema calls the type of a value."""
    if value is None:
        return "null"
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]
