"""ECR's operations on layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wharfside.api import uploads
from wharfside.api.ecr.call import Call
from wharfside.blobs.base import UploadBusy, UploadGone
from wharfside.core import errors
from wharfside.core.digests import Digest, is_digest
from wharfside.registry import layers
from wharfside.registry.context import Unit
from wharfside.registry.layers import MAXIMUM_PARTS, MINIMUM_PART_BYTES, Completed
from wharfside.registry.tokens import Download, seal_download
from wharfside.store.uploads import Upload

if TYPE_CHECKING:
    from wharfside_sdk.ecr import requests, results

PART_BYTES = 10 * 1024 * 1024
"""The size of parts that InitiateLayerUpload recommends."""


def batch_check_layer_availability(
    call: Call[requests.BatchCheckLayerAvailabilityRequest], unit: Unit
) -> results.BatchCheckLayerAvailabilityResponse:
    """BatchCheckLayerAvailability."""
    found, failures = layers.check_availability(unit, call.input["repositoryName"], call.input["layerDigests"])
    rendered: list[results.Layer] = []
    for layer in found:
        if layer.blob is None:
            rendered.append({"layerDigest": layer.digest, "layerAvailability": "UNAVAILABLE"})
            continue
        members: results.Layer = {
            "layerDigest": layer.digest,
            "layerAvailability": "ARCHIVED" if layer.archived else "AVAILABLE",
            "layerSize": layer.blob.size,
        }
        if layer.media_type is not None:
            members["mediaType"] = layer.media_type
        rendered.append(members)
    failed: list[results.LayerFailure] = [
        {"layerDigest": each.digest, "failureCode": each.code, "failureReason": each.reason} for each in failures
    ]
    return {"layers": rendered, "failures": failed}


def initiate_layer_upload(
    call: Call[requests.InitiateLayerUploadRequest], unit: Unit
) -> results.InitiateLayerUploadResponse:
    """InitiateLayerUpload."""
    upload = layers.start_upload(unit, call.node.upload_key, call.input["repositoryName"])
    return {"uploadId": upload.id, "partSize": PART_BYTES}


def upload_of(
    call: Call[requests.UploadLayerPartRequest] | Call[requests.CompleteLayerUploadRequest], unit: Unit
) -> Upload:
    """The upload that the call is about. Raises UploadNotFoundException."""
    return layers.find_upload(unit, call.node.upload_key, call.input["repositoryName"], call.input["uploadId"].lower())


async def upload_layer_part(
    call: Call[requests.UploadLayerPartRequest], upload: Upload
) -> results.UploadLayerPartResponse:
    """UploadLayerPart: the next part, in order."""
    name, account = call.input["repositoryName"], call.scope.account
    first, last, part = call.input["partFirstByte"], call.input["partLastByte"], call.input["layerPartBlob"]
    assert isinstance(part, bytes)  # as the validator gives it
    if first != upload.size:
        raise errors.invalid_layer_part(name, account, upload.id, first, upload.size)
    if last < first:
        raise errors.layer_part_reversed(name, account, upload.id, last, upload.size)
    if len(part) != last - first + 1:
        raise errors.layer_part_length(name, account, upload.id, len(part), last - first + 1, upload.size)
    if upload.parts >= MAXIMUM_PARTS:
        raise errors.too_many_parts(name, account, upload.id, MAXIMUM_PARTS)
    answer: results.UploadLayerPartResponse = {**call.echo(), "uploadId": upload.id, "lastByteReceived": last}
    event = call.answered(answer)
    try:
        await uploads.save(call.node, call.scope, upload.with_part(len(part)), part, lambda _: event)
    except UploadBusy as error:
        raise errors.layer_part_while_busy(name, account, upload.id, upload.size) from error
    except UploadGone as error:
        raise errors.upload_not_found(name, account, upload.id) from error
    return answer


async def complete_layer_upload(
    call: Call[requests.CompleteLayerUploadRequest], upload: Upload
) -> results.CompleteLayerUploadResponse:
    """CompleteLayerUpload: one of the digests given must be that of the layer."""
    name, account = call.input["repositoryName"], call.scope.account
    if upload.size == 0:
        raise errors.empty_upload(name, account, upload.id)
    if upload.smallest_inner_part is not None and upload.smallest_inner_part < MINIMUM_PART_BYTES:
        raise errors.layer_part_too_small()
    expected = [Digest(text) for text in call.input["layerDigests"] if is_digest(text)]
    if not expected:
        raise errors.invalid_layer()

    def answer(done: Completed) -> results.CompleteLayerUploadResponse:
        return {**call.echo(), "uploadId": upload.id, "layerDigest": done.blob.digest}

    try:
        done = await uploads.commit(
            call.node, call.scope, upload, b"", expected, lambda done: call.answered(answer(done))
        )
    except (UploadBusy, UploadGone) as error:
        raise errors.upload_not_found(name, account, upload.id) from error
    if done.was_there:
        raise errors.layer_already_exists(name, account, done.blob.digest)
    return answer(done)


def get_download_url_for_layer(
    call: Call[requests.GetDownloadUrlForLayerRequest], unit: Unit
) -> results.GetDownloadUrlForLayerResponse:
    """GetDownloadUrlForLayer: an address that needs no other credentials, for an hour."""
    name, digest = call.input["repositoryName"], call.input["layerDigest"]
    blob = layers.downloadable_layer(unit, name, digest)
    token = seal_download(call.node.sealer, Download(unit.account, unit.region, name, blob.digest), unit.now)
    base = call.node.addresses.registry_url(call.request, unit.account, unit.region)
    return {"downloadUrl": f"{base}/layers/{blob.digest}?token={token}", "layerDigest": blob.digest}
