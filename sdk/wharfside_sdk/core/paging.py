"""Walking the pages of an operation, as botocore's paginators do, down to the tokens with which it goes on later."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from wharfside_sdk.core.paths import Path
from wharfside_sdk.errors import PaginationError
from wharfside_sdk.model import ir

_TRUNCATED = "boto_truncate_amount"
"""In a starting token: how many items of the page have been given already. The name is botocore's, as is the token."""


@dataclass(frozen=True, slots=True)
class PagingOptions:
    """What callers give as PaginationConfig."""

    max_items: int | None
    page_size: int | None
    starting_token: str | None

    @classmethod
    def of(cls, config: Mapping[str, Any] | None) -> PagingOptions:
        """From MaxItems, PageSize and StartingToken; numbers may be given as text."""
        given = config or {}
        items, size = given.get("MaxItems"), given.get("PageSize")
        return cls(
            None if items is None else int(items), None if size is None else int(size), given.get("StartingToken")
        )


class PageWalk:
    """One walk over the pages, without any input or output.

    Ask `next_parameters` what to send, give the answer to `received`, hand it on, and ask again, until there is None.
    """

    def __init__(self, paginator: ir.Paginator, options: PagingOptions, parameters: Mapping[str, Any]) -> None:
        self.resume_token: str | None = None
        self.non_aggregate_part: dict[str, Any] = {}
        self._paginator = paginator
        self._max_items = options.max_items
        self._results = [Path(key) for key in paginator.result_keys]
        self._parameters = dict(parameters)
        self._token: str | None = None
        self._skipped = 0
        self._items = 0
        self._page: dict[str, Any] | None = None
        self._previous: str | None = None
        self._ended = False
        self._begins_within = options.starting_token is not None
        if options.starting_token is not None:
            self._token, self._skipped = decode_token(options.starting_token, paginator.input_token)
            self._put_token()
        if options.page_size is not None:
            self._parameters[paginator.limit_key] = options.page_size

    def next_parameters(self) -> dict[str, Any] | None:
        """The parameters of the next call, None when the walk is over. Raises PaginationError for a repeated token."""
        if self._ended:
            return None
        if self._page is not None:
            following: str | None = Path(self._paginator.output_token).search(self._page) or None
            if following is None:
                return None
            if self._items == self._max_items:
                self.resume_token = encode_token({self._paginator.input_token: following})
                return None
            if following == self._previous:
                raise PaginationError(
                    f"The same next token was received twice: { ({self._paginator.input_token: following}) }"
                )
            self._token = self._previous = following
            self._put_token()
        return dict(self._parameters)

    def received(self, page: dict[str, Any]) -> None:
        """Take the answer, which is cut to what this walk still gives."""
        first, self._page = self._page is None, page
        skipped = self._skipped if first else 0
        if first:
            if self._begins_within:
                self._cut_beginning(page)
            for name in self._paginator.non_aggregate_keys:
                path = Path(name)
                path.put(self.non_aggregate_part, path.search(page))
        given: list[Any] = self._results[0].search(page) or []
        surplus = 0 if self._max_items is None else self._items + len(given) - self._max_items
        if surplus > 0:
            kept = len(given) - surplus
            self._results[0].put(page, given[:kept])
            self.resume_token = encode_token({self._paginator.input_token: self._token, _TRUNCATED: kept + skipped})
            self._ended = True
        self._items += len(given)

    def _cut_beginning(self, page: dict[str, Any]) -> None:
        primary, *others = self._results
        items: list[Any] | None = primary.search(page)
        primary.put(page, items[self._skipped :] if isinstance(items, list) else None)
        for path in others:
            # The walk that made the token gave these whole.
            path.put(page, [] if isinstance(path.search(page), list) else None)

    def _put_token(self) -> None:
        if self._token is None:
            self._parameters.pop(self._paginator.input_token, None)
        else:
            self._parameters[self._paginator.input_token] = self._token


class FullResult:
    """All pages as one result: lists joined, the members that every page repeats taken from the first."""

    def __init__(self, paginator: ir.Paginator) -> None:
        self._results = [Path(key) for key in paginator.result_keys]
        self._whole: dict[str, Any] = {}

    def add(self, page: dict[str, Any]) -> None:
        """Append the results of a page."""
        for path in self._results:
            items = path.search(page)
            if items is None:
                continue
            already = path.search(self._whole)
            if already is None:
                path.put(self._whole, items)
            else:
                already.extend(items)

    def finish(self, walk: PageWalk) -> dict[str, Any]:
        """The result, with NextToken when the walk can go on."""
        _merge(self._whole, walk.non_aggregate_part)
        if walk.resume_token is not None:
            self._whole["NextToken"] = walk.resume_token
        return self._whole


def encode_token(token: dict[str, Any]) -> str:
    """A starting token, interchangeable with botocore's."""
    return base64.b64encode(json.dumps(token).encode()).decode()


def decode_token(text: str, input_token: str) -> tuple[str | None, int]:
    """The service's token, and the number of items to skip. As in botocore, a service's own token will do too."""
    try:
        token: Any = json.loads(base64.b64decode(text).decode())
    except ValueError:
        return _decode_service_token(text)
    if not isinstance(token, dict) or not token.keys() <= {input_token, _TRUNCATED}:
        return _decode_service_token(text)
    members = cast(dict[str, Any], token)
    return members.get(input_token), members.get(_TRUNCATED, 0)


def _decode_service_token(text: str) -> tuple[str | None, int]:
    """The form `<token>___<items to skip>` of older clients, or just a token."""
    token, mark, skipped = text.partition("___")
    if not mark or not skipped.isdecimal():
        return text, 0
    first_page = token == str(None)
    return None if first_page else token, int(skipped)


def _merge(whole: dict[str, Any], part: dict[str, Any]) -> None:
    for name, value in part.items():
        if isinstance(value, dict) and isinstance(whole.get(name), dict):
            _merge(whole[name], cast(dict[str, Any], value))
        else:
            whole[name] = value


class Pages:
    """What page iterators have in common."""

    def __init__(self, paginator: ir.Paginator, options: PagingOptions, parameters: Mapping[str, Any]) -> None:
        self._paginator = paginator
        self._options = options
        self._parameters = parameters
        self._walk = self.new_walk()

    def new_walk(self) -> PageWalk:
        """A walk from the beginning, which the properties tell about from now on."""
        self._walk = PageWalk(self._paginator, self._options, self._parameters)
        return self._walk

    @property
    def result_keys(self) -> list[Path]:
        """Where the results are in a page."""
        return [Path(key) for key in self._paginator.result_keys]

    @property
    def resume_token(self) -> str | None:
        """After a walk that MaxItems ended: the StartingToken of the one that goes on; else None."""
        return self._walk.resume_token

    @property
    def non_aggregate_part(self) -> dict[str, Any]:
        """The members that are no results, as the first page of the last walk has them."""
        return self._walk.non_aggregate_part


def found_in(compiled: Any, page: Any) -> list[Any]:
    """What a compiled JMESPath expression finds in a page, as `search` of a page iterator gives it: item by item."""
    found: list[Any] | None = compiled.search(page)
    return found if isinstance(found, list) else [found]
