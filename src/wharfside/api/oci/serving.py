"""The data plane: match, authenticate, authorize, handle, render."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from wharfside.api.authentication import (
    EXPIRED_TOKEN,
    INVALID_TOKEN,
    TokenReader,
    Unauthenticated,
    ensure_account,
    is_anonymous,
    require_caller,
)
from wharfside.api.limits import ON_THE_LOOP
from wharfside.api.messages import BodyIncomplete, Request, Response
from wharfside.api.node import Node, Scope
from wharfside.api.oci import blobs, events
from wharfside.api.oci.bearer import TOKEN_PATH, answer_with_token, bearer_challenge
from wharfside.api.oci.creation import with_repository
from wharfside.api.oci.errors import API_VERSION, challenge, render_challenge, render_error
from wharfside.api.oci.exchange import Exchange
from wharfside.api.oci.routes import BodyRoute, UnitRoute, is_pull, match, route_of
from wharfside.core.errors import RegistryError
from wharfside.registry.context import Unit
from wharfside.registry.tokens import AuthorizationToken, ExpiredToken, InvalidToken, open_download
from wharfside.store.policies import NOTHING

T = TypeVar("T")

LAYERS = "/layers/"
"""Where download URLs lead (GetDownloadUrlForLayer)."""


class DataPlane:
    """Serves `/v2/` and download URLs."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._tokens = TokenReader(node)

    async def serve(self, request: Request) -> Response:
        """Answer one request under `/v2/`."""
        try:
            return await self._serve(request)
        except RegistryError as error:
            return render_error(request, error)
        except Unauthenticated as refusal:
            try:
                self._refuse_sign_in(request, refusal)
            except RegistryError as error:
                return render_error(request, error)
            return render_challenge(request, refusal, self._bearer_challenge(request))

    def _bearer_challenge(self, request: Request) -> str | None:
        """The challenge where anonymous pulls are allowed; None for ECR's own."""
        gives_tokens = self._node.anonymous is not None and request.path != TOKEN_PATH
        return bearer_challenge(request) if gives_tokens else None

    def _refuse_sign_in(self, request: Request, refusal: Unauthenticated) -> None:
        """Count and record a password that was no good. Raises ThrottlingException after too many from there."""
        if refusal.message is None:
            return  # most clients send their credentials only when they are asked to
        if refusal.message == INVALID_TOKEN:
            self._node.sign_ins.require_patience(request.client)
            self._node.sign_ins.fail(request.client)
        found = route = None
        with suppress(RegistryError):
            found = match(request.path)
            route = route_of(request.method, found)
        event = events.failed_sign_in(
            request, route.action.partition(":")[2] if route else None, found.repository if found else None
        )
        code = "ExpiredTokenException" if refusal.message == EXPIRED_TOKEN else "UnrecognizedClientException"
        self._node.trail.refuse_sign_in(event, RegistryError(code, refusal.message))

    async def _serve(self, request: Request) -> Response:
        if self._node.anonymous is not None and is_anonymous(request):
            return await self._serve_anonymously(request, self._node.anonymous)
        token = self._tokens.read(request)
        scope = self._tokens.scope(request, token)
        open_mode = self._node.open_mode
        if open_mode is not None:
            await ensure_account(self._node, open_mode, token.account)
        path = request.path
        gives_token = path == TOKEN_PATH and self._node.anonymous is not None
        if path in ("/v2/", "/v2") or gives_token:
            _require_get(request)
            await self._node.read(scope, lambda unit: require_caller(self._node, unit.connection, token, NOTHING))
            self._node.sign_ins.forgive(request.client)
            if gives_token:
                return answer_with_token(self._node.sealer, token, self._node.clock())
            # In open mode credentials choose the account, and many clients send theirs only when they are asked to.
            asked = challenge(request) if open_mode is not None else {}
            return Response(200, {"Content-Type": "application/json", **API_VERSION, **asked}, b"{}")
        return await self._carry_out(request, scope, token)

    async def _serve_anonymously(self, request: Request, own: Scope) -> Response:
        """Answer a request without credentials: a pull, or what clients ask before one."""
        if request.path == TOKEN_PATH:
            _require_get(request)
            return answer_with_token(self._node.sealer, None, self._node.clock())
        if "Authorization" not in request.headers:
            # Clients that have credentials send them only when they are asked to. Some can be asked only before they
            # send a body, and what comes before that are the requests of a pull.
            raise Unauthenticated
        if request.path in ("/v2/", "/v2"):
            _require_get(request)
            return Response(200, {"Content-Type": "application/json", **API_VERSION}, b"{}")
        if not is_pull(request.method, match(request.path)):
            raise Unauthenticated
        selected = self._node.addresses.scope_of(request.host)
        scope = Scope(selected.account or own.account, selected.region or own.region)
        return await self._carry_out(request, scope, None)

    async def _carry_out(self, request: Request, scope: Scope, token: AuthorizationToken | None) -> Response:
        found = match(request.path)
        route = route_of(request.method, found)
        self._node.rates.take(scope.account, scope.region, route.action)
        further = route.further_actions(request) if isinstance(route, BodyRoute) else ()
        exchange = Exchange(self._node, request, scope, token, route.action, found.repository, found.reference, further)
        try:
            if isinstance(route, UnitRoute):
                return await _carry_out_in_a_unit(exchange, route)
            return await _carry_out_with_body(exchange, route)
        except RegistryError as error:
            self._node.trail.refuse(route.action.partition(":")[2], error, lambda: events.event_of(exchange))
            raise

    async def download(self, request: Request) -> Response:
        """Answer GET or HEAD of a download URL, which carries its own permission and needs no credentials."""
        try:
            return await self._download(request)
        except RegistryError as error:
            return render_error(request, error)
        except ExpiredToken:
            return render_error(request, RegistryError("AccessDeniedException", "Request has expired"))
        except InvalidToken:
            return render_error(request, RegistryError("AccessDeniedException", "The download URL is not valid"))

    async def _download(self, request: Request) -> Response:
        _require_get(request)
        layer = open_download(self._node.sealer, request.query().get("token", ""), self._node.clock())
        if request.path != LAYERS + layer.digest:
            raise InvalidToken

        def work(unit: Unit) -> Response:
            blob = blobs.require_layer(unit, layer.repository, layer.digest)
            return blobs.serve(self._node, blob, request)

        return await self._node.read(Scope(layer.account, layer.region), work)


async def _carry_out_in_a_unit(exchange: Exchange, route: UnitRoute) -> Response:
    def work(unit: Unit) -> Response:
        exchange.admit(unit)
        return route.work(exchange, unit)

    changed = route.changed
    if changed is not None:
        return await exchange.write(work, lambda response: changed(exchange, response))
    response = await exchange.read(work)
    exchange.node.trail.read(lambda: events.event_of(exchange))
    return response


async def _carry_out_with_body(exchange: Exchange, route: BodyRoute) -> Response:
    # The token was found good: a small body may come before the caller is admitted.
    body = exchange.request.body
    asks = "Expect" in exchange.request.headers
    if route.small is not None and body.length is not None and body.length <= ON_THE_LOOP and not asks:
        try:
            content = await body.read(ON_THE_LOOP)
        except BodyIncomplete as error:
            raise RegistryError("RequestIncomplete", "The body did not arrive whole") from error
        small = route.small
        return await _with_repository(exchange, route, lambda: small(exchange, content))

    def prepare(unit: Unit) -> object:
        exchange.admit(unit)
        return route.prepare(exchange, unit)

    return await route.handle(exchange, await _with_repository(exchange, route, lambda: exchange.read(prepare)))


async def _with_repository(exchange: Exchange, route: BodyRoute, work: Callable[[], Awaitable[T]]) -> T:
    return await (with_repository(exchange, work) if route.creates else work())


def _require_get(request: Request) -> None:
    if request.method not in ("GET", "HEAD"):
        raise RegistryError("MethodNotAllowed", "The operation is unsupported", members={"Allow": "GET, HEAD"})
