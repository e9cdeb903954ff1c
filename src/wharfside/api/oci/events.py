"""Requests on the data plane as the audit trail has them: as calls of ECR's operations, as Amazon records them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wharfside.api.messages import Request, Response
from wharfside.api.oci.exchange import Exchange
from wharfside.api.oci.references import is_digest_reference
from wharfside.registry.audit import Event, Unrecognized
from wharfside.registry.layers import Completed
from wharfside.store.creation_templates import CreationTemplate
from wharfside.store.uploads import Upload

API_VERSION_CHECK = "ApiVersionCheck"
"""The event of a request for `/v2/` itself, with which clients try their credentials; ECR has no name for it."""


def event_of(
    exchange: Exchange,
    answer: Mapping[str, Any] | None = None,
    *,
    name: str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Event:
    """What is recorded of a request, by its IAM action or by another name."""
    request = exchange.request
    echo: dict[str, Any] = {"registryId": exchange.scope.account}
    if exchange.repository is not None:
        echo["repositoryName"] = exchange.repository
    return Event(
        name=name or exchange.action.partition(":")[2],
        region=exchange.scope.region,
        account=exchange.scope.account,
        caller=exchange.caller,
        client=request.client,
        user_agent=request.headers.get("User-Agent", ""),
        parameters={**echo, **(_parameters(exchange) if parameters is None else parameters)},
        repositories=(exchange.repository,) if exchange.repository is not None else (),
        answer=None if answer is None else {**echo, **answer},
        additional=_http(request),
    )


def _http(request: Request) -> dict[str, str]:
    return {"httpMethod": request.method, "httpPath": request.raw_path}


def image_id(exchange: Exchange, digest: str | None = None) -> dict[str, str]:
    """The image that the path names (ECR structure ImageIdentifier), and perhaps its digest."""
    if is_digest_reference(exchange.reference):
        return {"imageDigest": exchange.reference}
    return ({} if digest is None else {"imageDigest": digest}) | {"imageTag": exchange.reference}


def _parameters(exchange: Exchange) -> dict[str, Any]:
    """The reference at the end of the path, as the parameter that the operation has for it."""
    reference, headers = exchange.reference, exchange.request.headers
    if not reference:
        return {}
    match exchange.action:
        case "ecr:PutImage":
            media_type = headers.get("Content-Type")
            return image_id(exchange) | ({} if media_type is None else {"imageManifestMediaType": media_type})
        case "ecr:BatchGetImage" | "ecr:BatchDeleteImage":
            return {"imageIds": [image_id(exchange)]}
        case "ecr:GetDownloadUrlForLayer":
            return {"layerDigest": reference}
        case "ecr:BatchCheckLayerAvailability":
            return {"layerDigests": [reference]}
        case _:
            return {"uploadId": reference}


def pushed(exchange: Exchange, response: Response) -> Event:
    """PutImage."""
    found = image_id(exchange, response.headers["Docker-Content-Digest"])
    return event_of(exchange, {"image": {"imageId": found}})


def deleted(exchange: Exchange, _: Response) -> Event:
    """BatchDeleteImage, of an image or a tag, and of a layer."""
    parameters = _parameters(exchange)
    return event_of(exchange, {**parameters, "failures": []}, parameters=parameters)


def deleted_layer(exchange: Exchange, _: Response) -> Event:
    """BatchDeleteImage, which deleting a layer needs permission for."""
    return event_of(exchange, parameters={"layerDigests": [exchange.reference]})


def took_part(exchange: Exchange, before: Upload, now: Upload) -> Event:
    """UploadLayerPart."""
    parameters = {"uploadId": now.id, "partFirstByte": before.size, "partLastByte": now.size - 1}
    return event_of(exchange, {"uploadId": now.id, "lastByteReceived": now.size - 1}, parameters=parameters)


def completed(exchange: Exchange, upload: Upload, done: Completed) -> Event:
    """CompleteLayerUpload, also where a single request does all."""
    digest = done.blob.digest
    return event_of(
        exchange,
        {"uploadId": upload.id, "layerDigest": digest},
        name="CompleteLayerUpload",
        parameters={"uploadId": upload.id, "layerDigests": [digest]},
    )


def mounted(exchange: Exchange, digest: str, source: str | None) -> Event:
    """InitiateLayerUpload that ended at once, as another repository has the layer."""
    asked = {"mount": digest} | ({} if source is None else {"from": source})
    return event_of(exchange, {"layerDigest": digest}, parameters=asked)


def created_on_push(exchange: Exchange, template: CreationTemplate) -> Event:
    """CreateRepository, by a push."""
    return event_of(exchange, name="CreateRepository", parameters={"repositoryCreationTemplate": template.prefix})


def failed_sign_in(request: Request, operation: str | None, repository: str | None) -> Event:
    """A request whose docker password was no good."""
    return Event(
        name=operation or API_VERSION_CHECK,
        region="",
        account="",
        caller=Unrecognized(),
        client=request.client,
        user_agent=request.headers.get("User-Agent", ""),
        parameters={} if repository is None else {"repositoryName": repository},
        additional=_http(request),
    )
