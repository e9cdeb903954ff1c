"""The server's certificate: loaded at the start, and again whenever its files change."""

from __future__ import annotations

import logging
import os
import ssl
from pathlib import Path

_log = logging.getLogger(__name__)
EVERY_SECONDS = 5.0
"""How often the files are looked at."""


class Certificate:
    """A certificate chain and its key, in PEM files that may be replaced at any time."""

    def __init__(self, chain: Path, key: Path, every: float = EVERY_SECONDS) -> None:
        """Raises OSError (ssl.SSLError is one) when a file is missing, or they do not match."""
        self._chain = chain
        self._key = key
        self.every = every
        # Before the files are read: a change while they are is then one that is yet to come.
        self._seen = self._stamps()
        self.context = self._load()
        """For the next handshake. Connections keep the one that they began with."""

    def renew(self) -> None:
        """Load the files again if they have changed; for a thread. While they cannot be used, the old ones stay."""
        seen = self._stamps()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self.context = self._load()
        except OSError as failure:
            _log.error(
                "%s and %s have changed and cannot be used (%s): new connections still get the certificate from before",
                self._chain,
                self._key,
                failure,
            )
        else:
            _log.warning("the certificate in %s has changed: new connections get the new one", self._chain)

    def _stamps(self) -> list[tuple[int, int, int] | None]:
        """What changes with the content of the files; None for one that is not there."""
        stamps: list[tuple[int, int, int] | None] = []
        for path in (self._chain, self._key):
            try:
                status = os.stat(path)
            except OSError:
                stamps.append(None)
            else:
                stamps.append((status.st_mtime_ns, status.st_ino, status.st_size))
        return stamps

    def _load(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.set_alpn_protocols(["http/1.1"])
        for path in (self._chain, self._key):
            path.open().close()  # its error names the file, unlike that of OpenSSL
        # An empty password, since OpenSSL would ask for one on the terminal.
        context.load_cert_chain(self._chain, self._key, password="")
        return context
