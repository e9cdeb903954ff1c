"""What Prometheus may read of the background work.

Attempts, waiting times and running times are counted where they happen, and summed over the workers. What waits and how
long it has been due is one truth for all nodes, asked of the database when somebody reads it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wharfside.store.job_records import Count

_BUCKETS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 60.0, 600.0, 3600.0)


class JobMetrics(Collector):
    """Counts attempts at jobs, and shows them with what waits."""

    def __init__(self, registry: CollectorRegistry, own: CollectorRegistry | None) -> None:
        """`own`: where this process keeps its numbers; None where the library sums them over processes."""
        registry.register(self)
        self._attempts = Counter(
            "wharfside_job_attempts", "Attempts at jobs by kind and outcome.", ("kind", "outcome"), registry=own
        )
        self._waits = Histogram(
            "wharfside_job_wait_seconds",
            "Time from when a job is due to its start.",
            ("kind",),
            registry=own,
            buckets=_BUCKETS,
        )
        self._runs = Histogram(
            "wharfside_job_run_seconds", "Time that attempts take.", ("kind",), registry=own, buckets=_BUCKETS
        )
        self._counts: Sequence[Count] = ()
        self.ask: Callable[[], Awaitable[Sequence[Count]]] | None = None
        """Asks the database what waits; None where there is none."""

    def count(self, kind: str, outcome: str, waited: float, seconds: float) -> None:
        """Count one attempt."""
        self._attempts.labels(kind, outcome).inc()
        self._waits.labels(kind).observe(max(0.0, waited))
        self._runs.labels(kind).observe(seconds)

    async def look(self) -> None:
        """Find out what waits, for those who read the numbers next."""
        if self.ask is not None:
            self._counts = await self.ask()

    def describe(self) -> Iterable[Metric]:
        """None in advance: what is there is seen when it is asked for."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The state of the queue, as it was found last."""
        jobs = GaugeMetricFamily("wharfside_jobs", "Jobs that are not done, over all nodes.", labels=("kind", "state"))
        ages = GaugeMetricFamily(
            "wharfside_job_queue_age_seconds", "For how long the first waiting job has been due.", labels=("kind",)
        )
        now = time.time()
        for count in self._counts:
            jobs.add_metric((count.kind, count.state), count.jobs)
            if count.state == "queued":
                ages.add_metric((count.kind,), max(0.0, now - count.earliest_due_at))
        return (jobs, ages)
