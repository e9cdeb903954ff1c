"""AWS Signature Version 4: canonicalisation and signing, for the client that signs and the server that verifies.

Pure functions: no clock, no input, no output. Sources: "Create a signed AWS API request" in the IAM User Guide
(canonical request, string to sign, signing key) and "Authenticating requests: using query parameters" in the S3 API
Reference (presigned URLs). The rules are those of every service but S3: the path is normalised, and encoded once more.

`headers` is always a mapping that finds lower-case names; repeated fields are joined with a comma.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes, urlsplit, urlunsplit

ALGORITHM: Final = "AWS4-HMAC-SHA256"
TERMINATOR: Final = "aws4_request"
EMPTY_SHA256: Final = hashlib.sha256(b"").hexdigest()
UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"
LONGEST_EXPIRY: Final = 604_800
"""The largest X-Amz-Expires of a presigned URL, in seconds (seven days)."""

_SAFE_IN_QUERY = "-_.~"
_NEEDS_NO_ENCODING = re.compile(r"[A-Za-z0-9_.~-]*", re.ASCII)
_CHANGED_ON_THE_WAY = frozenset(
    ("authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id")
)
"""Header fields that HTTP clients and proxies set or change after signing."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key, with a session token where it is a temporary one. The secrets stay out of its `repr`."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signing key is good for: one day (`YYYYMMDD`, UTC), one region, one service."""

    date: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


def amz_date(now: datetime) -> str:
    """An aware time as X-Amz-Date wants it, e.g. `20150830T123600Z`."""
    return now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def canonical_path(raw_path: str) -> str:
    """The path as sent, without dot segments and empty segments, percent-encoded once more."""
    if raw_path in ("", "/"):
        return "/"
    segments: list[str] = []
    for segment in raw_path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    last = "/" if segments and raw_path.endswith("/") else ""
    return quote("/" + "/".join(segments) + last, safe="/~")


def canonical_query(raw_query: str) -> str:
    """The query as sent, each name and value decoded and encoded again, sorted; without X-Amz-Signature.

    A `+` counts as a space, which is how the parameters are read.
    """
    if not raw_query:
        return ""
    pairs: list[tuple[str, str]] = []
    for part in raw_query.split("&"):
        name, _, value = part.partition("=")
        if part and name != "X-Amz-Signature":
            pairs.append((_reencoded(name), _reencoded(value)))
    pairs.sort()
    return "&".join([f"{name}={value}" for name, value in pairs])


def _reencoded(text: str) -> str:
    if _NEEDS_NO_ENCODING.fullmatch(text):
        return text
    # Bytes, not text: two different invalid UTF-8 sequences must not become the same replacement character.
    return quote_from_bytes(unquote_to_bytes(text.replace("+", " ")), safe=_SAFE_IN_QUERY)


def canonical_request(
    *,
    method: str,
    raw_path: str,
    raw_query: str,
    headers: Mapping[str, str],
    signed_headers: Iterable[str],
    body_sha256: str,
) -> str:
    """The canonical request. `signed_headers` are lower-case and sorted. Raises KeyError when `headers` lacks one."""
    names = tuple(signed_headers)
    lines = [method, canonical_path(raw_path), canonical_query(raw_query)]
    lines += [f"{name}:{' '.join(headers[name].split())}" for name in names]
    lines += ["", ";".join(names), body_sha256]
    return "\n".join(lines)


def string_to_sign(amz_date: str, scope: Scope, canonical_request: str) -> str:
    """What the signing key signs."""
    digest = hashlib.sha256(canonical_request.encode()).hexdigest()
    return f"{ALGORITHM}\n{amz_date}\n{scope}\n{digest}"


@lru_cache(maxsize=4096)
def signing_key(secret_access_key: str, scope: Scope) -> bytes:
    """The key derived from the secret for one scope. Cached: it is the same all day, and costs four HMACs."""
    key = b"AWS4" + secret_access_key.encode()
    for part in (scope.date, scope.region, scope.service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature(secret_access_key: str, scope: Scope, text: str) -> str:
    """The signature of a string to sign, in hexadecimal."""
    return hmac.digest(signing_key(secret_access_key, scope), text.encode(), "sha256").hex()


def sign_headers(
    credentials: Credentials,
    *,
    method: str,
    raw_path: str,
    raw_query: str,
    headers: Mapping[str, str],
    body_sha256: str,
    region: str,
    service: str,
    now: datetime,
) -> dict[str, str]:
    """The header fields to add to a request: X-Amz-Date, X-Amz-Security-Token where there is one, and Authorization.

    `headers` are those that will be sent, Host among them; all are signed but those that change on the way.
    """
    moment = amz_date(now)
    added = {"X-Amz-Date": moment}
    if credentials.session_token is not None:
        added["X-Amz-Security-Token"] = credentials.session_token
    sent = {name.lower(): value for name, value in (*headers.items(), *added.items())}
    names = sorted(sent.keys() - _CHANGED_ON_THE_WAY)
    scope = Scope(moment[:8], region, service)
    canonical = canonical_request(
        method=method,
        raw_path=raw_path,
        raw_query=raw_query,
        headers=sent,
        signed_headers=names,
        body_sha256=body_sha256,
    )
    signed = signature(credentials.secret_access_key, scope, string_to_sign(moment, scope, canonical))
    added["Authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signed}"
    )
    return added


def presign_url(
    credentials: Credentials,
    *,
    method: str,
    url: str,
    region: str,
    service: str,
    now: datetime,
    expires: int = 900,
    headers: Mapping[str, str] | None = None,
    body_sha256: str = EMPTY_SHA256,
) -> str:
    """The URL with a signature in its query, good for `expires` seconds from `now`.

    `headers` are further fields that must be sent with the request exactly so; Host is taken from the URL.
    Raises ValueError when `expires` is not within 1 to 604800 seconds.
    """
    if not 1 <= expires <= LONGEST_EXPIRY:
        raise ValueError(f"expires must be 1 to {LONGEST_EXPIRY} seconds, not {expires}")
    parts = urlsplit(url)
    moment = amz_date(now)
    scope = Scope(moment[:8], region, service)
    sent = {name.lower(): value for name, value in (headers or {}).items()} | {"host": _host_field(url)}
    names = sorted(sent)
    parameters = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key_id}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(expires),
        "X-Amz-SignedHeaders": ";".join(names),
    }
    if credentials.session_token is not None:
        parameters["X-Amz-Security-Token"] = credentials.session_token
    query = "&".join([f"{name}={quote(value, safe=_SAFE_IN_QUERY)}" for name, value in parameters.items()])
    query = f"{parts.query}&{query}" if parts.query else query
    canonical = canonical_request(
        method=method,
        raw_path=parts.path,
        raw_query=query,
        headers=sent,
        signed_headers=names,
        body_sha256=body_sha256,
    )
    signed = signature(credentials.secret_access_key, scope, string_to_sign(moment, scope, canonical))
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", f"{query}&X-Amz-Signature={signed}", ""))


def _host_field(url: str) -> str:
    """The Host field that HTTP clients send for this URL: without user information and the scheme's own port."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    default_port = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return host.removesuffix(default_port) if default_port else host
