"""ECR's operations on images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from wharfside.api.ecr.call import Call
from wharfside.core.digests import Digest, InvalidDigest, parse_digest
from wharfside.core.errors import (
    image_already_exists,
    image_digest_does_not_match,
    invalid_parameter,
)
from wharfside.core.manifests import InvalidManifest, ManifestTooLarge, parse_manifest
from wharfside.core.names import DIGEST_RULE, TAG_RULE, is_tag
from wharfside.registry import image_batches, image_listing, images, storage_classes
from wharfside.registry.context import Unit
from wharfside.registry.image_batches import ImageFailure, ImageId
from wharfside.registry.image_listing import ImageDetail
from wharfside.registry.images import Push
from wharfside.registry.pull_times import Pull
from wharfside.store.images import Chosen, Status

if TYPE_CHECKING:
    from wharfside_sdk.ecr import requests, results


def _image_ids(members: Sequence[requests.ImageIdentifier]) -> list[ImageId]:
    return [ImageId(each.get("imageDigest"), each.get("imageTag")) for each in members]


def _render_id(image_id: ImageId) -> results.ImageIdentifier:
    rendered: results.ImageIdentifier = {}
    if image_id.digest is not None:
        rendered["imageDigest"] = image_id.digest
    if image_id.tag is not None:
        rendered["imageTag"] = image_id.tag
    return rendered


def _render_failures(failures: Sequence[ImageFailure]) -> list[results.ImageFailure]:
    return [
        {"imageId": _render_id(each.image_id), "failureCode": each.code, "failureReason": each.reason}
        for each in failures
    ]


def _push(call: Call[requests.PutImageRequest]) -> Push:
    """The manifest of PutImage. Raises InvalidParameterException for whatever ECR cannot accept."""
    content = call.input["imageManifest"].encode()
    tag, digest = call.input.get("imageTag"), call.input.get("imageDigest")
    if tag is not None and not is_tag(tag):
        raise invalid_parameter("imageTag", TAG_RULE)
    try:
        manifest = parse_manifest(content, call.input.get("imageManifestMediaType"))
    except ManifestTooLarge as error:
        raise invalid_parameter("imageManifest", str(error)) from error
    except InvalidManifest as error:
        raise invalid_parameter("ImageManifest", str(error)) from error
    parsed = _expected_digest(call, digest) if digest is not None else None
    sparse = call.node.allow_sparse_manifests
    return Push(content, manifest, (tag,) if tag is not None else (), parsed, sparse)


def _expected_digest(call: Call[requests.PutImageRequest], digest: str) -> Digest:
    try:
        return parse_digest(digest)
    except InvalidDigest as error:
        name = call.input["repositoryName"]
        raise image_digest_does_not_match(name, call.scope.account, digest[:200]) from error


def put_image(call: Call[requests.PutImageRequest], unit: Unit) -> results.PutImageResponse:
    """PutImage."""
    images.get_repository(unit, call.input["repositoryName"])
    push = _push(call)
    pushed = images.put_image(unit, call.input["repositoryName"], push)
    tag = push.tags[0] if push.tags else None
    if pushed.again:
        raise image_already_exists(call.input["repositoryName"], unit.account, pushed.digest, tag)
    image: results.Image = {
        **call.echo(),
        "imageId": _render_id(ImageId(pushed.digest, tag)),
        "imageManifest": call.input["imageManifest"],
        "imageManifestMediaType": push.manifest.media_type,
    }
    return {"image": image}


def batch_get_image(call: Call[requests.BatchGetImageRequest], unit: Unit) -> results.BatchGetImageResponse:
    """BatchGetImage: manifests in their stored form."""
    accepted = call.input.get("acceptedMediaTypes", [])
    name, ids = call.input["repositoryName"], _image_ids(call.input["imageIds"])
    got, failures = image_batches.batch_get_image(unit, name, ids, accepted)
    for each in got:
        image, principal = each.image, call.caller.principal_arn
        call.node.pull_times.add(
            Pull(unit.account, unit.region, image.repository_id, image.digest, principal, unit.now)
        )
    rendered: list[results.Image] = [
        {
            **call.echo(),
            "imageId": _render_id(each.image_id),
            "imageManifest": each.content.decode(),
            "imageManifestMediaType": each.image.media_type,
        }
        for each in got
    ]
    return {"images": rendered, "failures": _render_failures(failures)}


def batch_delete_image(call: Call[requests.BatchDeleteImageRequest], unit: Unit) -> results.BatchDeleteImageResponse:
    """BatchDeleteImage."""
    name, ids = call.input["repositoryName"], _image_ids(call.input["imageIds"])
    deleted, failures = image_batches.batch_delete_image(unit, name, ids)
    return {"imageIds": [_render_id(each) for each in deleted], "failures": _render_failures(failures)}


def update_image_storage_class(
    call: Call[requests.UpdateImageStorageClassRequest], unit: Unit
) -> results.UpdateImageStorageClassResponse:
    """UpdateImageStorageClass."""
    (image_id,) = _image_ids([call.input["imageId"]])
    name, target = call.input["repositoryName"], call.input["targetStorageClass"]
    image = storage_classes.update_image_storage_class(unit, name, image_id, target)
    return {**call.echo(), "imageId": _render_id(ImageId(image.digest, image_id.tag)), "imageStatus": image.status}


_TAGGED = {"TAGGED": True, "UNTAGGED": False}


def _chosen(given: requests.DescribeImagesFilter | requests.ListImagesFilter) -> Chosen:
    """What is listed: only active images, unless the filter says otherwise."""
    return Chosen(_TAGGED.get(given.get("tagStatus", "ANY")), _status(given.get("imageStatus", "ACTIVE")))


def _status(wanted: Status | Literal["ANY"]) -> Status | None:
    return None if wanted == "ANY" else wanted


def _render_detail(call: Call[requests.DescribeImagesRequest], detail: ImageDetail) -> results.ImageDetail:
    image = detail.image
    rendered: results.ImageDetail = {
        **call.echo(),
        "imageDigest": image.digest,
        "imageSizeInBytes": image.image_size,
        "imagePushedAt": image.pushed_at,
        "imageManifestMediaType": image.media_type,
        "imageStatus": image.status,
    }
    if image.last_pulled_at is not None:
        rendered["lastRecordedPullTime"] = image.last_pulled_at
    if image.last_archived_at is not None:
        rendered["lastArchivedAt"] = image.last_archived_at
    if image.last_activated_at is not None:
        rendered["lastActivatedAt"] = image.last_activated_at
    if detail.tags:
        rendered["imageTags"] = detail.tags
    if image.artifact_type is not None:
        rendered["artifactMediaType"] = image.artifact_type
    if image.subject is not None:
        rendered["subjectManifestDigest"] = image.subject
    return rendered


def describe_images(call: Call[requests.DescribeImagesRequest], unit: Unit) -> results.DescribeImagesResponse:
    """DescribeImages: by id, or a page of all, the newest first."""
    size, before = call.page(excludes="imageIds")
    name = call.input["repositoryName"]
    if "imageIds" in call.input:
        details = image_listing.describe_images(unit, name, _image_ids(call.input["imageIds"]))
        return {"imageDetails": [_render_detail(call, each) for each in details]}
    chosen = _chosen(call.input.get("filter", {}))
    details = image_listing.list_image_details(unit, name, before, size + 1, chosen)
    answer: results.DescribeImagesResponse = {"imageDetails": [_render_detail(call, each) for each in details[:size]]}
    if len(details) > size:
        answer["nextToken"] = call.next_token(details[size - 1].image.id)
    return answer


def list_images(call: Call[requests.ListImagesRequest], unit: Unit) -> results.ListImagesResponse:
    """ListImages: one id for each tag, and one for each untagged image."""
    size, after = call.page()
    start = (int(after[0]), str(after[1])) if after is not None else (-1, "")
    chosen = _chosen(call.input.get("filter", {}))
    rows = image_listing.list_images(unit, call.input["repositoryName"], start, size + 1, chosen)
    answer: results.ListImagesResponse = {
        "imageIds": [_render_id(ImageId(digest, tag)) for _, digest, tag in rows[:size]]
    }
    if len(rows) > size:
        last, _, tag = rows[size - 1]
        answer["nextToken"] = call.next_token([last, tag or ""])
    return answer


def list_image_referrers(
    call: Call[requests.ListImageReferrersRequest], unit: Unit
) -> results.ListImageReferrersResponse:
    """ListImageReferrers."""
    size, after = call.page(default=20)
    subject = call.input["subjectId"]["imageDigest"]
    chosen = call.input.get("filter", {})
    types = chosen.get("artifactTypes", [])
    if not image_batches.is_image_digest(subject):
        raise invalid_parameter("imageDigest", DIGEST_RULE)
    if any("\0" in text for text in types):  # PostgreSQL takes none
        raise invalid_parameter("artifactTypes", "Member must not have null characters")
    status, name = _status(chosen.get("artifactStatus", "ACTIVE")), call.input["repositoryName"]
    found = images.list_referrers(unit, name, subject, after or 0, size, types, status)
    referrers: list[results.ImageReferrer] = []
    for image in found.images:
        referrer: results.ImageReferrer = {
            "digest": image.digest,
            "mediaType": image.media_type,
            "size": image.manifest_size,
            "artifactStatus": image.status,
        }
        if image.artifact_type:
            referrer["artifactType"] = image.artifact_type
        if annotations := found.annotations.get(image.id):
            referrer["annotations"] = annotations
        referrers.append(referrer)
    answer: results.ListImageReferrersResponse = {"referrers": referrers}
    if found.more:
        answer["nextToken"] = call.next_token(found.images[-1].id)
    return answer
