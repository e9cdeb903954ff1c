"""The engine on random repositories, compared with the plain statement of what a policy means."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests.unit.core import lifecycle_reference as reference

from wharfside.core.lifecycle import DAY, Image, due_at, evaluate, explain, plan
from wharfside.core.lifecycle_policies import (
    ActionType,
    CountType,
    LifecyclePolicy,
    LifecycleRule,
    StorageClass,
    TagStatus,
)

NOW = 1000.0 * DAY
moments = st.integers(1, 12).map(lambda half_days: NOW - half_days * DAY / 2)
maybe = st.none() | moments
tags = st.text(st.sampled_from("ab-"), min_size=1, max_size=4)
patterns = st.text(st.sampled_from("ab-*"), min_size=1, max_size=4)


@st.composite
def repositories(draw: st.DrawFn) -> list[Image]:
    """Images of both classes, some with a subject, and indexes that name some of those before them."""
    images: list[Image] = []
    for number in range(draw(st.integers(0, 9))):
        archived, restoring = draw(st.sampled_from([(False, False), (True, False), (True, False), (True, True)]))
        earlier = st.sampled_from(["sha256:gone", *(image.digest for image in images)])
        images.append(
            Image(
                digest=f"sha256:{draw(st.integers(0, 99)):02}{number}",
                tags=tuple(draw(st.lists(tags, max_size=3))),
                pushed_at=draw(moments),
                storage_class=StorageClass.ARCHIVE if archived else StorageClass.STANDARD,
                last_activated_at=draw(maybe),
                last_recorded_pull_time=draw(maybe),
                last_archived_at=draw(moments) if archived else draw(maybe),
                restoring=restoring,
                subject="sha256:0" if draw(st.integers(0, 5)) == 0 else None,
                children=tuple(draw(st.lists(earlier, max_size=3))),
            )
        )
    return draw(st.permutations(images))


@st.composite
def policies(draw: st.DrawFn) -> LifecyclePolicy:
    rules: list[LifecycleRule] = []
    for priority in range(1, draw(st.integers(1, 4)) + 1):
        archive = draw(st.integers(0, 2)) == 0
        standard_counts = [each for each in CountType if each is not CountType.SINCE_IMAGE_TRANSITIONED]
        status = draw(st.sampled_from(TagStatus))
        elements = tuple(draw(st.lists(patterns, min_size=1, max_size=2))) if status is TagStatus.TAGGED else ()
        by_prefix = draw(st.booleans())
        rule = LifecycleRule(
            priority=priority,
            tag_status=status,
            count_type=CountType.SINCE_IMAGE_TRANSITIONED if archive else draw(st.sampled_from(standard_counts)),
            count_number=draw(st.integers(1, 4)),
            action=ActionType.EXPIRE if archive else draw(st.sampled_from(ActionType)),
            storage_class=StorageClass.ARCHIVE if archive else StorageClass.STANDARD,
            tag_prefix_list=elements if by_prefix else (),
            tag_pattern_list=() if by_prefix else elements,
        )
        rules.append(rule)
    return LifecyclePolicy(tuple(rules))


@given(policies(), repositories())
def test_every_image_gets_the_decision_that_the_policy_means(policy: LifecyclePolicy, images: list[Image]) -> None:
    decisions = {decision.image.digest: decision.rule for decision in evaluate(policy, images, NOW)}
    assert decisions == {
        image.digest: rule
        for image in images
        if (rule := reference.rule_that_takes(policy, images, image, NOW)) is not None
    }


@given(patterns, st.lists(tags))
@example("*a", ["ab", "ba"])
@example("*a*", ["ab", "bab", "b"])
@example("a*", ["a", "ab", "b"])
@example("*a*b", ["ab", "ba", "aab-"])
@example("a*a", ["a", "aa"])
def test_a_pattern_selects_the_tags_that_are_like_it(pattern: str, tags: list[str]) -> None:
    images = [Image(f"sha256:{number}", (tag,), NOW - 2 * DAY) for number, tag in enumerate(tags)]
    old = LifecycleRule(1, TagStatus.TAGGED, CountType.SINCE_IMAGE_PUSHED, 1, tag_pattern_list=(pattern,))
    selected = [decision.image.tags[0] for decision in evaluate(LifecyclePolicy((old,)), images, NOW)]
    assert sorted(selected) == sorted(tag for tag in tags if reference.is_like(tag, pattern))


@given(policies(), repositories())
def test_the_plan_leaves_what_an_index_keeps_and_does_the_rest_after_the_index(
    policy: LifecyclePolicy, images: list[Image]
) -> None:
    planned = plan(policy, images, NOW)
    done = [decision.image for decision in planned.decisions]
    archived = {each.image.digest for each in planned.decisions if each.rule.action is ActionType.TRANSITION}
    held = [held.decision.image for held in planned.held]
    decided = [decision.image for decision in evaluate(policy, images, NOW)]
    assert held == [image for image in decided if reference.is_held(policy, images, image, NOW)]
    assert {image.digest for image in done} == {image.digest for image in decided if image not in held}
    for place, image in enumerate(done):
        for later in done[place:]:
            # What goes to the archive need not wait for an index that is there.
            is_first = image.digest in archived and later.storage_class is StorageClass.ARCHIVE
            assert image.digest not in later.children or is_first


@given(policies(), repositories(), st.randoms(use_true_random=False))
def test_the_order_of_the_images_does_not_matter(policy: LifecyclePolicy, images: list[Image], random: Any) -> None:
    shuffled = random.sample(images, len(images))
    assert plan(policy, shuffled, NOW) == plan(policy, images, NOW)


@given(policies(), repositories())
def test_what_has_a_subject_changes_nothing(policy: LifecyclePolicy, images: list[Image]) -> None:
    without = [image for image in images if image.subject is None]
    assert evaluate(policy, images, NOW) == evaluate(policy, without, NOW)


@given(policies(), repositories(), st.data())
def test_explanations_agree_with_the_plan(policy: LifecyclePolicy, images: list[Image], data: st.DataObject) -> None:
    assume(images)
    image = data.draw(st.sampled_from(images))
    explanation = explain(policy, images, image.digest, NOW)
    assert explanation.rules == tuple(rule for rule in policy.rules if reference.identifies(rule, image))
    planned = plan(policy, images, NOW)
    held = {held.decision.image.digest: held.indexes for held in planned.held}
    assert explanation.taken == (image in [each.image for each in evaluate(policy, images, NOW)])
    if explanation.taken:
        assert explanation.indexes == held.get(image.digest, ())


@given(policies(), repositories())
def test_images_are_taken_when_the_explanation_says(policy: LifecyclePolicy, images: list[Image]) -> None:
    for image in images:
        explanation = explain(policy, images, image.digest, NOW)
        if explanation.due_at is not None:
            assert image not in [each.image for each in evaluate(policy, images, explanation.due_at)]
            later = [each.image for each in evaluate(policy, images, explanation.due_at + 1)]
            assert (image in later) == (not image.restoring)
        if explanation.newer is not None and not explanation.taken:
            wanted = explanation.rules[0].count_number - explanation.newer
            pushed = [replace(image, digest=f"new {number}", pushed_at=NOW, children=()) for number in range(wanted)]
            pushed = [replace(new, last_activated_at=None) for new in pushed]
            assert image not in [each.image for each in evaluate(policy, images + pushed[1:], NOW)]
            assert image in [each.image for each in evaluate(policy, images + pushed, NOW)]


def operations(work: Callable[[], object]) -> int:
    """How many steps the interpreter takes for it."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def large_repository(size: int) -> list[Image]:
    """Indexes of two images each, of which every second is the child of another index."""
    images: list[Image] = []
    for number in range(size):
        named = tuple(image.digest for image in images[-2:]) if number % 4 >= 2 else ()
        tags = (f"v-{number}", f"{number}-dev") if number % 3 else ()
        images.append(Image(f"sha256:{number:08}", tags, NOW - number * DAY, children=named))
    return images


def rule(priority: int, pattern: str) -> LifecycleRule:
    return LifecycleRule(
        priority, TagStatus.TAGGED, CountType.IMAGE_COUNT_MORE_THAN, 10, tag_pattern_list=(pattern, f"*{pattern}")
    )


def test_the_work_grows_with_the_repository_and_no_faster() -> None:
    everything = LifecycleRule(99, TagStatus.ANY, CountType.SINCE_IMAGE_PUSHED, 5)
    policy = LifecyclePolicy((rule(1, "v-1*"), rule(2, "v*2*"), rule(3, "*dev"), everything))
    small, large = large_repository(400), large_repository(1600)
    assert operations(lambda: plan(policy, large, NOW)) < 4.5 * operations(lambda: plan(policy, small, NOW))
    digest = small[7].digest
    assert operations(lambda: explain(policy, large, digest, NOW)) < 4.5 * operations(
        lambda: explain(policy, small, digest, NOW)
    )


def test_a_rule_looks_only_at_tags_that_begin_like_its_pattern() -> None:
    images = large_repository(1500)
    few = LifecyclePolicy((LifecycleRule(1, TagStatus.ANY, CountType.SINCE_IMAGE_PUSHED, 5000),))
    more = LifecyclePolicy(
        tuple(
            LifecycleRule(
                priority, TagStatus.TAGGED, CountType.IMAGE_COUNT_MORE_THAN, 10, tag_pattern_list=(f"w{priority}*",)
            )
            for priority in range(1, 50)
        )
        + few.rules
    )
    assert operations(lambda: evaluate(more, images, NOW)) < 1.5 * operations(lambda: evaluate(few, images, NOW))


def test_a_long_chain_of_indexes_is_worked_through() -> None:
    images = [Image("sha256:0", ("v",), NOW - 9 * DAY)]
    images += [Image(f"sha256:{number}", ("v",), NOW - DAY, children=(images[-1].digest,)) for number in range(1, 2)]
    for number in range(2, 5000):
        images.append(Image(f"sha256:{number}", ("v",), NOW - 9 * DAY, children=(f"sha256:{number - 1}",)))
    policy = LifecyclePolicy((LifecycleRule(1, TagStatus.ANY, CountType.SINCE_IMAGE_PUSHED, 5),))
    planned = plan(policy, images, NOW)
    assert [decision.image.digest for decision in planned.decisions] == [f"sha256:{n}" for n in range(4999, 1, -1)]
    assert [(held.decision.image.digest, held.indexes) for held in planned.held] == [("sha256:0", ("sha256:1",))]


def test_the_moment_itself_is_not_yet_older() -> None:
    image = Image("sha256:0", (), NOW - DAY)
    untagged = LifecycleRule(1, TagStatus.UNTAGGED, CountType.SINCE_IMAGE_PUSHED, 1)
    assert due_at(untagged, image) == NOW
    assert not evaluate(LifecyclePolicy((untagged,)), [image], NOW)
    assert evaluate(LifecyclePolicy((untagged,)), [image], NOW + 0.001)
