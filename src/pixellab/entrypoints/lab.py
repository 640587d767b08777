"""The use cases, wired to the parts that ``bootstrap`` made."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Lock
from typing import TypeVar

from attrs import field, frozen

from pixellab.adapters.process_owner import may_be_alive, this_process
from pixellab.domain.ports import (
    Enhancers,
    ImageRepository,
    Imaging,
    Jobs,
    Ledger,
    ObjectStore,
)
from pixellab.domain.use_cases import (
    Accept,
    DeleteImage,
    DryRun,
    Enhance,
    EnhanceAgain,
    FindImage,
    GetHistory,
    GetImage,
    GetProgress,
    GetStatistics,
    ListImages,
    MakeThumbnails,
    Process,
    Reconcile,
    UploadAndEnhance,
)
from pixellab.entrypoints.settings import Settings

Port = TypeVar("Port", ObjectStore, ImageRepository, Ledger)


@frozen(kw_only=True)
class PixelLab:
    """The use cases, wired; what every entry point works with.

    The stores are opened when first used, which is when a use case that needs one is asked for: by
    one thread, while others wait. Where that fails it raises Misconfigured or StoreUnavailable, and
    the next use tries again.
    """

    settings: Settings
    enhance: Enhance
    _store: Callable[[], ObjectStore]
    _repository: Callable[[], ImageRepository]
    _jobs: Callable[[Process], Jobs]
    _owner: str = field(factory=this_process)

    def open_stores(self) -> None:
        """Open both now, so that what is wrong with them shows before there is work to do."""
        _ = self.store, self.repository

    @property
    def store(self) -> ObjectStore:
        return self._store()

    @property
    def repository(self) -> ImageRepository:
        return self._repository()

    @property
    def jobs(self) -> Jobs:
        return self._jobs(self.process)

    @property
    def imaging(self) -> Imaging:
        return self.enhance.imaging

    @property
    def enhancers(self) -> Enhancers:
        return self.enhance.enhancers

    @property
    def accept(self) -> Accept:
        return Accept(
            imaging=self.imaging,
            enhancers=self.enhancers,
            store=self.store,
            repository=self.repository,
            clock=utc_now,
            new_id=new_uuid,
            owner=self._owner,
        )

    @property
    def process(self) -> Process:
        return Process(
            enhance=self.enhance,
            store=self.store,
            repository=self.repository,
            clock=utc_now,
            monotonic=time.monotonic,
            owner=self._owner,
        )

    @property
    def upload_and_enhance(self) -> UploadAndEnhance:
        return UploadAndEnhance(accept=self.accept, process=self.process)

    @property
    def enhance_again(self) -> EnhanceAgain:
        return EnhanceAgain(
            enhancers=self.enhancers,
            repository=self.repository,
            jobs=self.jobs,
            clock=utc_now,
            new_id=new_uuid,
        )

    @property
    def dry_run(self) -> DryRun:
        return DryRun(imaging=self.imaging, enhancers=self.enhancers, budget=self.enhance.budget)

    @property
    def list_images(self) -> ListImages:
        return ListImages(repository=self.repository, store=self.store)

    @property
    def get_image(self) -> GetImage:
        return GetImage(repository=self.repository, store=self.store)

    @property
    def find_image(self) -> FindImage:
        return FindImage(repository=self.repository)

    @property
    def get_history(self) -> GetHistory:
        return GetHistory(repository=self.repository, store=self.store)

    @property
    def get_statistics(self) -> GetStatistics:
        return GetStatistics(repository=self.repository, clock=utc_now)

    @property
    def get_progress(self) -> GetProgress:
        return GetProgress(repository=self.repository)

    @property
    def make_thumbnails(self) -> MakeThumbnails:
        return MakeThumbnails(thumbnails=self.process.thumbnails)

    @property
    def delete_image(self) -> DeleteImage:
        return DeleteImage(repository=self.repository, store=self.store, clock=utc_now)

    @property
    def reconcile(self) -> Reconcile:
        return Reconcile(delete=self.delete_image, jobs=self.jobs, may_be_alive=may_be_alive)


def when_used(
    make: Callable[[], Port], given: Port | None, opened: ExitStack
) -> Callable[[], Port]:
    """Gives what is ``given``, else what ``make`` makes when first called; ``opened`` closes it."""
    made = [] if given is None else [given]
    lock = Lock()

    def get() -> Port:
        with lock:
            if not made:
                made.append(make())
                opened.callback(made[0].close)
            return made[0]

    return get


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_uuid() -> str:
    return str(uuid.uuid4())
