"""Whether the stores can be reached, asked no more often than is worth it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from pixellab.domain.errors import PixelLabError
from pixellab.entrypoints.api.pool import Pool

CHECK_SECONDS = 2.0
"""A store that takes longer to answer counts as unavailable."""
FRESH_SECONDS = 1.0
"""How long an answer is given again: checks write to disks, and anyone may ask for them."""
OK, UNAVAILABLE = "ok", "unavailable"


class Readiness:
    """Runs the ``checks`` in ``pool``. Used from one event loop.

    A check that hangs is not started again beside itself, so one store takes one thread at most.
    """

    def __init__(self, pool: Pool, checks: Mapping[str, Callable[[], None]]) -> None:
        self._pool = pool
        self._checks = checks
        self._asking = asyncio.Lock()
        self._states: Mapping[str, str] = {}
        self._running: dict[str, asyncio.Future[None]] = {}
        self._fresh_until = float("-inf")

    async def states(self) -> Mapping[str, str]:
        """``ok`` or ``unavailable`` by name; who asks while others do gets their answer."""
        async with self._asking:
            if time.monotonic() >= self._fresh_until:
                states = await asyncio.gather(*map(self._check, self._checks))
                self._states = dict(zip(self._checks, states, strict=True))
                self._fresh_until = time.monotonic() + FRESH_SECONDS
            return self._states

    async def _check(self, name: str) -> str:
        running = self._running.get(name)
        if running is None or running.done():
            running = asyncio.ensure_future(self._pool.run(self._checks[name]))
            self._running[name] = running
        await asyncio.wait({running}, timeout=CHECK_SECONDS)
        if not running.done():
            return UNAVAILABLE
        error = running.exception()
        if error is not None and not isinstance(error, PixelLabError):
            raise error
        return OK if error is None else UNAVAILABLE
