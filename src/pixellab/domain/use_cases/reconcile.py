"""Deleting, and settling what a killed process left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from attrs import frozen

from pixellab.domain.errors import InProgress, PixelLabError, StoreUnavailable, UnknownImage
from pixellab.domain.images import Enhancement, ProductImage
from pixellab.domain.ports import Clock, Enhancers, ImageRepository, Jobs, ObjectStore, Observer
from pixellab.domain.use_cases.keeping.reservations import HAND_OVER, LEASE, job_of, perhaps, silent


@frozen(kw_only=True)
class DeleteImage:
    """Remove an image, its enhancements and its objects; safe to repeat if interrupted."""

    repository: ImageRepository
    store: ObjectStore
    clock: Clock

    def __call__(self, image_id: str) -> None:
        # Hidden first, objects next, rows last: rows name the objects until all are gone.
        self.repository.mark_deleted(image_id, now=self.clock())
        for image, enhancements in self.repository.deleted(1, image_id):
            self.erase(image, enhancements)

    def erase(self, image: ProductImage, enhancements: Iterable[Enhancement]) -> None:
        """Remove what an image marked as deleted still has."""
        keys = [image.original.key, image.original_thumbnail_key]
        for each in enhancements:
            keys += each.key, each.thumbnail_key
        for key in filter(None, keys):
            self.store.delete(key)
        self.repository.forget(image.id)


@frozen(kw_only=True)
class Reconciled:
    """What ``Reconcile`` found and did."""

    finished: int = 0
    failed: int = 0
    deleted: int = 0
    handed_over: int = 0
    """To somebody who does them later."""
    left: int = 0
    """Not settled now: someone may be at work on it or have it to do, or a store is unavailable."""


def nothing() -> None:
    """There is nothing else."""


@frozen(kw_only=True)
class Reconcile:
    """Hand over again what nobody has begun, and what a killed process left behind."""

    delete: DeleteImage
    jobs: Jobs
    may_be_alive: Callable[[str | None], bool] = perhaps
    """Whether the owner of a lease may still be running; only one that certainly is not loses it
    before its time."""
    tidy: Callable[[], object] = nothing
    """Removes what else was left behind; called first."""
    hand_over_after: timedelta = HAND_OVER
    """How long a reservation without a lease is left to those who made it."""
    lost_after: Callable[[], timedelta] = timedelta
    """How long after it was put in a queue something that nobody began counts as lost."""
    enhancers: Enhancers | None = None
    """Tell what a job needs, where that decides who does it."""

    def __call__(
        self, *, ignore_leases: bool = False, limit: int = 1000, observe: Observer = silent
    ) -> Reconciled:
        """Settle up to ``limit`` enhancements that nobody is at work on.

        Their lease has run out, or its owner is dead, or they have none and were reserved a while
        ago, so that they are not just being handed over.

        ``ignore_leases`` takes over all others too: only where nothing else is running. Raises
        StoreUnavailable if the database is.
        """
        self.tidy()
        counts = Counter(self._erase(*each) for each in self.delete.repository.deleted(limit))
        now = self.delete.clock()
        abandoned: list[Enhancement] = []
        for each in self._unfinished(now, portion=limit):
            if ignore_leases or self._is_abandoned(each, now):
                abandoned.append(each)
            else:
                counts["left"] += 1
            if len(abandoned) == limit:
                break
        if abandoned and not self._store_answers():
            counts["left"] += len(abandoned)
            abandoned = []
        counts.update(self._settle(each, observe) for each in abandoned)
        return Reconciled(**counts)

    def _unfinished(self, now: datetime, portion: int) -> Iterator[Enhancement]:
        """All of them, oldest first, so that those at work hide none that was abandoned."""
        after, lost = None, now - self.lost_after()
        while True:
            found = self.delete.repository.unfinished(now + 2 * LEASE, portion, after, lost=lost)
            yield from found
            if len(found) < portion:
                return
            after = found[-1].created_at, found[-1].id

    def _is_abandoned(self, enhancement: Enhancement, now: datetime) -> bool:
        until = enhancement.lease_until
        if until is None:
            return enhancement.created_at + self.hand_over_after <= now
        return until <= now or not self.may_be_alive(enhancement.lease_owner)

    def _store_answers(self) -> bool:
        """Asked first, so that an outage does not use up attempts."""
        try:
            self.delete.store.check()
        except StoreUnavailable:
            return False
        return True

    def _erase(self, image: ProductImage, enhancements: Iterable[Enhancement]) -> str:
        try:
            self.delete.erase(image, enhancements)
        except PixelLabError:
            return "left"
        return "deleted"

    def _settle(self, abandoned: Enhancement, observe: Observer) -> str:
        try:
            # Should another have taken it over meanwhile, that lease runs longer than this.
            job = job_of(
                abandoned,
                settling=True,
                overrule=abandoned.lease_until,
                enhancers=self.enhancers,
            )
            done = self.jobs.hand_over(job, observe)
        except (InProgress, StoreUnavailable, UnknownImage):
            return "left"
        except Exception:
            # It is in the record, and the observer was told.
            return "failed"
        return "finished" if done else "handed_over"
