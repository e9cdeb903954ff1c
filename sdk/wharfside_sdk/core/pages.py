"""What the page iterators of boto3, aiobotocore and this SDK have in common, for the protocols of `api`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Protocol, TypeVar

PageT = TypeVar("PageT", covariant=True)


class AnyPages(Protocol[PageT]):
    """The pages of one operation, to be walked over once: boto3's do not begin anew the second time."""

    def __iter__(self) -> Iterator[PageT]: ...

    def build_full_result(self) -> Mapping[str, Any]:
        """All pages as one answer, with `NextToken` when `MaxItems` cut it."""
        ...

    def search(self, expression: str) -> Iterator[Any]:
        """What a JMESPath expression finds in each page."""
        ...


class AnyAsyncPages(Protocol[PageT]):
    """The pages of one operation, to be walked over once: boto3's do not begin anew the second time."""

    def __aiter__(self) -> AsyncIterator[PageT]: ...

    async def build_full_result(self) -> Mapping[str, Any]:
        """All pages as one answer, with `NextToken` when `MaxItems` cut it."""
        ...

    def search(self, expression: str) -> AsyncIterator[Any]:
        """What a JMESPath expression finds in each page."""
        ...
