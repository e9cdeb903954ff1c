"""Small HTTP requests for credentials: bounded in time and size, no redirects, nothing of the answer is logged."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

from wharfside_sdk.core.tls import tls_context

LARGEST_ANSWER = 65_536
"""In bytes. Answers with credentials have one or two kilobytes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows none: the request may hold a secret, and what answers is not to choose who gets it."""

    def redirect_request(self, *arguments: object, **options: object) -> None:
        return None


def send(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float,
    proxies: bool = False,
    verify: bool | str = True,
) -> Answer:
    """Sends one request and reads its answer.

    `timeout` is in seconds, for connecting, for every wait, and once more for reading the whole body. `proxies` says
    whether HTTP_PROXY and HTTPS_PROXY count. Raises OSError when no answer was had, ValueError for a URL of other kind,
    ConfigurationError when `verify` names no certificates.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"{url[:80]!r} is no HTTP URL")
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(None if proxies else {}),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=tls_context(verify)),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    request = urllib.request.Request(url, body, dict(headers or {}), method=method)  # noqa: S310
    try:
        with opener.open(request, timeout=timeout) as response:
            return Answer(response.status, _read(response, timeout))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, _read(refusal, timeout))
    except http.client.HTTPException as error:
        raise OSError(f"not an answer in HTTP: {type(error).__name__}") from None


def _read(response: IO[bytes], timeout: float) -> bytes:
    deadline = time.monotonic() + timeout
    content = b""
    while piece := response.read(8192):
        content += piece
        if len(content) > LARGEST_ANSWER:
            raise OSError(f"the answer is larger than {LARGEST_ANSWER} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError("the answer took too long")
    return content
