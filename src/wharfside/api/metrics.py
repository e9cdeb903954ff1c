"""What Prometheus may read: counts and times, summed over the workers; no names of repositories or people.

With several workers, the client library keeps the numbers of each in a folder of files, which
`PROMETHEUS_MULTIPROC_DIR` must name before this module is imported.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import os
from functools import cache
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from wharfside.api.connection import Served
from wharfside.api.job_metrics import JobMetrics
from wharfside.api.messages import Request, Response
from wharfside.api.webhook_metrics import WebhookMetrics

_TEXT = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_BUCKETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 60.0)


def _plane(raw_path: str) -> str:
    if raw_path.startswith("/v2"):
        return "data"
    if raw_path == "/":
        return "control"
    return "download" if raw_path.startswith("/layers/") else "other"


class _Counted(NamedTuple):
    requests: Counter
    seconds: Histogram
    received: Counter
    sent: Counter


class Metrics:
    """Counts what was served, and shows it to whoever may see it: this machine, or the holder of the token."""

    def __init__(self, token: str | None) -> None:
        self._token = token
        self._children = cache(self._found)
        self._registry = CollectorRegistry()
        several = "PROMETHEUS_MULTIPROC_DIR" in os.environ
        if several:
            MultiProcessCollector(self._registry)
        own = None if several else self._registry
        labels = ("plane", "method")
        self._requests = Counter(
            "wharfside_requests", "Requests by plane, method and status.", (*labels, "status"), registry=own
        )
        self._seconds = Histogram(
            "wharfside_request_seconds", "Time to answer a request.", labels, registry=own, buckets=_BUCKETS
        )
        self._received = Counter("wharfside_received_bytes", "Bytes of request bodies.", ("plane",), registry=own)
        self._dropped_records = Counter(
            "wharfside_audit_dropped_records", "Audit records that could not be kept.", registry=own
        )
        self._sent = Counter("wharfside_sent_bytes", "Bytes of response bodies.", ("plane",), registry=own)
        self.jobs = JobMetrics(self._registry, own)
        self.webhooks = WebhookMetrics(self._registry, own)

    def count_dropped_records(self, records: int) -> None:
        """Count audit records that are lost."""
        self._dropped_records.inc(records)

    def count(self, served: Served) -> None:
        """Count one request."""
        plane = _plane(served.raw_path)
        method = served.method if served.method in _METHODS else "other"
        counted = self._children(plane, method, served.status)
        counted.requests.inc()
        counted.seconds.observe(served.seconds)
        if served.received:
            counted.received.inc(served.received)
        if served.sent:
            counted.sent.inc(served.sent)

    def _found(self, plane: str, method: str, status: int) -> _Counted:
        """The numbers for one combination of labels; finding them takes longer than counting."""
        return _Counted(
            self._requests.labels(plane, method, str(status)),
            self._seconds.labels(plane, method),
            self._received.labels(plane),
            self._sent.labels(plane),
        )

    def _may_read(self, request: Request) -> bool:
        if self._token is not None:
            presented = request.headers.get("Authorization", "")
            return hmac.compare_digest(presented.encode(errors="replace"), f"Bearer {self._token}".encode())
        if any(name in request.headers for name in _FORWARDED):
            return False  # from a proxy on this machine, for somebody else
        try:
            return ipaddress.ip_address(request.client).is_loopback
        except ValueError:
            return False

    async def answer(self, request: Request) -> Response:
        """GET /metrics."""
        if not self._may_read(request):
            return Response(403, _TEXT, b"Only for this machine, or with the configured bearer token.\n")
        await self.jobs.look()
        await self.webhooks.look()
        return Response(200, _TEXT, await asyncio.to_thread(generate_latest, self._registry))
