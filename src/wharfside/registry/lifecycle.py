"""Lifecycle policies and their previews: the use cases behind ECR's operations on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wharfside.core.errors import (
    invalid_parameter,
    lifecycle_policy_not_found,
    lifecycle_policy_preview_in_progress,
    lifecycle_policy_preview_not_found,
)
from wharfside.core.lifecycle_policies import parse_lifecycle_policy
from wharfside.registry.context import Unit
from wharfside.registry.image_batches import ImageId
from wharfside.registry.repositories import get_repository
from wharfside.store import lifecycle_policies as stored
from wharfside.store import lifecycle_previews as previews
from wharfside.store.jobs import enqueue
from wharfside.store.lifecycle_policies import StoredPolicy
from wharfside.store.lifecycle_previews import Preview, PreviewImage

PREVIEW: Final = "preview-lifecycle-policy"
"""The kind of the jobs that complete previews; their key is the repository's id."""
_TOGETHER: Final = 1000
"""Results that are read at once, of which there may be a hundred thousand."""


def put_lifecycle_policy(unit: Unit, name: str, text: str) -> None:
    """PutLifecyclePolicy: counts from the next evaluation on."""
    repository = get_repository(unit, name, lock=True)
    parse_lifecycle_policy(text)
    stored.put_policy(unit.connection, repository.id, text)


def get_lifecycle_policy(unit: Unit, name: str) -> StoredPolicy:
    """GetLifecyclePolicy. Raises LifecyclePolicyNotFoundException."""
    found = stored.find_policy(unit.connection, get_repository(unit, name).id)
    if found is None:
        raise lifecycle_policy_not_found(name, unit.account)
    return found


def delete_lifecycle_policy(unit: Unit, name: str) -> StoredPolicy:
    """DeleteLifecyclePolicy; the policy as it was. An evaluation that goes on ends before its next step.

    Raises LifecyclePolicyNotFoundException.
    """
    repository = get_repository(unit, name, lock=True)
    found = get_lifecycle_policy(unit, name)
    stored.delete_policy(unit.connection, repository.id)
    return found


def start_preview(unit: Unit, name: str, text: str | None) -> str:
    """StartLifecyclePolicyPreview; the policy that is previewed, which is the repository's own where none is given.

    Raises LifecyclePolicyNotFoundException, LifecyclePolicyPreviewInProgressException.
    """
    repository = get_repository(unit, name, lock=True)
    document = get_lifecycle_policy(unit, name).document if text is None else text
    parse_lifecycle_policy(document)
    last = previews.find_preview(unit.connection, repository.id, unit.now)
    if last is not None and last.status == "IN_PROGRESS":
        raise lifecycle_policy_preview_in_progress(name, unit.account)
    job = enqueue(unit.connection, PREVIEW, str(repository.id), {}, unit.now)
    previews.insert_preview(unit.connection, job, repository.id, document)
    return document


def get_preview(unit: Unit, name: str) -> Preview:
    """GetLifecyclePolicyPreview, without its results. Raises LifecyclePolicyPreviewNotFoundException."""
    found = previews.find_preview(unit.connection, get_repository(unit, name).id, unit.now)
    if found is None:
        raise lifecycle_policy_preview_not_found(name, unit.account)
    return found


def preview_page(
    unit: Unit, preview: Preview, after: Sequence[int] | None, limit: int, *, tagged: bool | None
) -> list[PreviewImage]:
    """Results of a preview, after a preview's id and a position in it. Raises InvalidParameterException."""
    if after is not None and after[0] != preview.id:
        raise invalid_parameter("nextToken", "The preview was started again")
    if preview.status != "COMPLETE":
        return []
    position = after[1] if after is not None else -1
    return previews.list_images(unit.connection, preview.id, position, limit, tagged=tagged)


def preview_of_images(
    unit: Unit, preview: Preview, image_ids: Sequence[ImageId], *, tagged: bool | None
) -> list[PreviewImage]:
    """Those results of a preview that one of the ids names, as the images were when they were judged."""
    if preview.status != "COMPLETE":
        return []
    by_digest: dict[str | None, set[str | None]] = {}
    for each in image_ids:
        by_digest.setdefault(each.digest, set()).add(each.tag)

    def named(image: PreviewImage) -> bool:
        exact, any_digest = by_digest.get(image.digest, set()), by_digest.get(None, set())
        return None in exact or any(tag in exact or tag in any_digest for tag in image.tags)

    found: list[PreviewImage] = []
    last = -1
    while some := previews.list_images(unit.connection, preview.id, last, _TOGETHER, tagged=tagged):
        found += filter(named, some)
        last = some[-1].position
    return found
