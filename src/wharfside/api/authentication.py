"""Who sends a request: by the signature of an API call, or by the token of a docker login."""

from __future__ import annotations

import hashlib
import math
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import Connection

from wharfside.api.basic import basic_credentials
from wharfside.api.limits import ON_THE_LOOP
from wharfside.api.messages import Request
from wharfside.api.node import Node, Scope
from wharfside.api.open_mode import OpenMode
from wharfside.api.sign_ins import GUESSES
from wharfside.api.signature import PresentedSignature, require_scope, verify
from wharfside.core.errors import RegistryError
from wharfside.core.iam import ResourcePolicies
from wharfside.core.names import is_account
from wharfside.registry import identities, principals
from wharfside.registry.audit import account_by_itself
from wharfside.registry.context import Caller
from wharfside.registry.tokens import USER, AuthorizationToken, InvalidToken, open_authorization, open_session
from wharfside.store.policies import Resource, find_policies


class Unauthenticated(Exception):
    """No usable docker token; `message` says why, None when there was none at all."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message)
        self.message = message


INVALID_TOKEN = "Your Authorization Token is invalid."  # noqa: S105  # a message
EXPIRED_TOKEN = "Your authorization token has expired. Reauthenticate and try again."  # noqa: S105  # a message


def _unrecognized() -> RegistryError:
    return RegistryError("UnrecognizedClientException", "The security token included in the request is invalid.")


async def authenticate_signature(
    node: Node, request: Request, presented: PresentedSignature, body_limit: int
) -> tuple[Caller, bytes]:
    """The caller who signed the request, and its body, which is read only once the access key is found.

    Raises SignatureRefused, BodyTooLarge, UnrecognizedClientException for a key that is not in force, and
    ThrottlingException after too many failures from the same address.
    """
    require_scope(presented, services=[presented.service], region=node.addresses.scope_of(request.host).region)
    client, key = request.client, presented.access_key_id
    node.sign_ins.require_patience(client, key)
    try:
        signed = await _authenticate(node, request, presented, body_limit)
    except RegistryError as error:
        if error.code in GUESSES:
            node.sign_ins.fail(client, key)
        raise
    node.sign_ins.succeed(client, key)
    return signed


async def _authenticate(
    node: Node, request: Request, presented: PresentedSignature, body_limit: int
) -> tuple[Caller, bytes]:
    key = presented.access_key_id
    if node.open_mode is not None:
        account = _account_in_open_mode(node, node.open_mode, presented)
        await ensure_account(node, node.open_mode, account)
        return principals.root(account, key), await request.body.read(body_limit)
    signer = await _find_signer(node, presented)
    body = await request.body.read(body_limit)
    if len(body) <= ON_THE_LOOP:
        digest = hashlib.sha256(body).hexdigest()
    else:
        digest = await node.hashing(lambda: hashlib.sha256(body).hexdigest())
    verify(
        presented,
        method=request.method,
        raw_path=request.raw_path,
        raw_query=request.raw_query,
        headers=request.headers,
        body_sha256=digest,
        secret=signer.secret,
        now=datetime.fromtimestamp(node.clock(), UTC),
    )
    return signer.caller, body


async def _find_signer(node: Node, presented: PresentedSignature) -> principals.Signer:
    key, token = presented.access_key_id, presented.session_token
    if token is None:
        signer = await node.look_up(lambda connection: principals.find_signer(connection, node.sealer, key))
    else:
        try:
            session, secret = open_session(node.sealer, token)
        except InvalidToken as error:
            raise _unrecognized() from error
        if session.access_key_id != key:
            raise _unrecognized()
        if session.expires_at <= node.clock():
            raise RegistryError("ExpiredTokenException", "The security token included in the request is expired")
        found = await node.look_up(lambda connection: principals.find_session_caller(connection, session))
        signer = principals.Signer(found[0], secret) if found is not None else None
    if signer is None:
        raise _unrecognized()
    return signer


def _account_in_open_mode(node: Node, open_mode: OpenMode, presented: PresentedSignature) -> str:
    """The account that an access key id of 12 digits names, or a session of ours is in."""
    if presented.session_token is not None:
        with suppress(InvalidToken):
            return open_session(node.sealer, presented.session_token)[0].account
    return open_mode.account_of_key(presented.access_key_id)


async def ensure_account(node: Node, open_mode: OpenMode, account: str) -> None:
    """Make the account that a caller names in open mode, unless it is known to exist."""
    if account not in open_mode.known:
        await node.write(
            Scope(account, open_mode.region),
            lambda unit: identities.ensure_account(unit.connection, account, unit.now),
            lambda made: account_by_itself(account, open_mode.region, {"openMode": True}) if made else None,
        )
        open_mode.remember(account)


class TokenReader:
    """Reads docker tokens from `Authorization`. Opening a seal costs more than remembering the latest ones.

    They come as the password of `Basic`, and where anonymous pulls are allowed also as `Bearer`.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._open = lru_cache(1024)(self._opened)

    def read(self, request: Request) -> AuthorizationToken:
        """The token of a request. Raises Unauthenticated, but never in open mode."""
        if self._node.open_mode is not None:
            return self._read_openly(self._node.open_mode, request)
        header = request.headers.get("Authorization")
        if header is None:
            raise Unauthenticated
        try:
            token = self._open(header)
        except InvalidToken as error:
            raise Unauthenticated(INVALID_TOKEN) from error
        if token.expires_at <= self._node.clock():
            raise Unauthenticated(EXPIRED_TOKEN)
        return token

    def _read_openly(self, open_mode: OpenMode, request: Request) -> AuthorizationToken:
        """A user of 12 digits names the account, and otherwise a docker token or the host name may do so."""
        user, _ = basic_credentials(request.headers.get("Authorization", ""))
        if user == USER:
            with suppress(InvalidToken):
                return self._open(request.headers["Authorization"])
        selected = self._node.addresses.scope_of(request.host)
        account = user if is_account(user) else selected.account or open_mode.account
        return AuthorizationToken(account, selected.region or open_mode.region, user, math.inf)

    def _opened(self, header: str) -> AuthorizationToken:
        scheme, _, token = header.partition(" ")
        if scheme.lower() == "bearer" and self._node.anonymous is not None:
            return open_authorization(self._node.sealer, token.strip())
        user, password = basic_credentials(header)
        if user != USER:
            raise InvalidToken
        return open_authorization(self._node.sealer, password)

    def scope(self, request: Request, token: AuthorizationToken) -> Scope:
        """The registry a request is about: that of the host name, or else the token's own. Raises Unauthenticated."""
        selected = self._node.addresses.scope_of(request.host)
        region = selected.region or token.region
        if region != token.region and self._node.open_mode is None:
            raise Unauthenticated(INVALID_TOKEN)
        return Scope(selected.account or token.account, region)


NOBODY = "anonymous"
"""The bearer token of nobody. There is nothing to gain from making it up."""
_WITHOUT_CREDENTIALS = frozenset({("basic", "Og=="), ("bearer", NOBODY)})
"""Neither user nor password, which some clients send when they have none, and the token of nobody."""


def is_anonymous(request: Request) -> bool:
    """Whether a request has no credentials, or those of nobody."""
    header = request.headers.get("Authorization")
    if header is None:
        return True
    scheme, _, value = header.partition(" ")
    return (scheme.lower(), value.strip()) in _WITHOUT_CREDENTIALS


def require_caller(
    node: Node, connection: Connection, token: AuthorizationToken, resource: Resource
) -> tuple[Caller, ResourcePolicies]:
    """The principal behind a token, as it is now, and the policies of what it wants to use, in one statement.

    Raises Unauthenticated once the access key is not in force.
    """
    if node.open_mode is not None:
        return principals.root(token.account, token.access_key), find_policies(connection, resource)
    if token.session is not None:
        found = principals.find_session_caller(connection, token.session, resource)
    else:
        found = principals.find_caller(connection, token.access_key, resource)
    if found is None or found[0].account != token.account:
        raise Unauthenticated(INVALID_TOKEN)
    return found
