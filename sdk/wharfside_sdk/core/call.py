"""One call of an operation, from parameters to result, without any input or output.

A driver sends what `request` gives, tells `received` what came of it, waits as long as that says, and so on until it
says None; then `result` gives the result or raises.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import quote, urlencode, urlsplit

from wharfside_sdk import __version__, sigv4
from wharfside_sdk.core.http import HttpRequest, HttpResponse
from wharfside_sdk.core.retry import CLOCK_TOLERANCE, SKEWED_CLOCK_CODES, Retries, RetryQuota, service_time
from wharfside_sdk.errors import ConnectionFailed, ServiceExceptions, UnreadableResponse
from wharfside_sdk.model import ir

if TYPE_CHECKING:
    from wharfside_sdk.configuration import ClientConfiguration, Credentials

USER_AGENT = f"wharfside-sdk/{__version__} python/{sys.version_info[0]}.{sys.version_info[1]}"

log: logging.Logger = logging.getLogger(__name__)

Validation = Literal["strict", "min", "off"]
"""How much of a request is checked before it is sent.

`strict`: everything that the model says. `min`: what can never be right (types, names of members, required members,
patterns, lower bounds); upper bounds and the values of enums are left to the service, which may be newer than the
model and allow more. `off`: nothing; the service refuses what is wrong.
"""


class Caller:
    """What all calls of one client share: where they go, how they are checked, and what they learnt from each other."""

    def __init__(
        self,
        service: ir.Service,
        configuration: ClientConfiguration,
        exceptions: ServiceExceptions,
        validation: Validation,
    ) -> None:
        self.service = service
        self.configuration = configuration
        self.exceptions = exceptions
        self.validation: Validation = validation
        self.quota: RetryQuota = RetryQuota()
        self.clock_skew: float = 0.0
        """Seconds by which the service's clock is ahead of ours, as far as they matter."""
        self.url: str = configuration.endpoint_url.rstrip("/") + "/"
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        self._path = parts.path
        self._headers = {
            "Host": host.removesuffix({"http": ":80", "https": ":443"}.get(parts.scheme, " ")),
            "Content-Type": f"application/x-amz-json-{service.json_version}",
        }

    def now(self) -> datetime:
        """The time by the service's clock."""
        return datetime.fromtimestamp(time.time() + self.clock_skew, UTC)

    def encode(self, operation: str, parameters: Mapping[str, Any]) -> bytes:
        """The body of a request. Raises ParamValidationError."""
        # The validators take longer to import than all the rest, and many programs make clients that they never use.
        from wharfside_sdk.core.parameters import encode

        return encode(self.service.name, operation, parameters, self.validation)

    def sign(
        self, operation: str, body: bytes, body_sha256: str, credentials: Credentials, now: datetime
    ) -> HttpRequest:
        """The request that calls the operation."""
        headers = {**self._headers, "X-Amz-Target": f"{self.service.target_prefix}.{operation}"}
        headers |= sigv4.sign_headers(
            _signer(credentials),
            method="POST",
            raw_path=self._path,
            raw_query="",
            headers=headers,
            body_sha256=body_sha256,
            region=self.configuration.signing_region,
            service=self.configuration.signing_name,
            now=now,
        )
        headers["User-Agent"] = USER_AGENT
        return HttpRequest("POST", self.url, headers, body)

    def presign(
        self, credentials: Credentials, operation: str, parameters: Mapping[str, Any], expires: int, method: str
    ) -> str:
        """A URL that calls the operation. As boto3's, it has the parameters in its query, and is good only with the
        header fields Content-Type and X-Amz-Target of the operation. Raises ParamValidationError, ValueError.
        """
        members = cast(dict[str, Any], json.loads(self.encode(operation, parameters)))
        query = _query(members)
        return sigv4.presign_url(
            _signer(credentials),
            method=method,
            url=f"{self.url}?{query}" if query else self.url,
            region=self.configuration.signing_region,
            service=self.configuration.signing_name,
            now=self.now(),
            expires=expires,
            headers={
                "Content-Type": self._headers["Content-Type"],
                "X-Amz-Target": f"{self.service.target_prefix}.{operation}",
            },
        )


class Call:
    """One call."""

    def __init__(self, caller: Caller, operation: str, parameters: Mapping[str, Any]) -> None:
        """Raises ParamValidationError."""
        self._caller = caller
        self._operation = operation
        self._body = caller.encode(operation, parameters)
        self._body_sha256 = sha256(self._body).hexdigest()
        self._retries = Retries(caller.quota, caller.configuration.max_attempts)
        self._signed_at = caller.now()
        self._clock_was_set = False
        self._outcome: HttpResponse | ConnectionFailed | None = None
        self._refusal: dict[str, Any] = {}

    def request(self, credentials: Credentials) -> HttpRequest:
        """What to send now."""
        self._signed_at = self._caller.now()
        return self._caller.sign(self._operation, self._body, self._body_sha256, credentials, self._signed_at)

    def received(self, outcome: HttpResponse | ConnectionFailed) -> float | None:
        """Seconds to wait before sending again, None when the call is over."""
        self._outcome = outcome
        if isinstance(outcome, HttpResponse) and outcome.status < 300:
            self._retries.after_success()
            return None
        delay = self._after_failure(outcome)
        if delay is not None:
            log.debug("%s failed: %s. It is sent again in %.2f s.", self._operation, self._reason(outcome), delay)
        return delay

    def _after_failure(self, outcome: HttpResponse | ConnectionFailed) -> float | None:
        if isinstance(outcome, ConnectionFailed):
            return self._retries.after_connection_failure(outcome)
        self._refusal = read_refusal(self._caller.service, outcome)
        code: str = self._refusal["Error"]["Code"]
        if code in SKEWED_CLOCK_CODES and self._set_clock(outcome):
            return self._retries.after_skewed_clock()
        modeled = code in self._caller.service.operations[self._operation].errors
        return self._retries.after_refusal(outcome, code, modeled)

    def _reason(self, outcome: HttpResponse | ConnectionFailed) -> str:
        return str(outcome) if isinstance(outcome, ConnectionFailed) else self._refusal["Error"]["Code"]

    def _set_clock(self, response: HttpResponse) -> bool:
        """Whether it was our clock that made the service refuse the signature; it is set right, once in a call."""
        theirs = service_time(response)
        # Another call may have set the clock meanwhile, so that only the time of this signature counts.
        if theirs is None or self._clock_was_set or abs(theirs - self._signed_at.timestamp()) <= CLOCK_TOLERANCE:
            return False
        self._clock_was_set = True
        self._caller.clock_skew = theirs - time.time()
        return True

    def result(self) -> dict[str, Any]:
        """The result, with ResponseMetadata. Raises ClientError, ConnectionFailed, Timeout, UnreadableResponse."""
        outcome = self._outcome
        if outcome is None:
            raise RuntimeError("the request has not been sent yet")
        if isinstance(outcome, ConnectionFailed):
            raise outcome
        from wharfside_sdk.model.validators import response_validator

        metadata = self._metadata(outcome)
        if outcome.status >= 300:
            self._refusal["ResponseMetadata"] = metadata
            raise self._caller.exceptions.from_code(self._refusal["Error"]["Code"])(self._refusal, self._operation)
        try:
            result = response_validator(self._caller.service.name, self._operation).validate_json(outcome.body)
        except ValueError as wrong:
            raise UnreadableResponse(
                f"{self._caller.url} answered {self._operation} with something else than its result: {_fault(wrong)}"
            ) from None
        result["ResponseMetadata"] = metadata
        return result

    def _metadata(self, response: HttpResponse) -> dict[str, Any]:
        metadata: dict[str, Any] = {
            "HTTPStatusCode": response.status,
            "HTTPHeaders": dict(response.headers),
            "RetryAttempts": self._retries.attempts - 1,
        }
        request_id = response.headers.get("x-amzn-requestid")
        if request_id is not None:
            metadata = {"RequestId": request_id, **metadata}
        if self._retries.max_attempts_reached:
            metadata["MaxAttemptsReached"] = True
        return metadata


def _fault(wrong: ValueError) -> str:
    """What is wrong with an answer, without what it holds, which may be secret."""
    from pydantic_core import ValidationError

    if not isinstance(wrong, ValidationError):
        return str(wrong)
    first = wrong.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}"


def read_refusal(service: ir.Service, response: HttpResponse) -> dict[str, Any]:
    """What boto3 has as `response` of a ClientError, without ResponseMetadata."""
    status = response.status
    text = response.body.decode(errors="replace")
    if status >= 500 and (not text or text.strip().startswith("<html>")):
        return {"Error": {"Code": str(status), "Message": _phrase(status)}}
    members = _members_of(response.body, text)
    error_type = members.get("__type") or response.headers.get("x-amzn-errortype") or str(status)
    code = str(error_type).split(":", 1)[0].rpartition("#")[2]
    refusal: dict[str, Any] = {"Error": {"Message": members.get("message", members.get("Message", "")), "Code": code}}
    shape = service.shapes.get(code)
    if isinstance(shape, ir.Structure) and shape.http_status is not None:
        refusal |= {field.name: members[field.name] for field in shape.fields if members.get(field.name) is not None}
    return refusal


def _members_of(body: bytes, text: str) -> dict[str, Any]:
    try:
        members: Any = json.loads(body or b"{}")
    except ValueError:
        members = None
    # An answer that is no JSON is not from the service but from something on the way, and says itself what it is.
    return cast(dict[str, Any], members) if isinstance(members, dict) else {"message": text}


def _phrase(status: int) -> str:
    import http

    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ""


def _query(members: Mapping[str, Any]) -> str:
    parts: dict[str, Any] = {name: value if isinstance(value, list) else str(value) for name, value in members.items()}
    return urlencode(parts, doseq=True, safe="-._~", quote_via=quote)


def _signer(credentials: Credentials) -> sigv4.Credentials:
    return sigv4.Credentials(credentials.access_key, credentials.secret_key, credentials.token)
