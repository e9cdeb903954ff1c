"""Errors on the data plane (OCI distribution specification, "Error Codes"): ECR's codes and texts in OCI's form."""

from __future__ import annotations

import json
from collections.abc import Mapping

from wharfside.api.authentication import Unauthenticated
from wharfside.api.basic import basic_challenge
from wharfside.api.messages import Request, Response
from wharfside.core.errors import RegistryError, Throttled

API_VERSION = {"Docker-Distribution-Api-Version": "registry/2.0"}
SIGN_IN = (
    "authentication required: not everybody may do this. Sign in with the user AWS"
    " and the password of `aws ecr get-login-password`"
)
"""What those hear who get without credentials no further."""

_CODES: Mapping[str, tuple[int, str]] = {
    "AccessDeniedException": (403, "DENIED"),
    "BlobUnknown": (404, "BLOB_UNKNOWN"),
    "DigestInvalid": (400, "DIGEST_INVALID"),
    "ImageDigestDoesNotMatchException": (400, "MANIFEST_INVALID"),
    "ImageInaccessible": (404, "MANIFEST_UNKNOWN"),
    "ImageNotFoundException": (404, "MANIFEST_UNKNOWN"),
    "ImageReferencedByManifestList": (405, "UNSUPPORTED"),
    "ImageTagAlreadyExistsException": (400, "TAG_INVALID"),
    "InvalidLayerException": (400, "BLOB_UPLOAD_INVALID"),
    "InvalidLayerPartException": (416, "BLOB_UPLOAD_INVALID"),
    "InvalidParameterException": (400, "UNSUPPORTED"),
    "KmsException": (403, "DENIED"),
    "LayerReferencedByImage": (405, "UNSUPPORTED"),
    "LayersNotFoundException": (404, "BLOB_UPLOAD_UNKNOWN"),
    "LimitExceededException": (403, "DENIED"),
    "ManifestTooLarge": (413, "SIZE_INVALID"),
    "MethodNotAllowed": (405, "UNSUPPORTED"),
    "NameInvalid": (400, "NAME_INVALID"),
    "NotFound": (404, "UNSUPPORTED"),
    "ChunkOutOfOrder": (416, "BLOB_UPLOAD_INVALID"),
    "ReferencedImagesNotFoundException": (404, "MANIFEST_BLOB_UNKNOWN"),
    "RepositoryNotFoundException": (404, "NAME_UNKNOWN"),
    "RequestIncomplete": (400, "BLOB_UPLOAD_INVALID"),
    "ThrottlingException": (429, "TOOMANYREQUESTS"),
    "UploadBusy": (409, "BLOB_UPLOAD_INVALID"),
    "UploadNotFoundException": (404, "BLOB_UPLOAD_UNKNOWN"),
}


def render_error(request: Request, error: RegistryError) -> Response:
    """The answer to a refused request; to HEAD without a body."""
    status, code = _CODES.get(error.code, (500, "UNKNOWN"))
    # ECR says this of a pull, whatever it was that was pulled.
    message = "Requested image not found" if error.code == "ImageNotFoundException" else error.message
    errors = [{"code": code, "message": message}]
    if error.code == "LayersNotFoundException":
        # Clients that follow the specification look for this one.
        errors.append({"code": "MANIFEST_BLOB_UNKNOWN", "message": message})
    headers = dict(API_VERSION) | {"Content-Type": "application/json"}
    if isinstance(error, Throttled):
        headers["Retry-After"] = str(error.retry_after)
    for name in ("Location", "Range", "Docker-Upload-UUID", "Allow"):
        if name in error.members:
            headers[name] = str(error.members[name])
    body = b"" if request.method == "HEAD" else json.dumps({"errors": errors}).encode() + b"\n"
    return Response(status, headers, body)


def challenge(request: Request) -> dict[str, str]:
    """The field that makes clients send their credentials."""
    return {"WWW-Authenticate": basic_challenge(f"{request.scheme}://{request.host}/")}


def render_challenge(request: Request, refusal: Unauthenticated, bearer: str | None = None) -> Response:
    """401 with the challenge on which clients sign in again. `bearer` is the one to give instead of ECR's."""
    headers = dict(API_VERSION) | (challenge(request) if bearer is None else {"WWW-Authenticate": bearer})
    if refusal.message is None and bearer is None:
        headers["Content-Type"] = "text/plain; charset=utf-8"
        body = b"Not Authorized\n"
    else:
        code, message = ("DENIED", refusal.message) if refusal.message else ("UNAUTHORIZED", SIGN_IN)
        headers["Content-Type"] = "application/json"
        body = json.dumps({"errors": [{"code": code, "message": message}]}).encode() + b"\n"
    return Response(401, headers, b"" if request.method == "HEAD" else body)
