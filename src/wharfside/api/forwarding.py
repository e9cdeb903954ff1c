"""Requests that come through proxies: who sent them, and by which address, as far as the proxies are trusted.

A header that tells who the client is can be sent by anybody. It counts when the connection comes from a trusted proxy,
and of its entries only those that trusted proxies have added: from the right, up to the first address that is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
_MOST_ENTRIES = 32
_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")
_PAIR = re.compile(r'\s*(for|host|proto)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";,]*))\s*', re.IGNORECASE)


class ProxyHeaders(Enum):
    """Which headers the trusted proxies set. The others may be the client's own, so they never count."""

    X_FORWARDED = "x-forwarded"
    """`X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`."""
    FORWARDED = "forwarded"
    """`Forwarded` (RFC 7239)."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from. `scheme` and `host` are None where no proxy told them."""

    client: str
    scheme: str | None = None
    host: str | None = None


class TrustedProxies:
    """The networks of the proxies whose word counts."""

    def __init__(self, networks: Iterable[Network], headers: ProxyHeaders = ProxyHeaders.X_FORWARDED) -> None:
        self._networks = tuple(networks)
        self._headers = headers

    def origin(self, peer: str, headers: Mapping[str, str]) -> Origin:
        """Where a request comes from that arrived on a connection from `peer`."""
        address = _address(peer)
        if address is None or not self._trusts(address):
            return Origin(peer)
        if self._headers is ProxyHeaders.FORWARDED:
            senders, schemes, hosts = _forwarded(headers.get("Forwarded", ""))
        else:
            senders, schemes, hosts = (_entries(headers.get(f"X-Forwarded-{end}", "")) for end in _ENDS)
        passed = 0
        for sender in reversed(senders):
            told = _address(sender)
            if told is None:
                break
            address = told
            passed += 1
            if not self._trusts(address):
                break
        scheme = _told(schemes, passed).lower()
        return Origin(str(address), scheme if scheme in ("http", "https") else None, _told(hosts, passed) or None)

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._networks)


_ENDS = ("For", "Proto", "Host")


def _entries(header: str) -> list[str]:
    """The last entries of a list."""
    return [entry.strip() for entry in header.rsplit(",", _MOST_ENTRIES)[-_MOST_ENTRIES:]] if header else []


def _forwarded(header: str) -> tuple[list[str], list[str], list[str]]:
    """What each proxy told of who sent, the scheme, and the host; an empty text for what it did not tell."""
    lists: tuple[list[str], list[str], list[str]] = ([], [], [])
    for entry in _entries(header):
        pairs = [match for part in entry.split(";") if (match := _PAIR.fullmatch(part))]
        told = {match[1].lower(): match[2] if match[2] is not None else match[3] for match in pairs}
        for values, name in zip(lists, ("for", "proto", "host"), strict=True):
            values.append(told.get(name, ""))
    return lists


def _told(values: Sequence[str], passed: int) -> str:
    """What the first of the trusted proxies told: it is the one that the client spoke to.

    Some proxies add to the list, others put their own value in place of it.
    """
    return values[-min(max(passed, 1), len(values))] if values else ""


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address, which may come with a port; None for anything else, such as `unknown`."""
    match = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address(text if match is None else match[1] or match[2])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
