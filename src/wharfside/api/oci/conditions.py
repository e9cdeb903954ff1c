"""Conditional requests (RFC 9110, section 13): whoever has the content already is not sent it again."""

from __future__ import annotations

from wharfside.api.messages import Request


def is_known(request: Request, digest: str) -> bool:
    """Whether If-None-Match names the content, whose entity tag is its digest in quotes."""
    known = request.headers.get("If-None-Match")
    return known is not None and (f'"{digest}"' in known or known.strip() == "*")
