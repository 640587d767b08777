"""What a repository of images in memory is asked, and changes nothing for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from threading import RLock

from pixellab.domain.errors import UnknownImage
from pixellab.domain.findings import Finding, fine
from pixellab.domain.images import MAX_ATTEMPTS, Enhancement, ProcessingStatus, ProductImage, Status
from pixellab.domain.ports import (
    Backlog,
    ImagePage,
    ImageQuery,
    ImageRepository,
    Waiting,
)
from pixellab.domain.search_words import matches, words_of
from pixellab.domain.statistics import Day, Statistics, added


class InMemoryImagesRead(ImageRepository):
    """The part of InMemoryImageRepository that only reads."""

    def __init__(self) -> None:
        self._images: dict[str, ProductImage] = {}
        self._histories: dict[str, list[Enhancement]] = {}
        self._deleted: dict[str, datetime] = {}
        self._days: dict[date, Day] = {}
        self._queued: dict[str, tuple[str, datetime]] = {}
        self._lock = RLock()

    def get(self, image_id: str) -> ProductImage:
        with self._lock:
            if image_id not in self._images or image_id in self._deleted:
                raise UnknownImage("No image has this id.")
            return self._images[image_id]

    def history(self, image_id: str) -> tuple[Enhancement, ...]:
        with self._lock:
            self.get(image_id)
            return tuple(self._histories[image_id])

    def find(self, idempotency_key: str) -> ProductImage | None:
        with self._lock:
            wanted = (each for each in self._visible() if each.idempotency_key == idempotency_key)
            return next(wanted, None)

    def called(self, name: str) -> tuple[str, ...]:
        with self._lock:
            return tuple(
                each.id for each in self._visible() if name in (each.key_digits, each.sku_id)
            )

    def page(self, query: ImageQuery) -> ImagePage:
        with self._lock:
            found = [each for each in self._visible() if _is_asked_for(each, query)]
        found.sort(key=_position, reverse=True)
        rest = [each for each in found if query.after is None or _position(each) < query.after]
        images = tuple(rest[query.offset : query.offset + query.limit])
        more = len(rest) > query.offset + query.limit
        return ImagePage(
            images=images, total=len(found), next_after=_position(images[-1]) if more else None
        )

    def statistics(self, since: date) -> Statistics:
        with self._lock:
            images = Counter(each.status for each in self._visible())
            return Statistics(
                images={status: images[status] for status in Status},
                total=added(self._days.values()),
                days={day: done for day, done in self._days.items() if day >= since},
            )

    def unfinished(
        self,
        now: datetime,
        limit: int,
        after: tuple[datetime, str] | None = None,
        *,
        lost: datetime | None = None,
    ) -> tuple[Enhancement, ...]:
        with self._lock:
            found = [
                each
                for each in self._enhancements(ProcessingStatus.PROCESSING)
                if not leased(each, now) and not self._is_in_queue(each, lost)
                if after is None or _position(each) > after
            ]
        return tuple(sorted(found, key=_position)[:limit])

    def parked(self, limit: int) -> tuple[Enhancement, ...]:
        with self._lock:
            found = self._enhancements(ProcessingStatus.FAILED)
            given_up = [each for each in found if each.attempts > MAX_ATTEMPTS]
        return tuple(sorted(given_up, key=_position)[:limit])

    def open_work(self, most: int) -> int:
        with self._lock:
            return min(len(self._enhancements(ProcessingStatus.PROCESSING)), most)

    def backlog(self, now: datetime, may_be_alive: Callable[[str | None], bool]) -> Backlog:
        with self._lock:
            found = self._enhancements(ProcessingStatus.PROCESSING)
            given_up = self._enhancements(ProcessingStatus.FAILED)
            at_work = [
                each for each in found if leased(each, now) and may_be_alive(each.lease_owner)
            ]
            waiting = [each for each in found if each not in at_work]
            queues: dict[str, list[datetime]] = {}
            for each in waiting:
                if each.id in self._queued:
                    queues.setdefault(self._queued[each.id][0], []).append(each.created_at)
        return Backlog(
            waiting=len(waiting),
            at_work=len(at_work),
            oldest=min((each.created_at for each in waiting), default=None),
            queues={
                name: Waiting(count=len(reserved), oldest=min(reserved))
                for name, reserved in queues.items()
            },
            workers=len({each.lease_owner for each in at_work} - {None}),
            parked=sum(each.attempts > MAX_ATTEMPTS for each in given_up),
        )

    def deleted(
        self, limit: int, image_id: str | None = None
    ) -> tuple[tuple[ProductImage, tuple[Enhancement, ...]], ...]:
        with self._lock:
            found = [self._images[each] for each in self._deleted if image_id in (None, each)]
            found.sort(key=lambda each: (self._deleted[each.id], *_position(each)))
            return tuple((each, tuple(self._histories[each.id])) for each in found[:limit])

    def check(self) -> None:
        """Memory can always be reached."""

    def check_writing(self) -> None:
        """It always can."""

    def diagnose(self) -> list[Finding]:
        return [fine("database", "in memory")]

    def close(self) -> None:
        """There is nothing to let go of."""

    def _enhancements(self, status: ProcessingStatus) -> list[Enhancement]:
        every = (each for image in self._visible() for each in self._histories[image.id])
        return [each for each in every if each.status is status]

    def _is_in_queue(self, enhancement: Enhancement, lost: datetime | None) -> bool:
        if lost is None or enhancement.lease_until is not None:
            return False
        return enhancement.id in self._queued and self._queued[enhancement.id][1] > lost

    def _row(self, image_id: str, sequence: int) -> tuple[ProductImage, Enhancement]:
        image, history = self.get(image_id), self._histories.get(image_id, [])
        if not 1 <= sequence <= len(history):
            raise UnknownImage("The image has no enhancement of this number.")
        return image, history[sequence - 1]

    def _visible(self) -> Iterator[ProductImage]:
        return (each for each in self._images.values() if each.id not in self._deleted)


def _is_asked_for(image: ProductImage, query: ImageQuery) -> bool:
    return (
        query.status in (None, image.status)
        and query.mode in (None, image.mode)
        and query.backend in (None, image.backend)
        and (query.since is None or image.created_at >= query.since)
        and (query.before is None or image.created_at < query.before)
        and matches(query.words, words_of(image.sku_id, image.filename))
    )


def _position(record: ProductImage | Enhancement) -> tuple[datetime, str]:
    return record.created_at, record.id


def leased(enhancement: Enhancement, now: datetime) -> bool:
    return enhancement.lease_until is not None and enhancement.lease_until > now
