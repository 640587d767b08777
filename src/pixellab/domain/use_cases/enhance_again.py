"""Enhancing a stored original once more."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from pixellab.domain.errors import InProgress, OriginalNotKept
from pixellab.domain.images import Enhancement, ProductImage, Status
from pixellab.domain.ports import (
    Clock,
    Enhancers,
    ImageRepository,
    Job,
    Jobs,
    Milestone,
    NewId,
    Observer,
    Outcome,
)
from pixellab.domain.requests import Task
from pixellab.domain.use_cases.asking.fallback import check_chain
from pixellab.domain.use_cases.keeping.reservations import (
    LEASE,
    event_of,
    job_of,
    reserve,
    reserved_event,
    silent,
)


def _always() -> None:
    """There is room."""


@frozen(kw_only=True)
class EnhanceAgain:
    """Reserve another enhancement and hand it over; no earlier result is overwritten."""

    enhancers: Enhancers
    repository: ImageRepository
    jobs: Jobs
    clock: Clock
    new_id: NewId
    owner: str | None = None
    """This process, where it does the work at once: a lease then keeps others off."""
    room: Callable[[], None] = _always
    """Raises QueueFull where no more may wait."""

    def __call__(
        self,
        image_id: str,
        task: Task,
        backend: str | None = None,
        observe: Observer = silent,
        payer: str | None = None,
    ) -> Outcome:
        """What came of it, or the reservation where ``jobs`` does not wait for that."""
        chain = self.enhancers.choose(task, backend)
        image = self.repository.get(image_id)
        check_chain(self.enhancers, chain, image.original_width, image.original_height, task)
        check_kept(image)
        self.room()
        reserved = self.repository.add_enhancement(
            image_id, lambda sequence: self._reserved(image, sequence, task, chain, payer)
        )
        observe(reserved_event(image, reserved))
        if self._is_put_off:
            observe(event_of(Milestone.QUEUED, image_id))
        done = self.jobs.hand_over(self._job_of(reserved), observe)
        return done or Outcome(image=image, enhancement=reserved)

    def _job_of(self, reserved: Enhancement) -> Job:
        enhancers = self.enhancers if self._is_put_off else None
        return job_of(reserved, settling=self._is_put_off, enhancers=enhancers)

    @property
    def _is_put_off(self) -> bool:
        return self.owner is None

    def _reserved(
        self,
        image: ProductImage,
        sequence: int,
        task: Task,
        chain: tuple[str, ...],
        payer: str | None,
    ) -> Enhancement:
        now = self.clock()
        reserved = reserve(self.enhancers, image, sequence, task, chain, self.new_id(), now, payer)
        if self._is_put_off:
            return reserved
        return evolve(reserved, lease_until=now + LEASE, lease_owner=self.owner)


def check_kept(image: ProductImage) -> None:
    """Raise InProgress or OriginalNotKept where there is no original to enhance."""
    if image.original_kept:
        return
    if image.status is Status.PENDING:
        raise InProgress(
            "The image's original is still being stored; try again later.", retry_after=5
        )
    raise OriginalNotKept(
        "The image's original was never stored, so there is nothing to enhance; "
        "delete the image and upload it again."
    )
