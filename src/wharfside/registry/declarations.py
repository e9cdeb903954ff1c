"""What accounts are to have, declared: the changes that lead there, to be shown before they are made.

What is declared is brought to exactly that; what is not mentioned stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from wharfside.core.policies import PolicyKind
from wharfside.registry import identities, identity_policies, identity_providers
from wharfside.registry.identities import validation_error
from wharfside.registry.identity_policies import check_document, policy_arn
from wharfside.store import identities as stored
from wharfside.store import identity_policies as stored_policies
from wharfside.store import identity_providers as stored_providers
from wharfside.store import principals
from wharfside.store.identities import Identity
from wharfside.store.principals import Kind


@dataclass(frozen=True, slots=True)
class DeclaredIdentity:
    """A user or a role. Documents are JSON texts; `trust_policy` and `max_session_seconds` are those of roles."""

    kind: Kind
    name: str
    path: str
    policies: tuple[str, ...]
    inline: Mapping[str, str]
    boundary: str | None
    tags: Mapping[str, str]
    trust_policy: str = ""
    max_session_seconds: int = identities.DEFAULT_SESSION


@dataclass(frozen=True, slots=True)
class DeclaredProvider:
    """An OIDC issuer."""

    url: str
    audiences: tuple[str, ...]
    jwks: str | None


@dataclass(frozen=True, slots=True)
class DeclaredAccount:
    """An account with what it is to have."""

    id: str
    policies: Mapping[str, str]
    providers: tuple[DeclaredProvider, ...]
    identities: tuple[DeclaredIdentity, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One step. `text` begins with + (made), ~ (changed) or - (taken away)."""

    text: str
    carry_out: Callable[[Connection], object]


def plan(connection: Connection, accounts: tuple[DeclaredAccount, ...], now: float) -> list[Change]:
    """The changes that lead to what is declared, in the order in which they are to be made; none when all is so.

    Raises ValidationError, MalformedPolicyDocument.
    """
    changes: list[Change] = []
    for account in accounts:
        if not principals.account_exists(connection, account.id):
            changes.append(
                Change(f"+ account {account.id}", lambda c, a=account.id: identities.create_account(c, a, now))
            )
        changes += _plan_policies(connection, account, now)
        changes += _plan_providers(connection, account, now)
        for identity in account.identities:
            changes += _plan_identity(connection, account, identity, now)
    return changes


def _plan_policies(connection: Connection, account: DeclaredAccount, now: float) -> Iterator[Change]:
    for name, document in account.policies.items():
        check_document(document)
        arn = policy_arn(account.id, name)
        present = identity_policies.find_document(connection, account.id, arn)
        if present is None:
            yield Change(
                f"+ {account.id}: policy {name}",
                lambda c, n=name, d=document: identity_policies.create_policy(c, account.id, n, d, now),
            )
        elif not _same(present, document):
            yield Change(
                f"~ {account.id}: policy {name}",
                lambda c, n=name, d=document: identity_policies.update_policy(c, account.id, n, d, now),
            )


def _plan_providers(connection: Connection, account: DeclaredAccount, now: float) -> Iterator[Change]:
    for wanted in account.providers:
        arn = identity_providers.provider_arn(account.id, wanted.url)
        present = stored_providers.find_provider(connection, arn)
        if present is None:
            yield Change(
                f"+ {account.id}: provider {wanted.url}",
                lambda c, w=wanted: identity_providers.create_provider(c, account.id, w.url, w.audiences, w.jwks, now),
            )
        elif (present.audiences, present.jwks) != (wanted.audiences, wanted.jwks):
            yield Change(
                f"~ {account.id}: provider {wanted.url}",
                lambda c, w=wanted: identity_providers.update_provider(c, account.id, w.url, w.audiences, w.jwks),
            )


def _plan_identity(
    connection: Connection, account: DeclaredAccount, wanted: DeclaredIdentity, now: float
) -> Iterator[Change]:
    _check(wanted)
    where, kind, name = f"{account.id}: {wanted.kind} {wanted.name}", wanted.kind, wanted.name
    present = stored.find_identity(connection, account.id, kind, name)
    if present is None:
        yield Change(f"+ {where}", lambda c: _create(c, account.id, wanted, now))
    elif present.path != wanted.path:
        raise validation_error(
            f"{where}: its path is {present.path}, and cannot become {wanted.path}. Delete the {kind} first."
        )
    elif kind == "role":
        yield from _plan_role(account.id, wanted, present, where)
    yield from _plan_attachments(connection, account.id, wanted, present, where)
    boundary = None if wanted.boundary is None else policy_arn(account.id, wanted.boundary)
    if boundary != (present.boundary if present else None):
        yield Change(
            f"~ {where}: boundary {boundary or 'none'}",
            lambda c: identity_policies.set_boundary(c, account.id, kind, name, boundary),
        )
    if dict(wanted.tags) != dict(present.tags if present else {}):
        tags = ", ".join(f"{key}={value}" for key, value in wanted.tags.items()) or "none"
        yield Change(f"~ {where}: tags {tags}", lambda c: identities.set_tags(c, account.id, kind, name, wanted.tags))


def _check(wanted: DeclaredIdentity) -> None:
    for document in wanted.inline.values():
        check_document(document)
    if wanted.kind == "role":
        check_document(wanted.trust_policy, PolicyKind.TRUST)
    identities.require_tags(wanted.tags)


def _create(connection: Connection, account: str, wanted: DeclaredIdentity, now: float) -> None:
    if wanted.kind == "user":
        identities.create_user(connection, account, wanted.name, now, wanted.path)
        return
    identities.create_role(
        connection,
        account,
        wanted.name,
        wanted.trust_policy,
        now,
        path=wanted.path,
        max_session_seconds=wanted.max_session_seconds,
    )


def _plan_role(account: str, wanted: DeclaredIdentity, present: Identity, where: str) -> Iterator[Change]:
    if not _same(present.trust_policy or "", wanted.trust_policy):
        yield Change(
            f"~ {where}: trust policy",
            lambda c: identities.change_role(c, account, wanted.name, trust_policy=wanted.trust_policy),
        )
    if present.max_session_seconds != wanted.max_session_seconds:
        seconds = wanted.max_session_seconds
        yield Change(
            f"~ {where}: sessions of at most {seconds} seconds",
            lambda c: identities.change_role(c, account, wanted.name, max_session_seconds=seconds),
        )


def _plan_attachments(
    connection: Connection, account: str, wanted: DeclaredIdentity, present: Identity | None, where: str
) -> Iterator[Change]:
    kind, name = wanted.kind, wanted.name
    has = stored_policies.list_policies(connection, present.id) if present is not None else {}
    attached = {policy_arn(account, policy) for policy in wanted.policies}
    # What is taken away goes first, to make room.
    for each, document in has.items():
        if document is None and each not in attached:
            yield Change(f"- {where}: {each}", lambda c, p=each: identity_policies.detach(c, account, kind, name, p))
        elif document is not None and each not in wanted.inline:
            yield Change(
                f"- {where}: inline policy {each}",
                lambda c, p=each: identity_policies.delete_inline(c, account, kind, name, p),
            )
    for arn in sorted(attached - has.keys()):
        yield Change(f"+ {where}: {arn}", lambda c, p=arn: identity_policies.attach(c, account, kind, name, p))
    for each, document in wanted.inline.items():
        before = has.get(each)
        if before is None or not _same(before, document):
            yield Change(
                f"{'+' if before is None else '~'} {where}: inline policy {each}",
                lambda c, p=each, d=document: identity_policies.put_inline(c, account, kind, name, p, d),
            )


def _same(one: str, other: str) -> bool:
    """Whether two documents say the same, however they are written."""
    try:
        return json.loads(one) == json.loads(other)
    except ValueError:
        return one == other
