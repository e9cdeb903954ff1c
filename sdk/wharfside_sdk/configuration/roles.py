"""Credentials of roles, from STS: AssumeRole, and AssumeRoleWithWebIdentity with the token of a cluster or a pipeline.

Source: the API reference of the AWS Security Token Service (Query protocol: a form in, XML out).
"""

from __future__ import annotations

import hashlib
import html
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from wharfside_sdk import sigv4
from wharfside_sdk.configuration.credentials import Credentials, CredentialSource, parse_expiry
from wharfside_sdk.configuration.http import Answer, send
from wharfside_sdk.errors import NoCredentials

_ATTEMPTS: Final = 3
_SECONDS: Final = 60.0
_WORTH_ANOTHER: Final = frozenset(
    ("IDPCommunicationError", "Throttling", "ThrottlingException", "RequestLimitExceeded")
)


@dataclass(frozen=True, slots=True)
class SecurityTokenService:
    """Where STS is, and how its certificate is checked."""

    endpoint_url: str
    region: str
    verify: bool | str = True
    pause: Callable[[float], None] = time.sleep

    def assume_role(self, source: CredentialSource, parameters: Mapping[str, str]) -> Credentials:
        """The credentials of a role that those of `source` may take. Raises NoCredentials."""
        return self._call("AssumeRole", parameters, lambda: source.current())

    def assume_role_with_web_identity(self, token_file: str, parameters: Mapping[str, str]) -> Credentials:
        """The credentials of a role that the bearer of the token in this file may take. Raises NoCredentials."""
        try:
            token = Path(token_file).expanduser().read_text()
        except (OSError, ValueError) as error:
            raise NoCredentials(f"the web identity token cannot be read: {error}") from None
        return self._call("AssumeRoleWithWebIdentity", {**parameters, "WebIdentityToken": token}, None)

    def _call(
        self, action: str, parameters: Mapping[str, str], signer: Callable[[], Credentials] | None
    ) -> Credentials:
        session = {"RoleSessionName": f"wharfside-sdk-{int(time.time())}"}
        body = urlencode({"Action": action, "Version": "2011-06-15", **session, **parameters}).encode()
        failure = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self.pause(2**attempt * secrets.randbelow(500) / 1000)
            try:
                answer = self._send(body, signer() if signer else None)
            except OSError as error:
                failure = str(error)
                continue
            if answer.status == 200:
                return _credentials(answer, action)
            failure = f"{_element(answer.text, 'Code')}: {_element(answer.text, 'Message')} (HTTP {answer.status})"
            if answer.status < 500 and _element(answer.text, "Code") not in _WORTH_ANOTHER:
                break
        raise NoCredentials(f"{action} of {parameters.get('RoleArn')} at {self.endpoint_url} failed: {failure}")

    def _send(self, body: bytes, credentials: Credentials | None) -> Answer:
        parts = urlsplit(self.endpoint_url)
        headers = {"Host": parts.netloc, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        path = parts.path or "/"
        if credentials is not None:
            headers |= sigv4.sign_headers(
                sigv4.Credentials(credentials.access_key, credentials.secret_key, credentials.token),
                method="POST",
                raw_path=path,
                raw_query="",
                headers=headers,
                body_sha256=hashlib.sha256(body).hexdigest(),
                region=self.region,
                service="sts",
                now=datetime.now(UTC),
            )
        url = f"{parts.scheme}://{parts.netloc}{path}"
        return send(url, method="POST", headers=headers, body=body, timeout=_SECONDS, proxies=True, verify=self.verify)


def _credentials(answer: Answer, action: str) -> Credentials:
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    values = [_element(answer.text, name) for name in names]
    if not all(values):
        raise NoCredentials(f"the answer to {action} has no credentials")
    key, secret, token, expiration = values
    return Credentials(key, secret, token, parse_expiry(expiration))


def _element(document: str, name: str) -> str:
    """The text of the first element of this name, empty when there is none.

    The few elements that are read occur once and hold text alone, so that no parser, with its entities, is needed.
    """
    _, found, rest = document.partition(f"<{name}>")
    text, ended, _ = rest.partition(f"</{name}>")
    return html.unescape(text).strip() if found and ended else ""
