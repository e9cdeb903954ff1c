"""The ECR API: match, authenticate, validate, authorize, handle, render (protocol awsJson1.1)."""

from __future__ import annotations

import json
from typing import Any

from wharfside.api.authentication import authenticate_signature
from wharfside.api.ecr.admission import owner_of, permissions
from wharfside.api.ecr.call import Call, Members
from wharfside.api.ecr.operations import OPERATIONS
from wharfside.api.limits import ON_THE_LOOP
from wharfside.api.messages import BodyIncomplete, BodyTooLarge, Request, Response
from wharfside.api.node import Node, Scope
from wharfside.api.signature import PresentedSignature
from wharfside.core.errors import RegistryError, unsupported
from wharfside.registry.authorization import authorize
from wharfside.registry.context import Caller, Unit
from wharfside_sdk.model.errors import InvalidRequest
from wharfside_sdk.model.ir import Service, ServiceName, load
from wharfside_sdk.model.validators import request_validator

MEDIA_TYPE = "application/x-amz-json-1.1"
SERVICES: tuple[ServiceName, ...] = ("ecr", "ecr-public")
BODY_LIMIT = 8 * 1024 * 1024
"""Bytes of a request."""
CONTENT_BODY_LIMIT = 30 * 1024 * 1024
"""Bytes of a request with content: a part of 20 MiB in base64, or a manifest of 4 MiB with every character escaped."""
_WITH_CONTENT = frozenset({"PutImage", "UploadLayerPart"})


def render_error(error: RegistryError, request_id: str) -> Response:
    """The answer to a refused call."""
    body = json.dumps({"__type": error.code, "message": error.message, **error.members}).encode()
    headers = {"Content-Type": MEDIA_TYPE, "x-amzn-RequestId": request_id}
    return Response(error.status, headers, body)


def _body_limit(operation: str) -> int:
    return CONTENT_BODY_LIMIT if operation in _WITH_CONTENT else BODY_LIMIT


class ControlPlane:
    """Serves the operations of ECR and ECR Public."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._services: dict[str, Service] = {name: load(name) for name in SERVICES}

    async def serve(self, request: Request, presented: PresentedSignature, request_id: str) -> Response:
        """Answer one call, whose signature is for one of SERVICES."""
        try:
            answer = await self._serve(request, presented)
        except RegistryError as error:
            return render_error(error, request_id)
        except InvalidRequest as refusal:
            return render_error(RegistryError(refusal.code, refusal.message), request_id)
        except BodyTooLarge:
            error = RegistryError("RequestEntityTooLargeException", "The request is too large", status=413)
            return render_error(error, request_id)
        except BodyIncomplete:
            error = RegistryError("RequestTimeoutException", "The request did not arrive whole", status=408)
            return render_error(error, request_id)
        body = json.dumps(answer, separators=(",", ":")).encode()
        return Response(200, {"Content-Type": MEDIA_TYPE, "x-amzn-RequestId": request_id}, body)

    async def _serve(self, request: Request, presented: PresentedSignature) -> Members:
        service = self._services[presented.service]
        name = _operation_name(request, service)
        caller, body = await authenticate_signature(self._node, request, presented, _body_limit(name))
        operation = service.operations.get(name)
        if operation is None:
            raise RegistryError("UnknownOperationException", f"The operation {name[:100]!r} is not known")
        handling = OPERATIONS.get(name) if service.name == "ecr" else None
        principal, circumstances = caller.evaluated(), self._node.circumstances(request, presented.region)
        own = Scope(self._account(request, caller), presented.region)

        def may_call(unit: Unit) -> None:
            authorize(unit, principal, operation.iam_actions, None, circumstances)

        if handling is None:
            await self._node.read(own, may_call)
            raise unsupported(f"The operation {name}")
        validator = request_validator(service.name, name)
        try:
            if len(body) > ON_THE_LOOP:
                members = await self._node.on_disk(lambda: validator.validate_json(body))
            else:
                members = validator.validate_json(body)
        except InvalidRequest:
            # Whoever may not call the operation at all is told that, and not what was wrong with the call.
            await self._node.read(own, may_call)
            raise
        scope = Scope(owner_of(handling, members, own.account), presented.region)
        needed = permissions(handling, operation.iam_actions, members)
        self._node.rates.take(scope.account, scope.region, operation.iam_actions[0])
        call = Call(self._node, request, caller, circumstances, scope, name, members)

        def work(unit: Unit) -> Any:
            for actions, repository, change in needed:
                authorize(unit, principal, actions, repository, circumstances, change=change)
            return handling.work(call, unit)

        found = await (self._node.write(scope, work) if handling.writes else self._node.read(scope, work))
        return found if handling.stream is None else await handling.stream(call, found)

    def _account(self, request: Request, caller: Caller) -> str:
        selected = self._node.addresses.scope_of(request.host)
        return selected.account if selected is not None else caller.account


def _operation_name(request: Request, service: Service) -> str:
    """The operation that X-Amz-Target names; empty when it names none of this service."""
    target, _, name = request.headers.get("X-Amz-Target", "").partition(".")
    return name if target == service.target_prefix else ""
