"""Conditional requests (RFC 9110, section 13): whoever has the content already is not sent it again."""

from __future__ import annotations

from wharfside.api.messages import Request


def is_known(request: Request, digest: str) -> bool:
    """Whether If-None-Match names the content, whose entity tag is its digest in quotes."""
    known = request.headers.get("If-None-Match")
    return known is not None and (f'"{digest}"' in known or known.strip() == "*")


def may_be_a_part(request: Request, digest: str) -> bool:
    """Whether a range may be answered: If-Range, if there is one, names the content that there is."""
    expected = request.headers.get("If-Range")
    return expected is None or expected.strip() == f'"{digest}"'
