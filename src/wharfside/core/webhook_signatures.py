"""What shows a receiver of events that this registry sent them, and when.

The signature header is `t=SECONDS,v1=HEX`: HMAC-SHA256 (RFC 2104) with the webhook's secret over the seconds since the
epoch as decimal digits, a full stop, and the body as it was sent. Receivers refuse what is too old.
"""

from __future__ import annotations

import hashlib
import hmac


def sign(secret: str, moment: float, body: bytes) -> str:
    """The value of the signature header."""
    seconds = str(int(moment))
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"
