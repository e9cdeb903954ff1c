"""One request on the data plane, matched and on its way to its handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection

from wharfside.api.authentication import Unauthenticated, require_caller
from wharfside.api.messages import Request
from wharfside.api.node import Node, Scope
from wharfside.core.iam import PolicySource
from wharfside.core.request_context import ANONYMOUS, Principal
from wharfside.registry.audit import Event
from wharfside.registry.authorization import EVERY_REPOSITORY, authorize, decide_on
from wharfside.registry.context import Caller, Unit
from wharfside.registry.tokens import AuthorizationToken
from wharfside.store.policies import Resource

T = TypeVar("T")


@dataclass(slots=True)
class Exchange:
    """A request with what its route told of it: the IAM action, the repository, and the last part of the path.

    An anonymous one has no token. `caller` is whoever was recognized when the request was to be admitted.
    """

    node: Node
    request: Request
    scope: Scope
    token: AuthorizationToken | None
    action: str
    repository: str | None
    reference: str
    further_actions: tuple[str, ...] = ()
    caller: Caller | None = field(default=None, init=False)

    def admit(self, unit: Unit) -> Principal:
        """Who asks, if they may do this. Raises Unauthenticated, AccessDeniedException."""
        repository = self.repository or EVERY_REPOSITORY
        resource = Resource(unit.account, unit.region, repository)
        circumstances = self.node.circumstances(self.request, unit.region)
        if self.token is None:
            decision = decide_on(unit, ANONYMOUS, self.action, repository, circumstances)
            # A registry policy for everybody was not written for those without an account.
            decisive = decision.decisive
            if not decision.allowed or decisive is None or decisive.source is not PolicySource.REPOSITORY:
                raise Unauthenticated
            return ANONYMOUS
        caller, policies = require_caller(self.node, unit.connection, self.token, resource)
        self.caller = caller
        self.node.rates.take_of_principal(caller.principal_arn, unit.region, self.action)
        principal = caller.evaluated()
        for action in (self.action, *self.further_actions):
            authorize(unit, principal, (action,), repository, circumstances, policies=policies)
        return principal

    def may(self, unit: Unit, principal: Principal, action: str, repository: str) -> bool:
        """Whether they may also do this."""
        circumstances = self.node.circumstances(self.request, unit.region)
        return decide_on(unit, principal, action, repository, circumstances).allowed

    @property
    def name(self) -> str:
        """The repository's name; only for routes that have one."""
        assert self.repository is not None
        return self.repository

    async def read(self, work: Callable[[Unit], T]) -> T:
        """Run a use case that only reads."""
        return await self.node.read(self.scope, work)

    def look_up(self, work: Callable[[Unit], T]) -> T:
        """Admit the caller and run a use case that only reads, in this thread."""
        account, region = self.scope
        now = self.node.clock()

        def admitted(connection: Connection) -> T:
            unit = Unit(connection, account, region, now)
            self.admit(unit)
            return work(unit)

        return self.node.db.read(admitted)

    async def write(self, work: Callable[[Unit], T], event: Callable[[T], Event | None]) -> T:
        """Run a use case that may write, with what is to be recorded of it once it is done."""
        return await self.node.write(self.scope, work, event)
