"""Verification of AWS Signature Version 4, in the Authorization header and in presigned URLs.

`parse_authorization` reads who claims to have signed, the caller finds that access key's secret, and `verify` checks
the claim. Codes and texts are those of AWS: "Common Error Types" in the Amazon ECR API Reference, and its answers on
the wire.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import unquote

from wharfside.core.errors import RegistryError
from wharfside.core.names import is_region
from wharfside_sdk import sigv4

CLOCK_SKEW: Final = timedelta(minutes=15)
"""How far the client's clock may be off, in both directions."""
LONGEST_AUTHORIZATION: Final = 4096
LONGEST_QUERY: Final = 16_384
LONGEST_SESSION_TOKEN: Final = 8192
MOST_SIGNED_HEADERS: Final = 100

_ACCESS_KEY_ID = re.compile(r"\w{1,128}", re.ASCII)
_SERVICE = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
_AMZ_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,128}", re.ASCII)
_IN_QUERY = re.compile(r"(?:^|&)X-Amz-(?:Algorithm|Credential|Signature)=")
_MEANINGLESS = "x-amz-user-agent"
"""Sent by SDKs besides User-Agent, and like it not signed by all of them; nothing here reads it."""
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


class SignatureRefused(RegistryError):
    """The signature is missing, malformed, out of its time or wrong."""


@dataclass(frozen=True, slots=True)
class PresentedSignature:
    """A signature as presented, not yet verified."""

    access_key_id: str
    scope: sigv4.Scope
    signed_headers: tuple[str, ...]
    signature: str = field(repr=False)
    amz_date: str
    """The time of signing, `YYYYMMDDTHHMMSSZ`."""
    expires: int | None
    """X-Amz-Expires in seconds; None in the header form, and in presigned URLs without it."""
    session_token: str | None = field(repr=False)
    """X-Amz-Security-Token. It is covered by the signature, and the caller has to resolve it."""
    presigned: bool

    @property
    def region(self) -> str:
        return self.scope.region

    @property
    def service(self) -> str:
        return self.scope.service


def missing_token() -> SignatureRefused:
    """What to raise where a signature is needed and `parse_authorization` found none."""
    return SignatureRefused("MissingAuthenticationTokenException", "Missing Authentication Token")


def _incomplete(message: str) -> SignatureRefused:
    return SignatureRefused("IncompleteSignatureException", message)


def _invalid(message: str) -> SignatureRefused:
    return SignatureRefused("InvalidSignatureException", message)


def parse_authorization(headers: Mapping[str, str], raw_query: str) -> PresentedSignature | None:
    """The signature that a request presents, or None. Raises SignatureRefused for a malformed one.

    `headers` finds lower-case names; `raw_query` is the query as sent.
    """
    if len(raw_query) > LONGEST_QUERY or not raw_query.isascii():
        raise _incomplete(f"The query string must be at most {LONGEST_QUERY} characters of US-ASCII.")
    authorization = headers.get("authorization")
    in_query = _IN_QUERY.search(raw_query) is not None
    if authorization is not None and in_query:
        raise _invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
    if in_query:
        return _from_query(headers, raw_query)
    return None if authorization is None else _from_header(headers, authorization)


def _from_header(headers: Mapping[str, str], authorization: str) -> PresentedSignature:
    if len(authorization) > LONGEST_AUTHORIZATION or not authorization.isascii():
        raise _incomplete(f"The Authorization header must be at most {LONGEST_AUTHORIZATION} characters of US-ASCII.")
    algorithm, _, rest = authorization.strip().partition(" ")
    fields: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals:
            raise _incomplete(
                "Invalid key=value pair (missing equal-sign) in Authorization header "
                f"(hashed with SHA-256 and encoded with Base64): '{_hashed(authorization)}'."
            )
        if name in fields:
            raise _incomplete(f"Authorization header has more than one '{name[:32]}' parameter.")
        fields[name] = value
    _require_algorithm(algorithm)
    moment = headers.get("x-amz-date") or _from_date_header(headers.get("date"))
    missing = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if not fields.get(name)
    ]
    if not moment:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if missing or not moment:
        hint = f"(Hashed with SHA-256 and encoded with Base64) Authorization={_hashed(authorization)}"
        raise _incomplete(f"{' '.join(missing)} {hint}")
    token = headers.get("x-amz-security-token")
    return _presented(fields, moment, None, token, presigned=False)


def _hashed(authorization: str) -> str:
    # AWS answers with the header's hash, so that no secret sent there by mistake turns up in logs.
    return base64.b64encode(hashlib.sha256(authorization.encode()).digest()).decode()


def _from_query(headers: Mapping[str, str], raw_query: str) -> PresentedSignature:
    values: dict[str, str] = {}
    for part in raw_query.split("&"):
        name, _, value = part.partition("=")
        if not name.startswith("X-Amz-"):
            continue
        if name in values:
            raise _incomplete(f"AWS query-string parameters must include '{name[:32]}' only once.")
        values[name] = unquote(value.replace("+", " "))
    missing = [
        f"AWS query-string parameters must include '{name}'. "
        for name in ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
        if not values.get(name)
    ]
    if missing:
        raise _incomplete("".join(missing) + "Re-examine the query-string parameters.")
    _require_algorithm(values["X-Amz-Algorithm"])
    expires = values.get("X-Amz-Expires")
    if expires is not None and not (re.fullmatch(r"[0-9]{1,6}", expires) and 0 < int(expires) <= sigv4.LONGEST_EXPIRY):
        raise _incomplete(f"X-Amz-Expires must be a number of seconds from 1 to {sigv4.LONGEST_EXPIRY}.")
    token = values.get("X-Amz-Security-Token", headers.get("x-amz-security-token"))
    fields = {name.removeprefix("X-Amz-"): value for name, value in values.items()}
    return _presented(fields, values["X-Amz-Date"], int(expires) if expires else None, token, presigned=True)


def _require_algorithm(algorithm: str) -> None:
    if algorithm != sigv4.ALGORITHM:
        raise _incomplete(f"Unsupported AWS 'algorithm': '{algorithm[:32]}' (only {sigv4.ALGORITHM} for now). ")


def _from_date_header(date: str | None) -> str | None:
    """The Date field, in the form of HTTP or already in that of X-Amz-Date, as X-Amz-Date; None when unreadable."""
    if date is None or len(date) > 64 or not date.isascii():
        return None
    if _AMZ_DATE.fullmatch(date):
        return date
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    return sigv4.amz_date(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _presented(
    fields: Mapping[str, str], moment: str, expires: int | None, token: str | None, *, presigned: bool
) -> PresentedSignature:
    access_key_id, scope = _parse_credential(fields["Credential"])
    if not _AMZ_DATE.fullmatch(moment):
        raise _incomplete(
            f"Date must be in ISO-8601 'basic format'. Got {moment[:32]!a}. See http://en.wikipedia.org/wiki/ISO_8601"
        )
    if scope.date != moment[:8]:
        raise _invalid(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{scope.date[:32]}' != '{moment[:8]}', from '{moment}'."
        )
    if token is not None and (len(token) > LONGEST_SESSION_TOKEN or not token.isascii()):
        raise _incomplete(f"X-Amz-Security-Token must be at most {LONGEST_SESSION_TOKEN} characters of US-ASCII.")
    return PresentedSignature(
        access_key_id=access_key_id,
        scope=scope,
        signed_headers=_parse_signed_headers(fields["SignedHeaders"]),
        signature=fields["Signature"],
        amz_date=moment,
        expires=expires,
        session_token=token,
        presigned=presigned,
    )


def _parse_credential(credential: str) -> tuple[str, sigv4.Scope]:
    parts = credential.split("/")
    if len(parts) != 5 or not _ACCESS_KEY_ID.fullmatch(parts[0]):
        raise _incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{credential[:256]}'"
        )
    access_key_id, date, region, service, terminator = parts
    if terminator != sigv4.TERMINATOR:
        raise _invalid(f"Credential should be scoped with a valid terminator: '{sigv4.TERMINATOR}'. ")
    if not is_region(region):
        raise _invalid("Credential should be scoped to a valid region. ")
    if not _SERVICE.fullmatch(service):
        raise _invalid("Credential should be scoped to a valid service. ")
    return access_key_id, sigv4.Scope(date, region, service)


def _parse_signed_headers(text: str) -> tuple[str, ...]:
    names = text.split(";", MOST_SIGNED_HEADERS)
    if len(names) > MOST_SIGNED_HEADERS or not all(map(_HEADER_NAME.fullmatch, names)):
        raise _incomplete(f"SignedHeaders must be at most {MOST_SIGNED_HEADERS} lower-case header names.")
    if names != sorted(set(names)):
        raise _invalid("SignedHeaders must be sorted and name each header once.")
    if "host" not in names:
        raise _invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    return tuple(names)


def require_scope(presented: PresentedSignature, *, services: Collection[str], region: str | None = None) -> None:
    """Raises SignatureRefused unless the signature is for one of `services` and, where one is given, for `region`."""
    if region is not None and presented.region != region:
        raise _invalid(f"Credential should be scoped to a valid region, not '{presented.region}'. ")
    if presented.service not in services:
        raise _invalid(f"Credential should be scoped to correct service: '{' or '.join(sorted(services))}'. ")


def verify(
    presented: PresentedSignature,
    *,
    method: str,
    raw_path: str,
    raw_query: str,
    headers: Mapping[str, str],
    body_sha256: str,
    secret: str,
    now: datetime,
) -> None:
    """Raises SignatureRefused unless the holder of `secret` signed this request, lately enough for `now` (aware).

    `raw_path` and `raw_query` are as sent, `headers` finds lower-case names, and `body_sha256` is the hexadecimal
    SHA-256 of the body that arrived. Content-Type is covered when the client signed it; the SDK for PHP never does.
    """
    _require_in_time(presented, now)
    arrived = {name.lower() for name in headers}
    for name in arrived.difference(presented.signed_headers):
        if name.startswith("x-amz-") and name != _MEANINGLESS:
            raise _invalid(f"'{name[:64]}' must be a 'SignedHeader' in the AWS Authorization.")
    if not arrived.issuperset(presented.signed_headers) or not _is_ascii(presented, method, raw_path, headers):
        raise _invalid(_MISMATCH)
    canonical = sigv4.canonical_request(
        method=method,
        raw_path=raw_path,
        raw_query=raw_query,
        headers=headers,
        signed_headers=presented.signed_headers,
        body_sha256=_payload_hash(presented, headers, body_sha256),
    )
    text = sigv4.string_to_sign(presented.amz_date, presented.scope, canonical)
    expected = sigv4.signature(secret, presented.scope, text)
    if not hmac.compare_digest(expected.encode(), presented.signature.encode(errors="replace")):
        raise _invalid(_MISMATCH)


def _is_ascii(presented: PresentedSignature, method: str, raw_path: str, headers: Mapping[str, str]) -> bool:
    signed = "".join([headers[name] for name in presented.signed_headers])
    return method.isascii() and raw_path.isascii() and signed.isascii()


def _payload_hash(presented: PresentedSignature, headers: Mapping[str, str], body_sha256: str) -> str:
    declared = headers.get("x-amz-content-sha256")
    if declared is None or hmac.compare_digest(declared.encode(errors="replace"), body_sha256.encode()):
        return body_sha256
    if declared == sigv4.UNSIGNED_PAYLOAD and presented.presigned:
        return declared
    raise _invalid("The value of the 'x-amz-content-sha256' header is not the SHA-256 of the request body.")


def _require_in_time(presented: PresentedSignature, now: datetime) -> None:
    try:
        signed_at = datetime.fromisoformat(presented.amz_date)
    except ValueError:
        raise _incomplete(
            f"Date must be in ISO-8601 'basic format'. Got '{presented.amz_date}'. "
            "See http://en.wikipedia.org/wiki/ISO_8601"
        ) from None
    lifetime = CLOCK_SKEW
    if presented.expires is not None:
        lifetime = timedelta(seconds=presented.expires)
        # STS keeps to the 15 minutes whatever a shorter X-Amz-Expires says, and Kubernetes authenticators rely on it:
        # they sign with 60 seconds and use the URL for 14 minutes.
        if presented.service == "sts":
            lifetime = max(lifetime, CLOCK_SKEW)
    if now - lifetime > signed_at:
        earliest = sigv4.amz_date(now - lifetime)
        span = f"{sigv4.amz_date(now)} - {_span(lifetime)}"
        raise _invalid(f"Signature expired: {presented.amz_date} is now earlier than {earliest} ({span})")
    if signed_at > now + CLOCK_SKEW:
        latest = sigv4.amz_date(now + CLOCK_SKEW)
        span = f"{sigv4.amz_date(now)} + {_span(CLOCK_SKEW)}"
        raise _invalid(f"Signature not yet current: {presented.amz_date} is still later than {latest} ({span})")


def _span(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    return f"{seconds + minutes * 60} sec." if seconds else f"{minutes} min."
