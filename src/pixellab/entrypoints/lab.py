"""The use cases, wired to the parts that ``bootstrap`` made."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import cached_property

from attrs import evolve, field, frozen

from pixellab.adapters.process_owner import may_be_alive, this_process
from pixellab.domain.ports import (
    ItemJob,
    Job,
    Jobs,
    Observer,
    Outcome,
)
from pixellab.domain.use_cases import (
    Accept,
    CompleteUpload,
    DeleteImage,
    DoJob,
    DryRun,
    EnhanceAgain,
    FindImage,
    ForgetUploads,
    GetEnhancement,
    GetHistory,
    GetImage,
    GetProgress,
    GetStatistics,
    InviteUpload,
    ListImages,
    MakeThumbnails,
    Process,
    Reconcile,
    Replay,
    RetryParked,
    Revert,
    Room,
    UploadAndEnhance,
    UploadLater,
)
from pixellab.domain.use_cases.batches import (
    AcceptBatch,
    DoItem,
    Feed,
    Oversee,
    SourceRules,
    Sources,
    TakeIn,
)
from pixellab.entrypoints.parts import Parts

AHEAD = 2
"""Lines handed over in advance for each thread: enough that none waits for the next look, and few,
so that what comes later and somebody waits for is soon begun."""
AHEAD_FOR_OTHERS = 100
"""The same, where a broker hands them to workers whose number nobody here knows."""
HAND_OVER_SOON = timedelta(seconds=5)
"""Longer than a server takes to hand to a broker what it has just put on record."""


@frozen(kw_only=True)
class PixelLab(Parts):
    """The use cases, wired; what every entry point works with."""

    _owner: str = field(factory=this_process)

    @property
    def jobs(self) -> Jobs:
        return self._jobs(self.do)

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
            check_webhook=self.check_webhook,
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
        return UploadAndEnhance(accept=self.accept, process=self.process, may_be_alive=may_be_alive)

    @property
    def enhance_again(self) -> EnhanceAgain:
        return EnhanceAgain(
            enhancers=self.enhancers,
            repository=self.repository,
            jobs=self.jobs,
            clock=utc_now,
            new_id=new_uuid,
            owner=self._owner,
        )

    def do(self, job: Job | ItemJob, observe: Observer) -> Outcome | None:
        """Do a job of either kind, for whoever it was handed to; raises as the use cases."""
        if isinstance(job, ItemJob):
            return self.do_item(job, observe)
        return DoJob(process=self.process, may_be_alive=may_be_alive)(job, observe)

    @property
    def upload_later(self) -> UploadLater:
        return UploadLater(accept=self.accept, jobs=self.queue, room=self._room)

    @property
    def enhance_later(self) -> EnhanceAgain:
        return evolve(self.enhance_again, jobs=self.queue, owner=None, room=self._room)

    @property
    def invite_upload(self) -> InviteUpload:
        return InviteUpload(
            uploads=self.direct_uploads,
            store=self.store,
            clock=utc_now,
            new_id=new_uuid,
            max_bytes=self.settings.max_bytes,
        )

    @property
    def complete_upload(self) -> CompleteUpload:
        return CompleteUpload(
            uploads=self.direct_uploads,
            store=self.store,
            repository=self.repository,
            take_in=self.upload_and_enhance,
        )

    @property
    def complete_upload_later(self) -> CompleteUpload:
        return evolve(self.complete_upload, take_in=self.upload_later)

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
    def get_enhancement(self) -> GetEnhancement:
        return GetEnhancement(repository=self.repository, store=self.store)

    @property
    def replay(self) -> Replay:
        return Replay(enhance=self.enhance, store=self.store, repository=self.repository)

    @property
    def revert(self) -> Revert:
        return Revert(repository=self.repository, store=self.store, clock=utc_now)

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
        return Reconcile(
            delete=self.delete_image,
            jobs=self.jobs,
            may_be_alive=may_be_alive,
            tidy=ForgetUploads(uploads=self.direct_uploads, store=self.store, clock=utc_now),
        )

    @property
    def reconcile_later(self) -> Reconcile:
        """The same, but what is found is handed over to ``queue``: at once, since who does a job
        itself has a lease from the first, or soon, where others may be just handing it to a broker.
        """
        queue = self.queue
        return evolve(
            self.reconcile,
            jobs=queue,
            hand_over_after=timedelta() if self.settings.broker is None else HAND_OVER_SOON,
            lost_after=queue.lost_after,
            enhancers=self.enhancers,
        )

    @property
    def retry_parked(self) -> RetryParked:
        return RetryParked(
            repository=self.repository, jobs=self.queue, clock=utc_now, enhancers=self.enhancers
        )

    @property
    def batches(self) -> Oversee:
        return Oversee(batches=self._batches(), store=self.store, clock=utc_now)

    @property
    def accept_batch(self) -> AcceptBatch:
        return AcceptBatch(
            batches=self._batches(),
            enhancers=self.enhancers,
            clock=utc_now,
            new_id=new_uuid,
            owner=self._owner,
            may_be_alive=may_be_alive,
            check_webhook=self.check_webhook,
            limit=self.settings.batch_limit,
        )

    def source_rules(self, prefix: str | None) -> SourceRules:
        """What lines may name: addresses as the settings say, and keys that begin with
        ``prefix``."""
        return SourceRules(check_key=self.store.locate, prefix=prefix, remote=self.remote_files)

    @property
    def feed(self) -> Feed:
        """Hands lines of batches over to ``queue``."""
        return Feed(
            batches=self._batches(),
            enhancers=self.enhancers,
            store=self.store,
            jobs=self.queue,
            clock=utc_now,
            owner=self._owner,
            may_be_alive=may_be_alive,
        )

    def feed_queue(self, observe: Observer, *, only: str | None = None) -> int:
        """Hand over as many lines as keep ``queue`` busy until the next look; how many.

        ``only`` is a batch, else all are meant. Raises StoreUnavailable.
        """
        window = AHEAD * self.settings.job_workers
        if self.settings.broker is not None:
            window = max(window, AHEAD_FOR_OTHERS)
        rooms = {resource: window - load for resource, load in self.queue.loads().items()}
        return self.feed.fill(rooms, only=only, observe=observe)

    @property
    def do_item(self) -> DoItem:
        return DoItem(
            batches=self._batches(),
            sources=self._sources,
            upload=self.upload_and_enhance,
            clock=utc_now,
            owner=self._owner,
        )

    @property
    def take_in(self) -> TakeIn:
        return TakeIn(batches=self._batches(), sources=self._sources, clock=utc_now)

    @property
    def _sources(self) -> Sources:
        return Sources(store=self.store, remote=self.remote_files, uploads=self.direct_uploads)

    @cached_property
    def _room(self) -> Room:
        return Room(
            repository=self.repository,
            limit=self.settings.queue_limit,
            monotonic=time.monotonic,
        )


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_uuid() -> str:
    return str(uuid.uuid4())
