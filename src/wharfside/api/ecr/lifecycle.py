"""ECR's operations on lifecycle policies and their previews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wharfside.api.ecr.call import Call
from wharfside.core.lifecycle_policies import ActionType, StorageClass
from wharfside.registry import lifecycle
from wharfside.registry.context import Unit
from wharfside.registry.image_batches import ImageId
from wharfside.store.lifecycle_previews import Preview, PreviewImage

if TYPE_CHECKING:
    from wharfside_sdk.ecr import requests, results

_TAGGED = {"TAGGED": True, "UNTAGGED": False}


def put_lifecycle_policy(
    call: Call[requests.PutLifecyclePolicyRequest], unit: Unit
) -> results.PutLifecyclePolicyResponse:
    """PutLifecyclePolicy."""
    text = call.input["lifecyclePolicyText"]
    lifecycle.put_lifecycle_policy(unit, call.input["repositoryName"], text)
    return {**call.echo(), "lifecyclePolicyText": text}


def get_lifecycle_policy(
    call: Call[requests.GetLifecyclePolicyRequest], unit: Unit
) -> results.GetLifecyclePolicyResponse:
    """GetLifecyclePolicy."""
    found = lifecycle.get_lifecycle_policy(unit, call.input["repositoryName"])
    return {**call.echo(), "lifecyclePolicyText": found.document, "lastEvaluatedAt": found.last_evaluated_at}


def delete_lifecycle_policy(
    call: Call[requests.DeleteLifecyclePolicyRequest], unit: Unit
) -> results.DeleteLifecyclePolicyResponse:
    """DeleteLifecyclePolicy."""
    found = lifecycle.delete_lifecycle_policy(unit, call.input["repositoryName"])
    return {**call.echo(), "lifecyclePolicyText": found.document, "lastEvaluatedAt": found.last_evaluated_at}


def start_lifecycle_policy_preview(
    call: Call[requests.StartLifecyclePolicyPreviewRequest], unit: Unit
) -> results.StartLifecyclePolicyPreviewResponse:
    """StartLifecyclePolicyPreview."""
    text = lifecycle.start_preview(unit, call.input["repositoryName"], call.input.get("lifecyclePolicyText"))
    return {**call.echo(), "lifecyclePolicyText": text, "status": "IN_PROGRESS"}


def get_lifecycle_policy_preview(
    call: Call[requests.GetLifecyclePolicyPreviewRequest], unit: Unit
) -> results.GetLifecyclePolicyPreviewResponse:
    """GetLifecyclePolicyPreview: of images by id, or a page of all that would expire or be archived."""
    size, after = call.page(excludes="imageIds")
    preview = lifecycle.get_preview(unit, call.input["repositoryName"])
    tagged = _TAGGED.get(call.input.get("filter", {}).get("tagStatus", "ANY"))
    answer: results.GetLifecyclePolicyPreviewResponse = {
        **call.echo(),
        "lifecyclePolicyText": preview.document,
        "status": preview.status,
        "previewResults": [],
    }
    if preview.status == "COMPLETE":
        answer["summary"] = _summary(preview)
    if "imageIds" in call.input:
        ids = [ImageId(each.get("imageDigest"), each.get("imageTag")) for each in call.input["imageIds"]]
        found = lifecycle.preview_of_images(unit, preview, ids, tagged=tagged)
        size = len(found)
    else:
        found = lifecycle.preview_page(unit, preview, after, size + 1, tagged=tagged)
    answer["previewResults"] = [_render(each) for each in found[:size]]
    if len(found) > size:
        answer["nextToken"] = call.next_token([preview.id, found[size - 1].position])
    return answer


def _summary(preview: Preview) -> results.LifecyclePolicyPreviewSummary:
    summary: results.LifecyclePolicyPreviewSummary = {"expiringImageTotalCount": preview.expiring}
    if preview.transitioning:
        counts: results.TransitioningImageTotalCount = {
            "targetStorageClass": "ARCHIVE",
            "imageTotalCount": preview.transitioning,
        }
        summary["transitioningImageTotalCounts"] = [counts]
    return summary


def _render(image: PreviewImage) -> results.LifecyclePolicyPreviewResult:
    action: results.LifecyclePolicyRuleAction = {"type": "EXPIRE"}
    if image.action is ActionType.TRANSITION:
        action = {"type": "TRANSITION", "targetStorageClass": "ARCHIVE"}
    rendered: results.LifecyclePolicyPreviewResult = {
        "imageDigest": image.digest,
        "imagePushedAt": image.pushed_at,
        "action": action,
        "appliedRulePriority": image.rule_priority,
        "storageClass": "STANDARD" if image.storage_class is StorageClass.STANDARD else "ARCHIVE",
    }
    if image.tags:
        rendered["imageTags"] = list(image.tags)
    return rendered
