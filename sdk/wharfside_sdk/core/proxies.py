"""Which proxy leads to an endpoint, by HTTP_PROXY, HTTPS_PROXY and NO_PROXY as everywhere."""

from __future__ import annotations

import os
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from wharfside_sdk.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that speaks plain HTTP with its clients."""

    host: str
    port: int
    login: str | None = field(default=None, repr=False)
    """What it wants as Proxy-Authorization."""

    @property
    def url(self) -> str:
        """Where it is, without the login."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"


def proxy_for(endpoint_url: str) -> Proxy | None:
    """The environment's proxy for this endpoint. Raises ConfigurationError for one that cannot be used."""
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    # A large module, which those without a proxy need not wait for.
    from urllib.request import getproxies_environment, proxy_bypass

    endpoint = urlsplit(endpoint_url)
    address = getproxies_environment().get(endpoint.scheme)
    if not address or proxy_bypass(endpoint.netloc.rpartition("@")[2]):
        return None
    parts = urlsplit(address if "://" in address else f"http://{address}")
    try:
        port = parts.port or 80
    except ValueError:
        port = None
    if parts.scheme != "http" or not parts.hostname or port is None:
        raise ConfigurationError(
            f"{endpoint.scheme.upper()}_PROXY must be http://host:port, with a user and password if need be"
        )
    return Proxy(parts.hostname, port, None if parts.username is None else _basic(parts.username, parts.password or ""))


def _basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{unquote(user)}:{unquote(password)}'.encode()).decode()}"
