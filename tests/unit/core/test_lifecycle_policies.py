"""Which lifecycle policies may be set, and what is said of the others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wharfside.core.errors import RegistryError
from wharfside.core.lifecycle_policies import (
    ActionType,
    CountType,
    LifecyclePolicy,
    LifecycleRule,
    StorageClass,
    TagStatus,
    parse_lifecycle_policy,
)

UNTAGGED: dict[str, Any] = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 3}
TAGGED: dict[str, Any] = UNTAGGED | {"tagStatus": "tagged", "tagPatternList": ["v*"]}
ANY: dict[str, Any] = UNTAGGED | {"tagStatus": "any"}
SINCE: dict[str, Any] = {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14}
ARCHIVED: dict[str, Any] = SINCE | {
    "countType": "sinceImageTransitioned",
    "storageClass": "archive",
    "countNumber": 90,
}
EXPIRE: dict[str, Any] = {"type": "expire"}
TRANSITION: dict[str, Any] = {"type": "transition", "targetStorageClass": "archive"}
RULE: dict[str, Any] = {"rulePriority": 1, "selection": UNTAGGED, "action": EXPIRE}


def without(members: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in names}


def rule(selection: dict[str, Any] = UNTAGGED, priority: int = 1, action: dict[str, Any] = EXPIRE) -> dict[str, Any]:
    return {"rulePriority": priority, "selection": selection, "action": action}


def document(*rules: Any) -> str:
    return json.dumps({"rules": rules})


def refusal(text: str) -> str:
    with pytest.raises(RegistryError) as caught:
        parse_lifecycle_policy(text)
    assert caught.value.code == "InvalidParameterException"
    start = "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: '"
    assert caught.value.message.startswith(start)
    assert caught.value.message.endswith("'")
    return caught.value.message[len(start) : -1]


def test_every_member_is_read() -> None:
    text = document(
        rule(ANY | SINCE, 9, TRANSITION),
        RULE | {"description": "Keep three", "rulePriority": 4},
        rule(without(TAGGED, "tagPatternList") | {"tagPrefixList": ["a", "b"], "storageClass": "standard"}, 2),
        rule(TAGGED | SINCE | {"countType": "sinceImagePulled"}, 3, TRANSITION),
        rule(ANY | ARCHIVED, 5),
    )
    more_than = CountType.IMAGE_COUNT_MORE_THAN
    assert parse_lifecycle_policy(text) == LifecyclePolicy(
        (
            LifecycleRule(2, TagStatus.TAGGED, more_than, 3, tag_prefix_list=("a", "b")),
            LifecycleRule(
                3, TagStatus.TAGGED, CountType.SINCE_IMAGE_PULLED, 14, ActionType.TRANSITION, tag_pattern_list=("v*",)
            ),
            LifecycleRule(4, TagStatus.UNTAGGED, more_than, 3, description="Keep three"),
            LifecycleRule(
                5,
                TagStatus.ANY,
                CountType.SINCE_IMAGE_TRANSITIONED,
                90,
                storage_class=StorageClass.ARCHIVE,
            ),
            LifecycleRule(9, TagStatus.ANY, CountType.SINCE_IMAGE_PUSHED, 14, ActionType.TRANSITION),
        )
    )


@pytest.mark.parametrize(
    "rules",
    [
        [rule(TAGGED | {"tagPatternList": [f"{n}*"]}, n) for n in range(1, 51)],
        [rule(TAGGED | {"tagPatternList": ["*test*1*2*3", "test*1*2*3*"]})],
        [rule(TAGGED), rule(without(TAGGED, "tagPatternList") | {"tagPrefixList": ["v*"]}, 2)],
        [rule(UNTAGGED), rule(UNTAGGED | ARCHIVED, 2), rule(ANY, 3), rule(ANY | ARCHIVED, 4)],
        [rule(ANY, 2), rule(UNTAGGED | ARCHIVED, 3)],
        [rule(UNTAGGED | {"tagPrefixList": [], "tagPatternList": []})],
        [rule(TAGGED | {"tagPrefixList": []})],
        [rule(UNTAGGED | {"countNumber": 2**31 - 1}, 2**31 - 1)],
    ],
)
def test_policies_that_may_be_set(rules: list[dict[str, Any]]) -> None:
    assert len(parse_lifecycle_policy(document(*rules)).rules) == len(rules)


TYPE = "instance type ({}) does not match any allowed primitive type (allowed: [{}])"
ENUM = "instance value ({}) not found in enum :(possible values: [{}])"
UNKNOWN = "object instance has properties which are not allowed by the schema: ([{}])"
MISSING = "object has missing required properties ([{}])"
MINIMUM = "numeric instance is lower than the required minimum (minimum: {}, found: {})"
NO_SCHEMA = "instance failed to match exactly one schema (matched 0 out of 2)"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", MISSING.format('"rules"')),
        ('{"rules": {}}', MISSING.format('"rules"')),
        ('{"rules": null}', MISSING.format('"rules"')),
        (document(), "array is too short: must have at least 1 elements but instance has 0 elements"),
        (document(*[RULE] * 51), "array is too long: must have at most 50 elements but instance has 51 elements"),
        (document("x"), TYPE.format("string", '"object"')),
        (document(None), TYPE.format("null", '"object"')),
        (document(RULE | {"selection": []}), TYPE.format("array", '"object"')),
        (document({}), MISSING.format('"action","rulePriority","selection"')),
        (document(rule({})), MISSING.format('"countNumber","countType","tagStatus"')),
        (document(rule(action={})), MISSING.format('"type"')),
        (document(RULE | {"name": "x", "Action": 1}), UNKNOWN.format('"Action","name"')),
        (document(rule(UNTAGGED | {"tagstatus": "any"})), UNKNOWN.format('"tagstatus"')),
        (document(rule(action=EXPIRE | {"when": 1})), UNKNOWN.format('"when"')),
        (document(RULE | {"description": 1}), TYPE.format("integer", '"string"')),
        (document(rule(TAGGED | {"tagPrefixList": None})), TYPE.format("null", '"array"')),
        (document(rule(TAGGED | {"tagPatternList": "v*"})), TYPE.format("string", '"array"')),
        (document(rule(TAGGED | {"tagPatternList": [True]})), TYPE.format("boolean", '"string"')),
        (
            document(rule(without(TAGGED, "tagPatternList") | {"tagPrefixList": [""]})),
            'string "" is too short (length: 0, required minimum: 1)',
        ),
        (document(rule(UNTAGGED | {"tagStatus": "ANY"})), ENUM.format("ANY", '"any","tagged","untagged"')),
        (document(rule(UNTAGGED | {"tagStatus": None})), ENUM.format("null", '"any","tagged","untagged"')),
        (document(rule(UNTAGGED | SINCE | {"countUnit": "hours"})), ENUM.format("hours", '"days"')),
        (document(rule(UNTAGGED | {"storageClass": "cold"})), ENUM.format("cold", '"archive","standard"')),
        (document(rule(action={"type": "keep"})), ENUM.format("keep", '"expire","transition"')),
        (document(rule(action=TRANSITION | {"targetStorageClass": "x"})), ENUM.format("x", '"archive"')),
        (document(rule(UNTAGGED | {"countType": "unknown"})), NO_SCHEMA),
        (document(rule(UNTAGGED | {"countUnit": "days"})), NO_SCHEMA),
        (document(rule(UNTAGGED | without(SINCE, "countUnit"))), NO_SCHEMA),
        (document(rule(action=EXPIRE | {"targetStorageClass": None})), NO_SCHEMA),
        (document(rule(UNTAGGED | {"countNumber": 0})), MINIMUM.format(1, 0)),
        (document(rule(priority=-1)), MINIMUM.format(1, -1)),
        (document(rule(UNTAGGED | {"countNumber": 1.5})), TYPE.format("number", '"integer"')),
        (document(rule(UNTAGGED | {"countNumber": "3"})), TYPE.format("string", '"integer"')),
        (document(rule(UNTAGGED | {"countNumber": True})), TYPE.format("boolean", '"integer"')),
    ],
)
def test_documents_of_the_wrong_form(text: str, reason: str) -> None:
    assert refusal(text) == f"Lifecycle policy validation failure: {reason}"


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([rule(), rule(TAGGED)], "Duplicate priority in multiple rules"),
        ([rule(), rule(priority=2)], "Only one rule can select Untagged images per storage class."),
        ([rule(ANY), rule(ANY, 2)], "Only one rule can specify tagStatus=ANY"),
        (
            [rule(ANY), rule(TAGGED, 2)],
            "Rule for tagStatus=ANY must have the lowest priority per storage class",
        ),
        (
            [rule(without(TAGGED, "tagPatternList"))],
            "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.",
        ),
        (
            [rule(TAGGED | {"tagPatternList": []})],
            "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.",
        ),
        (
            [rule(TAGGED | {"tagPrefixList": ["v"]})],
            "If policy has a tagged rule, it must specify only one of tagPrefixList or tagPatternList",
        ),
        ([rule(UNTAGGED | {"tagPrefixList": ["v"]})], "Cannot specify tagPrefixList with tagStatus UNTAGGED"),
        ([rule(ANY | {"tagPatternList": ["v"]})], "Cannot specify tagPatternList with tagStatus ANY"),
        (
            [rule(TAGGED | {"tagPatternList": ["test*1*2*3*4*5*6"]})],
            "Invalid tag pattern provided. Total number of * must not exceed 4",
        ),
        (
            [rule(TAGGED | {"tagPatternList": ["a", "b"]}), rule(TAGGED | {"tagPatternList": ["b", "a", "a"]}, 2)],
            "Only one rule can select the same set of tagPrefixList or tagPatternList values per storage class.",
        ),
        (
            [rule(UNTAGGED | {"storageClass": "archive"})],
            "SINCE_IMAGE_PUSHED, SINCE_IMAGE_PULLED and IMAGE_COUNT_MORE_THAN support the STANDARD storage class only",
        ),
        (
            [rule(UNTAGGED | without(ARCHIVED, "storageClass"))],
            "SINCE_IMAGE_TRANSITIONED supports the ARCHIVE storage class only",
        ),
        (
            [rule(UNTAGGED | SINCE | {"countType": "sinceImagePulled"})],
            "SINCE_IMAGE_PULLED supports the TRANSITION action only",
        ),
        (
            [rule(UNTAGGED | ARCHIVED, action=TRANSITION)],
            "SINCE_IMAGE_TRANSITIONED supports the EXPIRE action only",
        ),
        ([rule(UNTAGGED | ARCHIVED | {"countNumber": 89})], MINIMUM.format(90, 89)),
    ],
)
def test_rules_that_do_not_go_together(rules: list[dict[str, Any]], reason: str) -> None:
    assert refusal(document(*rules)) == f"Lifecycle policy validation failure: {reason}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"rules"',
        '{"rules": [], "rules": []}',
        "[" * 30_000,
        '{"rules": [{"rulePriority": ' + "9" * 5000 + "}]}",
        document(rule(priority=2**31)),
        document(rule(action={"type": "transition"})),
    ],
)
def test_documents_that_are_no_policy(text: str) -> None:
    assert refusal(text) == "Lifecycle policy parsing failure: Could not map policyString into LifecyclePolicy."


@pytest.mark.parametrize(
    "bad",
    [
        UNTAGGED | {"tagStatus": "x" * 20_000},
        UNTAGGED | {"tagStatus": "\ud800 ü"},
        UNTAGGED | {"countNumber": -(10**4000)},
        UNTAGGED | {f"{n}{'x' * 200}": n for n in range(100)},
        UNTAGGED | {"tagStatus": {"any": []}},
        UNTAGGED | {"countType": ["imageCountMoreThan"]},
    ],
)
def test_a_refusal_is_short_and_can_be_sent_whatever_the_document_holds(bad: dict[str, Any]) -> None:
    reason = refusal(document(rule(bad)))
    assert len(reason) < 1500
    assert reason.isascii()


names = st.sampled_from([*RULE, *TAGGED, *ARCHIVED, *TRANSITION, "description", "tagPrefixList", "other"])
words = st.sampled_from([*TagStatus, *CountType, *StorageClass, *ActionType, "days", "v*", ""])
scalars = st.none() | st.booleans() | st.integers(-1, 100) | st.floats() | words | st.text(max_size=3)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner), max_leaves=6)


@st.composite
def nearly_rules(draw: st.DrawFn) -> Any:
    """A rule with one member of it, or of one of its parts, made into something else."""
    selection = dict(draw(st.sampled_from([UNTAGGED, TAGGED, ANY, ANY | SINCE, TAGGED | ARCHIVED])))
    action = dict(draw(st.sampled_from([EXPIRE, TRANSITION])))
    whole = rule(selection, draw(st.integers(1, 3)), action)
    draw(st.sampled_from([whole, selection, action]))[draw(names)] = draw(values)
    return whole


@given(st.lists(nearly_rules(), min_size=1, max_size=3) | values)
@example([rule(TAGGED | {"tagPatternList": ["*"]})])
def test_a_document_is_a_policy_or_refused(rules: Any) -> None:
    text = json.dumps({"rules": rules})
    try:
        policy = parse_lifecycle_policy(text)
    except RegistryError:
        assert refusal(text).isascii()
    else:
        priorities = [rule.priority for rule in policy.rules]
        assert priorities == sorted({rule["rulePriority"] for rule in rules})
