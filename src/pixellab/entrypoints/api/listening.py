"""The address that the server listens on, and who may reach it; needs no web server installed."""

from __future__ import annotations

import ipaddress
import socket

from pixellab.domain.errors import Misconfigured
from pixellab.entrypoints.api.connections import Listener, connections_of
from pixellab.entrypoints.settings import Settings

BACKLOG = 2048
"""Connections that may wait to be accepted."""


def refuse_open_door(settings: Settings) -> None:
    """Raises Misconfigured where strangers could use the API without anyone meaning them to."""
    if settings.api_key_hashes or settings.allow_anonymous or is_loopback(settings.host):
        return
    raise Misconfigured(
        f"PIXELLAB_HOST is {settings.host}, which other machines can reach: set PIXELLAB_API_KEYS, "
        "or PIXELLAB_ALLOW_ANONYMOUS=true to let anyone in."
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on ``host``."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def listen(settings: Settings) -> Listener:
    """A socket on the configured address; Misconfigured if that cannot be had."""
    host = settings.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off, which costs 40 ms per answer, only where it is told TCP.
    listener = Listener(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.connections = connections_of(settings)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, settings.port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:  # The second for a port above 65535.
        listener.close()
        raise Misconfigured(
            f"PIXELLAB_HOST {settings.host} and PIXELLAB_PORT {settings.port} cannot be listened "
            "on; allowed are an address of this machine and a port that is free."
        ) from error
    return listener
