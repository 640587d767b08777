"""What every request and every answer gets, whatever else happens to them.

A request id, one log line, a count, and the headers that keep browsers from being led astray.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from pixellab.entrypoints.api.metrics import Metrics
from pixellab.entrypoints.telemetry.tracing import Tracing

SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
QUIET_PATHS = ("/health/", "/metrics")
"""Asked for every few seconds by machines: logged at level debug."""

HEADERS: Mapping[bytes, bytes] = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    b"cache-control": b"no-store",
}
"""Sent with every answer that does not set them itself."""

log = structlog.get_logger("pixellab.api")


def request_id(scope: Mapping[str, Any]) -> str:
    """The id under which this request is logged and which its answer carries."""
    return str(scope["state"]["request_id"])


class RequestMiddleware:
    """ASGI middleware around the whole application, the framework's own errors included."""

    def __init__(self, app: ASGIApp, metrics: Metrics, tracing: Tracing) -> None:
        self._app = app
        self._metrics = metrics
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        http = scope
        began = time.perf_counter()
        identity = http["state"]["request_id"] = _identify(http)
        answered = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = message["status"]
                message["headers"] = _completed(list(message["headers"]), identity)
            await send(message)

        path = http["raw_path"].decode("ascii", "replace") if http["raw_path"] else ""
        quiet = path.startswith(QUIET_PATHS)
        tracing = nullcontext() if quiet else self._trace(http, path)
        with structlog.contextvars.bound_contextvars(request_id=identity), tracing:
            try:
                await self._app(scope, receive, send_with_headers)
            finally:
                seconds = time.perf_counter() - began
                route = str(http.get("path_template") or "unknown")
                self._metrics.count_response(http["method"], route, answered)
                note = log.debug if quiet else log.info
                note(
                    f"{scope['method']} {path[:200]} {answered}",
                    milliseconds=round(seconds * 1000, 1),
                )

    def _trace(self, scope: HTTPScope, path: str) -> AbstractContextManager[object]:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        return self._tracing.request(str(scope["method"]), path[:200], headers)


def _identify(scope: HTTPScope) -> str:
    """The client's own X-Request-ID if it is sane, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and SANE_REQUEST_ID.fullmatch(value):
            return value.decode()
    return uuid.uuid4().hex


def _completed(headers: list[tuple[bytes, bytes]], identity: str) -> list[tuple[bytes, bytes]]:
    present = {name.lower() for name, _ in headers}
    headers += [(name, value) for name, value in HEADERS.items() if name not in present]
    headers.append((b"x-request-id", identity.encode()))
    return headers
