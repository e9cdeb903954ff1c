"""The base of the asynchronous clients: calls, pages and waits on an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, Unpack, cast

from wharfside_sdk.configuration import Credentials
from wharfside_sdk.core.call import Call
from wharfside_sdk.core.client import Client, ClientSettings
from wharfside_sdk.core.http import AsyncTransport, HttpResponse
from wharfside_sdk.core.paging import FullResult, Pages, PagingOptions, found_in
from wharfside_sdk.core.paths import compiled_search
from wharfside_sdk.core.waiting import Wait
from wharfside_sdk.errors import ClientError, ConnectionFailed
from wharfside_sdk.model import ir

PageT = TypeVar("PageT")
AsyncOperationCall = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Calls one operation with parameters, and gives its result."""


class AsyncClient(Client):
    """What every asynchronous client can do. A subclass says for which service, and has a method for each operation."""

    def __init__(self, *, transport: AsyncTransport | None = None, **settings: Unpack[ClientSettings]) -> None:
        """See `Client` for the settings. `transport` sends the requests instead of the one on aiohttp.

        Raises MissingDependency when neither a transport is given nor aiohttp installed.
        """
        super().__init__(**settings)
        self._transport = transport if transport is not None else self._default_transport()

    def _default_transport(self) -> AsyncTransport:
        from wharfside_sdk.core.aio_transport import AiohttpTransport

        return AiohttpTransport(self._configuration)

    async def _invoke(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        """The result of an operation, as a dict. Raises ParamValidationError, ClientError, ConnectionFailed."""
        call = await self._begun(operation, parameters)
        while True:
            request = call.request(await self._credentials())
            try:
                outcome: HttpResponse | ConnectionFailed = await self._transport.send(request)
            except ConnectionFailed as failure:
                outcome = failure
            delay = call.received(outcome)
            if delay is None:
                return call.result()
            await asyncio.sleep(delay)

    async def _begun(self, operation: str, parameters: Mapping[str, Any]) -> Call:
        from wharfside_sdk.core.parameters import has_blob

        if has_blob(self._service, operation):
            # Reading, encoding and hashing megabytes would hold up the event loop.
            return await asyncio.to_thread(Call, self._caller, operation, parameters)
        return Call(self._caller, operation, parameters)

    async def _credentials(self) -> Credentials:
        source = self._configuration.credentials
        # Asking a source that must refresh may block on the network.
        return source.current() if source.fresh() else await asyncio.to_thread(source.current)

    def _call_of(self, operation: str) -> AsyncOperationCall:
        return lambda parameters: self._invoke(operation, parameters)

    def get_paginator(self, operation_name: str) -> AsyncPaginator[Any]:
        """The paginator of an operation, named as its method is. Raises OperationNotPageable."""
        paginator = self._paginator(operation_name)
        return AsyncPaginator(self._call_of(paginator.operation), paginator)

    def get_waiter(self, waiter_name: str) -> AsyncWaiter:
        """The waiter of this name, such as `image_scan_complete`. Raises ValueError when there is none."""
        waiter = self._waiter(waiter_name)
        return AsyncWaiter(self._call_of(waiter.operation), waiter)

    async def generate_presigned_url(
        self,
        ClientMethod: str,  # noqa: N803 -- boto3's names
        Params: Mapping[str, Any] | None = None,  # noqa: N803
        ExpiresIn: int = 3600,  # noqa: N803
        HttpMethod: str | None = None,  # noqa: N803
    ) -> str:
        """A URL that carries the call and its signature, good for `ExpiresIn` seconds."""
        return self._presigned_url(await self._credentials(), ClientMethod, Params or {}, ExpiresIn, HttpMethod)

    async def close(self) -> None:
        """Close the connections. The client may be used again, and opens new ones."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class AsyncPaginator(Generic[PageT]):
    """Pages of one operation, for `async for`."""

    def __init__(self, call: AsyncOperationCall, paginator: ir.Paginator) -> None:
        self._call = call
        self._paginator = paginator

    def paginate(
        self,
        *,
        PaginationConfig: Mapping[str, Any] | None = None,  # noqa: N803 -- boto3's name
        **parameters: Any,
    ) -> AsyncPageIterator[PageT]:
        """The pages. PaginationConfig may have MaxItems, PageSize and StartingToken; the rest is the operation's."""
        return AsyncPageIterator(self._call, self._paginator, PagingOptions.of(PaginationConfig), parameters)


class AsyncPageIterator(Pages, Generic[PageT]):
    """The pages of one `paginate` call. Every iteration walks anew, and asks the service again."""

    def __init__(
        self, call: AsyncOperationCall, paginator: ir.Paginator, options: PagingOptions, parameters: Mapping[str, Any]
    ) -> None:
        super().__init__(paginator, options, parameters)
        self._call = call

    async def __aiter__(self) -> AsyncIterator[PageT]:
        walk = self.new_walk()
        while (parameters := walk.next_parameters()) is not None:
            page = await self._call(parameters)
            walk.received(page)
            yield cast(PageT, page)

    async def build_full_result(self) -> PageT:
        """All results in one, with NextToken when MaxItems cut them."""
        full = FullResult(self._paginator)
        async for page in self:
            full.add(cast(dict[str, Any], page))
        return cast(PageT, full.finish(self._walk))

    async def search(self, expression: str) -> AsyncIterator[Any]:
        """What a JMESPath expression finds in each page, the items of lists one by one. Needs the package jmespath."""
        compiled = compiled_search(expression)
        async for page in self:
            for item in found_in(compiled, page):
                yield item


class AsyncWaiter:
    """Waits for one state: `await client.get_waiter("image_scan_complete").wait(...)`."""

    def __init__(self, call: AsyncOperationCall, waiter: ir.Waiter) -> None:
        self._call = call
        self._waiter = waiter

    @property
    def name(self) -> str:
        """The name in the model, such as `ImageScanComplete`."""
        return self._waiter.name

    async def wait(
        self,
        *,
        WaiterConfig: Mapping[str, Any] | None = None,  # noqa: N803 -- boto3's name
        **parameters: Any,
    ) -> None:
        """Return once the state is reached. WaiterConfig may have Delay (seconds) and MaxAttempts.

        Raises WaiterError when it will not be reached, or not soon enough.
        """
        wait = Wait(self._waiter, WaiterConfig)
        while True:
            try:
                response: Mapping[str, Any] = await self._call(parameters)
            except ClientError as refusal:
                response = refusal.response
            delay = wait.received(response)
            if delay is None:
                return
            await asyncio.sleep(delay)
