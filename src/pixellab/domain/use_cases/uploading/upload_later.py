"""Taking an upload in now, and having it enhanced later."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from threading import Lock

from attrs import define, evolve, field, frozen

from pixellab.domain.errors import QueueFull
from pixellab.domain.images import Enhancement, ProcessingStatus, ProductImage
from pixellab.domain.ports import ImageRepository, Jobs, Milestone, Observer, Outcome
from pixellab.domain.use_cases.keeping.original import Original
from pixellab.domain.use_cases.keeping.reservations import LEASE, event_of, job_of, silent
from pixellab.domain.use_cases.uploading.upload import Accept, Upload

TRY_LATER = 30
"""Seconds after which there may be room again: what some ten photos of 12 megapixels take."""


FEW = 10_000
"""Enhancements that a database counts in some milliseconds, so they are counted each time."""
TRUSTED = 10
"""Times as long as counting more took, the count is trusted: counting takes a tenth of the time."""


@define(kw_only=True)
class Room:
    """How much may wait to be done, in all processes together.

    One object for all threads. While it trusts a count, it adds what it let in since, and does not
    see what other processes take in, nor what is finished.
    """

    repository: ImageRepository
    limit: int
    monotonic: Callable[[], float]
    few: int = FEW
    _lock: Lock = field(factory=Lock, init=False)
    _open: int = field(default=0, init=False)
    _trusted_until: float = field(default=-inf, init=False)

    def __call__(self) -> None:
        """Raises QueueFull where no more may wait."""
        if self.monotonic() >= self._trusted_until:
            self._count()
        with self._lock:
            if self._open < self.limit:
                self._open += 1
                return
        raise QueueFull(
            f"{self.limit:,} enhancements are waiting to be done, and no more may; "
            "try again later.",
            retry_after=TRY_LATER,
        )

    def _count(self) -> None:
        began = self.monotonic()
        counted = self.repository.open_work(self.limit)
        ended = self.monotonic()
        with self._lock:
            self._open = counted
            if counted > self.few:
                self._trusted_until = ended + TRUSTED * (ended - began)


@frozen(kw_only=True)
class UploadLater:
    """Accept an upload, and hand its enhancement over to whoever does it later.

    Once this returns, the record and the original are kept: whatever dies, it is done.
    """

    accept: Accept
    jobs: Jobs
    room: Room

    def __call__(self, upload: Upload, observe: Observer = silent) -> Outcome:
        """The image, and its first enhancement as it is now: done only if the upload is repeated.

        A repeated upload that had failed is tried again. Raises QueueFull, InProgress where another
        process is just storing the original, and what ``Accept`` raises.
        """
        self.room()
        accepted = self.accept(upload, observe)
        image, first = accepted.image, accepted.enhancement
        is_over = first.status is ProcessingStatus.COMPLETED
        is_wanted = first.status is ProcessingStatus.PROCESSING and image.original_kept
        if accepted.replayed and (is_over or is_wanted):
            return Outcome(image=image, enhancement=first, replayed=True)
        if accepted.replayed:
            image, first = self._tried_again(image, upload)
        waiting = evolve(first, lease_until=None, lease_owner=None)
        self.accept.repository.note(waiting)
        observe(event_of(Milestone.QUEUED, image.id))
        job = job_of(waiting, settling=not accepted.replayed, enhancers=self.accept.enhancers)
        self.jobs.hand_over(job, observe)
        return Outcome(image=image, enhancement=waiting, replayed=accepted.replayed)

    def _tried_again(self, image: ProductImage, upload: Upload) -> tuple[ProductImage, Enhancement]:
        """Put a failed upload to work once more; its original is stored if it had not been."""
        repository, now = self.accept.repository, self.accept.clock()
        claimed = repository.claim(image.id, 1, now=now, until=now + LEASE, owner=self.accept.owner)
        if not image.original_kept:
            original = Original(image=image, store=self.accept.store, content=upload.content)
            repository.keep_original(image.id, original.kept(), now=now)
        return repository.get(image.id), claimed
