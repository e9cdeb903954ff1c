"""AWS STS: authenticate, parse, carry out, render. AssumeRoleWithWebIdentity needs no signature, but a token."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from wharfside.api.authentication import authenticate_signature
from wharfside.api.messages import BodyIncomplete, BodyTooLarge, Request, Response
from wharfside.api.node import Node
from wharfside.api.sign_ins import GUESSES
from wharfside.api.signature import PresentedSignature, missing_token
from wharfside.api.sts import events, query
from wharfside.api.sts.issuers import Issuers
from wharfside.api.sts.query import Action, Members
from wharfside.core.errors import RegistryError
from wharfside.core.request_context import Circumstances
from wharfside.registry import assuming, web_identity
from wharfside.registry.assuming import Asked, Granted, account_of_role
from wharfside.registry.audit import Unrecognized
from wharfside.registry.context import Caller
from wharfside.registry.identities import MOST_TAGS, validation_error
from wharfside.registry.identity_providers import provider_arn
from wharfside.registry.web_identity import Keys, UnknownKey, WebIdentity, invalid_token, parse_keys
from wharfside.store.identity_providers import IdentityProvider, find_provider

_UNSIGNED = "AssumeRoleWithWebIdentity"
_UNREAD = "UnknownOperation"
"""What is recorded of a call whose signature was no good: its body, which names the action, was not read."""


class SecurityTokens:
    """Serves the actions of STS."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._issuers = Issuers(node.clock)

    async def serve(self, request: Request, presented: PresentedSignature | None, request_id: str) -> Response:
        """Answer one call; without a signature where none was presented."""
        as_json = query.wants_json(request.headers.get("Accept"))
        media_type = query.JSON_TYPE if as_json else query.XML_TYPE
        headers = {"Content-Type": media_type, "x-amzn-RequestId": request_id}
        try:
            action, result = await self._serve(request, presented, request_id)
        except (query.QueryRefused, RegistryError) as error:
            status, content = query.render_error(error.code, error.message, error.status, request_id, as_json=as_json)
            return Response(status, headers, content)
        return Response(200, headers, query.render_result(action.name, result, request_id, as_json=as_json))

    async def _serve(
        self, request: Request, presented: PresentedSignature | None, request_id: str
    ) -> tuple[Action, Members]:
        caller, body = await self._authenticate(request, presented, request_id)
        try:
            action = query.parse_action(body, request.raw_query)
        except query.QueryRefused:
            if caller is None:
                raise missing_token() from None
            raise
        if caller is None and action.name != _UNSIGNED:
            raise missing_token()
        circumstances = self._circumstances(request, presented)
        event = events.event_of(request, action.name, circumstances.region or "", caller, request_id)
        event = events.with_parameters(event, action)
        try:
            if action.name == _UNSIGNED:
                event = event._replace(caller=Unrecognized())
                result = await self._sign_in_with_web_identity(request, action.parameters, circumstances)
            else:
                assert caller is not None
                result = await self._act(caller, action, circumstances)
        except RegistryError as error:
            if action.name == _UNSIGNED:
                self._node.trail.refuse_sign_in(event, error)
            else:
                self._node.trail.refuse(action.name, error, lambda: event)
            raise
        if "Credentials" in result:
            self._node.trail.grant(events.granted(event, result))
        else:
            self._node.trail.read(lambda: event)
        return action, result

    async def _authenticate(
        self, request: Request, presented: PresentedSignature | None, request_id: str
    ) -> tuple[Caller | None, bytes]:
        try:
            if presented is None:
                return None, await request.body.read(query.LONGEST_FORM)
            return await authenticate_signature(self._node, request, presented, query.LONGEST_FORM)
        except BodyTooLarge as error:
            raise RegistryError("RequestEntityTooLargeException", "The request is too large", status=413) from error
        except BodyIncomplete as error:
            raise RegistryError("RequestTimeoutException", "The request did not arrive whole", status=408) from error
        except RegistryError as error:
            assert presented is not None
            stranger = Unrecognized(presented.access_key_id)
            event = events.event_of(request, _UNREAD, presented.region, stranger, request_id)
            self._node.trail.refuse_sign_in(event, error)
            raise

    async def _act(self, caller: Caller, action: Action, circumstances: Circumstances) -> Members:
        if action.name == "AssumeRole":
            return await self._assume_role(caller, action.parameters, circumstances)
        if action.name == "GetSessionToken":
            seconds = _seconds(action.parameters)
            return _credentials(assuming.get_session_token(self._node.sealer, caller, seconds, self._node.clock()))
        return {"Arn": caller.arn, "UserId": caller.user_id, "Account": caller.account}

    async def _sign_in_with_web_identity(
        self, request: Request, parameters: Mapping[str, str], circumstances: Circumstances
    ) -> Members:
        sign_ins = self._node.sign_ins
        sign_ins.require_patience(request.client)
        try:
            result = await self._assume_with_web_identity(parameters, circumstances)
        except RegistryError as error:
            if error.code in GUESSES:
                sign_ins.fail(request.client)
            raise
        sign_ins.forgive(request.client)
        return result

    def _circumstances(self, request: Request, presented: PresentedSignature | None) -> Circumstances:
        return Circumstances(
            now=self._node.clock(),
            region=presented.region if presented is not None else None,
            source_ip=request.client,
            secure_transport=request.scheme == "https",
            user_agent=request.headers.get("User-Agent"),
            referer=request.headers.get("Referer"),
        )

    async def _assume_role(
        self, caller: Caller, parameters: Mapping[str, str], circumstances: Circumstances
    ) -> Members:
        node, asked, now = self._node, _asked(parameters), self._node.clock()
        if node.open_mode is not None:
            return _assumed(asked, assuming.grant_openly(node.sealer, asked, now))
        granted = await node.look_up(
            lambda connection: assuming.assume_role(connection, node.sealer, caller, asked, circumstances, now)
        )
        return _assumed(asked, granted)

    async def _assume_with_web_identity(self, parameters: Mapping[str, str], circumstances: Circumstances) -> Members:
        node, asked, now = self._node, _asked(parameters), self._node.clock()
        token = _required(parameters, "WebIdentityToken")
        if node.open_mode is not None:
            return _assumed(asked, assuming.grant_openly(node.sealer, asked, now))
        issuer = await node.on_disk(lambda: web_identity.read_issuer(token))
        arn = provider_arn(account_of_role(asked.role_arn), issuer)
        provider = await node.look_up(lambda connection: find_provider(connection, arn))
        if provider is None or provider.url != issuer:
            raise invalid_token(f"No OpenIDConnect provider found in your account for {issuer}")
        identity = await self._verify(token, provider)
        granted = await node.look_up(
            lambda connection: assuming.assume_role_with_web_identity(
                connection, node.sealer, identity, provider, asked, circumstances, now
            )
        )
        return {
            "SubjectFromWebIdentityToken": identity.subject,
            "Audience": identity.audiences[0],
            "Provider": provider.arn,
            **_assumed(asked, granted),
        }

    async def _verify(self, token: str, provider: IdentityProvider) -> WebIdentity:
        now, url = self._node.clock(), provider.url

        async def check(keys: Keys) -> WebIdentity:
            # In a thread, for the sake of the first token: what reads it takes long to import.
            return await self._node.on_disk(lambda: web_identity.verify(token, keys, url, provider.audiences, now))

        try:
            if provider.jwks is not None:
                return await check(parse_keys(provider.jwks))
            try:
                return await check(await self._issuers.keys(url))
            except UnknownKey:
                # The issuer may have changed its keys since they were fetched.
                return await check(await self._issuers.keys(url, newer=True))
        except UnknownKey:
            raise invalid_token("The ID Token is signed with a key that its issuer does not have") from None


def _required(parameters: Mapping[str, str], name: str) -> str:
    if not parameters.get(name):
        member = name[:1].lower() + name[1:]
        raise validation_error(
            f"1 validation error detected: Value null at '{member}' failed to satisfy constraint:"
            " Member must not be null"
        )
    return parameters[name]


def _seconds(parameters: Mapping[str, str]) -> int | None:
    text = parameters.get("DurationSeconds")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise query.QueryRefused("MalformedInput", "DurationSeconds is not a number")
    return int(text)


def _asked(parameters: Mapping[str, str]) -> Asked:
    arns = query.structures(parameters, "PolicyArns", ("arn",), assuming.MOST_POLICY_ARNS)
    tags = query.structures(parameters, "Tags", ("Key", "Value"), MOST_TAGS)
    return Asked(
        role_arn=_required(parameters, "RoleArn"),
        name=_required(parameters, "RoleSessionName"),
        seconds=_seconds(parameters),
        policy=parameters.get("Policy"),
        policy_arns=tuple(entry["arn"] for entry in arns),
        tags=tuple((entry.get("Key", ""), entry.get("Value", "")) for entry in tags),
        external_id=parameters.get("ExternalId"),
    )


def _credentials(granted: Granted) -> Members:
    return {
        "Credentials": {
            "AccessKeyId": granted.session.access_key_id,
            "SecretAccessKey": granted.secret_access_key,
            "SessionToken": granted.token,
            "Expiration": datetime.fromtimestamp(granted.session.expires_at, UTC),
        }
    }


def _assumed(asked: Asked, granted: Granted) -> Members:
    session = granted.session
    name = asked.role_arn.rpartition("/")[2]
    user = {
        "AssumedRoleId": f"{session.principal_id}:{session.name}",
        "Arn": f"arn:aws:sts::{session.account}:assumed-role/{name}/{session.name}",
    }
    return {**_credentials(granted), "AssumedRoleUser": user, "PackedPolicySize": granted.packed_size}
