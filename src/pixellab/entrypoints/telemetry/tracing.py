"""Traces from a request to the worker that does what it asked for, by OpenTelemetry.

Off unless ``OTEL_EXPORTER_OTLP_ENDPOINT`` or ``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`` is set;
OpenTelemetry's own library reads these and all others that begin with ``OTEL_``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from attrs import asdict

from pixellab.domain.ports import Job
from pixellab.entrypoints.extras import installed
from pixellab.entrypoints.settings import Settings
from pixellab.entrypoints.version import installed_version

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter


class Tracing(Protocol):
    """What is traced."""

    def request(
        self, method: str, path: str, headers: Mapping[str, str]
    ) -> AbstractContextManager[object]:
        """While a request is answered; ``headers`` may say which trace it belongs to."""

    def headers(self) -> dict[str, str]:
        """What a message carries of the trace at hand: W3C's ``traceparent``."""

    def doing(self, headers: Mapping[str, Any], job: Job) -> AbstractContextManager[object]:
        """While a job is done whose message carried ``headers``."""

    def close(self) -> None:
        """Send what is left."""


class NoTracing(Tracing):
    """Nothing is."""

    def request(
        self, method: str, path: str, headers: Mapping[str, str]
    ) -> AbstractContextManager[object]:
        return nullcontext()

    def headers(self) -> dict[str, str]:
        return {}

    def doing(self, headers: Mapping[str, Any], job: Job) -> AbstractContextManager[object]:
        return nullcontext()

    def close(self) -> None:
        """There is nothing to send."""


class OpenTelemetry(Tracing):
    """Sends spans to ``exporter``, in the background."""

    def __init__(self, exporter: SpanExporter) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        # What OTEL_SERVICE_NAME says wins.
        named = Resource.create(
            {"service.name": "pixellab", "service.version": installed_version()}
        )
        named = named.merge(Resource.create())
        self._provider = TracerProvider(resource=named)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("pixellab")
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def request(self, method: str, path: str, headers: Mapping[str, str]) -> Iterator[object]:
        from opentelemetry.trace import SpanKind

        facts = {"http.request.method": method, "url.path": path}
        around = self._propagator.extract(headers)
        with self._tracer.start_as_current_span(
            method, context=around, kind=SpanKind.SERVER, attributes=facts
        ) as span:
            yield span

    def headers(self) -> dict[str, str]:
        carried: dict[str, str] = {}
        self._propagator.inject(carried)
        return carried

    @contextmanager
    def doing(self, headers: Mapping[str, Any], job: Job) -> Iterator[object]:
        from opentelemetry.trace import SpanKind

        named = {name: value for name, value in asdict(job).items() if value is not None}
        facts = {f"pixellab.{name}": str(value) for name, value in named.items()}
        around = self._propagator.extract(headers)
        with self._tracer.start_as_current_span(
            "enhance", context=around, kind=SpanKind.CONSUMER, attributes=facts
        ) as span:
            yield span

    def close(self) -> None:
        self._provider.shutdown()


@cache
def _sending() -> OpenTelemetry:
    with installed("opentelemetry.sdk", "otel", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    return OpenTelemetry(OTLPSpanExporter())


def tracing(settings: Settings) -> Tracing:
    """As the environment configures it, one for the process. Raises Misconfigured where the extra
    is missing."""
    return _sending() if settings.traces else NoTracing()
