"""What Prometheus may read of webhooks: attempts are counted where they happen, what waits is asked of the database."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wharfside.store.webhook_deliveries import Undelivered


class WebhookMetrics(Collector):
    """Counts attempts to deliver events, and shows them with what waits."""

    def __init__(self, registry: CollectorRegistry, own: CollectorRegistry | None) -> None:
        """`own`: where this process keeps its numbers; None where the library sums them over processes."""
        registry.register(self)
        self._attempts = Counter(
            "wharfside_webhook_deliveries",
            "Attempts to deliver events to webhooks by outcome: delivered, failed, or dead.",
            ("outcome",),
            registry=own,
        )
        self._undelivered = Undelivered(0, None)
        self.ask: Callable[[], Awaitable[Undelivered]] | None = None
        """Asks the database what waits; None where there is none."""

    def count(self, outcome: str) -> None:
        """Count one attempt."""
        self._attempts.labels(outcome).inc()

    async def look(self) -> None:
        """Find out what waits, for those who read the numbers next."""
        if self.ask is not None:
            self._undelivered = await self.ask()

    def describe(self) -> Iterable[Metric]:
        """None in advance: what is there is seen when it is asked for."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """What waits, as it was found last."""
        found = self._undelivered
        age = 0.0 if found.since is None else max(0.0, time.time() - found.since)
        yield GaugeMetricFamily(
            "wharfside_webhook_undelivered", "Events that wait for webhooks, over all nodes.", value=found.deliveries
        )
        yield GaugeMetricFamily(
            "wharfside_webhook_oldest_undelivered_seconds", "For how long the first of them has waited.", value=age
        )
