"""What a lifecycle policy means, said for one image at a time and without regard to cost."""

from __future__ import annotations

from collections.abc import Sequence

from wharfside.core.lifecycle import Image
from wharfside.core.lifecycle_policies import CountType, LifecyclePolicy, LifecycleRule, TagStatus

DAY = 24 * 60 * 60


def rule_that_takes(policy: LifecyclePolicy, images: Sequence[Image], image: Image, now: float) -> LifecycleRule | None:
    """The rule that takes the image now."""
    rule = rule_that_decides(policy, image)
    if rule is None or not is_taken(rule, images, image, now):
        return None
    return rule


def rule_that_decides(policy: LifecyclePolicy, image: Image) -> LifecycleRule | None:
    """The first rule that identifies the image."""
    for rule in sorted(policy.rules, key=lambda rule: rule.priority):
        if identifies(rule, image):
            return rule
    return None


def identifies(rule: LifecycleRule, image: Image) -> bool:
    if image.subject is not None or image.storage_class != rule.storage_class:
        return False
    if rule.tag_status is TagStatus.TAGGED:
        return all(any(tag.startswith(prefix) for tag in image.tags) for prefix in rule.tag_prefix_list) and all(
            any(is_like(tag, pattern) for tag in image.tags) for pattern in rule.tag_pattern_list
        )
    return rule.tag_status is TagStatus.ANY or not image.tags


def is_like(tag: str, pattern: str) -> bool:
    """Letter by letter: `*` is nothing, or one letter and then itself."""
    if not pattern:
        return not tag
    if pattern[0] == "*":
        return is_like(tag, pattern[1:]) or (tag != "" and is_like(tag[1:], pattern))
    return tag[:1] == pattern[0] and is_like(tag[1:], pattern[1:])


def is_taken(rule: LifecycleRule, images: Sequence[Image], image: Image, now: float) -> bool:
    if rule.count_type is CountType.IMAGE_COUNT_MORE_THAN:
        newer = [other for other in images if identifies(rule, other) and is_newer(other, image)]
        return len(newer) >= rule.count_number
    return not image.restoring and now - age_from(rule.count_type, image) > rule.count_number * DAY


def is_newer(image: Image, other: Image) -> bool:
    first, second = available_from(image), available_from(other)
    return first > second or (first == second and image.digest < other.digest)


def available_from(image: Image) -> float:
    return image.pushed_at if image.last_activated_at is None else image.last_activated_at


def age_from(count_type: CountType, image: Image) -> float:
    if count_type is CountType.SINCE_IMAGE_TRANSITIONED:
        assert image.last_archived_at is not None
        return image.last_archived_at
    if count_type is CountType.SINCE_IMAGE_PUSHED or image.last_recorded_pull_time is None:
        return available_from(image)
    if image.last_activated_at is None:
        return image.last_recorded_pull_time
    return max(image.last_recorded_pull_time, image.last_activated_at)


def is_held(policy: LifecyclePolicy, images: Sequence[Image], image: Image, now: float) -> bool:
    """Whether an index that stays keeps the image from what its rule would do; `image` is one that is taken."""
    return any(image.digest in index.children and not gives_way(policy, images, index, image, now) for index in images)


def gives_way(policy: LifecyclePolicy, images: Sequence[Image], index: Image, child: Image, now: float) -> bool:
    """Whether the index is deleted in this run, or is archived, or will be, where the child is only archived."""
    rule = rule_that_takes(policy, images, index, now)
    taken = rule is not None and not is_held(policy, images, index, now)
    deleted = taken and rule is not None and rule.action == "expire"
    child_rule = rule_that_takes(policy, images, child, now)
    assert child_rule is not None
    in_the_archive = index.storage_class == "archive" and not index.restoring
    return deleted or (child_rule.action == "transition" and (taken or in_the_archive))
