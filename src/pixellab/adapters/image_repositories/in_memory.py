"""Records in memory: for trials, and for the tests of programs that embed PixelLab."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from attrs import evolve

from pixellab.adapters.image_repositories.in_memory_read import InMemoryImagesRead, leased
from pixellab.domain.errors import (
    ClaimLost,
    IdempotencyConflict,
    InProgress,
    KeyTaken,
    NoResult,
    SkuTaken,
    UnknownImage,
)
from pixellab.domain.images import Enhancement, ProcessingStatus, ProductImage, Status, StoredObject
from pixellab.domain.ports import Deliveries
from pixellab.domain.statistics import Day, Tally, added, spent_more, tally_of_end
from pixellab.domain.webhooks import Announce, nothing

RETRY_AFTER = 5
"""Seconds; most enhancements take less."""


class InMemoryImageRepository(InMemoryImagesRead):
    """Keeps records in dictionaries; one lock makes each method a transaction.

    They end with the process.
    """

    def __init__(
        self, *, announce: Announce = nothing, deliveries: Deliveries | None = None
    ) -> None:
        """What is announced when an enhancement ends is added to ``deliveries``."""
        super().__init__()
        self._announce = announce
        self._deliveries = deliveries

    def add(self, image: ProductImage, enhancement: Enhancement) -> None:
        with self._lock:
            self._refuse_taken(image)
            self._images[image.id] = image
            self._histories[image.id] = [enhancement]
            self._count(image.created_at.date(), Day(tally=Tally(images=1)))

    def add_enhancement(self, image_id: str, make: Callable[[int], Enhancement]) -> Enhancement:
        with self._lock:
            self.get(image_id)
            history = self._histories[image_id]
            enhancement = make(len(history) + 1)
            history.append(enhancement)
            return enhancement

    def claim(
        self,
        image_id: str,
        sequence: int,
        *,
        now: datetime,
        until: datetime,
        owner: str | None = None,
        retry: bool = True,
    ) -> Enhancement:
        with self._lock:
            image, current = self._row(image_id, sequence)
            failed = current.status is ProcessingStatus.FAILED
            if current.status is ProcessingStatus.COMPLETED or (failed and not retry):
                return current
            waiting = current.attempts == 0 and image.original_kept
            if leased(current, now) and not waiting:
                raise InProgress(
                    "The image is being processed; try again later.", retry_after=RETRY_AFTER
                )
            if failed and image.enhanced is None:
                self._images[image_id] = evolve(image, status=Status.PENDING)
            return self._write(
                evolve(
                    current,
                    status=ProcessingStatus.PROCESSING,
                    attempts=current.attempts + 1,
                    lease_until=until,
                    lease_owner=owner,
                    failure=None,
                    finished_at=None,
                )
            )

    def keep_original(self, image_id: str, original: StoredObject, *, now: datetime) -> None:
        with self._lock:
            image = self.get(image_id)
            self._images[image_id] = evolve(
                image, original=original, original_kept=True, updated_at=now
            )

    def note(self, enhancement: Enhancement) -> None:
        with self._lock:
            self._at_work(enhancement)
            self._count_cost(enhancement)
            self._write(enhancement)

    def finish(self, enhancement: Enhancement) -> ProductImage:
        with self._lock:
            image = self._at_work(enhancement)
            self._count_cost(enhancement)
            done = self._write(evolve(enhancement, lease_until=None))
            assert done.finished_at is not None
            self._count(done.finished_at.date(), Day(tally=tally_of_end(done)))
            self._images[image.id] = image.after(done)
            if self._deliveries is not None:
                self._deliveries.add(self._announce(self._images[image.id], done))
            return self._images[image.id]

    def revert(self, image_id: str, sequence: int, *, now: datetime) -> ProductImage:
        with self._lock:
            image, done = self._row(image_id, sequence)
            if done.status is not ProcessingStatus.COMPLETED:
                raise NoResult("The enhancement has no result.")
            self._images[image_id] = image.showing(done, now)
            return self._images[image_id]

    def reserve_thumbnail(self, image_id: str, sequence: int, key: str) -> str:
        with self._lock:
            if sequence:
                _, current = self._row(image_id, sequence)
                key = current.thumbnail_key or key
                self._write(evolve(current, thumbnail_key=key))
            else:
                image = self.get(image_id)
                key = image.original_thumbnail_key or key
                self._images[image_id] = evolve(image, original_thumbnail_key=key)
            return key

    def keep_thumbnail(self, image_id: str, sequence: int, url: str) -> None:
        with self._lock:
            image = self.get(image_id)
            key = image.original_thumbnail_key
            if sequence:
                image, current = self._row(image_id, sequence)
                self._write(evolve(current, thumbnail_url=url))
                key = current.thumbnail_key
            assert key is not None
            self._images[image_id] = image.with_thumbnail(sequence, key, url)

    def put_in_queue(
        self,
        image_id: str,
        sequence: int,
        queue: str,
        *,
        now: datetime,
        overrule: datetime | None = None,
    ) -> None:
        with self._lock:
            history = self._histories.get(image_id, [])
            current = history[sequence - 1] if 0 < sequence <= len(history) else None
            if current is None or current.status is not ProcessingStatus.PROCESSING:
                return
            until = current.lease_until
            if until is not None and (overrule is None or until > overrule):
                return
            self._write(evolve(current, lease_until=None, lease_owner=None))
            self._queued[current.id] = queue, now

    def leave_queue(self, queue: str, before: datetime) -> int:
        with self._lock:
            left = [
                each.id
                for each in self._enhancements(ProcessingStatus.PROCESSING)
                if each.lease_until is None and each.id in self._queued
                if self._queued[each.id][0] == queue and self._queued[each.id][1] < before
            ]
            for enhancement_id in left:
                del self._queued[enhancement_id]
        return len(left)

    def mark_deleted(self, image_id: str, *, now: datetime) -> None:
        with self._lock:
            if image_id not in self._images:
                raise UnknownImage("No image has this id.")
            if image_id in self._deleted:
                return
            if any(leased(each, now) for each in self._histories[image_id]):
                raise InProgress(
                    "The image is being processed; delete it later.", retry_after=RETRY_AFTER
                )
            self._deleted[image_id] = now

    def forget(self, image_id: str) -> None:
        with self._lock:
            if self._deleted.pop(image_id, None):
                del self._images[image_id], self._histories[image_id]

    def _count_cost(self, enhancement: Enhancement) -> None:
        _, before = self._row(enhancement.image_id, enhancement.sequence)
        if spent := spent_more(before.calls, enhancement.calls):
            self._count(enhancement.created_at.date(), Day(spent=spent))

    def _count(self, day: date, done: Day) -> None:
        self._days[day] = added((self._days.get(day, Day()), done))

    def _refuse_taken(self, image: ProductImage) -> None:
        others = self._images.values()
        key = image.idempotency_key
        if key is not None and any(each.idempotency_key == key for each in others):
            raise IdempotencyConflict("This Idempotency-Key was used before; send a new key.")
        if any(each.sku_id == image.sku_id for each in others):
            raise SkuTaken("Another image already has this sku_id; choose another.")
        if any(each.key_digits == image.key_digits for each in others):
            raise KeyTaken("The image's key digits belong to another image.")

    def _at_work(self, enhancement: Enhancement) -> ProductImage:
        try:
            image, current = self._row(enhancement.image_id, enhancement.sequence)
        except UnknownImage as error:
            raise ClaimLost("The image was deleted meanwhile.") from error
        working = current.status is ProcessingStatus.PROCESSING
        if not working or current.attempts != enhancement.attempts:
            raise ClaimLost("Another attempt took this enhancement over.")
        return image

    def _write(self, enhancement: Enhancement) -> Enhancement:
        self._histories[enhancement.image_id][enhancement.sequence - 1] = enhancement
        return enhancement
