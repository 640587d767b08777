"""Taking an upload in now, and having it enhanced later."""

from __future__ import annotations

from attrs import evolve, frozen

from pixellab.domain.errors import QueueFull
from pixellab.domain.images import Enhancement, ProcessingStatus, ProductImage
from pixellab.domain.ports import ImageRepository, Jobs, Milestone, Observer, Outcome
from pixellab.domain.use_cases.keeping.original import Original
from pixellab.domain.use_cases.keeping.reservations import LEASE, event_of, job_of, silent
from pixellab.domain.use_cases.uploading.upload import Accept, Upload

TRY_LATER = 30
"""Seconds after which there may be room again: what some ten photos of 12 megapixels take."""


@frozen(kw_only=True)
class Room:
    """How much may wait to be done, in all processes together."""

    repository: ImageRepository
    limit: int

    def __call__(self) -> None:
        """Raises QueueFull where no more may wait."""
        if self.repository.open_work(self.limit) >= self.limit:
            raise QueueFull(
                f"{self.limit:,} enhancements are waiting to be done, and no more may; "
                "try again later.",
                retry_after=TRY_LATER,
            )


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
