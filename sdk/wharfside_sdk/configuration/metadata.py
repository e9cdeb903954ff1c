"""Credentials of the machine a program runs on: the container's endpoint, and the metadata of an EC2 instance.

Sources: "Container credential provider" and "IMDS credential provider" in the AWS SDKs and Tools Reference Guide.
Only the second version of the instance metadata service is spoken: its token keeps forged requests out.
"""

from __future__ import annotations

import ipaddress
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote, urlsplit

from wharfside_sdk.configuration.credentials import ADVISORY_REFRESH, Credentials, parse_expiry
from wharfside_sdk.configuration.http import Answer, send
from wharfside_sdk.errors import ConfigurationError, NoCredentials

RELATIVE_URI: Final = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
FULL_URI: Final = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
CONTAINER_HOST: Final = "169.254.170.2"
CONTAINER_HOSTS: Final = frozenset((CONTAINER_HOST, "169.254.170.23", "fd00:ec2::23", "localhost"))
"""Hosts that may give a container its credentials without TLS, besides loopback addresses."""

_CONTAINER_SECONDS: Final = 2.0
_CONTAINER_ATTEMPTS: Final = 3
_ROLES: Final = "latest/meta-data/iam/security-credentials/"
_INSTANCE_HOSTS: Final = {"ipv4": "http://169.254.169.254/", "ipv6": "http://[fd00:ec2::254]/"}


def container_credentials(environ: Mapping[str, str], pause: Callable[[float], None] = time.sleep) -> Credentials:
    """What the container's endpoint gives; the environment says where that is. Raises NoCredentials."""
    url = _container_url(environ)
    failure = ""
    for attempt in range(_CONTAINER_ATTEMPTS):
        if attempt:
            pause(1.0)
        try:
            # The token in the file changes, so it is read for every request.
            headers = {"Accept": "application/json"} | _authorization(environ)
            answer = send(url, headers=headers, timeout=_CONTAINER_SECONDS)
        except (OSError, UnicodeDecodeError) as error:
            failure = str(error)
            continue
        if answer.status == 200:
            return _credentials(answer, "the container's credentials endpoint")
        failure = f"HTTP status {answer.status}"
    raise NoCredentials(f"the container's credentials endpoint failed: {failure}")


def _container_url(environ: Mapping[str, str]) -> str:
    variable = RELATIVE_URI if RELATIVE_URI in environ else FULL_URI
    url = (f"http://{CONTAINER_HOST}" if variable == RELATIVE_URI else "") + environ[variable]
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise ConfigurationError(f"{variable} is not a URL") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and (host in CONTAINER_HOSTS or _is_loopback(host))):
        allowed = ", ".join(sorted(CONTAINER_HOSTS))
        raise ConfigurationError(
            f"container credentials may come from {host or 'that URL'} over HTTPS only; without TLS from {allowed}, "
            "and from loopback addresses"
        )
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _authorization(environ: Mapping[str, str]) -> dict[str, str]:
    file = environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    if file is not None:
        token = Path(file).read_text()
    elif "AWS_CONTAINER_AUTHORIZATION_TOKEN" in environ:
        token = environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    else:
        return {}
    if not token.isascii() or not token.isprintable():
        raise ConfigurationError("the container's authorization token cannot be sent in an HTTP header")
    return {"Authorization": token}


@dataclass(frozen=True, slots=True)
class InstanceMetadata:
    """How to reach the instance metadata service. `seconds` limits every request, `attempts` is per request."""

    endpoint: str = _INSTANCE_HOSTS["ipv4"]
    seconds: float = 1.0
    attempts: int = 1

    @classmethod
    def configured(cls, setting: Callable[[str, str], str | None]) -> InstanceMetadata:
        """As the settings say; `setting` looks one up by variable and by name in the profile."""
        mode = (setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode") or "").lower()
        if not mode:
            version_6 = (setting("AWS_IMDS_USE_IPV6", "imds_use_ipv6") or "").lower() == "true"
            mode = "ipv6" if version_6 else "ipv4"
        if mode not in _INSTANCE_HOSTS:
            raise ConfigurationError(f"the mode of the instance metadata endpoint is {mode[:40]!r}, not ipv4 or ipv6")
        endpoint = setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint")
        seconds = setting("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout") or "1"
        attempts = setting("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts") or "1"
        try:
            return cls(endpoint or _INSTANCE_HOSTS[mode], float(int(seconds)), int(attempts))
        except ValueError:
            raise ConfigurationError("timeout and attempts of the metadata service must be whole numbers") from None

    def credentials(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Credentials:
        """The credentials of the instance's role. Raises NoCredentials."""
        lifetime = {"x-aws-ec2-metadata-token-ttl-seconds": "21600"}
        token = {"x-aws-ec2-metadata-token": self._ask("PUT", "latest/api/token", lifetime).text}
        role = self._ask("GET", _ROLES, token).text.split("\n")[0].strip()
        answer = self._ask("GET", _ROLES + quote(role, safe="+=,.@-_"), token)
        return _extended(_credentials(answer, "the instance metadata service"), now())

    def _ask(self, method: str, path: str, headers: dict[str, str]) -> Answer:
        url = f"{self.endpoint.rstrip('/')}/{path}"
        failure = ""
        for _ in range(self.attempts):
            try:
                answer = send(url, method=method, headers=headers, timeout=self.seconds)
            except (OSError, ValueError) as error:
                failure = str(error)
                continue
            if answer.status == 200 and answer.body:
                return answer
            failure = f"HTTP status {answer.status}"
        raise NoCredentials(f"the instance metadata service failed: {failure}")


def _extended(credentials: Credentials, now: datetime) -> Credentials:
    """Credentials for some more minutes where the service gives old ones.

    It does so when it cannot have new ones itself; the services of AWS then accept the old ones. The time is different
    in every process, so that not all ask again at once.
    """
    span = ADVISORY_REFRESH + timedelta(seconds=120 + secrets.randbelow(481))
    if credentials.expires_at is None or credentials.expires_at - span > now:
        return credentials
    return Credentials(credentials.access_key, credentials.secret_key, credentials.token, now + span)


def _credentials(answer: Answer, origin: str) -> Credentials:
    try:
        document: Any = json.loads(answer.body)
    except ValueError:
        raise NoCredentials(f"{origin} gave an answer that is not JSON") from None
    members = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    values = [members.get(name) for name in ("AccessKeyId", "SecretAccessKey", "Token", "Expiration")]
    if not all(isinstance(value, str) and value for value in values):
        code = members.get("Code")
        raise NoCredentials(f"{origin} gave no credentials" + (f": {code}" if isinstance(code, str) else ""))
    key, secret, token, expiration = cast("list[str]", values)
    return Credentials(key, secret, token, parse_expiry(expiration))
