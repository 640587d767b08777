"""Whether the stores can be reached and take changes, asked no more often than is worth it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from attrs import define, field

from pixellab.domain.errors import PixelLabError, StoreReadOnly
from pixellab.domain.ports import ImageRepository, ObjectStore, Queue
from pixellab.entrypoints.api.pool import Pool

CHECK_SECONDS = 2.0
"""A store that takes longer to answer counts as unavailable."""
FRESH_SECONDS = 1.0
"""How long an answer is given again: checks write to disks, and anyone may ask for them."""
WRITE_SECONDS = 10.0
"""The same, of the answer that a database takes changes, for which it may have to lock itself."""
OK, READ_ONLY, UNAVAILABLE = "ok", "read-only", "unavailable"
BROKER = "broker"
"""The one part that may be away: what is accepted meanwhile waits in its records."""


class Readiness:
    """Asks the stores, in ``pool``. Used from one event loop."""

    def __init__(
        self,
        pool: Pool,
        store: ObjectStore,
        repository: ImageRepository,
        broker: Queue | None = None,
    ) -> None:
        self._asking = asyncio.Lock()
        self._checks = [
            _Check("objects", pool, store.check),
            _Check("database", pool, repository.check),
            _Check("database", pool, repository.check_writing, seldom=True),
        ]
        if broker is not None:
            self._checks.append(_Check(BROKER, pool, broker.check))

    async def states(self) -> Mapping[str, str]:
        """``ok``, ``read-only`` or ``unavailable`` by name.

        Who asks while others do gets their answer.
        """
        async with self._asking:
            states = await asyncio.gather(*(check.state() for check in self._checks))
        found: dict[str, str] = {}
        for check, state in zip(self._checks, states, strict=True):
            if found.get(check.name, OK) == OK:
                found[check.name] = state
        return found


@define(eq=False)
class _Check:
    """One question to one store.

    While it hangs it is not asked again, so it takes one thread at most.
    """

    name: str
    _pool: Pool
    _ask: Callable[[], None]
    _seldom: bool = field(default=False, kw_only=True)
    _running: asyncio.Future[None] | None = None
    _state: str = OK
    _fresh_until: float = float("-inf")

    async def state(self) -> str:
        if time.monotonic() >= self._fresh_until:
            self._state = await self._asked()
            seconds = WRITE_SECONDS if self._seldom and self._state == OK else FRESH_SECONDS
            self._fresh_until = time.monotonic() + seconds
        return self._state

    async def _asked(self) -> str:
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(self._pool.run(self._ask))
        await asyncio.wait({self._running}, timeout=CHECK_SECONDS)
        if not self._running.done():
            return UNAVAILABLE
        error = self._running.exception()
        if error is not None and not isinstance(error, PixelLabError):
            raise error
        if isinstance(error, StoreReadOnly):
            return READ_ONLY
        return OK if error is None else UNAVAILABLE
