"""One call of an ECR operation, authenticated and validated, and the tables that say who handles it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypedDict, TypeVar

from wharfside.api.messages import Request
from wharfside.api.node import Node, Scope
from wharfside.core.errors import invalid_parameter
from wharfside.core.request_context import Circumstances
from wharfside.registry.audit import Event
from wharfside.registry.context import Caller, Unit
from wharfside.registry.tokens import open_page, seal_page

Members = Mapping[str, Any]
"""A structure of the API: members by their names."""
InputT = TypeVar("InputT", bound=Members)


_NOT_CHOOSING = frozenset({"registryId", "nextToken", "maxResults"})


class Echo(TypedDict):
    """What an answer about a repository starts with."""

    registryId: str
    repositoryName: str


@dataclass(frozen=True, slots=True)
class Call(Generic[InputT]):
    """An operation with its input. `scope` is the registry it is about: `registryId`, or else the caller's own.

    Handlers name their operation's input as the type argument, and its answer in `wharfside_sdk.ecr.results` as what
    they return; a test compares both with the service's model.
    """

    node: Node
    request: Request
    caller: Caller
    circumstances: Circumstances
    scope: Scope
    operation: str
    input: InputT
    event: Event
    """What the audit trail says of it, but for the answer."""

    def answered(self, answer: Members) -> Event:
        """What the audit trail says of it, once it has done what it was to do."""
        return self.event._replace(answer=answer)

    def echo(self) -> Echo:
        """The registry and the repository that the operation is about, for its answer."""
        return {"registryId": self.scope.account, "repositoryName": self.input["repositoryName"]}

    def page(self, *, excludes: str | None = None, default: int = 100) -> tuple[int, Any]:
        """Entries per page, and the position that `nextToken` stands for (None: the beginning).

        Raises InvalidParameterException for paging together with `excludes`, and for a token of another call.
        """
        token, size = self.input.get("nextToken"), self.input.get("maxResults")
        if excludes is not None and excludes in self.input and (token is not None or size is not None):
            member = "nextToken" if token is not None else "maxResults"
            raise invalid_parameter(member, f"Member must be null when {excludes} is specified")
        position = None if token is None else open_page(self.node.sealer, self._paged(), token)
        return size or default, position

    def next_token(self, position: object) -> str:
        """The token of the page that begins after the position."""
        return seal_page(self.node.sealer, self._paged(), position)

    def _paged(self) -> Sequence[object]:
        """What a page token is bound to: the operation and everything that chooses its entries."""
        # The registry stands in the scope, whether it was named or is the caller's own.
        chosen = {key: value for key, value in self.input.items() if key not in _NOT_CHOOSING}
        return [self.operation, *self.scope, sorted(chosen.items())]


UnitHandler = Callable[[Call[Any], Unit], Members]
StreamHandler = Callable[[Call[Any], Any], Awaitable[Members]]


@dataclass(frozen=True, slots=True)
class Handling:
    """How an operation is carried out.

    `resource` names the input member that holds the repository its IAM action is about; None: the whole registry.
    `work` is run in the unit of work that admits the caller. What it finds is the answer, unless `stream`, which moves
    bytes between units, makes one of it.
    """

    resource: str | None
    work: Callable[[Call[Any], Unit], Any]
    writes: bool = False
    stream: StreamHandler | None = None
    changes_tags: bool = False
    """Whether conditions on aws:RequestTag and aws:TagKeys look at the input."""
    tag_action: str | None = None
    """The IAM action that tags in the input need besides."""


def reads(work: UnitHandler, resource: str | None = "repositoryName") -> Handling:
    """An operation that changes nothing."""
    return Handling(resource, work)


def writes(work: UnitHandler, resource: str | None = "repositoryName") -> Handling:
    """An operation that may change something."""
    return Handling(resource, work, writes=True)


def tags(work: UnitHandler, resource: str = "resourceArn", tag_action: str | None = None) -> Handling:
    """An operation that changes resource tags."""
    return Handling(resource, work, writes=True, changes_tags=True, tag_action=tag_action)


def streams(prepare: Callable[[Call[Any], Unit], Any], stream: StreamHandler) -> Handling:
    """An operation that moves bytes, and what it has to know before."""
    return Handling("repositoryName", prepare, stream=stream)
