"""What the handlers work with while the application runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

from attrs import field, frozen
from litestar import Request

from pixellab.domain.errors import PixelLabError
from pixellab.domain.ports import Event, Observer
from pixellab.domain.requests import Task
from pixellab.domain.use_cases import Outcome, WouldAsk, waits
from pixellab.entrypoints.answers import DryRunAnswer, UploadAnswer
from pixellab.entrypoints.api.metrics import Metrics
from pixellab.entrypoints.api.pool import RETRY_AFTER, Pool
from pixellab.entrypoints.api.readiness import Readiness
from pixellab.entrypoints.lab import PixelLab
from pixellab.entrypoints.logs import UploadLog
from pixellab.entrypoints.refusals import Busy

MAX_ARRIVING = 100
"""How many uploads may be arriving at a time; bounds the disk that spooled files take."""

AnyRequest = Request[Any, Any, Any]


@frozen(kw_only=True)
class Services:
    """The use cases, the pools that run them, and the figures."""

    lab: PixelLab
    metrics: Metrics
    work: Pool
    """Enhancing: as many threads as processors, and a short queue."""
    cloud: Pool
    """Enhancing by backends that mostly wait, which keeps no processor busy."""
    stores: Pool
    """Reading and deleting records and objects; never waits behind enhancing."""
    checks: Pool
    """Health checks: they answer even while a store keeps all others waiting."""
    readiness: Readiness

    _arriving: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(MAX_ARRIVING))

    @asynccontextmanager
    async def receiving(self) -> AsyncIterator[None]:
        """While a body arrives. Raises Busy where too many do at once."""
        if self._arriving.locked():
            raise Busy("Too many uploads are arriving at once.", retry_after=RETRY_AFTER)
        async with self._arriving:
            yield

    async def working(
        self,
        task: Task,
        backend: str | None,
        enhancing: Callable[[], Outcome],
        close: Callable[[], object] = lambda: None,
    ) -> tuple[Outcome, UploadAnswer]:
        """What ``enhancing`` did, and its answer, made by the same thread: URLs may take a while.

        ``task`` and ``backend`` decide which pool does it, and how many backends it may have to
        ask: each has the time of a request. ``close`` is called at the end, however this ends.
        Raises as ``Pool.run``.
        """

        def work() -> tuple[Outcome, UploadAnswer]:
            outcome = enhancing()
            return outcome, UploadAnswer.of(outcome, self.lab.store)

        try:
            pool, backends = await self.stores.run(partial(self._pool_for, task, backend))
        except BaseException:
            close()
            raise
        seconds = backends * self.lab.settings.request_timeout
        return await pool.run(work, timeout=seconds, finally_=close)

    async def rehearsing(
        self,
        filename: str,
        rehearse: Callable[[], tuple[WouldAsk, ...]],
        close: Callable[[], object] = lambda: None,
    ) -> DryRunAnswer:
        """What ``rehearse`` found. ``close`` is called at the end. Raises as ``Pool.run``."""
        seconds = self.lab.settings.request_timeout
        found = await self.work.run(rehearse, timeout=seconds, finally_=close)
        return DryRunAnswer.of(filename, found)

    def _pool_for(self, task: Task, backend: str | None) -> tuple[Pool, int]:
        """May load a backend. What is wrong with a request is left for the use case to say."""
        enhancers = self.lab.enhancers
        try:
            chain = enhancers.choose(task, backend)
            return self.cloud if waits(enhancers, chain, task) else self.work, len(chain)
        except PixelLabError:
            return self.work, 1

    def observer(self, *, new_image: bool) -> Observer:
        """Logs and counts what a use case does."""
        log = UploadLog(new_image=new_image)

        def observe(event: Event) -> None:
            log(event)
            self.metrics(event)

        return observe


def payer_of(request: AnyRequest) -> str | None:
    """Whose account pays: that of the API key, None where none is asked for."""
    payer: str | None = request.state.get("payer")
    return payer


def services(request: AnyRequest) -> Services:
    return cast("Services", request.app.state["services"])
