"""What the policies would say to a request that nobody makes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wharfside.core.errors import RegistryError
from wharfside.core.iam import Decision, PolicySource, ResourcePolicies
from wharfside.core.request_context import ANONYMOUS, Circumstances, Principal
from wharfside.registry.authorization import NO_TAGS, TagChange, decide_on
from wharfside.registry.context import Unit
from wharfside.registry.identities import require_identity
from wharfside.registry.policy_doubts import doubt_action, doubts_about
from wharfside.registry.principals import find_named_caller, root
from wharfside.store.policies import Resource, find_policies

_ARN = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):(root|(?:user|role)/.+)")
_NAMED = re.compile(r"(user|role)/(?:.*/)?([^/]+)")


@dataclass(frozen=True, slots=True)
class Given:
    """Policy documents to decide by: the principal's besides its own, the others in place of those that are stored."""

    identity: tuple[str, ...] = ()
    session: tuple[str, ...] = ()
    repository: str | None = None
    registry: str | None = None


@dataclass(frozen=True, slots=True)
class Simulation:
    """The decision, who it is about, and what the policy that decided is called; None where none did."""

    decision: Decision
    principal: Principal
    policy: str | None
    doubts: tuple[str, ...]
    """What is odd about the action and the policies, and may be a slip."""


def simulate(
    unit: Unit,
    who: str,
    action: str,
    repository: str | None,
    circumstances: Circumstances,
    *,
    change: TagChange = NO_TAGS,
    given: Given | None = None,
) -> Simulation:
    """Decide on an action of somebody in the registry of the unit, or on one of its repositories.

    `who` is `user/NAME`, `role/NAME` or `root` of the unit's account, an ARN of any account, or `anonymous`. Raises
    ValidationError for anything else, NoSuchEntity.
    """
    given = given or Given()
    principal, names = _find(unit, who)
    own = principal.policies
    principal = principal._replace(
        policies=principal.policies + given.identity, session_policies=principal.session_policies + given.session
    )
    stored = find_policies(unit.connection, Resource(unit.account, unit.region, repository or ""))
    policies = ResourcePolicies(given.repository or stored.repository, given.registry or stored.registry)
    decision = decide_on(unit, principal, action, repository, circumstances, change=change, policies=policies)
    documents = [
        *((f"{PolicySource.IDENTITY} {name}", each) for name, each in zip(names, own, strict=False)),
        *((f"{PolicySource.IDENTITY} that was given", each) for each in given.identity),
        *(("session policy", each) for each in given.session),
        *((f"{kind} policy", each) for kind, each in policies._asdict().items() if each is not None),
    ]
    odd = doubt_action(action)
    found = (*([odd] if odd else []), *doubts_about(documents))
    return Simulation(decision, principal, _policy_name(decision, names), found)


def _find(unit: Unit, who: str) -> tuple[Principal, tuple[str, ...]]:
    if who == "anonymous":
        return ANONYMOUS, ()
    match = _ARN.fullmatch(who)
    account, name = (match[1], match[2]) if match else (unit.account, who)
    if name == "root":
        return root(account, "").evaluated(), ()
    named = _NAMED.fullmatch(name)
    if named is None:
        message = f"{who!r} is nobody: name user/NAME, role/NAME, root, anonymous, or the ARN of a user or a role."
        raise RegistryError("ValidationError", message)
    identity = require_identity(unit.connection, account, "user" if named[1] == "user" else "role", named[2])
    caller, names = find_named_caller(unit.connection, identity, unit.now)
    return caller.evaluated(), names


def _policy_name(decision: Decision, names: tuple[str, ...]) -> str | None:
    if decision.decisive is None:
        return None
    source, document = decision.decisive.source, decision.decisive.document
    if source is PolicySource.IDENTITY:
        return f"{source} {names[document]}" if document < len(names) else f"{source} that was given"
    return str(source)
