"""What is said about connections that cannot be made: where to, why, and what to do about it."""

from __future__ import annotations

import socket
import ssl

from wharfside_sdk.errors import ConnectionFailed

_NO_TLS = frozenset(("HTTP_REQUEST", "RECORD_LAYER_FAILURE", "WRONG_VERSION_NUMBER"))
"""OpenSSL's reasons when what answers does not speak TLS."""
_UNTRUSTED = "Name the file of its authority with verify= or AWS_CA_BUNDLE."
_OF_ANOTHER = "Use a host name or an address that the certificate is for."
# The numbers are OpenSSL's X509_V_ERR_..., for which Python has no names.
_CERTIFICATES = {
    9: "Its time has not begun: see whether the clock of this machine is right.",
    10: "Have it renewed, unless it is the clock of this machine that is wrong.",
    62: _OF_ANOTHER,
    64: _OF_ANOTHER,
}


def not_connected(url: str, fault: Exception) -> ConnectionFailed:
    """The error for an endpoint to which `fault` lets no connection be made."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        advice = _CERTIFICATES.get(fault.verify_code, _UNTRUSTED)
        reason = fault.verify_message.rstrip(".")
        return ConnectionFailed(f'SSL validation failed for "{url}": {reason}. {advice}', transient=False)
    no_tls = isinstance(fault, ssl.SSLError) and fault.reason in _NO_TLS
    if no_tls:
        advice = ". What answers there does not speak TLS: its URL may begin with http:// instead."
    elif isinstance(fault, ConnectionRefusedError):
        advice = ". See whether the server runs, and whether this is its port."
    elif isinstance(fault, socket.gaierror):
        advice = ". See whether the name in endpoint_url or AWS_ENDPOINT_URL, or else the region, is right."
    else:
        advice = ""
    reason = str(fault) or type(fault).__name__
    return ConnectionFailed(f'Could not connect to the endpoint URL: "{url}": {reason}{advice}', transient=not no_tls)
