"""A worker's own figures, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pixellab.domain.errors import Misconfigured
from pixellab.entrypoints.lab import PixelLab
from pixellab.entrypoints.worker.supervise import Processes


@contextmanager
def figures_at(port: int | None, lab: PixelLab, processes: Processes) -> Iterator[None]:
    """Served on ``port`` of every address while this lasts; None serves none.

    Raises Misconfigured where the port is taken, or the extra ``server`` not installed.
    """
    if port is None:
        yield
        return
    try:
        from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, start_http_server
    except ModuleNotFoundError as error:
        raise Misconfigured(
            "--metrics-port needs prometheus_client, which is not installed; "
            "in the folder of PixelLab's source: pip install '.[server]'"
        ) from error
    from pixellab.entrypoints.telemetry.queue_figures import QueueFigures
    from pixellab.entrypoints.telemetry.webhook_figures import WebhookFigures

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(QueueFigures(lab))
    if lab.settings.webhook_secrets:
        registry.register(WebhookFigures(lab))
    alive = Gauge("pixellab_worker_processes", "Processes of this worker.", registry=registry)
    alive.set_function(lambda: processes.alive)
    try:
        server, thread = start_http_server(port, registry=registry)
    except OSError as error:
        raise Misconfigured(
            f"--metrics-port is {port}, where nothing can listen; choose another."
        ) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
