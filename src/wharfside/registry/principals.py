"""Who calls: the principal behind an access key or a session, as it is at this moment."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from wharfside.core.iam import ADMINISTRATOR_POLICY, ResourcePolicies
from wharfside.registry.access_keys import open_secret
from wharfside.registry.context import Caller
from wharfside.registry.ready_policies import ready_policy
from wharfside.registry.sessions import Session
from wharfside.store import identity_policies, principals
from wharfside.store.identities import Identity
from wharfside.store.policies import NOTHING, Resource
from wharfside.store.principals import Principal
from wharfside.store.sealing import Sealer

_NOTHING = '{"Version":"2012-10-17","Statement":[]}'
"""A policy that allows nothing, in place of one that is not there."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A caller with the secret that proves it."""

    caller: Caller
    secret: str


def root(account: str, access_key_id: str) -> Caller:
    """The account itself, which may do everything in it."""
    arn = f"arn:aws:iam::{account}:root"
    return Caller(account, arn, account, (ADMINISTRATOR_POLICY,), access_key_id, "Account", arn)


def find_caller(
    connection: Connection, access_key_id: str, resource: Resource = NOTHING
) -> tuple[Caller, ResourcePolicies] | None:
    """The caller behind an access key that is in force, and with it the policies of a resource."""
    found = principals.find_access_key(connection, access_key_id, resource)
    return (_user(found.principal, access_key_id), found.principal.resource_policies) if found else None


def find_signer(connection: Connection, sealer: Sealer, access_key_id: str) -> Signer | None:
    """The caller behind an access key that is in force, with its secret."""
    found = principals.find_access_key(connection, access_key_id)
    if found is None:
        return None
    return Signer(_user(found.principal, access_key_id), open_secret(sealer, found.secret_sealed))


def find_session_caller(
    connection: Connection, session: Session, resource: Resource = NOTHING
) -> tuple[Caller, ResourcePolicies] | None:
    """The caller behind temporary credentials, while what they were made from is in force. Looks at no clock."""
    if session.access_key is None:
        principal = principals.find_principal(connection, session.principal_id, resource)
    else:
        key = principals.find_access_key(connection, session.access_key, resource)
        principal = key.principal if key is not None else None
    if principal is None or principal.user_id != session.principal_id:
        return None
    if session.issued_at < principal.sessions_valid_from:
        return None
    if principal.kind == "user":
        return _user(principal, session.access_key_id, session), principal.resource_policies
    return _role(principal, session, _session_policies(connection, session)), principal.resource_policies


def find_named_caller(
    connection: Connection, identity: Identity, now: float, session_name: str = "simulated"
) -> tuple[Caller, tuple[str, ...]]:
    """A user, or a session of a role that would begin now, with the names of the identity policies."""
    found = principals.find_principal(connection, identity.user_id)
    assert found is not None
    names = tuple(name for name, _ in found.policies)
    if found.kind == "user":
        return _user(found, ""), names
    session = Session("", found.account, found.user_id, session_name, now, now, None, None, (), (), None)
    return _role(found, session, ()), names


def _user(principal: Principal, access_key_id: str, session: Session | None = None) -> Caller:
    return Caller(
        account=principal.account,
        arn=principal.arn,
        user_id=principal.user_id,
        policies=_documents(principal),
        access_key=access_key_id,
        principal_type="User",
        principal_arn=principal.arn,
        user_name=principal.name,
        boundary=_boundary(principal),
        session=session,
        tags=tuple(principal.tags.items()),
    )


def _role(principal: Principal, session: Session, session_policies: tuple[str, ...]) -> Caller:
    return Caller(
        account=principal.account,
        arn=f"arn:aws:sts::{principal.account}:assumed-role/{principal.name}/{session.name}",
        user_id=f"{principal.user_id}:{session.name}",
        policies=_documents(principal),
        access_key=session.access_key_id,
        principal_type="AssumedRole",
        principal_arn=principal.arn,
        boundary=_boundary(principal),
        session=session,
        session_policies=session_policies,
        tags=tuple((dict(principal.tags) | dict(session.tags)).items()),
    )


def _session_policies(connection: Connection, session: Session) -> tuple[str, ...]:
    documents = [] if session.policy is None else [session.policy]
    for arn in session.policy_arns:
        stored = None if ready_policy(arn) else identity_policies.find_managed(connection, arn)
        documents.append(ready_policy(arn) or (stored.document if stored else _NOTHING))
    return tuple(documents)


def _documents(principal: Principal) -> tuple[str, ...]:
    return tuple([document or ready_policy(name) or _NOTHING for name, document in principal.policies])


def _boundary(principal: Principal) -> str | None:
    if principal.boundary is None:
        return None
    arn, document = principal.boundary
    return document or ready_policy(arn) or _NOTHING
