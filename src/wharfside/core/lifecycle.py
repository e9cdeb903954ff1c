"""Which images a lifecycle policy expires or archives (ECR user guide, "How lifecycle policies work").

Every rule first identifies images, by storage class and tags alone. The first rule that identifies an image decides
over it, even if it keeps it; counts are taken over all that a rule identifies, and no rule sees what another does. An
image with a subject (a signature, an SBOM) follows its subject: no rule identifies it and it does not count.

Moments are seconds since the epoch.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from wharfside.core.lifecycle_policies import (
    ActionType,
    CountType,
    LifecyclePolicy,
    LifecycleRule,
    StorageClass,
    TagStatus,
)
from wharfside.core.tag_patterns import compile_tag_pattern

DAY = 86_400
"""Seconds in the `days` of a policy."""


@dataclass(frozen=True, slots=True)
class Image:
    """What a policy may depend on. `children` are the digests that an index names.

    One that is `restoring` is on its way out of the archive, whose storage class it has until it is there: somebody
    wants it, so no rule takes it, and an index keeps what it names.

    It is also what an executor compares before it acts: an image that is no longer equal to the one that was judged,
    as after a new tag, is judged anew at the next run.
    """

    digest: str
    tags: tuple[str, ...]
    pushed_at: float
    storage_class: StorageClass = StorageClass.STANDARD
    last_activated_at: float | None = None
    last_recorded_pull_time: float | None = None
    last_archived_at: float | None = None
    subject: str | None = None
    children: tuple[str, ...] = ()
    restoring: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """That a rule takes an image."""

    image: Image
    rule: LifecycleRule


@dataclass(frozen=True, slots=True)
class Held:
    """A decision that is not carried out, since the indexes with these digests name the image and stay.

    ECR reports it as `ImageReferencedByManifestList`.
    """

    decision: Decision
    indexes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run does, in this order: an index before what it keeps, and otherwise the oldest first."""

    decisions: tuple[Decision, ...]
    held: tuple[Held, ...]

    def total(self, action: ActionType) -> int:
        """How many images get the action (`summary` of ECR operation GetLifecyclePolicyPreview)."""
        return sum(decision.rule.action is action for decision in self.decisions)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a policy has in mind for one image.

    `rules` are those that identify it, by priority: the first decides, the others never touch it. There are none for
    an image with a subject. `taken`: the first takes it at the next run, unless it is held by `indexes`, which name
    it and stay. A rule that goes by age takes it once `due_at` has passed; that is infinite for what is restoring. One
    that goes by count takes it once `count_number` images are newer, of all that it identifies; `newer` are by now.
    """

    image: Image
    rules: tuple[LifecycleRule, ...]
    taken: bool = False
    due_at: float | None = None
    newer: int | None = None
    indexes: tuple[str, ...] = ()


def evaluate(policy: LifecyclePolicy, images: Iterable[Image], now: float) -> tuple[Decision, ...]:
    """Every image that a rule takes, the oldest first. An image gets at most one decision."""
    candidates = _Candidates(images)
    decisions: list[Decision] = []
    decided: set[int] = set()
    for rule in policy.rules:
        identified = candidates.identified_by(rule)
        counted = rule.count_type is CountType.IMAGE_COUNT_MORE_THAN
        for position in identified[rule.count_number :] if counted else identified:
            if position not in decided:
                image = candidates.images[position]
                if counted or due_at(rule, image) < now:
                    decisions.append(Decision(image, rule))
        decided.update(identified)
    decisions.sort(key=_oldest_first)
    return tuple(decisions)


def plan(policy: LifecyclePolicy, images: Sequence[Image], now: float) -> Plan:
    """What a run does with a repository, and what it leaves because of an index; a preview shows the same.

    What an index names is neither expired nor archived before the index. `images` are all of the repository, those
    with a subject too: an index among them keeps what it names.
    """
    decisions = evaluate(policy, images, now)
    places = {decision.image.digest: place for place, decision in enumerate(decisions)}
    keepers = _keepers(decisions, images, places)
    ready = [place for place in range(len(decisions)) if place not in keepers]
    heapify(ready)
    done: list[Decision] = []
    while ready:
        decision = decisions[heappop(ready)]
        done.append(decision)
        for child in decision.image.children:
            place = places.get(child)
            if place in keepers and _releases(decision, decisions[place]):
                keepers[place].discard(decision.image.digest)
                if not keepers[place]:
                    del keepers[place]
                    heappush(ready, place)
    held = (Held(decisions[place], tuple(sorted(indexes))) for place, indexes in sorted(keepers.items()))
    return Plan(tuple(done), tuple(held))


def explain(policy: LifecyclePolicy, images: Sequence[Image], digest: str, now: float) -> Explanation:
    """Which rule would take an image, and when. Raises KeyError when no image has the digest."""
    image = next((image for image in images if image.digest == digest), None)
    if image is None:
        raise KeyError(digest)
    candidates = _Candidates(images)
    found = [
        (rule, identified.index(digest))
        for rule in policy.rules
        if digest in (identified := [candidates.images[place].digest for place in candidates.identified_by(rule)])
    ]
    if not found:
        return Explanation(image, ())
    first, newer = found[0]
    decision = Decision(image, first)
    indexes = [index.digest for index in images if digest in index.children and _keeps(index, decision)]
    if indexes:
        released = {done.image.digest for done in plan(policy, images, now).decisions if _releases(done, decision)}
        indexes = sorted(set(indexes) - released)
    counted = first.count_type is CountType.IMAGE_COUNT_MORE_THAN
    due = due_at(first, image)
    return Explanation(
        image,
        tuple(rule for rule, _ in found),
        taken=newer >= first.count_number if counted else due < now,
        due_at=None if counted else due,
        newer=newer if counted else None,
        indexes=tuple(indexes),
    )


def due_at(rule: LifecycleRule, image: Image) -> float:
    """The moment after which a rule that goes by age takes an image that it identifies."""
    return _age_from(rule.count_type, image) + rule.count_number * DAY


def _age_from(count_type: CountType, image: Image) -> float:
    if count_type is CountType.SINCE_IMAGE_TRANSITIONED:
        # Of an image without that moment nothing is known, so it is never old enough to be deleted.
        return math.inf if image.last_archived_at is None or image.restoring else image.last_archived_at
    if count_type is CountType.SINCE_IMAGE_PULLED:
        pulled, activated = image.last_recorded_pull_time, image.last_activated_at
        if pulled is not None and (activated is None or pulled >= activated):
            return pulled
    return _pushed_or_restored_at(image)


def _pushed_or_restored_at(image: Image) -> float:
    return image.pushed_at if image.last_activated_at is None else image.last_activated_at


def _oldest_first(decision: Decision) -> tuple[float, str]:
    image = decision.image
    if image.storage_class is StorageClass.ARCHIVE and image.last_archived_at is not None:
        return image.last_archived_at, image.digest
    return _pushed_or_restored_at(image), image.digest


def _newest_first(image: Image) -> tuple[float, str]:
    # Of images with the same moment the digest decides, so that every run says the same.
    return -_pushed_or_restored_at(image), image.digest


def _keepers(decisions: Sequence[Decision], images: Iterable[Image], places: Mapping[str, int]) -> dict[int, set[str]]:
    """The indexes that keep an image from what was decided, by the decision's place."""
    keepers: dict[int, set[str]] = {}
    for index in images:
        for child in index.children:
            place = places.get(child)
            if place is not None and _keeps(index, decisions[place]):
                keepers.setdefault(place, set()).add(index.digest)
    return keepers


def _keeps(index: Image, child: Decision) -> bool:
    """Whether an index, as it is, keeps what it names from what was decided."""
    return child.rule.action is ActionType.EXPIRE or index.storage_class is StorageClass.STANDARD or index.restoring


def _releases(index: Decision, child: Decision) -> bool:
    """Whether an index no longer keeps what it names, after what was decided about the index."""
    return index.rule.action is ActionType.EXPIRE or child.rule.action is ActionType.TRANSITION


class _Candidates:
    """The images that rules may identify, the newest first, and their tags in order, each with its image's place.

    A rule finds the tags that begin as its pattern does without looking at the others: a policy may have hundreds of
    patterns, and a repository hundreds of thousands of tags.
    """

    def __init__(self, images: Iterable[Image]) -> None:
        self.images = sorted((image for image in images if image.subject is None), key=_newest_first)
        tags = sorted((tag, place) for place, image in enumerate(self.images) for tag in image.tags)
        self._tags = [tag for tag, _ in tags]
        self._places = [place for _, place in tags]

    def identified_by(self, rule: LifecycleRule) -> list[int]:
        """The places of the images with the rule's storage class and tags, the newest first."""
        images = self.images
        if rule.tag_status is TagStatus.TAGGED:
            places: Iterable[int] = sorted(self._with_tags(rule))
        elif rule.tag_status is TagStatus.UNTAGGED:
            places = (place for place, image in enumerate(images) if not image.tags)
        else:
            places = range(len(images))
        return [place for place in places if images[place].storage_class is rule.storage_class]

    def _with_tags(self, rule: LifecycleRule) -> set[int]:
        """The images that have, for every element of the rule's list, a tag that is like it."""
        like = [
            *((self._beginning_with, prefix) for prefix in rule.tag_prefix_list),
            *((self._matching, pattern) for pattern in rule.tag_pattern_list),
        ]
        found: set[int] | None = None
        for images_with, element in like:
            found = images_with(element) if found is None else found & images_with(element)
            if not found:
                break
        return found or set()

    def _beginning_with(self, prefix: str) -> set[int]:
        return set(self._places[self._range(prefix)])

    def _matching(self, pattern: str) -> set[int]:
        prefix, wildcard, rest = pattern.partition("*")
        if wildcard and not rest:
            return self._beginning_with(prefix)
        among = self._range(prefix)
        tags = zip(self._tags[among], self._places[among], strict=True)
        # One look for the longest part costs a fifth of a match, dismisses nearly all tags, and says all of `*part*`.
        part = max(pattern.split("*"), key=len)
        if pattern == f"*{part}*":
            return {place for tag, place in tags if part in tag}
        match = compile_tag_pattern(pattern).match
        return {place for tag, place in tags if part in tag and match(tag)}

    def _range(self, prefix: str) -> slice:
        start = bisect_left(self._tags, prefix)
        return slice(start, bisect_right(self._tags, prefix, lo=start, key=lambda tag: tag[: len(prefix)]))
