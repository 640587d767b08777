"""Runs the API under uvicorn."""

from __future__ import annotations

import gc
import signal
import sys
from functools import partial
from math import ceil
from typing import Any, cast

import structlog
import uvicorn
from litestar import Litestar

from pixellab.entrypoints.api.app import create_app
from pixellab.entrypoints.api.connections import Connections
from pixellab.entrypoints.api.http_connection import HttpConnection
from pixellab.entrypoints.api.listening import listen, refuse_open_door
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import Settings
from pixellab.entrypoints.telemetry.logs import configure_logging

KEEP_ALIVE_SECONDS = 30
TURN_SECONDS = 0.001
"""How long one thread may keep Python's lock while the event loop wants it; it takes it several
times for each answer, and Python's own 5 ms add up."""

log = structlog.get_logger("pixellab.api")


def serve(settings: Settings, host: str | None = None, port: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then let the requests in flight finish.

    ``host`` and ``port`` win over the settings; port 0 takes any that is free. Raises Misconfigured
    for an address that cannot be listened on, or that others can reach where neither API keys nor
    ``PIXELLAB_ALLOW_ANONYMOUS`` are set; StoreUnavailable. SIGTERM ends in SystemExit(0).
    """
    settings = settings.serving().model_copy(
        update={"host": host or settings.host, "port": settings.port if port is None else port}
    )
    refuse_open_door(settings)
    configure_logging(settings)
    with listen(settings) as listener:
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        with bootstrap(settings) as lab:
            lab.open_stores()
            log.info(f"PixelLab answers at {settings.base_url}")
            # uvicorn raises the signal anew once it has drained; then all that is open is closed.
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            app = create_app(settings, lab)
            _favour_the_loop()
            server = uvicorn.Server(configured(app, settings, listener.connections))
            server.run(sockets=[listener])


def _favour_the_loop() -> None:
    """Let nothing that holds Python's lock keep the event loop waiting for long."""
    sys.setswitchinterval(TURN_SECONDS)
    # What is loaded by now stays: going through it took the collector up to 0.09 s each time.
    gc.collect()
    gc.freeze()


def configured(app: Litestar, settings: Settings, connections: Connections) -> uvicorn.Config:
    """How uvicorn is to serve the application; at the end it waits for the longest of requests."""
    connection = partial(
        HttpConnection,
        connections=connections,
        patience=settings.client_timeout,
        least_rate=settings.least_rate_kb * 1000,
    )
    longest_chain = max(map(len, settings.routing_table.values()))
    services = [settings.gemini_api_key, settings.bedrock_region]
    longest = longest_chain * settings.request_timeout
    longest += sum(map(bool, services)) * settings.cloud_seconds
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        lifespan="on",
        # uvloop accepts by itself, past the limits.
        loop="asyncio",
        http=cast("Any", connection),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        # By itself uvicorn believes whatever comes from this machine, a changing client, too.
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=ceil(longest),
    )
