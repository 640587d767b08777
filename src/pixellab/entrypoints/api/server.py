"""Runs the API under uvicorn."""

from __future__ import annotations

import ipaddress
import signal
import socket
import sys
from math import ceil

import structlog
import uvicorn
from litestar import Litestar

from pixellab.domain.errors import Misconfigured
from pixellab.entrypoints.api.app import create_app
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.logs import configure_logging
from pixellab.entrypoints.settings import Settings

KEEP_ALIVE_SECONDS = 30
BACKLOG = 2048
"""Connections that may wait to be accepted."""

log = structlog.get_logger("pixellab.api")


def serve(settings: Settings, host: str | None = None, port: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then let the requests in flight finish.

    ``host`` and ``port`` win over the settings; port 0 takes any that is free. Raises Misconfigured
    for an address that cannot be listened on, or that others can reach where neither API keys nor
    ``PIXELLAB_ALLOW_ANONYMOUS`` are set; StoreUnavailable. SIGTERM ends in SystemExit(0).
    """
    settings = settings.model_copy(
        update={"host": host or settings.host, "port": settings.port if port is None else port}
    )
    refuse_open_door(settings)
    configure_logging(settings)
    with _listening(settings) as listener:
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        with bootstrap(settings) as lab:
            lab.open_stores()
            log.info(f"PixelLab answers at {settings.base_url}")
            # uvicorn raises the signal anew once it has drained; then all that is open is closed.
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            server = uvicorn.Server(configured(create_app(settings, lab), settings))
            server.run(sockets=[listener])


def configured(app: Litestar, settings: Settings) -> uvicorn.Config:
    """How uvicorn is to serve the application; at the end it waits for the longest of requests."""
    longest_chain = max(map(len, settings.routing_table.values()))
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=ceil(longest_chain * settings.request_timeout),
    )


def refuse_open_door(settings: Settings) -> None:
    """Raises Misconfigured where strangers could use the API without anyone meaning them to."""
    if settings.api_key_hashes or settings.allow_anonymous or _is_loopback(settings.host):
        return
    raise Misconfigured(
        f"PIXELLAB_HOST is {settings.host}, which other machines can reach: set PIXELLAB_API_KEYS, "
        "or PIXELLAB_ALLOW_ANONYMOUS=true to let anyone in."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _listening(settings: Settings) -> socket.socket:
    host = settings.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off, which costs 40 ms per answer, only where it is told TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"PIXELLAB_HOST {settings.host} and PIXELLAB_PORT {settings.port} cannot be listened "
            "on; allowed are an address of this machine and a port that is free."
        ) from error
    return listener
