"""The ECR API: match, authenticate, validate, authorize, handle, render (protocol awsJson1.1)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

from wharfside.api.authentication import authenticate_signature
from wharfside.api.ecr.call import Call, Handling, Members
from wharfside.api.ecr.operations import OPERATIONS
from wharfside.api.limits import ON_THE_LOOP
from wharfside.api.messages import BodyIncomplete, BodyTooLarge, Request, Response
from wharfside.api.node import Node, Scope
from wharfside.api.signature import PresentedSignature
from wharfside.core.errors import RegistryError, invalid_parameter, unsupported
from wharfside.core.names import parse_repository_arn
from wharfside.registry.authorization import authorize
from wharfside.registry.context import Caller
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
        account = self._account(request, caller)
        if handling is None:
            authorize(caller, operation.iam_actions[0], account, presented.region, None)
            raise unsupported(f"The operation {name}")
        validator = request_validator(service.name, name)
        try:
            if len(body) > ON_THE_LOOP:
                members = await self._node.on_disk(lambda: validator.validate_json(body))
            else:
                members = validator.validate_json(body)
        except InvalidRequest:
            # Whoever may not call the operation at all is told that, and not what was wrong with the call.
            authorize(caller, operation.iam_actions[0], account, presented.region, None)
            raise
        scope = Scope(members.get("registryId", account), presented.region)
        for action in operation.iam_actions[:1]:
            self._node.rates.take(scope.account, scope.region, action)
            for resource, owner in _resources(handling, members, scope.account):
                authorize(caller, action, owner, scope.region, resource)
        return await self._carry_out(handling, Call(self._node, request, caller, scope, name, members))

    def _account(self, request: Request, caller: Caller) -> str:
        selected = self._node.addresses.scope_of(request.host)
        return selected.account if selected is not None else caller.account

    async def _carry_out(self, handling: Handling, call: Call[Any]) -> Members:
        if handling.stream is not None:
            return await handling.stream(call)
        work = handling.work
        assert work is not None
        run = self._node.write if handling.writes else self._node.read
        return await run(call.scope, lambda unit: work(call, unit))


def _operation_name(request: Request, service: Service) -> str:
    """The operation that X-Amz-Target names; empty when it names none of this service."""
    target, _, name = request.headers.get("X-Amz-Target", "").partition(".")
    return name if target == service.target_prefix else ""


def _resources(handling: Handling, members: dict[str, Any], account: str) -> Iterable[tuple[str | None, str]]:
    """The repositories a call is about, with the accounts that own them; None stands for the whole registry."""
    value = members.get(handling.resource) if handling.resource is not None else None
    if value is None:
        return [(None, account)]
    if handling.resource == "resourceArn":
        arn = parse_repository_arn(value)
        if arn is None:
            raise invalid_parameter("resourceArn", "Invalid ARN")
        return [(arn.repository, arn.account)]
    names = cast("list[str]", value) if isinstance(value, list) else [str(value)]
    return [(name, account) for name in names]
