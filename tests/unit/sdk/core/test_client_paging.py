"""Paginators give what botocore's give, page by page, with tokens that either understands."""

from __future__ import annotations

import asyncio
import copy
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from botocore import paginate as botocore_paginate
from botocore.exceptions import PaginationError as TheirPaginationError
from hypothesis import given
from hypothesis import strategies as st
from scripted_transport import ScriptedAsyncTransport, answer, client, configuration

from wharfside_sdk.core.asynchronous import AsyncPaginator
from wharfside_sdk.core.sync import PageIterator, Paginator
from wharfside_sdk.ecr.aio import AsyncECRClient
from wharfside_sdk.errors import MissingDependency, OperationNotPageable, PaginationError
from wharfside_sdk.model import ir
from wharfside_sdk.model.ir import load

BOTOCORE: Any = botocore_paginate
"""Its stubs know less than its classes can do."""
SIMPLE = load("ecr").paginators["ListImages"]
NESTED = load("ecr").paginators["DescribeImageScanFindings"]

Page = dict[str, Any]


@dataclass
class PagedService:
    """Answers with pages: the token of a page is its number."""

    pages: list[Page]

    def __call__(self, parameters: Page) -> Page:
        self.asked = parameters
        number = int(parameters.get("nextToken", "page-0").removeprefix("page-"))
        page = copy.deepcopy(self.pages[number])
        return page | ({"nextToken": f"page-{number + 1}"} if number + 1 < len(self.pages) else {})


def _botocore_paginator(paginator: ir.Paginator, service: PagedService) -> Any:
    config = {
        "input_token": paginator.input_token,
        "output_token": paginator.output_token,
        "limit_key": paginator.limit_key,
        "result_key": list(paginator.result_keys),
        "non_aggregate_keys": list(paginator.non_aggregate_keys),
    }

    class Integer:
        type_name = "integer"

    class Model:
        class input_shape:  # noqa: N801 -- the name that botocore asks for
            members = {paginator.limit_key: Integer}  # noqa: RUF012

    return BOTOCORE.Paginator(lambda **parameters: service(parameters), config, Model)


ITEMS = st.lists(st.integers(0, 9), max_size=4)
SIMPLE_PAGES = st.lists(st.one_of(st.just({}), ITEMS.map(lambda items: {"imageIds": items})), min_size=1, max_size=5)
FINDINGS = st.fixed_dictionaries({}, optional={"findings": ITEMS, "enhancedFindings": ITEMS, "scanned": st.integers()})
NESTED_PAGES = st.lists(
    st.fixed_dictionaries(
        {"registryId": st.just("1"), "imageScanFindings": FINDINGS},
        optional={"repositoryName": st.just("app"), "imageScanStatus": st.just({"status": "ACTIVE"})},
    ),
    min_size=1,
    max_size=5,
)
MAX_ITEMS = st.none() | st.integers(1, 12)
PAGE_SIZE = st.none() | st.integers(1, 100) | st.just("10")


def _settings(max_items: int | None, page_size: Any, token: str | None) -> dict[str, Any]:
    given_settings = {"MaxItems": max_items, "PageSize": page_size, "StartingToken": token}
    return {name: value for name, value in given_settings.items() if value is not None}


def _equal_walks(paginator: ir.Paginator, pages: list[Page], max_items: int | None, page_size: Any) -> None:
    """Walk with resume tokens until the end, both ways at once."""
    token = None
    for _ in range(40):
        settings = _settings(max_items, page_size, token)
        our_service, their_service = PagedService(pages), PagedService(pages)
        ours = Paginator[Any](our_service, paginator).paginate(PaginationConfig=settings, repositoryName="app")
        theirs_ = _botocore_paginator(paginator, their_service).paginate(
            PaginationConfig=settings, repositoryName="app"
        )
        assert list(ours) == list(theirs_)
        assert our_service.asked == their_service.asked
        assert ours.resume_token == theirs_.resume_token
        assert ours.non_aggregate_part == theirs_.non_aggregate_part
        assert _full(paginator, pages, settings) == _their_full(paginator, pages, settings)
        token = ours.resume_token
        if token is None:
            return
    raise AssertionError("the walk does not end")


def _full(paginator: ir.Paginator, pages: list[Page], settings: dict[str, Any]) -> Any:
    return Paginator[Any](PagedService(pages), paginator).paginate(PaginationConfig=settings).build_full_result()


def _their_full(paginator: ir.Paginator, pages: list[Page], settings: dict[str, Any]) -> Any:
    return _botocore_paginator(paginator, PagedService(pages)).paginate(PaginationConfig=settings).build_full_result()


@given(SIMPLE_PAGES, MAX_ITEMS, PAGE_SIZE)
def test_walks_as_botocore_walks(pages: list[Page], max_items: int | None, page_size: Any) -> None:
    _equal_walks(SIMPLE, pages, max_items, page_size)


@given(NESTED_PAGES, MAX_ITEMS, PAGE_SIZE)
def test_walks_as_botocore_walks_with_several_results(pages: list[Page], max_items: int | None, page_size: Any) -> None:
    _equal_walks(NESTED, pages, max_items, page_size)


@given(NESTED_PAGES, MAX_ITEMS)
def test_asynchronous_pages_are_the_same(pages: list[Page], max_items: int | None) -> None:
    settings = _settings(max_items, None, None)

    async def walk() -> tuple[list[Any], Any]:
        service = PagedService(pages)

        async def call(parameters: Page) -> Page:
            return service(parameters)

        iterator = AsyncPaginator[Any](call, NESTED).paginate(PaginationConfig=settings)
        return [page async for page in iterator], await iterator.build_full_result()

    walked, full = asyncio.run(walk())
    assert walked == list(Paginator[Any](PagedService(pages), NESTED).paginate(PaginationConfig=settings))
    assert full == _full(NESTED, pages, settings)


@pytest.mark.parametrize("token", ["page-1", "page-1___1", "None___1", "page-1___x", "bm90IGpzb24="])
def test_reads_older_tokens_and_the_service_s_own(token: str) -> None:
    asked: list[Page] = []

    def call(parameters: Page) -> Page:
        asked.append(parameters)
        return {"imageIds": [1, 2, 3]}

    ours = list(Paginator[Any](call, SIMPLE).paginate(PaginationConfig={"StartingToken": token}))
    paginator = _botocore_paginator(SIMPLE, call)  # pyright: ignore[reportArgumentType]
    assert ours == list(paginator.paginate(PaginationConfig={"StartingToken": token}))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("opaque", ["eyJhZnRlciI6ICJhcHAifQ==", "MTIz"])
def test_json_of_the_service_is_no_token_of_ours(opaque: str) -> None:
    asked: list[Page] = []

    def call(parameters: Page) -> Page:
        asked.append(parameters)
        return {"imageIds": []}

    list(Paginator[Any](call, SIMPLE).paginate(PaginationConfig={"StartingToken": opaque}))
    assert asked == [{"nextToken": opaque}]


def test_the_same_token_twice_is_an_error() -> None:
    def call(_: Page) -> Page:
        return {"imageIds": [1], "nextToken": "again"}

    with pytest.raises(PaginationError) as ours:
        list(Paginator[Any](call, SIMPLE).paginate())
    with pytest.raises(TheirPaginationError) as botocores:
        list(_botocore_paginator(SIMPLE, call).paginate())  # pyright: ignore[reportArgumentType]
    assert str(ours.value) in str(botocores.value)


def test_every_iteration_begins_anew() -> None:
    pages = Paginator[Any](PagedService([{"imageIds": [1]}, {"imageIds": [2]}]), SIMPLE).paginate()
    assert list(pages) == list(pages)


def test_search_gives_the_items_of_lists_one_by_one() -> None:
    service = PagedService([{"imageIds": [{"tag": "a"}, {"tag": "b"}]}, {"imageIds": [{"tag": "c"}]}])
    pages = Paginator[Any](service, SIMPLE).paginate()
    assert list(pages.search("imageIds[].tag")) == ["a", "b", "c"]
    assert list(pages.search("length(imageIds)")) == [2, 1]


def test_search_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jmespath", None)
    with pytest.raises(MissingDependency, match="pip install jmespath"):
        list(_empty_pages().search("imageIds"))


def _empty_pages() -> PageIterator[Any]:
    return Paginator[Any](PagedService([{"imageIds": []}]), SIMPLE).paginate()


def test_a_client_paginates_what_the_model_pages() -> None:
    ecr, transport = client(
        answer({"referrers": [{"digest": "a"}], "nextToken": "more"}), answer({"referrers": [{"digest": "b"}]})
    )
    assert ecr.can_paginate("list_image_referrers")
    pages = ecr.get_paginator("list_image_referrers").paginate(
        repositoryName="app", subjectId={"imageDigest": "sha256:" + "a" * 64}
    )
    assert [entry.get("digest") for page in pages for entry in page.get("referrers", [])] == ["a", "b"]
    assert b'"nextToken":"more"' in transport.requests[1].body


def test_a_client_refuses_to_paginate_what_has_no_pages() -> None:
    ecr, _ = client(answer())
    assert not ecr.can_paginate("create_repository")
    assert not ecr.can_paginate("no_such_method")
    with pytest.raises(
        OperationNotPageable, match=r"cannot be paginated: create_repository\. These can: describe_image"
    ):
        ecr.get_paginator("create_repository")  # pyright: ignore[reportArgumentType, reportCallIssue]


def test_an_asynchronous_client_paginates() -> None:
    async def walk() -> list[Any]:
        transport = ScriptedAsyncTransport(answer({"imageIds": [{"imageTag": "a"}, {"imageTag": "b"}]}))
        async with AsyncECRClient(configuration=configuration(), transport=transport) as ecr:
            pages = ecr.get_paginator("list_images").paginate(repositoryName="app")
            return [tag async for tag in pages.search("imageIds[].imageTag")]

    assert asyncio.run(walk()) == ["a", "b"]
