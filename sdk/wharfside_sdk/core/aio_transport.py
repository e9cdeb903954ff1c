"""Sending requests with aiohttp, which is an extra: `pip install wharfside-sdk[aio]`."""

from __future__ import annotations

import asyncio
from io import BytesIO

from wharfside_sdk.configuration import ClientConfiguration
from wharfside_sdk.core.failures import not_connected
from wharfside_sdk.core.http import HttpRequest, HttpResponse
from wharfside_sdk.core.proxies import proxy_for
from wharfside_sdk.core.tls import tls_context
from wharfside_sdk.errors import ConnectionFailed, MissingDependency, Timeout

try:
    import aiohttp
except ImportError as _missing:
    raise MissingDependency(
        "asynchronous clients need aiohttp, or a transport of your own: pip install 'wharfside-sdk[aio]'"
    ) from _missing


_LARGE = 2**20
"""Bytes that aiohttp sends at once. A larger body would hold up the event loop, and is read from a file instead."""


class AiohttpTransport:
    """Sends requests to one endpoint, on the event loop that runs at the first request."""

    def __init__(self, configuration: ClientConfiguration) -> None:
        """Raises ConfigurationError for a proxy in the environment that cannot be used."""
        self._configuration = configuration
        self._tls = configuration.endpoint_url.startswith("https:")
        self._proxy = proxy_for(configuration.endpoint_url)
        self._opened: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The response, whatever its status. Raises ConnectionFailed or Timeout when there is none."""
        try:
            async with self._session().request(
                request.method,
                request.url,
                data=BytesIO(request.body) if len(request.body) > _LARGE else request.body,
                headers=request.headers if self._tls else {**request.headers, **self._login("Proxy-Authorization")},
                allow_redirects=False,
                proxy=None if self._proxy is None else self._proxy.url,
                # aiohttp sends what it finds under this name as Proxy-Authorization of CONNECT.
                proxy_headers=self._login("Authorization") if self._tls else None,
            ) as answer:
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return HttpResponse(answer.status, headers, await answer.read())
        except aiohttp.ClientConnectorCertificateError as fault:
            raise not_connected(request.url, fault.certificate_error) from fault
        except aiohttp.ClientConnectorError as fault:
            raise not_connected(request.url, fault.os_error) from fault
        except TimeoutError as fault:
            raise Timeout(f'Timeout on endpoint URL: "{request.url}": {fault or "no answer in time"}') from None
        except (aiohttp.ClientError, OSError) as fault:
            reason = str(fault) or type(fault).__name__
            raise ConnectionFailed(f'No valid response from endpoint URL: "{request.url}": {reason}') from fault

    def _login(self, name: str) -> dict[str, str]:
        return {} if self._proxy is None or self._proxy.login is None else {name: self._proxy.login}

    async def close(self) -> None:
        """Close all connections."""
        session, self._opened = self._opened, None
        if session is not None:
            await session.close()

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._opened is None or self._opened.closed or self._loop is not loop:
            self._loop = loop
            configuration = self._configuration
            context = tls_context(configuration.verify) if self._tls else True
            self._opened = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=context),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=configuration.connect_timeout, sock_read=configuration.read_timeout
                ),
                skip_auto_headers=("Accept", "Accept-Encoding"),
            )
        return self._opened
