"""Carrying lifecycle policies out: judged on a snapshot, carried out in small steps, each of which looks again.

A step is a transaction of its own, so pushes and pulls go on between two of them. It expires or archives only those
images that are still as they were judged: what was tagged, pushed again or named by an index meanwhile is left to the
next run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection

from wharfside.core.lifecycle import Decision, Held, Image, Plan, plan
from wharfside.core.lifecycle_policies import ActionType, CountType, LifecyclePolicy, parse_lifecycle_policy
from wharfside.registry.audit import by_itself, record_of
from wharfside.registry.context import Unit
from wharfside.registry.image_deletion import delete_image, referenced_reason
from wharfside.registry.storage_classes import archive_image
from wharfside.store import images as stored_images
from wharfside.store import lifecycle_policies as stored
from wharfside.store.audit import AuditRecord, insert_record
from wharfside.store.repositories import Repository, find_repository_by_id

STEP: Final = 10
"""Images per transaction, and per audit record, as Amazon splits its PolicyExecutionEvent."""
_MOST_TAGS: Final = 40
"""Tags of an image in an audit record, which has room for STEP images with so many."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a policy is to be carried out on, as it was at one moment."""

    repository: Repository
    document: str
    images: list[Image]


@dataclass(frozen=True, slots=True)
class Run:
    """A policy with what it is to do to a repository."""

    repository: Repository
    document: str
    evaluated_at: float
    plan: Plan


@dataclass(frozen=True, slots=True)
class Step:
    """What one transaction of a run did. `ended`: the policy is not the repository's any more, so nothing follows."""

    done: tuple[Decision, ...] = ()
    held: tuple[Held, ...] = ()
    record: AuditRecord | None = None
    ended: bool = False


def read_judged(connection: Connection, repository_id: int) -> Judged | None:
    """A repository's own policy, and its images. None when it has no policy any more."""
    repository = find_repository_by_id(connection, repository_id)
    policy = stored.find_policy(connection, repository_id)
    if repository is None or policy is None:
        return None
    return Judged(repository, policy.document, stored.judged_images(connection, repository_id))


def evaluate(judged: Judged, now: float) -> Run:
    """Decide what is to be done. Takes a second for 100,000 images, so it is nothing for a transaction."""
    policy: LifecyclePolicy = parse_lifecycle_policy(judged.document)
    return Run(judged.repository, judged.document, now, plan(policy, judged.images, now))


def carry_out(
    run: Run, write: Callable[[Callable[[Connection], Step]], Step], clock: Callable[[], float]
) -> Iterator[Step]:
    """Carry a run out, each step in a transaction of `write`."""
    for start in range(0, len(run.plan.decisions), STEP):
        decisions = run.plan.decisions[start : start + STEP]
        step = write(lambda connection, decisions=decisions: _act(connection, run, decisions, clock()))
        yield step
        if step.ended:
            return
    yield write(lambda connection: _finish(connection, run, clock()))


def _act(connection: Connection, run: Run, decisions: Sequence[Decision], now: float) -> Step:
    """Expire or archive those images that are as they were judged, and that no index keeps."""
    repository = _lock(connection, run)
    if repository is None:
        return Step(ended=True)
    unit = Unit(connection, repository.account, repository.region, now)
    done: list[Decision] = []
    held: list[Held] = []
    for decision in decisions:
        digest = decision.image.digest
        if not _is_as_judged(decision, stored.judged_image(connection, repository.id, digest)):
            continue
        expires = decision.rule.action is ActionType.EXPIRE
        parents = stored_images.parents_of(connection, repository.id, digest, archived=expires)
        if parents:
            held.append(Held(decision, tuple(parents)))
            continue
        image = stored_images.find_image(connection, repository.id, digest)
        assert image is not None
        if expires:
            delete_image(unit, repository, image)
        else:
            archive_image(unit, repository, image)
        done.append(decision)
    return Step(tuple(done), tuple(held), _record(connection, run, done, held, now))


def _is_as_judged(decision: Decision, image: Image | None) -> bool:
    """Whether what the rule depends on is as it was. To most rules it is nothing that somebody has pulled meanwhile."""
    if image is not None and decision.rule.count_type is not CountType.SINCE_IMAGE_PULLED:
        image = replace(image, last_recorded_pull_time=decision.image.last_recorded_pull_time)
    return image == decision.image


def _finish(connection: Connection, run: Run, now: float) -> Step:
    """Record when the policy was evaluated, and the first of the images that indexes keep."""
    repository = _lock(connection, run)
    if repository is None:
        return Step(ended=True)
    stored.set_evaluated(connection, repository.id, run.evaluated_at)
    return Step((), run.plan.held, _record(connection, run, (), run.plan.held[:STEP], now))


def _lock(connection: Connection, run: Run) -> Repository | None:
    """The repository, if the policy is still its own."""
    repository = find_repository_by_id(connection, run.repository.id, lock=True)
    policy = stored.find_policy(connection, run.repository.id)
    return repository if policy is not None and policy.document == run.document else None


def _record(
    connection: Connection, run: Run, done: Sequence[Decision], held: Sequence[Held], now: float
) -> AuditRecord | None:
    """Record what the policy did, in the transaction that does it (CloudTrail: PolicyExecutionEvent)."""
    if not done and not held:
        return None
    details: dict[str, Any] = {
        "repositoryName": run.repository.name,
        "lifecycleEventPolicy": {
            "lastEvaluatedAt": int(run.evaluated_at * 1000),
            "policyVersion": 1,
            "policyId": hashlib.sha256(run.document.encode()).hexdigest(),
        },
        "lifecycleEventImageActions": [_rendered(each) for each in done],
        "lifecycleEventFailureDetails": [
            {
                **_rendered(each.decision),
                "failureCode": "ImageReferencedByManifestList",
                "failureReason": referenced_reason(list(each.indexes[:STEP])),
            }
            for each in held
        ],
    }
    record = record_of(by_itself("PolicyExecutionEvent", run.repository, details), now)
    insert_record(connection, record)
    return record


def _rendered(decision: Decision) -> dict[str, Any]:
    image = decision.image
    return {
        "lifecycleEventImage": {
            "digest": image.digest,
            "tagStatus": "Tagged" if image.tags else "Untagged",
            "tagList": image.tags[:_MOST_TAGS],
            "pushedAt": int(image.pushed_at * 1000),
        },
        "rulePriority": decision.rule.priority,
        "action": decision.rule.action,
    }
