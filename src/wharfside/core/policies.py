"""Policy documents, compiled once for each text (IAM user guide, "IAM JSON policy elements").

What is not understood never widens access: an Allow with such a part is passed over, a Deny with one applies as if the
part matched. That is settled here for what stands in the document, and at each request for what depends on it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Any, TypeVar, cast

from wharfside.core.conditions import Condition, NullCondition, compile_conditions
from wharfside.core.policy_variables import (
    Lookup,
    Malformed,
    Template,
    Undecidable,
    fill_in,
    has_variables,
    parse_template,
)
from wharfside.core.request_context import AccessRequest, Principal
from wharfside.core.wildcards import EVERYTHING, Wildcards, compile_pieces, compile_wildcards

T = TypeVar("T")

VERSION = "2012-10-17"
OLD_VERSION = "2008-10-17"
"""The version that has no policy variables; also what counts when a document names none."""


class PolicyKind(StrEnum):
    """What a document is attached to; this decides which members its statements have."""

    IDENTITY = "identity"
    REPOSITORY = "repository"
    REGISTRY = "registry"
    TRUST = "trust"


class Grant(IntEnum):
    """How strongly a statement speaks to a principal (IAM user guide, "Policy evaluation logic").

    `ACCOUNT`: to its account, which may pass it on by identity policies. `SHARED`: to everybody, or to the role of a
    session; boundaries and session policies still bind. `DIRECT`: to nobody else.
    """

    NONE = 0
    ACCOUNT = 1
    SHARED = 2
    DIRECT = 3


@dataclass(frozen=True, slots=True)
class Actions:
    """`Action` in lower case, or with `negated` `NotAction`."""

    names: Wildcards
    negated: bool = False

    def match(self, action: str) -> bool:
        """Whether the element is about this action, in lower case."""
        return self.names.match(action) != self.negated


@dataclass(frozen=True, slots=True)
class Resources:
    """`Resource`, or with `negated` `NotResource`."""

    fixed: Wildcards
    templates: tuple[Template, ...] = ()
    negated: bool = False

    def match(self, text: str, lookup: Lookup) -> bool:
        """Whether the element is about this resource. Raises Undecidable."""
        found = self.fixed.match(text) or (bool(self.templates) and self._match_templates(text, lookup))
        return found != self.negated

    def _match_templates(self, text: str, lookup: Lookup) -> bool:
        for template in self.templates:
            pieces = fill_in(template, lookup)
            if pieces is None:
                if self.negated:  # all that this was to leave out would be in
                    raise Undecidable("a policy variable has no value")
            elif compile_pieces(pieces).match(text):
                return True
        return False


_ANY_ACTION, _ANY_RESOURCE = Actions(EVERYTHING), Resources(EVERYTHING)


@dataclass(frozen=True, slots=True)
class Principals:
    """`Principal`, or with `negated` `NotPrincipal`."""

    everyone: bool = False
    accounts: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    """ARNs and unique ids of users, roles and sessions."""
    providers: frozenset[str] = frozenset()
    negated: bool = False

    def grant(self, principal: Principal, *, denies: bool) -> Grant:
        """How strongly the statement speaks to a principal. `*` allows services and web identities nothing."""
        found = self._find(principal, denies)
        if self.negated:
            return Grant.NONE if found else Grant.SHARED
        return found

    def _find(self, principal: Principal, denies: bool) -> Grant:
        if principal.provider is not None and principal.type in ("Service", "WebIdentity"):
            named = principal.provider in self.providers
            return Grant.DIRECT if named else Grant.SHARED if self.everyone and denies else Grant.NONE
        if principal.arn in self.names or principal.user_id in self.names:
            return Grant.DIRECT
        if self.everyone or (principal.role_arn is not None and self._names_role(principal)):
            return Grant.SHARED
        return Grant.ACCOUNT if principal.account in self.accounts else Grant.NONE

    def _names_role(self, principal: Principal) -> bool:
        return principal.role_arn in self.names or principal.user_id.partition(":")[0] in self.names


@dataclass(frozen=True, slots=True)
class Statement:
    """One compiled statement. `index` counts from 0; without `principals` it is about whoever has the policy."""

    index: int
    sid: str | None
    denies: bool
    actions: Actions
    resources: Resources
    principals: Principals | None
    conditions: tuple[Condition | NullCondition, ...]

    def grant(self, request: AccessRequest) -> Grant:
        """How strongly the statement applies to a request, whose action it is known to be about."""
        grant = Grant.DIRECT
        if self.principals is not None:
            grant = self.principals.grant(request.principal, denies=self.denies)
            if not grant:
                return grant
        try:
            about = self.resources.match(request.resource, request.values)
        except Undecidable:
            about = self.denies
        return grant if about and (not self.conditions or self._holds(request)) else Grant.NONE

    def _holds(self, request: AccessRequest) -> bool:
        for condition in self.conditions:
            try:
                holds = condition.holds(request.values)
            except Undecidable:
                holds = self.denies
            if not holds:
                return False
        return True


@dataclass(frozen=True, slots=True)
class Policy:
    """A compiled policy."""

    statements: tuple[Statement, ...]
    _by_action: dict[str, tuple[Statement, ...]] = field(default_factory=dict[str, tuple[Statement, ...]])

    def about(self, action: str) -> tuple[Statement, ...]:
        """The statements that are about an action in lower case. There are few actions, so they are remembered."""
        found = self._by_action.get(action)
        if found is None:
            found = tuple(each for each in self.statements if each.actions.match(action))
            self._by_action[action] = found
        return found


def parse_document(document: str) -> dict[str, Any]:
    """A policy document as JSON. Raises Malformed for what is no JSON object, or has a member twice."""
    try:
        policy = json.loads(document, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error
    if not isinstance(policy, dict):
        raise Malformed("not an object")
    return cast("dict[str, Any]", policy)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise Malformed("a member is given twice")
    return members


@lru_cache(2048)
def compile_policy(document: str, kind: PolicyKind) -> Policy:
    """A policy document, compiled; without statements when it is not one."""
    try:
        policy = parse_document(document)
    except Malformed:
        return Policy(())
    version = policy.get("Version", OLD_VERSION)
    understood = policy.keys() <= {"Version", "Id", "Statement"} and version in (VERSION, OLD_VERSION)
    compiled = (
        _statement(value, index, kind, variables=version != OLD_VERSION, understood=understood)
        for index, value in enumerate(as_list(policy.get("Statement", [])))
    )
    return Policy(tuple(statement for statement in compiled if statement is not None))


def as_list(value: Any) -> list[Any]:
    """A member that may be one value or a list of them."""
    return cast("list[Any]", value) if isinstance(value, list) else [value]


_MEMBERS = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})
_PRINCIPAL_MEMBERS = frozenset({"Principal", "NotPrincipal"})


def members_of(kind: PolicyKind) -> frozenset[str]:
    """The members that a statement of such a document may have."""
    if kind is PolicyKind.IDENTITY:
        return _MEMBERS
    if kind is PolicyKind.TRUST:
        return (_MEMBERS | _PRINCIPAL_MEMBERS) - {"Resource", "NotResource"}
    return _MEMBERS | _PRINCIPAL_MEMBERS


def _statement(value: Any, index: int, kind: PolicyKind, *, variables: bool, understood: bool) -> Statement | None:
    if not isinstance(value, dict):
        return None
    members = cast("dict[str, Any]", value)
    denies = members.get("Effect") != "Allow"
    conditions: list[Condition | NullCondition | None] = []
    try:
        if not understood or not members.keys() <= members_of(kind):
            raise Malformed("a member is not of the policy language")
        conditions = compile_conditions(members.get("Condition", {}), variables=variables)
        if None in conditions:
            raise Malformed("a condition is not of the policy language")
        actions = compile_actions(members)
        resources = compile_resources(members, kind, variables=variables)
        principals = compile_principals(members, kind)
    except Malformed:
        if not denies:
            return None
        actions = _or(_ANY_ACTION, compile_actions, members)
        resources = _or(_ANY_RESOURCE, lambda given: compile_resources(given, kind, variables=variables), members)
        principals = _or(None, lambda given: compile_principals(given, kind), members)
    sid = members.get("Sid")
    known = tuple(condition for condition in conditions if condition is not None)
    return Statement(index, sid if isinstance(sid, str) else None, denies, actions, resources, principals, known)


def _or(anything: T, build: Callable[[dict[str, Any]], T], members: dict[str, Any]) -> T:
    try:
        return build(members)
    except Malformed:
        return anything


def _one_of(members: dict[str, Any], positive: str, negative: str) -> tuple[list[str], bool] | None:
    """The values of an element and whether it is the negative one; None when there is neither. Raises Malformed."""
    if positive in members and negative in members:
        raise Malformed(f"{positive} and {negative} exclude each other")
    if positive not in members and negative not in members:
        return None
    negated = negative in members
    values = as_list(members[negative if negated else positive])
    if not values or not all(isinstance(value, str) for value in values):
        raise Malformed(f"{positive} is no text")
    return cast("list[str]", values), negated


def compile_actions(members: dict[str, Any]) -> Actions:
    """`Action` or `NotAction`. Raises Malformed."""
    found = _one_of(members, "Action", "NotAction")
    if found is None:
        raise Malformed("there is no Action")
    return Actions(compile_wildcards([value.lower() for value in found[0]]), found[1])


def compile_resources(members: dict[str, Any], kind: PolicyKind, *, variables: bool) -> Resources:
    """`Resource` or `NotResource`; what is attached to a resource may leave it out. Raises Malformed."""
    found = _one_of(members, "Resource", "NotResource")
    if found is None:
        if kind in (PolicyKind.REPOSITORY, PolicyKind.TRUST):
            return _ANY_RESOURCE
        raise Malformed("there is no Resource")
    values, negated = found
    templates = tuple(parse_template(value) for value in values if variables and has_variables(value))
    fixed = [value for value in values if not (variables and has_variables(value))]
    return Resources(compile_wildcards(fixed), templates, negated)


_ACCOUNT = re.compile(r"([0-9]{12})|arn:aws[a-z-]*:iam::([0-9]{12}):root")
_NAMED = re.compile(
    r"arn:aws[a-z-]*:(?:iam::[0-9]{12}:(?:user|role)|sts::[0-9]{12}:(?:assumed-role|federated-user))/[\w+=,.@/-]+"
    r"|A[A-Z0-9]{15,127}",
    re.ASCII,
)
"""Users, roles and sessions by ARN, and anything that has a unique id by that."""


def compile_principals(members: dict[str, Any], kind: PolicyKind) -> Principals | None:
    """`Principal` or `NotPrincipal`; identity policies have neither. Raises Malformed."""
    present = members.keys() & _PRINCIPAL_MEMBERS
    if kind is PolicyKind.IDENTITY:
        if present:
            raise Malformed("identity policies name no principals")
        return None
    if len(present) != 1:
        raise Malformed("there is no Principal")
    negated = "NotPrincipal" in present
    if negated and members.get("Effect") == "Allow":
        raise Malformed("NotPrincipal is for Deny")  # it would allow everybody else in the world
    value = members["NotPrincipal" if negated else "Principal"]
    if value == "*":
        return Principals(everyone=True, negated=negated)
    if not isinstance(value, dict) or not value:
        raise Malformed("Principal is neither * nor an object")
    return _principals(cast("dict[str, Any]", value), negated)


def _principals(named: dict[str, Any], negated: bool) -> Principals:
    if not named.keys() <= {"AWS", "Service", "Federated"}:
        raise Malformed("an unknown kind of principal")
    texts = {type_: as_list(values) for type_, values in named.items()}
    if not all(values and all(isinstance(value, str) for value in values) for values in texts.values()):
        raise Malformed("a principal is no text")
    accounts: set[str] = set()
    names: set[str] = set()
    for value in texts.get("AWS", ()):
        if match := _ACCOUNT.fullmatch(value):
            accounts.add(match[1] or match[2])
        elif _NAMED.fullmatch(value):
            names.add(value)
        elif value != "*":
            raise Malformed("not a principal")
    providers = frozenset(texts.get("Service", [])) | frozenset(texts.get("Federated", []))
    everyone = "*" in texts.get("AWS", ())
    return Principals(everyone, frozenset(accounts), frozenset(names), providers, negated)
