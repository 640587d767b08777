"""How much waits to be done, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from pixellab.adapters.process_owner import may_be_alive
from pixellab.domain.errors import PixelLabError
from pixellab.entrypoints.lab import PixelLab, utc_now


class QueueFigures(Collector):
    """Asks the records, and the broker, whenever the figures are asked for.

    Where the database does not answer there are none, and of a broker that does not answer none of
    its messages.
    """

    def __init__(self, lab: PixelLab) -> None:
        self._lab = lab

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """None beforehand: a registry would else ask the database when this is put into it."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            now = utc_now()
            found = self._lab.repository.backlog(now, may_be_alive)
        except PixelLabError:
            return
        yield GaugeMetricFamily("pixellab_queue_waiting", "Not begun.", found.waiting)
        yield GaugeMetricFamily("pixellab_queue_at_work", "Begun, not done.", found.at_work)
        yield GaugeMetricFamily("pixellab_workers", "Processes at work.", found.workers)
        yield GaugeMetricFamily("pixellab_queue_parked", "Given up.", found.parked)
        waits = GaugeMetricFamily(
            "pixellab_queue_oldest_seconds", "How long the first of them waits.", labels=["queue"]
        )
        if found.oldest is not None:
            waits.add_metric(["any"], (now - found.oldest).total_seconds())
        for name, waiting in found.queues.items():
            waits.add_metric([name], (now - waiting.oldest).total_seconds())
        yield waits
        depth = GaugeMetricFamily(
            "pixellab_queue_messages", "Waiting in the broker.", labels=["queue"]
        )
        for name, messages in (self._lab.queue.depths() or {}).items():
            depth.add_metric([name], messages)
        yield depth
