"""How many uploads may arrive at a time, in all and of each client."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pixellab.entrypoints.api.pool import RETRY_AFTER
from pixellab.entrypoints.refusals import Busy, RateLimited

MAX_ARRIVING = 100
"""Uploads; bounds the disk that spooled files take."""


class UploadSlots:
    """Used from one event loop."""

    def __init__(self, of_a_client: int) -> None:
        """``of_a_client`` is how many of the slots one client may have."""
        self._of_a_client = of_a_client
        self._arriving: dict[asyncio.Timeout, str] = {}

    @asynccontextmanager
    async def receiving(self, client: str) -> AsyncIterator[None]:
        """While an upload of ``client`` arrives.

        Where all slots are taken it gets that of the client that has the most, if that one still
        has more then. Raises RateLimited where the client has too many; Busy where there is no slot
        for it, or another client gets this one.
        """
        counts = Counter(self._arriving.values())
        if counts[client] >= self._of_a_client:
            raise RateLimited(
                f"Too many uploads of yours are arriving at once; at most {self._of_a_client} may.",
                retry_after=RETRY_AFTER,
            )
        if counts.total() >= MAX_ARRIVING:
            self._make_room(client, counts)
        try:
            async with asyncio.timeout(None) as slot:
                self._arriving[slot] = client
                try:
                    yield
                finally:
                    self._arriving.pop(slot, None)
        except TimeoutError as error:
            raise _too_many() from error

    def _make_room(self, client: str, counts: Counter[str]) -> None:
        ((greediest, most),) = counts.most_common(1)
        if most < counts[client] + 2:
            raise _too_many()
        # The newest, of which the least has arrived in vain.
        slot = next(each for each in reversed(self._arriving) if self._arriving[each] == greediest)
        del self._arriving[slot]
        slot.reschedule(asyncio.get_running_loop().time())


def _too_many() -> Busy:
    return Busy("Too many uploads are arriving at once.", retry_after=RETRY_AFTER)
