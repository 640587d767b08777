"""What the handlers work with while the application runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from typing import Any, TypeVar, cast

from attrs import field, frozen
from litestar import Request

from pixellab.domain.errors import BackendTimeout, PixelLabError
from pixellab.domain.images import ProcessingStatus
from pixellab.domain.ports import Event, Observer, RemoteFile
from pixellab.domain.requests import Task
from pixellab.domain.use_cases import Outcome, WouldAsk, silent, waits
from pixellab.entrypoints.answers import AcceptedAnswer, DryRunAnswer, UploadAnswer
from pixellab.entrypoints.api.http.arriving import Pace
from pixellab.entrypoints.api.http.request_models import TaskModel
from pixellab.entrypoints.api.metrics import Metrics
from pixellab.entrypoints.api.pool import RETRY_AFTER, Pool
from pixellab.entrypoints.api.progress import ProgressBoard, Track
from pixellab.entrypoints.api.readiness import Readiness
from pixellab.entrypoints.api.upload_slots import UploadSlots
from pixellab.entrypoints.error_table import problem_details
from pixellab.entrypoints.lab import PixelLab
from pixellab.entrypoints.refusals import Busy
from pixellab.entrypoints.telemetry.logs import UploadLog

MAX_STREAMS = 200
"""How many streams of events may be open at a time."""

AnyRequest = Request[Any, Any, Any]
Model = TypeVar("Model", bound=TaskModel)


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
    accepting_batches: Pool
    """Writing down the lines of batches, which is long, and gives way to all else."""
    checks: Pool
    """Health checks: they answer even while a store keeps all others waiting."""
    readiness: Readiness
    slots: UploadSlots
    board: ProgressBoard = field(factory=ProgressBoard)

    _streaming: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(MAX_STREAMS))

    @property
    def pace(self) -> Pace:
        """How fast bodies have to arrive."""
        settings = self.lab.settings
        return Pace(
            seconds=settings.request_timeout,
            least_rate=settings.least_rate_kb * 1000,
            patience=settings.client_timeout,
        )

    def stream(self) -> AbstractAsyncContextManager[None]:
        """While a stream of events is open. Raises Busy where too many are."""
        if self._streaming.locked():
            raise Busy("Too many streams are open.", retry_after=RETRY_AFTER)
        return _holding(self._streaming)

    async def working(
        self,
        task: Task,
        backend: str | None,
        enhancing: Callable[[], Outcome],
        close: Callable[[], object] = lambda: None,
    ) -> tuple[Outcome, UploadAnswer]:
        """What ``enhancing`` did, and its answer, made by the same thread: URLs may take a while.

        ``task`` and ``backend`` decide which pool does it, and how long it may take: each backend
        that may be asked has the time of a request, and a service elsewhere its own beside it, so
        that nobody is told of a time-out while a call is under way that may have to be paid.
        ``close`` is called at the end, however this ends. Raises as ``Pool.run``.
        """

        def work() -> tuple[Outcome, UploadAnswer]:
            outcome = enhancing()
            return outcome, UploadAnswer.of(outcome, self.lab.store)

        try:
            pool, seconds = await self.stores.run(partial(self._pool_for, task, backend))
        except BaseException:
            close()
            raise
        return await pool.run(work, timeout=seconds, finally_=close)

    async def accepting(
        self,
        handing_over: Callable[[], Outcome],
        close: Callable[[], object] = lambda: None,
    ) -> tuple[Outcome, UploadAnswer | AcceptedAnswer]:
        """What is to be done later, once that is on record; the whole answer if it is done.

        ``close`` is called at the end, however this ends. Raises as ``Pool.run``.
        """

        def work() -> tuple[Outcome, UploadAnswer | AcceptedAnswer]:
            outcome = handing_over()
            is_done = outcome.enhancement.status is ProcessingStatus.COMPLETED
            answer = UploadAnswer if is_done else AcceptedAnswer
            return outcome, answer.of(outcome, self.lab.store)

        seconds = self.lab.settings.request_timeout
        return await self.work.run(work, timeout=seconds, finally_=close)

    async def fetching(self, url: str) -> RemoteFile:
        """What an address gives, which the caller closes. Raises as RemoteFiles and ``Pool.run``.

        It is done where work mostly waits, so it keeps no processor's place.
        """
        fetch = partial(self.lab.remote_files.fetch, url)
        return await self.cloud.run(fetch, timeout=self.lab.settings.request_timeout)

    async def rehearsing(
        self,
        filename: str,
        task: Task,
        rehearse: Callable[[], tuple[WouldAsk, ...]],
        close: Callable[[], object] = lambda: None,
    ) -> DryRunAnswer:
        """What ``rehearse`` found. ``close`` is called at the end. Raises as ``Pool.run``."""
        seconds = self.lab.settings.request_timeout
        found = await self.work.run(rehearse, timeout=seconds, finally_=close)
        return DryRunAnswer.of(filename, task, found)

    def _pool_for(self, task: Task, backend: str | None) -> tuple[Pool, float]:
        """May load a backend. What is wrong with a request is left for the use case to say."""
        enhancers, settings = self.lab.enhancers, self.lab.settings
        try:
            chain = enhancers.choose(task, backend)
            services = sum(waits(enhancers, [name], task) for name in chain)
        except PixelLabError:
            return self.work, settings.request_timeout
        seconds = len(chain) * settings.request_timeout + services * settings.cloud_seconds
        return self.cloud if services else self.work, seconds

    async def filled_in(self, fields: Model) -> Model:
        """The same with the fields of the preset that they name. Raises InvalidRequest, Busy."""
        if fields.preset is None:
            return fields
        fill_in = partial(self.lab.presets.fill_in, fields.given)
        return fields.model_copy(update=await self.stores.run(fill_in))

    @contextmanager
    def following(self, key: str | None = None) -> Iterator[Track]:
        """A track of the progress of what a request asks for, found by its idempotency ``key``.

        An error that no use case told of ends it, too.
        """
        track = self.board.follow(key)
        try:
            yield track
        except BackendTimeout as error:
            if track.is_over:
                raise
            raise _goes_on(error, track.image_id) from error
        except Exception as error:
            track.fail(str(problem_details(error)["detail"]))
            raise

    def observer(self, *, new_image: bool, track: Observer = silent) -> Observer:
        """Logs and counts what a use case does, and tells ``track``."""
        log = UploadLog(new_image=new_image)

        def observe(event: Event) -> None:
            track(event)
            log(event)
            self.metrics(event)

        return observe


def _goes_on(error: BackendTimeout, image_id: str | None) -> BackendTimeout:
    """The work may go on after the answer; what will tell how it ends."""
    seconds = error.message.removesuffix(".")
    if image_id is None:
        told = "no record was made so far; list the images later to see whether there is one."
    else:
        told = "the image's record will say how it ended."
    later = BackendTimeout(f"{seconds}; {told}")
    later.image_id = image_id
    return later


@asynccontextmanager
async def _holding(semaphore: asyncio.Semaphore) -> AsyncIterator[None]:
    async with semaphore:
        yield


def payer_of(request: AnyRequest) -> str | None:
    """Whose account pays: that of the API key, None where none is asked for."""
    payer: str | None = request.state.get("payer")
    return payer


def client_of(request: AnyRequest) -> str:
    """Who is calling: an API key's hash, or an address where no key is asked for."""
    client: str = request.state["client"]
    return client


def services(request: AnyRequest) -> Services:
    return cast("Services", request.app.state["services"])
