"""Trying once more what was given up."""

from __future__ import annotations

from attrs import evolve, frozen

from pixellab.domain.errors import InProgress, UnknownImage
from pixellab.domain.images import Enhancement, ProcessingStatus
from pixellab.domain.ports import Clock, Enhancers, ImageRepository, Jobs, Observer
from pixellab.domain.use_cases.keeping.reservations import LEASE, job_of, silent

AT_A_TIME = 1000


@frozen(kw_only=True)
class RetryParked:
    """Hand over once more what was given up because it had killed its process again and again.

    Somebody has looked at it and asks for this. What kills its process once more is given up at
    once.
    """

    repository: ImageRepository
    jobs: Jobs
    clock: Clock
    enhancers: Enhancers | None = None

    def __call__(self, observe: Observer = silent) -> int:
        """How many were handed over. Raises StoreUnavailable."""
        handed_over = 0
        while found := self.repository.parked(AT_A_TIME):
            handed_over += sum(self._retry(each, observe) for each in found)
        return handed_over

    def _retry(self, parked: Enhancement, observe: Observer) -> bool:
        now = self.clock()
        try:
            claimed = self.repository.claim(
                parked.image_id, parked.sequence, now=now, until=now + LEASE
            )
        except (InProgress, UnknownImage):
            return False  # Somebody else has begun it, or it is gone.
        if claimed.status is not ProcessingStatus.PROCESSING:
            return False
        waiting = evolve(claimed, lease_until=None, lease_owner=None)
        self.repository.note(waiting)
        self.jobs.hand_over(job_of(waiting, enhancers=self.enhancers), observe)
        return True
