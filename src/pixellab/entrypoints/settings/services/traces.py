"""Whether traces are sent, and where; OpenTelemetry's own library reads the same variables."""

from __future__ import annotations

from pydantic import BaseModel

from pixellab.entrypoints.settings.variables import ADDRESS, Address, variable


class TraceSettings(BaseModel):
    otlp_endpoint: Address | None = variable("OTEL_EXPORTER_OTLP_ENDPOINT", None, ADDRESS)
    otlp_traces_endpoint: Address | None = variable(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", None, ADDRESS
    )
    traces_off: bool = variable("OTEL_SDK_DISABLED", False, "true or false")

    @property
    def traces(self) -> bool:
        """Whether traces are sent."""
        return bool(self.otlp_endpoint or self.otlp_traces_endpoint) and not self.traces_off
