"""Open mode, for laptops and tests: everybody who reaches the server is the administrator of the account they name.

It is offered on loopback only. A web page that a person of this machine has open could still reach the server through
a name of its own that leads to 127.0.0.1, so names that a stranger may own are refused. It could also have the browser
send a request here without seeing the answer, so what browsers send for pages of other servers is refused as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address

from wharfside.api.addresses import name_of
from wharfside.core.names import is_account

MOST_KNOWN = 65_536
"""Accounts that a process remembers to have seen. Beyond that it forgets them, and asks the database again."""
_OWN_NAMES = re.compile(
    r"(?:[^.]+|.*\.(?:localhost|internal|local|test|amazonaws\.com|amazonaws\.com\.cn|on\.aws))\.?", re.IGNORECASE
)
"""Names of one label, names that the domain name system never gives away, and Amazon's own."""
FOREIGN_NAME = (
    b"In open mode the server answers only to addresses, to localhost and to names like it. For another name,"
    b" configure it as registry_host.\n"
)

FOREIGN_PAGE = b"In open mode the server does not answer to what a browser sends for a page of another server.\n"


@dataclass(frozen=True, slots=True)
class OpenMode:
    """Who callers are in open mode: `account` and `region` are those of callers who name none."""

    account: str
    region: str
    known: set[str] = field(default_factory=set[str])
    """Accounts that are known to exist."""

    def account_of_key(self, access_key_id: str) -> str:
        """The account that an access key id selects."""
        return access_key_id if is_account(access_key_id) else self.account

    def remember(self, account: str) -> None:
        """Keep in mind that an account exists."""
        if len(self.known) >= MOST_KNOWN:
            self.known.clear()
        self.known.add(account)


def is_of_foreign_page(origin: str | None, host: str) -> bool:
    """Whether an Origin header tells of a page that did not come from this host (RFC 6454, section 7)."""
    return origin is not None and origin.partition("://")[2] != host.lower()


def is_own_name(host: str) -> bool:
    """Whether a Host header is an address, or a name that no stranger can have pointed at this machine."""
    name = name_of(host)
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return _OWN_NAMES.fullmatch(name) is not None
    return True
