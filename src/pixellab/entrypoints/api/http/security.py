"""Who may call, and how often."""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from litestar.config.cors import CORSConfig
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from pixellab.entrypoints.api.client_addresses import client_at
from pixellab.entrypoints.refusals import RateLimited, Unauthorized
from pixellab.entrypoints.settings import Settings

PUBLIC = {"public": True}
"""A route's ``opt`` that lets anyone in, at any rate."""
MAX_CLIENTS = 10_000
"""How many clients' rates are remembered; beyond that the longest silent one is forgotten."""

WRONG_KEYS, WRONG_KEYS_SECONDS = 100, 60.0
"""So many a client may send at once, and as many again in so long; a person's mistakes are few."""

PAYER_DIGITS = 16
"""So many of its SHA-256 in hexadecimal name a key's account of spending."""

Connection = ASGIConnection[Any, Any, Any, Any]


class Gate:
    """A guard for every route: the API key first, then the rate."""

    def __init__(self, settings: Settings) -> None:
        self._hashes = [bytes.fromhex(each) for each in settings.api_key_hashes]
        self._rates = TokenBuckets(*settings.rate) if settings.rate else None
        self._wrong_keys = TokenBuckets(WRONG_KEYS, WRONG_KEYS_SECONDS)

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Raises Unauthorized or RateLimited."""
        if handler.opt.get("public"):
            return
        client = connection.state["client"] = self._authorize(connection)
        if self._rates is not None:
            self._rates.take(client)

    def _authorize(self, connection: Connection) -> str:
        """Who is calling: the hash of the key, or the address where no key is asked for."""
        if not self._hashes:
            return _address(connection)
        digest = hashlib.sha256(_key(connection).encode()).digest()
        # Every hash is compared, in constant time, so that timing tells nothing.
        known = [hmac.compare_digest(digest, each) for each in self._hashes]
        if not any(known):
            # A right key is always let in: others may come from the same address, as a proxy's.
            self._wrong_keys.take(_address(connection))
            raise Unauthorized(
                "An API key is required: send Authorization: Bearer KEY, or X-API-Key: KEY."
            )
        connection.state["payer"] = digest.hex()[:PAYER_DIGITS]
        return digest.hex()


def _address(connection: Connection) -> str:
    return client_at(connection.client.host if connection.client else "unknown")


def _key(connection: Connection) -> str:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return connection.headers.get("x-api-key", "")


class TokenBuckets:
    """Per client, ``amount`` requests at once and as many again every ``seconds``."""

    def __init__(
        self, amount: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._amount = amount
        self._per_second = amount / seconds
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """How many clients are remembered."""
        return len(self._buckets)

    def take(self, client: str) -> None:
        """Count one request; RateLimited, with the seconds to wait, if it is one too many."""
        now = self._clock()
        tokens, since = self._buckets.pop(client, (float(self._amount), now))
        tokens = min(self._amount, tokens + (now - since) * self._per_second)
        allowed = tokens >= 1
        self._buckets[client] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > MAX_CLIENTS:
            self._buckets.popitem(last=False)
        if not allowed:
            wait = math.ceil((1 - tokens) / self._per_second)
            raise RateLimited(f"Too many requests; try again in {wait} seconds.", retry_after=wait)


def cors(settings: Settings) -> CORSConfig | None:
    """Which other sites' pages may call; None where none may."""
    if not settings.cors:
        return None
    return CORSConfig(
        allow_origins=list(settings.cors),
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "X-API-Key",
            "X-Request-ID",
        ],
        expose_headers=["Location", "Retry-After", "X-Request-ID"],
    )
