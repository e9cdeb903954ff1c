"""The Query protocol of AWS STS: form-encoded actions in, XML out.

Source: "Making query requests" and "Common errors" in the AWS STS API Reference, version 2011-06-15. Only
GetCallerIdentity is offered. The caller has been authenticated by whoever uses this module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import unquote_to_bytes
from xml.sax.saxutils import escape

VERSION: Final = "2011-06-15"
NAMESPACE: Final = "https://sts.amazonaws.com/doc/2011-06-15/"
XML_TYPE: Final = "text/xml"
JSON_TYPE: Final = "application/json"
LONGEST_FORM: Final = 65_536
"""The largest form body, in bytes."""
MOST_PARAMETERS: Final = 256

NOT_OFFERED: Final = frozenset(
    (
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "AssumeRoot",
        "DecodeAuthorizationMessage",
        "GetAccessKeyInfo",
        "GetDelegatedAccessToken",
        "GetFederationToken",
        "GetSessionToken",
        "GetWebIdentityToken",
    )
)
"""The other actions of AWS STS, which deserve a better answer than that they do not exist."""

_QUERY_CODES: Final[Mapping[str, tuple[str, int]]] = {
    "AccessDeniedException": ("AccessDenied", 403),
    "ExpiredTokenException": ("ExpiredToken", 403),
    "IncompleteSignatureException": ("IncompleteSignature", 400),
    "InternalFailure": ("InternalFailure", 500),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "RequestEntityTooLargeException": ("RequestEntityTooLarge", 413),
    "RequestTimeoutException": ("RequestTimeout", 408),
    "ServerException": ("InternalFailure", 500),
    "ServiceUnavailable": ("ServiceUnavailable", 503),
    "ThrottlingException": ("Throttling", 400),
    "UnknownOperationException": ("InvalidAction", 400),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
}
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class QueryRefused(Exception):
    """The action cannot be carried out. `code` and `status` are those of the Query protocol."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class Caller(Protocol):
    """Who has signed the request."""

    @property
    def account(self) -> str: ...
    @property
    def arn(self) -> str: ...
    @property
    def user_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Action:
    """What the client asks for: one of ACTIONS, with its parameters (without those of a presigned URL)."""

    name: str
    parameters: Mapping[str, str]


def query_error(code: str, status: int) -> tuple[str, int]:
    """The Query protocol's code and status for an error of the JSON protocol; those given where they are the same."""
    return _QUERY_CODES.get(code, (code, status))


def parse_action(request_form: bytes, raw_query: str) -> Action:
    """The action in a form body, in the query of the URL, or spread over both. Raises QueryRefused."""
    if len(request_form) > LONGEST_FORM:
        raise QueryRefused("RequestEntityTooLarge", f"A request is at most {LONGEST_FORM} bytes.", 413)
    parameters: dict[str, str] = {}
    for source in (raw_query.encode(errors="replace"), request_form):
        for part in source.split(b"&"):
            if part:
                name, _, value = part.partition(b"=")
                _add(parameters, _decoded(name), _decoded(value))
    parameters = {name: value for name, value in parameters.items() if not name.startswith("X-Amz-")}
    action = parameters.pop("Action", "")
    version = parameters.pop("Version", "")
    if not action:
        raise QueryRefused("MissingAction", "The request is missing an action or a required parameter.")
    if version == VERSION and action in NOT_OFFERED:
        raise QueryRefused("UnsupportedOperation", f"{action} is not offered here; GetCallerIdentity is.")
    if version != VERSION or action not in ACTIONS:
        asked = f"{action[:64]} for version {version[:32] or 'NO_VERSION_SPECIFIED'}"
        raise QueryRefused("InvalidAction", f"Could not find operation {asked}")
    return Action(action, parameters)


def _add(parameters: dict[str, str], name: str, value: str) -> None:
    if name in parameters:
        raise QueryRefused("InvalidQueryParameter", f"The parameter {name[:64]} was given more than once.")
    if len(parameters) == MOST_PARAMETERS:
        raise QueryRefused("InvalidQueryParameter", f"A request has at most {MOST_PARAMETERS} parameters.")
    parameters[name] = value


def _decoded(text: bytes) -> str:
    try:
        return unquote_to_bytes(text.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise QueryRefused("InvalidQueryParameter", "The parameters must be percent-encoded UTF-8.") from None


def wants_json(accept: str | None) -> bool:
    """Whether the Accept field asks for JSON in place of XML, as Kubernetes authenticators do."""
    return accept is not None and JSON_TYPE in accept.lower() and "xml" not in accept.lower()


def render_identity(caller: Caller, request_id: str, *, as_json: bool = False) -> bytes:
    """The answer to GetCallerIdentity."""
    if as_json:
        identity = {"Account": caller.account, "Arn": caller.arn, "UserId": caller.user_id}
        metadata = {"RequestId": request_id}
        answer = {"GetCallerIdentityResult": identity, "ResponseMetadata": metadata}
        return json.dumps({"GetCallerIdentityResponse": answer}).encode()
    return (
        f'<GetCallerIdentityResponse xmlns="{NAMESPACE}">\n'
        "  <GetCallerIdentityResult>\n"
        f"    <Arn>{_text(caller.arn)}</Arn>\n"
        f"    <UserId>{_text(caller.user_id)}</UserId>\n"
        f"    <Account>{_text(caller.account)}</Account>\n"
        "  </GetCallerIdentityResult>\n"
        "  <ResponseMetadata>\n"
        f"    <RequestId>{_text(request_id)}</RequestId>\n"
        "  </ResponseMetadata>\n"
        "</GetCallerIdentityResponse>\n"
    ).encode()


def render_error(code: str, message: str, status: int, request_id: str, *, as_json: bool = False) -> tuple[int, bytes]:
    """Status and body of an error; `code` may be one of the JSON protocol, `status` is then that of the Query one."""
    code, status = query_error(code, status)
    blame = "Sender" if status < 500 else "Receiver"
    if as_json:
        error = {"Type": blame, "Code": code, "Message": message}
        return status, json.dumps({"Error": error, "RequestId": request_id}).encode()
    return status, (
        f'<ErrorResponse xmlns="{NAMESPACE}">\n'
        "  <Error>\n"
        f"    <Type>{blame}</Type>\n"
        f"    <Code>{_text(code)}</Code>\n"
        f"    <Message>{_text(message)}</Message>\n"
        "  </Error>\n"
        f"  <RequestId>{_text(request_id)}</RequestId>\n"
        "</ErrorResponse>\n"
    ).encode()


def _text(value: str) -> str:
    # XML 1.0 has no way to write control characters, escaped or not.
    return escape(_NOT_IN_XML.sub("\ufffd", value))


ACTIONS: Final[Mapping[str, Callable[[Caller, str], bytes]]] = {"GetCallerIdentity": render_identity}
