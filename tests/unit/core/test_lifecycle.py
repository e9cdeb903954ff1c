"""The worked examples of ECR's user guide ("Examples of lifecycle policies") and what follows from them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wharfside.core.lifecycle import DAY, Image, evaluate, explain, plan
from wharfside.core.lifecycle_policies import (
    ActionType,
    CountType,
    LifecyclePolicy,
    LifecycleRule,
    StorageClass,
    TagStatus,
)

NOW = 2_000_000_000.0
MORE_THAN = CountType.IMAGE_COUNT_MORE_THAN
SINCE_PUSHED = CountType.SINCE_IMAGE_PUSHED
SINCE_PULLED = CountType.SINCE_IMAGE_PULLED
SINCE_TRANSITIONED = CountType.SINCE_IMAGE_TRANSITIONED
EXPIRE, TRANSITION = ActionType.EXPIRE, ActionType.TRANSITION


def image(digest: str, *tags: str, days: float, children: str = "", subject: str | None = None) -> Image:
    return Image(digest, tags, NOW - days * DAY, children=tuple(children), subject=subject)


def archived(digest: str, *tags: str, days: float) -> Image:
    last_archived_at = NOW - days * DAY
    return replace(
        image(digest, *tags, days=800), storage_class=StorageClass.ARCHIVE, last_archived_at=last_archived_at
    )


def pulled(digest: str, *, pushed: float, last: float | None = None, restored: float | None = None) -> Image:
    return replace(
        image(digest, digest.lower(), days=pushed),
        last_recorded_pull_time=None if last is None else NOW - last * DAY,
        last_activated_at=None if restored is None else NOW - restored * DAY,
    )


def tagged(
    priority: int, *patterns: str, more_than: int = 0, since: int = 0, prefixes: tuple[str, ...] = ()
) -> LifecycleRule:
    count_type = SINCE_PUSHED if since else MORE_THAN
    return LifecycleRule(
        priority,
        TagStatus.TAGGED,
        count_type,
        since or more_than,
        tag_pattern_list=patterns,
        tag_prefix_list=prefixes,
    )


def untagged(priority: int, count_type: CountType, number: int) -> LifecycleRule:
    return LifecycleRule(priority, TagStatus.UNTAGGED, count_type, number)


def anything(priority: int, count_type: CountType, number: int, action: ActionType = EXPIRE) -> LifecycleRule:
    return LifecycleRule(priority, TagStatus.ANY, count_type, number, action)


def marks(rules: list[LifecycleRule], images: list[Image]) -> dict[str, int]:
    decisions = evaluate(LifecyclePolicy(tuple(rules)), images, NOW)
    return {decision.image.digest: decision.rule.priority for decision in decisions}


MULTIPLE = [
    image("A", "beta-1", "prod-1", days=10),
    image("B", "beta-2", "prod-2", days=9),
    image("C", "beta-3", days=8),
]
TAGS = [
    image("A", "alpha-1", days=12),
    image("B", "beta-1", days=11),
    image("C", "alpha-2", "beta-2", days=10),
    image("D", "alpha-3", days=4),
    image("E", "beta-3", days=3),
    image("F", "alpha-4", "beta-4", days=2),
]
THREE_TAGS = [
    image("A", "alpha-1", "beta-1", "gamma-1", days=10),
    image("B", "alpha-2", "beta-2", days=9),
    image("C", "alpha-3", "beta-3", "gamma-2", days=8),
]
ALL_A = [image("A", "alpha-1", days=4), image("B", "beta-1", days=3), image("C", days=2), image("D", "alpha-2", days=1)]
ALL_B = [
    image("A", "alpha-1", "beta-1", days=4),
    image("B", days=3),
    image("C", "alpha-2", days=2),
    image("D", "git-hash", days=1.01),
    image("E", days=0.99),
]
ARCHIVE = [
    image("A", "v1", days=40),
    image("B", "v2", days=10),
    archived("Z", "v0", days=400),
    archived("Y", "v00", days=100),
]
EXPIRE_ARCHIVED = replace(anything(2, SINCE_TRANSITIONED, 365), storage_class=StorageClass.ARCHIVE)
PULLED = [
    pulled("A", pushed=60, last=5),
    pulled("B", pushed=60),
    pulled("C", pushed=120, last=90, restored=60),
    pulled("D", pushed=120, last=90, restored=10),
    pulled("E", pushed=10),
]
PROTECT = [
    image("A", "prod-1", "x", days=50),
    image("B", "prod-2", days=40),
    image("C", "dev-1", days=30),
    image("D", days=20),
]
WILDCARDS = [image("A", "prod-1", days=5), image("B", "xprod", days=6), image("C", "prod", days=7)]
INDEX = [image("I", "v1", days=10, children="XY"), image("X", days=10), image("Y", days=10)]
SIGNED = [image("S", "v1", days=10), image("G", days=10, subject="S")]


@pytest.mark.parametrize(
    ("images", "rules", "expected"),
    [
        pytest.param(
            [image("U1", days=15), image("U2", days=13), image("T", "x", days=99)],
            [untagged(1, SINCE_PUSHED, 14)],
            {"U1": 1},
            id="by age",
        ),
        pytest.param(
            [image("U1", days=3), image("U2", days=2), image("U3", days=1)],
            [untagged(1, MORE_THAN, 1)],
            {"U1": 1, "U2": 1},
            id="by count",
        ),
        pytest.param(
            MULTIPLE,
            [tagged(1, "prod*", more_than=1), tagged(2, "beta*", more_than=1)],
            {"A": 1},
            id="what the first rule keeps, the second never touches",
        ),
        pytest.param(
            MULTIPLE,
            [tagged(1, "beta*", more_than=1), tagged(2, "prod*", more_than=1)],
            {"A": 1, "B": 1},
            id="the other way round",
        ),
        pytest.param(TAGS, [tagged(1, "alpha*", "beta*", since=5)], {"C": 1}, id="every pattern by age"),
        pytest.param(TAGS, [tagged(1, prefixes=("alpha", "beta"), since=5)], {"C": 1}, id="every prefix by age"),
        pytest.param(
            THREE_TAGS, [tagged(1, "alpha*", "beta*", more_than=1)], {"A": 1, "B": 1}, id="every pattern by count"
        ),
        pytest.param(ALL_A, [anything(1, MORE_THAN, 1)], {"A": 1, "B": 1, "C": 1}, id="all images"),
        pytest.param(
            ALL_B,
            [tagged(1, "alpha*", more_than=1), untagged(2, SINCE_PUSHED, 1), anything(3, MORE_THAN, 1)],
            {"A": 1, "B": 2, "D": 3},
            id="all images after others",
        ),
        pytest.param(
            ARCHIVE,
            [anything(1, SINCE_PUSHED, 30, TRANSITION), EXPIRE_ARCHIVED],
            {"A": 1, "Z": 2},
            id="archive, then expire",
        ),
        pytest.param(PULLED, [anything(1, SINCE_PULLED, 30, TRANSITION)], {"B": 1, "C": 1}, id="not pulled"),
        pytest.param(
            PROTECT,
            [tagged(1, "prod*", more_than=9999), anything(2, MORE_THAN, 1)],
            {"C": 2},
            id="a rule that protects",
        ),
        pytest.param(WILDCARDS, [tagged(1, "prod*", since=1)], {"A": 1, "C": 1}, id="wildcard at the end"),
        pytest.param(WILDCARDS, [tagged(1, "*prod*", since=1)], {"A": 1, "B": 1, "C": 1}, id="wildcards"),
        pytest.param(WILDCARDS, [tagged(1, "prod", since=1)], {"C": 1}, id="no wildcard"),
        pytest.param(INDEX, [untagged(1, SINCE_PUSHED, 1)], {"X": 1, "Y": 1}, id="what an index names"),
        pytest.param(
            INDEX,
            [tagged(1, "v*", since=5), untagged(2, SINCE_PUSHED, 1)],
            {"I": 1, "X": 2, "Y": 2},
            id="an index and what it names",
        ),
        pytest.param(SIGNED, [tagged(1, "v*", since=5)], {"S": 1}, id="a signature goes by its subject"),
        pytest.param(SIGNED, [anything(1, MORE_THAN, 1)], {}, id="a signature does not count"),
    ],
)
def test_worked_examples(images: list[Image], rules: list[LifecycleRule], expected: dict[str, int]) -> None:
    assert marks(rules, images) == expected


def test_the_restored_count_as_new() -> None:
    images = [pulled("A", pushed=50, restored=1), pulled("B", pushed=10), pulled("C", pushed=20)]
    assert marks([anything(1, MORE_THAN, 1)], images) == {"B": 1, "C": 1}
    assert marks([anything(1, SINCE_PUSHED, 15)], images) == {"C": 1}


def test_rules_for_standard_images_pass_over_archived_ones() -> None:
    assert marks([anything(1, MORE_THAN, 1)], [archived("A", days=500), image("B", days=1)]) == {}


def test_an_archived_image_without_a_moment_is_never_expired() -> None:
    unknown = replace(archived("A", days=0), last_archived_at=None)
    assert marks([EXPIRE_ARCHIVED], [unknown]) == {}
    assert explain(LifecyclePolicy((EXPIRE_ARCHIVED,)), [unknown], "A", NOW).due_at == float("inf")


def test_of_images_pushed_at_once_the_digest_decides() -> None:
    images = [image(digest, days=3) for digest in "BAC"]
    assert marks([untagged(1, MORE_THAN, 1)], images) == {"B": 1, "C": 1}


def test_the_newest_of_many_are_kept() -> None:
    images = [image(f"{days:02}", *(["v"] if days % 8 < 2 else []), days=days) for days in range(1, 60)]
    assert list(marks([tagged(1, "v", more_than=13)], images)) == ["57", "56"]


def test_the_oldest_come_first_whichever_rule_takes_them() -> None:
    images = [image("A", "v", days=7), image("B", days=500), archived("C", days=400), image("D", days=8)]
    rules = [tagged(1, "v", since=1), untagged(3, SINCE_PUSHED, 1), EXPIRE_ARCHIVED]
    assert list(marks(rules, images)) == ["B", "C", "D", "A"]


def planned(rules: list[LifecycleRule], images: list[Image]) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    result = plan(LifecyclePolicy(tuple(rules)), images, NOW)
    done = [decision.image.digest for decision in result.decisions]
    return done, {held.decision.image.digest: held.indexes for held in result.held}


def test_an_index_that_stays_holds_what_it_names() -> None:
    assert planned([untagged(1, SINCE_PUSHED, 1)], INDEX) == ([], {"X": ("I",), "Y": ("I",)})


def test_an_index_goes_before_what_it_names() -> None:
    rules = [tagged(1, "v*", since=5), untagged(2, SINCE_PUSHED, 1)]
    assert planned(rules, INDEX) == (["I", "X", "Y"], {})


def test_one_index_of_two_is_enough_to_hold() -> None:
    images = [*INDEX, image("J", "keep", days=10, children="Y")]
    rules = [tagged(1, "v*", since=5), untagged(2, SINCE_PUSHED, 1)]
    assert planned(rules, images) == (["I", "X"], {"Y": ("J",)})


def test_an_index_with_a_subject_holds_what_it_names() -> None:
    images = [image("I", days=10, children="X", subject="S"), image("X", days=10)]
    assert planned([untagged(1, SINCE_PUSHED, 1)], images) == ([], {"X": ("I",)})


def test_what_an_index_names_is_archived_after_it() -> None:
    everything = [anything(1, SINCE_PUSHED, 5, TRANSITION)]
    young = [image("I", "v1", days=1, children="XY"), *INDEX[1:]]
    put_away = [replace(archived("I", "v1", days=1), children=("X", "Y")), *INDEX[1:]]
    assert planned(everything, INDEX) == (["I", "X", "Y"], {})
    assert planned(everything, young) == ([], {"X": ("I",), "Y": ("I",)})
    assert planned(everything, put_away) == (["X", "Y"], {})


def test_an_archived_index_still_holds_what_would_expire() -> None:
    archive_tagged = replace(tagged(1, "v*", since=5), action=TRANSITION)
    assert planned([archive_tagged, untagged(2, SINCE_PUSHED, 1)], INDEX) == (["I"], {"X": ("I",), "Y": ("I",)})


def test_the_summary_counts_the_whole_plan() -> None:
    rules = [anything(1, SINCE_PUSHED, 30, TRANSITION), EXPIRE_ARCHIVED]
    result = plan(LifecyclePolicy(tuple(rules)), [*ARCHIVE, image("D", "v3", days=50)], NOW)
    assert (result.total(EXPIRE), result.total(TRANSITION)) == (1, 2)


def test_explaining_an_image_that_a_rule_takes_by_age() -> None:
    policy = LifecyclePolicy((tagged(1, "v*", since=14), anything(2, MORE_THAN, 1)))
    young = image("A", "v1", days=10)
    explanation = explain(policy, [young], "A", NOW)
    assert explanation.rules == policy.rules
    assert not explanation.taken
    assert explanation.due_at == NOW + 4 * DAY
    assert explanation.newer is None
    assert explain(policy, [young], "A", NOW + 5 * DAY).taken


def test_explaining_an_image_that_a_rule_takes_by_count() -> None:
    policy = LifecyclePolicy((tagged(1, "prod*", more_than=2),))
    images = [*PROTECT, image("E", "prod-3", days=1)]
    kept, gone = explain(policy, images, "B", NOW), explain(policy, images, "A", NOW)
    assert (kept.taken, kept.newer, kept.due_at) == (False, 1, None)
    assert (gone.taken, gone.newer, gone.due_at) == (True, 2, None)


def test_explaining_an_image_that_no_rule_decides_over() -> None:
    policy = LifecyclePolicy((tagged(1, "v*", since=5),))
    for digest in ("D", "G"):
        explanation = explain(policy, [*PROTECT, *SIGNED], digest, NOW)
        assert explanation.rules == ()
        assert not explanation.taken
    with pytest.raises(KeyError):
        explain(policy, SIGNED, "unknown", NOW)


def test_explaining_an_image_that_an_index_holds() -> None:
    policy = LifecyclePolicy((untagged(1, SINCE_PUSHED, 1),))
    explanation = explain(policy, INDEX, "X", NOW)
    assert (explanation.taken, explanation.indexes) == (True, ("I",))
    going = LifecyclePolicy((tagged(1, "v*", since=5), untagged(2, SINCE_PUSHED, 1)))
    assert explain(going, INDEX, "X", NOW).indexes == ()
