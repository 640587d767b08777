"""Figures for Prometheus, kept in a registry of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.registry import Collector

from pixellab.domain.ports import Event, Milestone, Observer
from pixellab.domain.results import Cost

CONTENT_TYPE = CONTENT_TYPE_LATEST
LATENCY_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Seconds; 2 is the promise for a 12-megapixel photo."""
SEVERAL = "several"
"""Stands for each row of modes: a label for each that a client thinks of would be thousands."""


class Metrics(Observer):
    """Counts what use cases tell an observer, and the answers of the HTTP API."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        by = ("mode", "backend")
        self._completed = Counter(
            "pixellab_enhancements", "Enhancements completed.", by, registry=registry
        )
        self._failed = Counter(
            "pixellab_enhancement_failures",
            "Enhancements failed.",
            (*by, "error"),
            registry=registry,
        )
        self._seconds = Histogram(
            "pixellab_enhancement_seconds",
            "Time from request to completion.",
            by,
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self._saved = Counter(
            "pixellab_saved_bytes",
            "Bytes by which results are smaller than their originals.",
            by,
            registry=registry,
        )
        self._added = Counter(
            "pixellab_added_bytes",
            "Bytes by which results are larger than their originals.",
            by,
            registry=registry,
        )
        self._calls = Counter(
            "pixellab_backend_calls",
            "Backends asked, by how that ended.",
            ("backend", "outcome"),
            registry=registry,
        )
        self._cost = Counter(
            "pixellab_backend_cost",
            "What calls of known price cost.",
            ("backend", "currency"),
            registry=registry,
        )
        self._unpriced = Counter(
            "pixellab_backend_calls_of_unknown_price",
            "Calls that have to be paid, at a price that is not known.",
            ("backend",),
            registry=registry,
        )
        self._responses = Counter(
            "pixellab_http_responses",
            "Answers by method, route and status.",
            ("method", "route", "status"),
            registry=registry,
        )

    def __call__(self, event: Event) -> None:
        """Count a finished enhancement or a backend's call; other moments are not counted."""
        fields = event.fields
        mode = str(fields.get("mode"))
        labels = (SEVERAL if "," in mode else mode, str(fields.get("backend")))
        if event.milestone is Milestone.COMPLETED:
            saved = float(str(fields.get("bytes_saved") or 0))
            self._completed.labels(*labels).inc()
            self._seconds.labels(*labels).observe(
                float(str(fields.get("processing_time_ms") or 0)) / 1000
            )
            (self._saved if saved >= 0 else self._added).labels(*labels).inc(abs(saved))
        elif event.milestone is Milestone.FAILED:
            self._failed.labels(*labels, str(fields.get("error"))).inc()
        elif event.milestone is Milestone.BACKEND_CALLED:
            self._count_call(fields)

    def _count_call(self, fields: Mapping[str, object]) -> None:
        backend, cost = str(fields["backend"]), fields["cost"]
        self._calls.labels(backend, str(fields["outcome"])).inc()
        if isinstance(cost, Cost) and cost.amount is None:
            self._unpriced.labels(backend).inc()
        elif isinstance(cost, Cost):
            self._cost.labels(backend, cost.currency).inc(float(cost.amount or 0))

    def count_response(self, method: str, route: str, status: int) -> None:
        """Count an answer; ``route`` is a template such as ``/api/v1/images/{image_id}``."""
        self._responses.labels(method, route, str(status)).inc()

    def gauge(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Show what ``read`` returns whenever the figures are asked for."""
        Gauge(name, description, registry=self._registry).set_function(read)

    def collect(self, collector: Collector) -> None:
        """Show what ``collector`` finds whenever the figures are asked for."""
        self._registry.register(collector)

    def render(self) -> bytes:
        """All figures in Prometheus's text format (``CONTENT_TYPE``)."""
        return generate_latest(self._registry)
