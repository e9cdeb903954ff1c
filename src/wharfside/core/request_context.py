"""What policies are evaluated against: who asks, for what, and how (IAM user guide, "Request context")."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal, NamedTuple

from wharfside.core.policy_variables import Undecidable

PrincipalType = Literal["Account", "User", "AssumedRole", "FederatedUser", "Anonymous", "Service", "WebIdentity"]
"""As `aws:PrincipalType` names them; `Account` is the root of an account. The last two are known by their provider."""


# Named tuples, as making frozen dataclasses of so many members would cost more than most decisions.
_NO_TAGS: Mapping[str, str] = MappingProxyType({})
_NO_VALUES: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class Principal(NamedTuple):
    """Who asks, with the policies that bind this principal wherever it goes.

    `arn` is that of the session for an assumed role, whose role is `role_arn`. Without session policies a session may
    what its role may. `provider` is the service of a `Service`, and the identity provider of a `WebIdentity`.
    """

    type: PrincipalType
    account: str
    arn: str
    user_id: str = ""
    user_name: str | None = None
    role_arn: str | None = None
    provider: str | None = None
    temporary: bool = False
    issued_at: float | None = None
    """When temporary credentials were made."""
    tags: Mapping[str, str] = _NO_TAGS
    policies: tuple[str, ...] = ()
    boundary: str | None = None
    session_policies: tuple[str, ...] = ()


ANONYMOUS = Principal("Anonymous", "", "*", "anonymous")
"""Somebody without credentials."""


class Circumstances(NamedTuple):
    """How a request came. `now`: seconds since the epoch."""

    now: float | None = None
    region: str | None = None
    source_ip: str | None = None
    secure_transport: bool = False
    user_agent: str | None = None
    referer: str | None = None


UNKNOWN_CIRCUMSTANCES = Circumstances()


class AccessRequest(NamedTuple):
    """An action on a resource, which is an ARN or `*`, in an account.

    `tags` and `tag_keys` are those that the request wants to set or remove. The tags of the resource are asked for only
    when a policy names them. `others` holds further condition keys in lower case, such as those of an identity token.
    """

    principal: Principal
    action: str
    resource: str
    account: str
    circumstances: Circumstances = UNKNOWN_CIRCUMSTANCES
    tags: Mapping[str, str] = _NO_TAGS
    tag_keys: tuple[str, ...] = ()
    resource_tags: Callable[[], Mapping[str, str]] = lambda: _NO_TAGS
    others: Mapping[str, tuple[str, ...]] = _NO_VALUES

    def values(self, key: str) -> tuple[str, ...]:
        """The values of a condition key in lower case; none when the request has none.

        Raises Undecidable for a key that is not known here: not even its absence can be told.
        """
        if key in self.others:
            return self.others[key]
        if key == "aws:tagkeys":
            return self.tag_keys
        find = _KEYS.get(key)
        if find is not None:
            value = find(self)
            return () if value is None else (value,)
        prefix, _, name = key.partition("/")
        tags_of = _TAGS.get(prefix)
        if tags_of is not None and name:
            return _tag(tags_of(self), name)
        if key in _ABSENT:
            return ()
        raise Undecidable(key)


def _tag(tags: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Keys of conditions have no case, keys of tags do: which of two would be meant cannot be said."""
    values = tuple(value for key, value in tags.items() if key.lower() == name)
    if len(values) > 1:
        raise Undecidable(name)
    return values


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _principal_arn(request: AccessRequest) -> str | None:
    principal = request.principal
    return None if principal.type == "Anonymous" else principal.role_arn or principal.arn


_KEYS: Mapping[str, Callable[[AccessRequest], str | None]] = {
    "aws:currenttime": lambda request: _moment(request.circumstances.now),
    "aws:epochtime": lambda request: None if (now := request.circumstances.now) is None else str(int(now)),
    "aws:federatedprovider": lambda request: request.principal.provider,
    "aws:multifactorauthpresent": lambda request: "false" if request.principal.temporary else None,
    "aws:principalaccount": lambda request: request.principal.account or None,
    "aws:principalarn": _principal_arn,
    "aws:principalisawsservice": lambda request: _truth(request.principal.type == "Service"),
    "aws:principalservicename": lambda request: (
        request.principal.provider if request.principal.type == "Service" else None
    ),
    "aws:principaltype": lambda request: request.principal.type,
    "aws:referer": lambda request: request.circumstances.referer,
    "aws:requestedregion": lambda request: request.circumstances.region,
    "aws:resourceaccount": lambda request: request.account,
    "aws:securetransport": lambda request: _truth(request.circumstances.secure_transport),
    "aws:sourceip": lambda request: request.circumstances.source_ip,
    "aws:tokenissuetime": lambda request: _moment(request.principal.issued_at),
    "aws:useragent": lambda request: request.circumstances.user_agent,
    "aws:userid": lambda request: request.principal.user_id or None,
    "aws:username": lambda request: request.principal.user_name,
    "aws:viaawsservice": lambda request: "false",
}
"""Global condition keys with one value, in lower case."""

_TAGS: Mapping[str, Callable[[AccessRequest], Mapping[str, str]]] = {
    "aws:principaltag": lambda request: request.principal.tags,
    "aws:requesttag": lambda request: request.tags,
    "aws:resourcetag": lambda request: request.resource_tags(),
    "ecr:resourcetag": lambda request: request.resource_tags(),
}

_ABSENT = frozenset(
    {
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:multifactorauthage",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:resourceorgid",
        "aws:resourceorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:vpcsourceip",
        "sts:externalid",
        "sts:rolesessionname",
        "sts:sourceidentity",
    }
)
"""Keys that are known to have no value here: there are no organizations, private networks, or services that call."""


def is_known_key(key: str) -> bool:
    """Whether requests can have a condition key, in lower case, or are known never to."""
    prefix, _, name = key.partition("/")
    return key == "aws:tagkeys" or key in _KEYS or key in _ABSENT or (prefix in _TAGS and bool(name))
