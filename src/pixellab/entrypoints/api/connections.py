"""How many connections may be open: in all, of each client, and below the file descriptors.

Where all are open, a new one takes the place of one that waits for a request, of the client that
has the most. One too many is answered where it is accepted, and closed, so that it never takes the
last descriptors from the stores. Needs no web server installed.
"""

from __future__ import annotations

import errno
import json
import resource
import socket
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import Any, Protocol

import structlog

from pixellab.domain.errors import PixelLabError
from pixellab.entrypoints.api.client_addresses import client_at
from pixellab.entrypoints.error_table import problem_details
from pixellab.entrypoints.refusals import Busy, RateLimited
from pixellab.entrypoints.settings import Settings

RESERVED_DESCRIPTORS = 200
"""For what is open beside clients: the pool of SQLite has 16 connections of 3 files each, those of
S3 and MySQL one for each thread; libraries, networks, logs, and what each worker has open."""
DESCRIPTORS_EACH = 2
"""Of a connection: itself, and the file that is sent to it or arrives from it, or else the one
that takes its place."""
FEW_DESCRIPTORS = 8
"""Where nearly all would be reserved, every so many-th of them still is a connection."""
RETRY_AFTER = 5
"""Seconds."""
REFUSED_AT_ONCE = 100
"""Connections too many that are answered before the event loop does something else."""
PAUSE_SECONDS = 1.0
"""In which asyncio does not accept once descriptors ran out; it logs that each time it tries."""
LOG_SECONDS = 60.0
"""Between two lines about too many connections, however many there are."""
EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

log = structlog.get_logger("pixellab.api")


class Idle(Protocol):
    """A connection between requests."""

    def give_way(self) -> None:
        """End it, once the client has what it was answered."""


class Connections:
    """Counts those that are open. Used from one event loop."""

    def __init__(self, *, most: int, of_a_client: int, proxies: Sequence[str] = ()) -> None:
        """``most`` in all; ``of_a_client`` from one address, unless it is one of the ``proxies``
        (addresses or networks), where every client comes from. A client has half of all at most."""
        self._most = most
        self._of_a_client = min(of_a_client, max(most // 2, 1))
        self._proxies = [ip_network(each) for each in proxies]
        self._open: Counter[str] = Counter()
        self._idle: dict[Idle, str] = {}
        self._too_many = 0
        self._quiet_until = float("-inf")

    def enter(self, host: str) -> None:
        """Raises RateLimited where only this client has too many, Busy where none gives way."""
        client = client_at(host)
        if self._open[client] >= self._of_a_client and not self._is_proxy(host):
            self._log("refused to a client that has too many")
            message = f"Too many connections of yours are open; at most {self._of_a_client} may be."
            raise RateLimited(message, retry_after=RETRY_AFTER)
        if self._open.total() >= self._most:
            self._make_room()
        self._open[client] += 1

    def leave(self, host: str) -> None:
        """One that was let in has ended."""
        client = client_at(host)
        self._open[client] -= 1
        if not self._open[client]:
            del self._open[client]

    def is_idle(self, connection: Idle, host: str) -> None:
        """From now on it waits for a request."""
        self._idle[connection] = client_at(host)

    def is_busy(self, connection: Idle) -> None:
        """It has a request, or has ended."""
        self._idle.pop(connection, None)

    def _make_room(self) -> None:
        if not self._idle:
            self._log("refused: as many are at work as may be")
            raise Busy("Too many connections are open.", retry_after=RETRY_AFTER)
        self._log("ended, which waited for a request, to make room for another")
        # Of several, the first is the one that has waited longest.
        idle = max(self._idle, key=lambda each: self._open[self._idle[each]])
        self.is_busy(idle)
        idle.give_way()

    def _is_proxy(self, host: str) -> bool:
        return any(ip_address(host.partition("%")[0]) in network for network in self._proxies)

    def _log(self, what: str) -> None:
        self._too_many += 1
        if time.monotonic() >= self._quiet_until:
            log.warning(f"A connection was {what}.", count=self._too_many)
            self._too_many, self._quiet_until = 0, time.monotonic() + LOG_SECONDS


class Listener(socket.socket):
    """A listening socket that accepts no more than ``connections`` let in."""

    connections: Connections
    _paused_until = float("-inf")

    def accept(self) -> tuple[socket.socket, Any]:
        """The next that is let in. Raises BlockingIOError where none waits, OSError."""
        for _ in range(REFUSED_AT_ONCE):
            connection, address = self._accepted()
            try:
                self.connections.enter(address[0])
            except PixelLabError as error:
                _answer(connection, error)
            else:
                return connection, address
        raise BlockingIOError

    def _accepted(self) -> tuple[socket.socket, Any]:
        """As ``socket.accept``, which asyncio calls again and again although descriptors ran out:
        it is told once, and then that nobody waits."""
        try:
            return super().accept()
        except OSError as error:
            if error.errno in EXHAUSTED:
                if time.monotonic() < self._paused_until:
                    raise BlockingIOError from error
                self._paused_until = time.monotonic() + PAUSE_SECONDS / 2
            raise


def connections_of(settings: Settings) -> Connections:
    """As ``settings`` say, and as many as there are file descriptors for."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = settings.connections
    if descriptors != resource.RLIM_INFINITY:
        room = (descriptors - RESERVED_DESCRIPTORS) // DESCRIPTORS_EACH
        most = min(most, max(room, descriptors // FEW_DESCRIPTORS))
    if most < settings.connections:
        log.warning(
            f"PIXELLAB_CONNECTIONS is {settings.connections}; {descriptors} file descriptors "
            f"(ulimit -n) are enough for {most}."
        )
    return Connections(
        most=most, of_a_client=settings.connections_per_client, proxies=settings.proxies
    )


def raw_answer(error: PixelLabError) -> bytes:
    """The answer to a request that no application sees, after which the connection ends."""
    problem = problem_details(error)
    body = json.dumps(problem).encode()
    status = HTTPStatus(problem["status"])
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    if error.retry_after is not None:
        lines.append(f"Retry-After: {error.retry_after}")
    return "\r\n".join([*lines, "\r\n"]).encode() + body


def _answer(connection: socket.socket, error: PixelLabError) -> None:
    with connection, suppress(OSError):
        connection.setblocking(False)
        connection.send(raw_answer(error))
        # What is unread when it is closed would reset the connection, and the answer be lost.
        connection.shutdown(socket.SHUT_WR)
        connection.recv(65536)
