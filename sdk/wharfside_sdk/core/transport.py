"""Sending requests with the standard library, over connections that are kept.

`http.client` and `ssl` are imported at the first request: they are as large as all the rest of a client.
"""

from __future__ import annotations

import selectors
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wharfside_sdk.configuration import ClientConfiguration
from wharfside_sdk.core.http import HttpRequest, HttpResponse
from wharfside_sdk.core.proxies import proxy_for
from wharfside_sdk.errors import ConnectionFailed, Timeout

if TYPE_CHECKING:
    import http.client
    import ssl

KEPT_CONNECTIONS = 10
"""How many idle connections are kept; more than that may be busy at once."""


class PooledTransport:
    """Sends requests to one endpoint, each over a connection that no other request uses meanwhile."""

    def __init__(self, configuration: ClientConfiguration) -> None:
        """Raises ConfigurationError for a proxy in the environment that cannot be used."""
        self._configuration = configuration
        self._endpoint = urlsplit(configuration.endpoint_url)
        self._proxy = proxy_for(configuration.endpoint_url)
        self._tls = self._endpoint.scheme == "https"
        # Its methods are atomic, so that threads need no lock.
        self._idle: list[http.client.HTTPConnection] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        """The response, whatever its status. Raises ConnectionFailed or Timeout when there is none."""
        import http.client

        connection = self._kept_connection() or self._new_connection()
        try:
            connection.request(request.method, self._target(request), request.body, self._headers(request))
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            response = HttpResponse(answer.status, headers, answer.read())
        except TimeoutError:
            connection.close()
            seconds = self._configuration.read_timeout
            raise Timeout(f'Read timeout on endpoint URL: "{request.url}": no answer within {seconds:g} s') from None
        except (OSError, http.client.HTTPException) as fault:
            connection.close()
            raise ConnectionFailed(
                "Connection was closed before we received a valid response from endpoint URL: "
                f'"{request.url}": {_reason(fault)}'
            ) from fault
        except BaseException:
            connection.close()
            raise
        self._keep(connection, answer)
        return response

    def close(self) -> None:
        """Close the connections that are idle."""
        while (connection := self._pop()) is not None:
            connection.close()

    def _headers(self, request: HttpRequest) -> Mapping[str, str]:
        if self._proxy is None or self._tls:
            return request.headers
        login = self._proxy.login
        return request.headers if login is None else {**request.headers, "Proxy-Authorization": login}

    def _target(self, request: HttpRequest) -> str:
        if self._proxy is not None and not self._tls:
            return request.url
        parts = urlsplit(request.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def _keep(self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> None:
        if answer.will_close or len(self._idle) >= KEPT_CONNECTIONS:
            connection.close()
        else:
            self._idle.append(connection)

    def _pop(self) -> http.client.HTTPConnection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _kept_connection(self) -> http.client.HTTPConnection | None:
        """An idle connection that the endpoint has not closed."""
        while (connection := self._pop()) is not None:
            if connection.sock is not None and not _readable(connection):
                return connection
            connection.close()
        return None

    def _new_connection(self) -> http.client.HTTPConnection:
        import http.client

        from wharfside_sdk.core.failures import not_connected

        connection = self._unconnected()
        url = self._configuration.endpoint_url
        try:
            connection.connect()
        except TimeoutError:
            connection.close()
            seconds = self._configuration.connect_timeout
            raise Timeout(f'Connect timeout on endpoint URL: "{url}": no connection within {seconds:g} s') from None
        except (OSError, http.client.HTTPException) as fault:
            connection.close()
            raise not_connected(url, fault) from fault
        connection.sock.settimeout(self._configuration.read_timeout)
        return connection

    def _unconnected(self) -> http.client.HTTPConnection:
        import http.client

        host, port = self._endpoint.hostname or "", self._endpoint.port
        proxy, seconds = self._proxy, self._configuration.connect_timeout
        if not self._tls:
            where = (host, port) if proxy is None else (proxy.host, proxy.port)
            return http.client.HTTPConnection(*where, timeout=seconds)
        if proxy is None:
            return http.client.HTTPSConnection(host, port, timeout=seconds, context=self._context)
        connection = http.client.HTTPSConnection(proxy.host, proxy.port, timeout=seconds, context=self._context)
        login = {} if proxy.login is None else {"Proxy-Authorization": proxy.login}
        connection.set_tunnel(host, port or 443, headers=login)
        return connection

    @cached_property
    def _context(self) -> ssl.SSLContext:
        from wharfside_sdk.core.tls import tls_context

        return tls_context(self._configuration.verify)


def _readable(connection: http.client.HTTPConnection) -> bool:
    """Whether something arrived on an idle connection, which can only be its end."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection.sock, selectors.EVENT_READ)
        return bool(selector.select(0))


def _reason(fault: Exception) -> str:
    return str(fault) or type(fault).__name__
