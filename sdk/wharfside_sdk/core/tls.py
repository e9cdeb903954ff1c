"""Which certificates of an endpoint are trusted."""

from __future__ import annotations

import os
import ssl

from wharfside_sdk.errors import ConfigurationError


def tls_context(verify: bool | str) -> ssl.SSLContext:
    """True trusts the system's authorities, a path those in that file or folder, False every certificate.

    Raises ConfigurationError when there are no authorities at the path.
    """
    if isinstance(verify, str):
        folder = os.path.isdir(verify)
        try:
            return ssl.create_default_context(cafile=None if folder else verify, capath=verify if folder else None)
        except OSError as fault:
            raise ConfigurationError(f"{verify} cannot be read as certificates of authorities: {fault}") from None
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
