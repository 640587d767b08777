"""What becomes of messages to others' servers, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pixellab.domain.errors import PixelLabError
from pixellab.entrypoints.lab import PixelLab, utc_now

COUNT_TO = 10_000
"""So many are counted, so that a look costs little whatever has piled up."""


class WebhookFigures(Collector):
    """Asks the records, and what this process sent, whenever the figures are asked for.

    Where the database does not answer, there is only what this process sent.
    """

    def __init__(self, lab: PixelLab) -> None:
        self._lab = lab

    def describe(self) -> Iterator[Metric]:
        """None beforehand: a registry would else ask the database when this is put into it."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        sending = self._lab.webhooks
        yield CounterMetricFamily("pixellab_webhooks_sent", "Delivered from here.", sending.sent)
        yield CounterMetricFamily(
            "pixellab_webhooks_failed", "Attempts from here that failed.", sending.failed
        )
        try:
            found = self._lab.deliveries.counts(utc_now(), COUNT_TO)
        except PixelLabError:
            return
        yield GaugeMetricFamily("pixellab_webhooks_due", "To be sent by now.", found.due)
        yield GaugeMetricFamily("pixellab_webhooks_parked", "Given up or stopped.", found.parked)
