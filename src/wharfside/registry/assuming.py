"""Temporary credentials: of a role that is assumed, and of a user (AWS STS API Reference)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from wharfside.core.errors import RegistryError
from wharfside.core.iam import decide_assuming
from wharfside.core.request_context import AccessRequest, Circumstances, Principal
from wharfside.registry.access_keys import new_secret
from wharfside.registry.context import Caller
from wharfside.registry.identities import (
    DEFAULT_SESSION,
    SHORTEST_SESSION,
    require_tags,
    unique_id,
    validation_error,
)
from wharfside.registry.identity_policies import check_document, find_document
from wharfside.registry.sessions import MOST_CLAIMS, Session
from wharfside.registry.tokens import seal_session
from wharfside.registry.web_identity import WebIdentity
from wharfside.store import identities
from wharfside.store.identities import Identity
from wharfside.store.identity_providers import IdentityProvider
from wharfside.store.sealing import Sealer

LONGEST_CHAINED: Final = 3600
"""Seconds of a session that was made by another session of a role."""
LONGEST_OF_USER: Final = 129_600
DEFAULT_OF_USER: Final = 43_200
LONGEST_SESSION_POLICY: Final = 2048
MOST_POLICY_ARNS: Final = 10
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_ROLE_ARN = re.compile(r"arn:aws[a-z-]{0,20}:iam::([0-9]{12}):role/[\x21-\x7e]{1,1200}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a session is asked to be."""

    role_arn: str
    name: str
    seconds: int | None = None
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """Temporary credentials, with the secret in the clear; given once."""

    session: Session
    secret_access_key: str
    token: str

    @property
    def packed_size(self) -> int:
        """How much of the room for policies and tags is taken, in percent."""
        return _packed_size(self.session)


def account_of_role(role_arn: str) -> str:
    """The account that a role is in. Raises ValidationError for what is no role's ARN."""
    match = _ROLE_ARN.fullmatch(role_arn)
    if match is None:
        raise validation_error(f"{role_arn[:100]} is invalid")
    return match[1]


def assume_role(
    connection: Connection, sealer: Sealer, caller: Caller, asked: Asked, circumstances: Circumstances, now: float
) -> Granted:
    """AssumeRole. Raises AccessDeniedException, ValidationError, MalformedPolicyDocument, PackedPolicyTooLarge."""
    role = _find_role(connection, asked)
    others = {"sts:rolesessionname": (asked.name,)}
    if asked.external_id is not None:
        others["sts:externalid"] = (asked.external_id,)
    for action in ("sts:AssumeRole", "sts:TagSession") if asked.tags else ("sts:AssumeRole",):
        allowed = role is not None and _may_assume(caller.evaluated(), action, role, asked, circumstances, others)
        if role is None or not allowed:
            # Without a reason: strangers are not to learn which roles there are.
            raise RegistryError(
                "AccessDeniedException",
                f"User: {caller.arn} is not authorized to perform: {action} on resource: {asked.role_arn}",
            )
    assert role is not None
    longest = role.max_session_seconds or DEFAULT_SESSION
    if caller.principal_type == "AssumedRole" and (asked.seconds or 0) > LONGEST_CHAINED:
        raise validation_error(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    return _grant_role(connection, sealer, role, asked, longest, None, now)


def assume_role_with_web_identity(
    connection: Connection,
    sealer: Sealer,
    identity: WebIdentity,
    provider: IdentityProvider,
    asked: Asked,
    circumstances: Circumstances,
    now: float,
) -> Granted:
    """AssumeRoleWithWebIdentity, with a verified token. Raises as `assume_role`."""
    role = _find_role(connection, asked)
    principal = Principal("WebIdentity", "", f"{provider.arn}/{identity.subject}", provider=provider.arn)
    others = {**identity.condition_keys(), "sts:rolesessionname": (asked.name,)}
    action = "sts:AssumeRoleWithWebIdentity"
    if role is None or not _may_assume(principal, action, role, asked, circumstances, others):
        raise RegistryError("AccessDeniedException", f"Not authorized to perform {action}")
    longest = role.max_session_seconds or DEFAULT_SESSION
    return _grant_role(connection, sealer, role, asked, longest, provider.arn, now)


def get_session_token(sealer: Sealer, caller: Caller, seconds: int | None, now: float) -> Granted:
    """GetSessionToken. Raises AccessDeniedException for temporary credentials, ValidationError."""
    if caller.session is not None:
        raise RegistryError("AccessDeniedException", "Cannot call GetSessionToken with session credentials")
    length = _require_seconds(seconds, DEFAULT_OF_USER, LONGEST_OF_USER)
    return _grant(
        sealer,
        Session(
            access_key_id=unique_id("ASIA", 16),
            account=caller.account,
            principal_id=caller.user_id,
            name="",
            issued_at=now,
            expires_at=now + length,
            access_key=caller.access_key,
            policy=None,
            policy_arns=(),
            tags=(),
            provider=None,
        ),
    )


def grant_openly(sealer: Sealer, asked: Asked, now: float) -> Granted:
    """AssumeRole in open mode: a session in the role's account, whether or not there is such a role."""
    account = account_of_role(asked.role_arn)
    _check_asked(asked)
    length = _require_seconds(asked.seconds, DEFAULT_SESSION, LONGEST_OF_USER)
    return _grant(sealer, _session(asked, account, f"AROA{account}", length, None, now))


def _find_role(connection: Connection, asked: Asked) -> Identity | None:
    account_of_role(asked.role_arn)
    _check_asked(asked)
    role = identities.find_identity_by_arn(connection, asked.role_arn)
    return role if role is not None and role.kind == "role" else None


def _may_assume(
    principal: Principal,
    action: str,
    role: Identity,
    asked: Asked,
    circumstances: Circumstances,
    others: dict[str, tuple[str, ...]],
) -> bool:
    request = AccessRequest(
        principal,
        action,
        role.arn,
        role.account,
        circumstances,
        tags=dict(asked.tags),
        tag_keys=tuple(key for key, _ in asked.tags),
        resource_tags=lambda: role.tags,
        others=others,
    )
    return decide_assuming(request, role.trust_policy or "{}").allowed


def _check_asked(asked: Asked) -> None:
    if not _SESSION_NAME.fullmatch(asked.name):
        raise validation_error(
            f"1 validation error detected: Value '{asked.name[:100]}' at 'roleSessionName' failed to satisfy"
            " constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]{2,64}"
        )
    if asked.policy is not None:
        if not 1 <= len(asked.policy) <= LONGEST_SESSION_POLICY:
            raise validation_error(f"A session policy has 1 to {LONGEST_SESSION_POLICY} characters.")
        check_document(asked.policy)
    if len(asked.policy_arns) > MOST_POLICY_ARNS:
        raise validation_error(f"A session has at most {MOST_POLICY_ARNS} policies by ARN.")
    require_tags(dict(asked.tags))
    if len(dict(asked.tags)) != len(asked.tags):
        raise validation_error("Duplicate tag keys found.")


def _require_seconds(seconds: int | None, default: int, longest: int) -> int:
    length = default if seconds is None else seconds
    if SHORTEST_SESSION <= length <= longest:
        return length
    bound = f"less than or equal to {longest}" if length > longest else f"greater than or equal to {SHORTEST_SESSION}"
    raise validation_error(
        f"1 validation error detected: Value '{length}' at 'durationSeconds' failed to satisfy constraint:"
        f" Member must have value {bound}"
    )


def _grant_role(
    connection: Connection,
    sealer: Sealer,
    role: Identity,
    asked: Asked,
    longest: int,
    provider: str | None,
    now: float,
) -> Granted:
    for arn in asked.policy_arns:
        if find_document(connection, role.account, arn) is None:
            raise validation_error(f"Policy {arn[:200]} does not exist in account {role.account}.")
    if asked.seconds is not None and asked.seconds > longest:
        raise validation_error("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    length = _require_seconds(asked.seconds, DEFAULT_SESSION, longest)
    return _grant(sealer, _session(asked, role.account, role.user_id, length, provider, now))


def _session(asked: Asked, account: str, principal_id: str, length: int, provider: str | None, now: float) -> Session:
    return Session(
        access_key_id=unique_id("ASIA", 16),
        account=account,
        principal_id=principal_id,
        name=asked.name,
        issued_at=now,
        expires_at=now + length,
        access_key=None,
        policy=asked.policy,
        policy_arns=asked.policy_arns,
        tags=asked.tags,
        provider=provider,
    )


def _packed_size(session: Session) -> int:
    return 100 * len(json.dumps(session.claims()).encode()) // MOST_CLAIMS


def _grant(sealer: Sealer, session: Session) -> Granted:
    size = _packed_size(session)
    if size > 100:
        raise RegistryError(
            "PackedPolicyTooLarge", f"Packed size of session policies and tags consumes {size}% of allotted space."
        )
    secret = new_secret()
    return Granted(session, secret, seal_session(sealer, session, secret))
