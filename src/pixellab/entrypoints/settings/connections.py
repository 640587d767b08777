"""How many connections and uploads the server has open at once, and how slow clients may be."""

from __future__ import annotations

from pydantic import BaseModel

from pixellab.entrypoints.settings.variables import variable


class ConnectionSettings(BaseModel):
    connections: int = variable(
        "PIXELLAB_CONNECTIONS", 400, "a whole number from 1 to 100000", ge=1, le=100_000
    )
    connections_per_client: int = variable(
        "PIXELLAB_CONNECTIONS_PER_CLIENT", 100, "a whole number from 1 to 100000", ge=1, le=100_000
    )
    uploads_per_client: int = variable(
        "PIXELLAB_UPLOADS_PER_CLIENT", 40, "a whole number from 1 to 100", ge=1, le=100
    )
    # As long as Apache's mod_reqtimeout waits for headers.
    client_timeout: float = variable(
        "PIXELLAB_CLIENT_TIMEOUT", 20, "seconds, 0.1 to 600", ge=0.1, le=600
    )
    # What a telephone sends over GPRS: 32 kbit/s.
    least_rate_kb: float = variable(
        "PIXELLAB_LEAST_RATE_KB", 4, "KB a second, 0.001 to 1000", ge=0.001, le=1000
    )
