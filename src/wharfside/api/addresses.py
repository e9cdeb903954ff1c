"""Under which host names a registry is reached, and what clients are told of it.

Whoever asked is given the host by which it reached this server, so that the address works for it, also from inside a
container. A configured host name, such as `{account}.dkr.ecr.{region}.example.com`, is given to everybody instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from wharfside.api.messages import Request

_HOST = re.compile(r"(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_REGISTRY_HOST = re.compile(r"([0-9]{12})\.dkr[.-]ecr(?:-fips)?\.([0-9a-z-]{2,25})\.(.+)")


@dataclass(frozen=True, slots=True)
class HostScope:
    """The account and the region that a host name selects; None leaves it to the signature or token."""

    account: str | None = None
    region: str | None = None


_NOTHING = HostScope()


def is_host(text: str) -> bool:
    """Whether this may stand in a Host header: a name or address, with or without a port."""
    return _HOST.fullmatch(text) is not None


def name_of(host: str) -> str:
    """A Host header without the port."""
    return host.rpartition(":")[0] if re.search(r":[0-9]+$", host) else host


def _compared(host: str) -> str:
    """The name in a Host header as names are compared: in small letters, and without the dot of the root."""
    return name_of(host).lower().removesuffix(".")


class Addresses:
    """Host names of registries: read from requests, and given in answers."""

    def __init__(self, registry_host: str | None = None) -> None:
        """`registry_host`: a host name in which `{account}` and `{region}` stand for them; a scheme may precede it."""
        scheme, separator, host = (registry_host or "").rpartition("://")
        self._scheme = scheme if separator else None
        self._template = host or None
        self._pattern: re.Pattern[str] | None = None
        if self._template is not None:
            name = re.escape(name_of(self._template).lower())
            name = name.replace(r"\{account\}", "(?P<account>[0-9]{12})", 1)
            name = name.replace(r"\{region\}", "(?P<region>[0-9a-z-]{2,25})", 1)
            self._pattern = re.compile(name)

    def is_configured(self, host: str) -> bool:
        """Whether a Host header has the configured host name."""
        return self._pattern is not None and self._pattern.fullmatch(_compared(host)) is not None

    def scope_of(self, host: str) -> HostScope:
        """What a Host header selects: the account and region that stand in the name of a registry's host."""
        name = _compared(host)
        match = self._pattern.fullmatch(name) if self._pattern else None
        if match is not None and match.re.groups:
            return HostScope(**match.groupdict())
        match = _REGISTRY_HOST.fullmatch(name)
        return HostScope(match[1], match[2]) if match else _NOTHING

    def registry_host(self, request: Request, account: str, region: str) -> str:
        """The host of a registry, as it stands in `repositoryUri`."""
        if self._template is not None:
            return self._template.replace("{account}", account).replace("{region}", region)
        current = self.scope_of(request.host).account
        # The region of a name is that of the signature already.
        return request.host if current is None else request.host.replace(current, account, 1)

    def registry_url(self, request: Request, account: str, region: str) -> str:
        """The address of a registry with its scheme, as in `proxyEndpoint`."""
        return f"{self._scheme or request.scheme}://{self.registry_host(request, account, region)}"
