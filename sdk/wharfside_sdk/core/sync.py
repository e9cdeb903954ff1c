"""The base of the synchronous clients: calls, pages and waits over blocking I/O, usable from any number of threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, Unpack, cast

from wharfside_sdk.core.call import Call
from wharfside_sdk.core.client import Client, ClientSettings
from wharfside_sdk.core.http import HttpResponse, Transport
from wharfside_sdk.core.paging import FullResult, Pages, PagingOptions, found_in
from wharfside_sdk.core.paths import compiled_search
from wharfside_sdk.core.waiting import Wait
from wharfside_sdk.errors import ClientError, ConnectionFailed
from wharfside_sdk.model import ir

PageT = TypeVar("PageT")
OperationCall = Callable[[dict[str, Any]], dict[str, Any]]
"""Calls one operation with parameters, and gives its result."""


class SyncClient(Client):
    """What every synchronous client can do. A subclass says for which service, and has a method for each operation."""

    def __init__(self, *, transport: Transport | None = None, **settings: Unpack[ClientSettings]) -> None:
        """See `Client` for the settings. `transport` sends the requests instead of the one on the standard library."""
        super().__init__(**settings)
        self._transport = transport if transport is not None else self._default_transport()

    def _default_transport(self) -> Transport:
        from wharfside_sdk.core.transport import PooledTransport

        return PooledTransport(self._configuration)

    def _invoke(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        """The result of an operation, as a dict. Raises ParamValidationError, ClientError, ConnectionFailed."""
        call = Call(self._caller, operation, parameters)
        while True:
            request = call.request(self._configuration.credentials.current())
            try:
                outcome: HttpResponse | ConnectionFailed = self._transport.send(request)
            except ConnectionFailed as failure:
                outcome = failure
            delay = call.received(outcome)
            if delay is None:
                return call.result()
            time.sleep(delay)

    def _call_of(self, operation: str) -> OperationCall:
        return lambda parameters: self._invoke(operation, parameters)

    def get_paginator(self, operation_name: str) -> Paginator[Any]:
        """The paginator of an operation, named as its method is. Raises OperationNotPageable."""
        paginator = self._paginator(operation_name)
        return Paginator(self._call_of(paginator.operation), paginator)

    def get_waiter(self, waiter_name: str) -> Waiter:
        """The waiter of this name, such as `image_scan_complete`. Raises ValueError when there is none."""
        waiter = self._waiter(waiter_name)
        return Waiter(self._call_of(waiter.operation), waiter)

    def generate_presigned_url(
        self,
        ClientMethod: str,  # noqa: N803 -- boto3's names
        Params: Mapping[str, Any] | None = None,  # noqa: N803
        ExpiresIn: int = 3600,  # noqa: N803
        HttpMethod: str | None = None,  # noqa: N803
    ) -> str:
        """A URL that carries the call and its signature, good for `ExpiresIn` seconds."""
        credentials = self._configuration.credentials.current()
        return self._presigned_url(credentials, ClientMethod, Params or {}, ExpiresIn, HttpMethod)

    def close(self) -> None:
        """Close the connections. The client may be used again, and opens new ones."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Paginator(Generic[PageT]):
    """Pages of one operation: `client.get_paginator("describe_images").paginate(repositoryName="app")`."""

    def __init__(self, call: OperationCall, paginator: ir.Paginator) -> None:
        self._call = call
        self._paginator = paginator

    def paginate(
        self,
        *,
        PaginationConfig: Mapping[str, Any] | None = None,  # noqa: N803 -- boto3's name
        **parameters: Any,
    ) -> PageIterator[PageT]:
        """The pages. PaginationConfig may have MaxItems, PageSize and StartingToken; the rest is the operation's."""
        return PageIterator(self._call, self._paginator, PagingOptions.of(PaginationConfig), parameters)


class PageIterator(Pages, Generic[PageT]):
    """The pages of one `paginate` call. Every iteration walks anew, and asks the service again."""

    def __init__(
        self, call: OperationCall, paginator: ir.Paginator, options: PagingOptions, parameters: Mapping[str, Any]
    ) -> None:
        super().__init__(paginator, options, parameters)
        self._call = call

    def __iter__(self) -> Iterator[PageT]:
        walk = self.new_walk()
        while (parameters := walk.next_parameters()) is not None:
            page = self._call(parameters)
            walk.received(page)
            yield cast(PageT, page)

    def build_full_result(self) -> PageT:
        """All results in one, with NextToken when MaxItems cut them."""
        full = FullResult(self._paginator)
        for page in self:
            full.add(cast(dict[str, Any], page))
        return cast(PageT, full.finish(self._walk))

    def search(self, expression: str) -> Iterator[Any]:
        """What a JMESPath expression finds in each page, the items of lists one by one. Needs the package jmespath."""
        compiled = compiled_search(expression)
        for page in self:
            yield from found_in(compiled, page)


class Waiter:
    """Waits for one state: `client.get_waiter("image_scan_complete").wait(repositoryName="app", imageId=...)`."""

    def __init__(self, call: OperationCall, waiter: ir.Waiter) -> None:
        self._call = call
        self._waiter = waiter

    @property
    def name(self) -> str:
        """The name in the model, such as `ImageScanComplete`."""
        return self._waiter.name

    def wait(
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
                response: Mapping[str, Any] = self._call(parameters)
            except ClientError as refusal:
                response = refusal.response
            delay = wait.received(response)
            if delay is None:
                return
            time.sleep(delay)
