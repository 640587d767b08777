"""One HTTP request to an IP address that was checked, and to no other, within a time.

The host's certificate is verified by its name although the connection goes to the address. No
proxy of the environment takes part, and no redirect is followed.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from threading import Lock, Timer
from types import TracebackType
from typing import Any

import urllib3
from attrs import frozen
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, SSLError

from pixellab.adapters.outbound.addresses import (
    NotReached,
    Resolve,
    Target,
    addresses_of,
    resolved,
)

MOST_ADDRESSES = 3
"""Of one host are tried, one after the other."""


@frozen(kw_only=True)
class Limits:
    """What a request may take, in seconds."""

    seconds: float
    """From looking up the name to the last byte."""
    silence: float
    """Until the connection stands, and between two bytes."""


class Outbound:
    """Sends requests to strangers' servers."""

    def __init__(self, limits: Limits, resolve: Resolve = resolved) -> None:
        """Certificates are verified by the system's authorities, or those of SSL_CERT_FILE."""
        self.limits = limits
        self._resolve = resolve
        self._context = cache(ssl.create_default_context)

    @contextmanager
    def ask(
        self,
        method: str,
        target: Target,
        headers: Mapping[str, str],
        deadline: Deadline,
        body: bytes | None = None,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """The answer, whose body is not read yet. Raises NotAllowed, NotReached.

        So does reading the body, within this context, where it takes longer than ``deadline``.
        """
        addresses = addresses_of(target, self._resolve, min(self.limits.silence, deadline.left))
        with deadline.kept(), self._pool(target, addresses, deadline) as pool:
            answer = pool.urlopen(
                method,
                target.path,
                body=body,
                headers={"Host": target.netloc, "Accept-Encoding": "identity", **headers},
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                yield answer
            finally:
                answer.close()

    def _pool(
        self, target: Target, addresses: Sequence[str], deadline: Deadline
    ) -> urllib3.HTTPConnectionPool:
        silence = min(self.limits.silence, max(deadline.left, 0.001))
        shared: dict[str, Any] = {
            "port": target.port,
            "timeout": urllib3.Timeout(connect=silence, read=silence),
        }
        if target.scheme == "http":
            pool = urllib3.HTTPConnectionPool(target.host, **shared)
            pool.ConnectionCls = _pinned(HTTPConnection, addresses, deadline)
            return pool
        tls = urllib3.HTTPSConnectionPool(target.host, ssl_context=self._context(), **shared)
        tls.ConnectionCls = _pinned(HTTPSConnection, addresses, deadline)
        return tls


def _pinned(kind: type[Any], addresses: Sequence[str], deadline: Deadline) -> type[Any]:
    """A connection of ``kind`` to the ``addresses``, of which the first that answers is taken."""

    class Pinned(kind):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            for each in addresses[:MOST_ADDRESSES]:
                with suppress(OSError):
                    connected = socket.create_connection((each, self.port), self.timeout)
                    deadline.watch(connected)
                    return connected
                if deadline.passed:
                    break
            raise NotReached("names a server that cannot be reached")

    return Pinned


class Deadline:
    """Cuts the connections that it watches once so many seconds are over.

    A client's own time-outs begin anew with every byte, also while headers come, or TLS is agreed.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end = clock() + seconds
        self._watched: list[socket.socket] = []
        self._lock = Lock()
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.name = "deadline"

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for each in self._watched:
                each.close()
            self._watched.clear()

    @property
    def left(self) -> float:
        """Seconds; below 0 once it has passed."""
        return self._end - self._clock()

    @property
    def passed(self) -> bool:
        return self.left <= 0

    def watch(self, connected: socket.socket) -> None:
        # A copy: the socket itself is taken over by TLS.
        with self._lock:
            self._watched.append(connected.dup())
        if self.passed:
            self._cut()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Turns what goes wrong on a connection into NotReached, which says if it was the time."""
        try:
            yield
        except (HTTPError, OSError, ValueError) as error:
            if self.passed or isinstance(error, urllib3.exceptions.TimeoutError | TimeoutError):
                raise NotReached("did not answer in full in the time that is allowed") from error
            if isinstance(error, SSLError):
                raise NotReached(
                    "has no certificate that is valid for its host, or speaks no TLS"
                ) from error
            raise NotReached("broke off its answer, or gave none") from error

    def _cut(self) -> None:
        with self._lock:
            for each in self._watched:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
