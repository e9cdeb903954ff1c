"""The Query protocol of AWS STS: form-encoded actions in, XML out.

Source: "Making query requests" and "Common errors" in the AWS STS API Reference, version 2011-06-15.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote_to_bytes
from xml.sax.saxutils import escape

VERSION: Final = "2011-06-15"
NAMESPACE: Final = "https://sts.amazonaws.com/doc/2011-06-15/"
XML_TYPE: Final = "text/xml"
JSON_TYPE: Final = "application/json"
LONGEST_FORM: Final = 65_536
"""The largest form body, in bytes."""
MOST_PARAMETERS: Final = 256

ACTIONS: Final = frozenset(("AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity", "GetSessionToken"))
NOT_OFFERED: Final = frozenset(
    (
        "AssumeRoleWithSAML",
        "AssumeRoot",
        "DecodeAuthorizationMessage",
        "GetAccessKeyInfo",
        "GetDelegatedAccessToken",
        "GetFederationToken",
        "GetWebIdentityToken",
    )
)
"""The other actions of AWS STS, which deserve a better answer than that they do not exist."""

_QUERY_CODES: Final[Mapping[str, tuple[str, int]]] = {
    "AccessDeniedException": ("AccessDenied", 403),
    "ExpiredTokenException": ("ExpiredToken", 403),
    "ExpiredWebIdentityToken": ("ExpiredTokenException", 400),
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


Value = str | int | datetime
Members = Mapping[str, "Value | Members"]
"""A structure of an answer."""


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
        raise QueryRefused("UnsupportedOperation", f"{action} is not offered here.")
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


def structures(parameters: Mapping[str, str], name: str, members: Sequence[str], most: int) -> list[dict[str, str]]:
    """The entries of a list, which come as `NAME.member.1.MEMBER` and so on. Raises QueryRefused for too many."""
    found: list[dict[str, str]] = []
    while True:
        prefix = f"{name}.member.{len(found) + 1}."
        entry = {member: parameters[prefix + member] for member in members if prefix + member in parameters}
        if not entry:
            return found
        if len(found) == most:
            raise QueryRefused("ValidationError", f"{name} has at most {most} members.")
        found.append(entry)


def render_result(action: str, result: Members, request_id: str, *, as_json: bool = False) -> bytes:
    """The answer to an action."""
    if as_json:
        answer = {f"{action}Result": _json(result), "ResponseMetadata": {"RequestId": request_id}}
        return json.dumps({f"{action}Response": answer}).encode()
    return (
        f'<{action}Response xmlns="{NAMESPACE}">\n'
        f"  <{action}Result>\n{_xml(result, '    ')}  </{action}Result>\n"
        f"  <ResponseMetadata>\n    <RequestId>{_text(request_id)}</RequestId>\n  </ResponseMetadata>\n"
        f"</{action}Response>\n"
    ).encode()


def _json(members: Members) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, value in members.items():
        values[name] = _json(value) if isinstance(value, Mapping) else value
        if isinstance(value, datetime):
            values[name] = value.timestamp()
    return values


def _xml(members: Members, indent: str) -> str:
    lines: list[str] = []
    for name, value in members.items():
        if isinstance(value, Mapping):
            lines.append(f"{indent}<{name}>\n{_xml(value, indent + '  ')}{indent}</{name}>\n")
            continue
        text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else str(value)
        lines.append(f"{indent}<{name}>{_text(text)}</{name}>\n")
    return "".join(lines)


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
