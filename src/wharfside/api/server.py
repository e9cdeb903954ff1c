"""Where requests go: the data plane, the API by the service in the credential scope, health and metrics."""

from __future__ import annotations

import errno
import logging
import sqlite3
import uuid

from wharfside.api.addresses import is_host
from wharfside.api.ecr.serving import SERVICES, ControlPlane
from wharfside.api.ecr.serving import render_error as render_api_error
from wharfside.api.messages import BodyIncomplete, Request, Response
from wharfside.api.metrics import Metrics
from wharfside.api.node import Node
from wharfside.api.oci.errors import render_error as render_oci_error
from wharfside.api.oci.serving import LAYERS, DataPlane
from wharfside.api.open_mode import FOREIGN_NAME, FOREIGN_PAGE, is_of_foreign_page, is_own_name
from wharfside.api.signature import missing_token, parse_authorization, require_scope
from wharfside.api.sts import query
from wharfside.api.sts.serving import SecurityTokens
from wharfside.core.errors import RegistryError, server_error

_log = logging.getLogger(__name__)
_TEXT = {"Content-Type": "text/plain; charset=utf-8"}
_POSTGRESQL_DISK_FULL = "53100"
_FORM = "application/x-www-form-urlencoded"


class Server:
    """Answers every request of a node."""

    def __init__(self, node: Node, metrics: Metrics) -> None:
        self._node = node
        self._metrics = metrics
        self._data_plane = DataPlane(node)
        self._control_plane = ControlPlane(node)
        self._security_tokens = SecurityTokens(node)

    async def answer(self, request: Request) -> Response:
        """The answer to a request, whatever it is about."""
        path = request.raw_path
        if not is_host(request.host):
            return Response(400, _TEXT, b"The Host header is not valid.\n")
        if self._node.open_mode is not None:
            if not self._is_own(request.host):
                return Response(403, _TEXT, FOREIGN_NAME)
            if is_of_foreign_page(request.headers.get("Origin"), request.host):
                return Response(403, _TEXT, FOREIGN_PAGE)
        if path.startswith("/v2/") or path == "/v2":
            return await self._data_plane.serve(request)
        if path == "/":
            return await self._api(request)
        if path.startswith(LAYERS):
            return await self._data_plane.download(request)
        if path == "/healthz":
            await self._node.on_disk(lambda: None)
            return Response(200, _TEXT, b"ok\n")
        if path == "/metrics":
            return await self._metrics.answer(request)
        return Response(404, _TEXT, b"There is nothing here.\n")

    def _is_own(self, host: str) -> bool:
        return is_own_name(host) or self._node.addresses.is_configured(host)

    async def _api(self, request: Request) -> Response:
        request_id = str(uuid.uuid4())
        query_protocol = request.headers.get("Content-Type", "").startswith(_FORM) or request.method == "GET"
        try:
            presented = parse_authorization(request.headers, request.raw_query)
            if presented is not None:
                query_protocol = presented.service == "sts"
            if query_protocol:
                return await self._security_tokens.serve(request, presented, request_id)
            if presented is None:
                raise missing_token()
            require_scope(presented, services=SERVICES)
            if request.method != "POST":
                raise RegistryError("UnknownOperationException", "Operations are called by POST")
        except RegistryError as error:
            if query_protocol:
                return _query_error(request, error, request_id)
            return render_api_error(error, request_id)
        return await self._control_plane.serve(request, presented, request_id)


def answer_failure(request: Request, failure: Exception) -> Response:
    """The answer when a handler failed in a way that it did not foresee; nothing of the failure shows."""
    if isinstance(failure, BodyIncomplete):
        error = RegistryError("RequestIncomplete", "The body did not arrive whole", status=408)
    elif _says_disk_full(failure):
        error = server_error("The server has no room left on its disk. Tell its administrator.")
        _log.error("the disk is full: %s %s could not be served", request.method, request.raw_path)
    else:
        error = server_error()
        _log.error("unhandled exception in %s %s", request.method, request.raw_path, exc_info=failure)
    if request.raw_path.startswith("/v2/"):
        return render_oci_error(request, error)
    return render_api_error(error, str(uuid.uuid4()))


def _says_disk_full(failure: BaseException) -> bool:
    """Whether the file system or the database refused to write for want of room."""
    cause = getattr(failure, "orig", failure)
    if isinstance(cause, sqlite3.OperationalError):
        return cause.sqlite_errorcode == sqlite3.SQLITE_FULL
    if getattr(cause, "sqlstate", None) == _POSTGRESQL_DISK_FULL:
        return True
    return isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)


def _query_error(request: Request, error: RegistryError, request_id: str) -> Response:
    as_json = query.wants_json(request.headers.get("Accept"))
    status, content = query.render_error(error.code, error.message, error.status, request_id, as_json=as_json)
    media_type = query.JSON_TYPE if as_json else query.XML_TYPE
    return Response(status, {"Content-Type": media_type, "x-amzn-RequestId": request_id}, content)
