"""The ECR API: match, authenticate, validate, authorize, handle, render (protocol awsJson1.1)."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from wharfside.api.authentication import authenticate_signature
from wharfside.api.ecr.admission import Permission, owner_of, permissions
from wharfside.api.ecr.call import Call, Handling, Members
from wharfside.api.ecr.operations import OPERATIONS
from wharfside.api.limits import ON_THE_LOOP
from wharfside.api.messages import BodyIncomplete, BodyTooLarge, Request, Response
from wharfside.api.node import Node, Scope
from wharfside.api.signature import PresentedSignature
from wharfside.core.errors import RegistryError, unsupported
from wharfside.core.names import is_repository_name
from wharfside.registry.audit import Event, Unrecognized
from wharfside.registry.authorization import authorize
from wharfside.registry.context import Caller, Unit
from wharfside_sdk.model.errors import InvalidRequest
from wharfside_sdk.model.ir import Operation, Service, ServiceName, load
from wharfside_sdk.model.validators import request_validator

MEDIA_TYPE = "application/x-amz-json-1.1"
SERVICES: tuple[ServiceName, ...] = ("ecr", "ecr-public")
BODY_LIMIT = 8 * 1024 * 1024
"""Bytes of a request."""
CONTENT_BODY_LIMIT = 30 * 1024 * 1024
"""Bytes of a request with content: a part of 20 MiB in base64, or a manifest of 4 MiB with every character escaped."""
_WITH_CONTENT = frozenset({"PutImage", "UploadLayerPart"})

_WITH_DOCUMENTS = frozenset({"BatchGetImage", "ListImageReferrers", "PutImage"})
"""Operations whose answers hold what clients wrote, which may be large."""


def render_error(error: RegistryError, request_id: str) -> Response:
    """The answer to a refused call."""
    body = json.dumps({"__type": error.code, "message": error.message, **error.members}).encode()
    headers = {"Content-Type": MEDIA_TYPE, "x-amzn-RequestId": request_id}
    return Response(error.status, headers, body)


def _render_documents(answer: Members) -> bytes:
    # Piece by piece, as nothing else runs while the standard library encodes a whole answer at once.
    pieces = json.JSONEncoder(separators=(",", ":")).iterencode(answer)
    return b"".join(piece.encode() for piece in pieces)


def _body_limit(operation: str) -> int:
    return CONTENT_BODY_LIMIT if operation in _WITH_CONTENT else BODY_LIMIT


class _Signed(NamedTuple):
    """A call whose signature is good."""

    request: Request
    caller: Caller
    body: bytes
    service: ServiceName
    operation: Operation
    event: Event


class ControlPlane:
    """Serves the operations of ECR and ECR Public."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._services: dict[str, Service] = {name: load(name) for name in SERVICES}

    async def serve(self, request: Request, presented: PresentedSignature, request_id: str) -> Response:
        """Answer one call, whose signature is for one of SERVICES."""
        try:
            body = await self._serve(request, presented, request_id)
        except RegistryError as error:
            return render_error(error, request_id)
        except BodyTooLarge:
            error = RegistryError("RequestEntityTooLargeException", "The request is too large", status=413)
            return render_error(error, request_id)
        except BodyIncomplete:
            error = RegistryError("RequestTimeoutException", "The request did not arrive whole", status=408)
            return render_error(error, request_id)
        return Response(200, {"Content-Type": MEDIA_TYPE, "x-amzn-RequestId": request_id}, body)

    async def _serve(self, request: Request, presented: PresentedSignature, request_id: str) -> bytes:
        service = self._services[presented.service]
        name = _operation_name(request, service)
        operation = service.operations.get(name)
        event = Event(
            name=name if operation is not None else "UnknownOperation",
            region=presented.region,
            account="",
            caller=Unrecognized(presented.access_key_id),
            client=request.client,
            user_agent=request.headers.get("User-Agent", ""),
            parameters={},
            request_id=request_id,
            source=f"{service.name}.amazonaws.com",
        )
        try:
            caller, body = await authenticate_signature(self._node, request, presented, _body_limit(name))
        except RegistryError as error:
            self._node.trail.refuse_sign_in(event, error)
            raise
        if operation is None:
            raise RegistryError("UnknownOperationException", f"The operation {name[:100]!r} is not known")
        account = self._account(request, caller)
        event = event._replace(account=account, caller=caller)
        handling = OPERATIONS.get(name) if service.name == "ecr" else None
        answer = await self._call(_Signed(request, caller, body, service.name, operation, event), handling)
        if name in _WITH_DOCUMENTS:
            return await self._node.on_disk(lambda: _render_documents(answer))
        return json.dumps(answer, separators=(",", ":")).encode()

    async def _call(self, signed: _Signed, handling: Handling | None) -> Members:
        node, event, operation = self._node, signed.event, signed.operation
        try:
            members = await self._members(signed, handling)
            assert handling is not None
            scope = Scope(owner_of(handling, members, event.account), event.region)
            needed = permissions(handling, operation.iam_actions, members)
            named = dict.fromkeys(each.repository for each in needed)
            repositories = tuple(each for each in named if each is not None and is_repository_name(each))
            event = event._replace(account=scope.account, parameters=members, repositories=repositories)
            node.rates.take(scope.account, scope.region, operation.iam_actions[0])
            node.rates.take_of_principal(signed.caller.principal_arn, scope.region, operation.iam_actions[0])
            circumstances = node.circumstances(signed.request, scope.region)
            call = Call(node, signed.request, signed.caller, circumstances, scope, operation.name, members, event)
            return await _carry_out(call, handling, needed)
        except RegistryError as error:
            node.trail.refuse(operation.name, error, lambda: event)
            raise

    async def _members(self, signed: _Signed, handling: Handling | None) -> Members:
        """The input, if it is valid; whoever may not call the operation at all is told that, and not what was wrong."""
        body = signed.body
        try:
            if handling is None:
                raise unsupported(f"The operation {signed.operation.name}")
            validator = request_validator(signed.service, signed.operation.name)
            if len(body) > ON_THE_LOOP:
                return await self._node.on_disk(lambda: validator.validate_json(body))
            return validator.validate_json(body)
        except (InvalidRequest, RegistryError) as refusal:
            principal = signed.caller.evaluated()
            circumstances = self._node.circumstances(signed.request, signed.event.region)

            def may_call(unit: Unit) -> None:
                authorize(unit, principal, signed.operation.iam_actions, None, circumstances)

            await self._node.read(Scope(signed.event.account, signed.event.region), may_call)
            if isinstance(refusal, InvalidRequest):
                raise RegistryError(refusal.code, refusal.message) from refusal
            raise

    def _account(self, request: Request, caller: Caller) -> str:
        return self._node.addresses.scope_of(request.host).account or caller.account


async def _carry_out(call: Call[Any], handling: Handling, needed: list[Permission]) -> Members:
    principal = call.caller.evaluated()

    def work(unit: Unit) -> Any:
        for actions, repository, change in needed:
            authorize(unit, principal, actions, repository, call.circumstances, change=change)
        return handling.work(call, unit)

    if handling.writes:
        return await call.node.write(call.scope, work, call.answered)
    found = await call.node.read(call.scope, work)
    if handling.stream is not None:
        return await handling.stream(call, found)
    call.node.trail.read(lambda: call.event)
    return found


def _operation_name(request: Request, service: Service) -> str:
    """The operation that X-Amz-Target names; empty when it names none of this service."""
    target, _, name = request.headers.get("X-Amz-Target", "").partition(".")
    return name if target == service.target_prefix else ""
