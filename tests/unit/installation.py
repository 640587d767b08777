"""The use cases over in-memory stores, with a clock and a fuse in the tests' hands."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from pixellab.adapters.enhancers.deterministic import DeterministicEnhancer
from pixellab.adapters.enhancers.routing import RoutedEnhancers
from pixellab.adapters.image_repositories.in_memory import InMemoryImageRepository
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.adapters.jobs.in_process import InProcessJobs
from pixellab.adapters.ledger.ledger_in_memory import InMemoryLedger
from pixellab.adapters.object_stores.in_memory import InMemoryObjectStore
from pixellab.domain.errors import (
    BackendFailed,
    BackendRefused,
)
from pixellab.domain.images import ProcessingStatus, Status
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.ports import Enhancer, ImageQuery
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced, Estimate, Usage
from pixellab.domain.use_cases import (
    Accept,
    Budget,
    Caps,
    DeleteImage,
    DryRun,
    Enhance,
    EnhanceAgain,
    Process,
    Reconcile,
    Upload,
    UploadAndEnhance,
)
from tests.conftest import photo_bytes

PHOTO = photo_bytes()
OTHER = photo_bytes(seed=1)
PRICE = Decimal("0.034")


class Killed(BaseException):
    """Stands for SIGKILL: nothing may catch it but the test."""


class Breaking:
    """A port that works until its n-th call and then fails, before or after the call's effect.

    It wraps a real adapter; the count is shared by all the ports of one installation.
    """

    def __init__(self, port: Any, fuse: Fuse) -> None:
        self._port, self._fuse = port, fuse

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if not callable(value) or name in {"locate", "close"}:
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            self._fuse.before()
            result = value(*args, **kwargs)
            self._fuse.after()
            return result

        return call


class Fuse:
    """Raises ``error`` at the n-th call it is told of."""

    def __init__(self) -> None:
        self.calls = 0
        self.at: int | None = None
        self.error: Callable[[], BaseException] = Killed
        self.late = False

    def set(self, at: int, error: Callable[[], BaseException], *, late: bool) -> None:
        self.calls, self.at, self.error, self.late = 0, at, error, late

    def before(self) -> None:
        self.calls += 1
        if self.calls == self.at and not self.late:
            self._blow()

    def after(self) -> None:
        if self.calls == self.at and self.late:
            self._blow()

    def _blow(self) -> None:
        self.at = None
        raise self.error()


class Clock:
    """Time that passes only when told to; ``now`` may be set, ``seconds`` only grow."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
        self.seconds = 0.0

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def monotonic(self) -> float:
        return self.seconds


class FailingEnhancer(Enhancer):
    name = "FAILING"
    modes = frozenset(Mode)

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        raise BackendFailed("The backend failed on this picture.")


class BuggyEnhancer(Enhancer):
    name = "BUGGY"
    modes = frozenset(Mode)

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        raise ZeroDivisionError("secret detail")


class PickyEnhancer(BuggyEnhancer):
    name = "PICKY"

    def check(self, width: int, height: int, task: Task) -> None:
        raise BackendRefused(f"PICKY takes no picture of {width} x {height} pixels.")


@frozen
class Installation:
    """The use cases over in-memory stores."""

    store: InMemoryObjectStore
    repository: InMemoryImageRepository
    clock: Clock
    fuse: Fuse
    accept: Accept
    process: Process
    upload: UploadAndEnhance
    again: EnhanceAgain
    delete: DeleteImage
    reconcile: Reconcile
    ledger: InMemoryLedger
    dry_run: DryRun

    def keys(self) -> set[str]:
        return set(self.store.keys())

    def images(self) -> list[Any]:
        return list(self.repository.page(ImageQuery(limit=200)).images)


class PaidEnhancer(DeterministicEnhancer):
    """Asks for money, of ``estimated`` amount; fails while there is an ``error``."""

    waits = True

    def __init__(
        self,
        name: str,
        error: BaseException | None = None,
        estimated: Decimal | None = PRICE,
        currency: str = "USD",
    ) -> None:
        super().__init__(name)
        self.error = error
        self.estimated = Usage(images=1, amount=estimated, currency=currency)
        self.attempts: list[str | None] = []

    def estimate(self, width: int, height: int, task: Task) -> Estimate:
        return Estimate(
            service=f"{self.name}'s service, paid.example",
            model="painter-1",
            sends=f"the photo, {width} x {height}, as PNG",
            usage=self.estimated,
        )

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        self.attempts.append(attempt)
        if self.error:
            raise self.error
        usage = evolve(self.estimated, amount=PRICE)
        return evolve(super().enhance(picture, task), usage=usage, response_id="r-1")


def install(
    new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    *,
    chain: tuple[str, ...] = ("LOCAL",),
    gemini: Enhancer | None = None,
    bedrock: Enhancer | None = None,
    caps: Caps | None = None,
) -> Installation:
    store, repository, clock, fuse = (
        InMemoryObjectStore(),
        InMemoryImageRepository(),
        Clock(),
        Fuse(),
    )
    ledger = InMemoryLedger()
    others = {"BEDROCK": lambda: bedrock} if bedrock else {}
    enhancers = RoutedEnhancers(
        {
            **others,
            "LOCAL": lambda: DeterministicEnhancer("LOCAL"),
            "FAILING": FailingEnhancer,
            "BUGGY": BuggyEnhancer,
            "PICKY": PickyEnhancer,
            "GEMINI": lambda: gemini or DeterministicEnhancer("GEMINI"),
        },
        dict.fromkeys(Mode, chain),
    )
    imaging = RasterImaging(max_bytes=1_000_000, max_pixels=100_000)
    budget = Budget(caps=caps or Caps(), ledger=lambda: ledger, clock=clock)
    enhance = Enhance(imaging=imaging, enhancers=enhancers, budget=budget)
    broken_store: Any = Breaking(store, fuse)
    broken_repository: Any = Breaking(repository, fuse)
    accept = Accept(
        imaging=imaging,
        enhancers=enhancers,
        store=broken_store,
        repository=broken_repository,
        clock=clock,
        new_id=new_id,
        owner="this test",
    )
    process = Process(
        enhance=enhance,
        store=broken_store,
        repository=broken_repository,
        clock=clock,
        monotonic=clock.monotonic,
        owner="this test",
    )
    jobs = InProcessJobs(process.do)
    delete = DeleteImage(repository=broken_repository, store=broken_store, clock=clock)
    return Installation(
        store,
        repository,
        clock,
        fuse,
        accept,
        process,
        UploadAndEnhance(accept=accept, process=process),
        EnhanceAgain(
            enhancers=enhancers,
            repository=broken_repository,
            jobs=jobs,
            clock=clock,
            new_id=new_id,
        ),
        delete,
        Reconcile(delete=delete, jobs=jobs),
        ledger,
        DryRun(imaging=imaging, enhancers=enhancers, budget=budget),
    )


def photo(data: bytes = PHOTO, **fields: Any) -> Upload:
    return Upload(content=io.BytesIO(data), filename=fields.pop("filename", "photo.jpg"), **fields)


def assert_consistent(lab: Installation) -> None:
    """No object without a row, no row unfinished, nothing COMPLETED whose objects are not whole."""
    named: set[str] = set()
    for image in lab.images():
        assert image.status is not Status.PENDING
        if image.original_kept:
            named.add(image.original.key)
        if image.thumbnail_key is not None:
            assert image.thumbnail_url == lab.store.locate(image.thumbnail_key)[1]
            named.add(image.thumbnail_key)
            if image.thumbnail_key == image.original_thumbnail_key:
                assert image.enhanced is None
        if image.original_thumbnail_key is not None:
            # It may have stood for the image until there was a result.
            named |= {image.original_thumbnail_key} & lab.keys()
        for done in lab.repository.history(image.id):
            assert done.status is not ProcessingStatus.PROCESSING
            if done.thumbnail_url is not None:
                assert done.thumbnail_key is not None
                named.add(done.thumbnail_key)
            if done.enhanced is not None:
                assert done.status is ProcessingStatus.COMPLETED
                named.add(done.key)
                with lab.store.open(done.key) as content:
                    assert hashlib.sha256(content.read()).hexdigest() == done.enhanced.sha256
        if image.status is Status.COMPLETED:
            with lab.store.open(image.original.key) as content:
                assert hashlib.sha256(content.read()).hexdigest() == image.original.sha256
    assert lab.keys() == named
