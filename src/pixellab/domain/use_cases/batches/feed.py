"""Handing out the lines of batches, little by little and to each its share."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from attrs import frozen

from pixellab.domain.batches import Batch, BatchItem, BatchState
from pixellab.domain.errors import PixelLabError, StoreUnavailable
from pixellab.domain.ports import (
    Batches,
    Clock,
    Enhancers,
    ItemJob,
    Jobs,
    ObjectStore,
    Observer,
    Resource,
)
from pixellab.domain.use_cases.batches.accept import forget, is_abandoned
from pixellab.domain.use_cases.keeping.reservations import (
    LEASE,
    perhaps,
    resource_of,
    silent,
)

MOST_BATCHES = 1000
"""Open batches among which lines are shared out at a time."""


@frozen(kw_only=True)
class Feed:
    """Hand over the next lines; safe to call by several processes at once.

    Only a short window is handed over at a time, so that what somebody waits for overtakes. Payers
    take turns, then the batches of one, and lines go by number: one catalogue starves nobody.
    """

    batches: Batches
    enhancers: Enhancers
    store: ObjectStore
    jobs: Jobs
    clock: Clock
    owner: str | None = None
    may_be_alive: Callable[[str | None], bool] = perhaps

    def __call__(self, most: int, *, only: str | None = None, observe: Observer = silent) -> int:
        """Hand over up to ``most`` lines, whatever they need; how many were. As ``fill``."""
        return self.fill({None: most}, only=only, observe=observe)

    def fill(
        self,
        rooms: Mapping[Resource | None, int],
        *,
        only: str | None = None,
        observe: Observer = silent,
    ) -> int:
        """Hand over as many lines as there is room for, by what they need; how many were.

        None stands for whatever they need. Of the batch ``only``, else of all. First takes back
        what processes held that died. Raises StoreUnavailable if the database is.
        """
        unfinished = self.batches.unfinished(MOST_BATCHES)
        if not unfinished:
            return 0
        self.take_back(unfinished)
        waiting = [each for each in unfinished if self._is_for_us(each, only)]
        open_rooms = {resource: most for resource, most in rooms.items() if most > 0}
        if not open_rooms or not waiting or not self._store_answers():
            return 0
        return sum(
            self._fill_one([each for each in waiting if self._needs(each, resource)], most, observe)
            for resource, most in open_rooms.items()
        )

    def _fill_one(self, waiting: list[Batch], most: int, observe: Observer) -> int:
        handed_over = 0
        by_id = {each.id: each for each in waiting}
        while waiting and handed_over < most:
            for batch_id, share in shares(waiting, most - handed_over).items():
                numbers = self._taken(batch_id, share)
                self._hand_over(by_id[batch_id], numbers, observe)
                handed_over += len(numbers)
                if len(numbers) < share:
                    waiting = [each for each in waiting if each.id != batch_id]
        return handed_over

    def take_back(self, unfinished: Iterable[Batch]) -> None:
        """Let others have what was left by processes that died, or whose lease ran out."""
        for item in self.batches.under_way():
            if self._is_abandoned(item):
                self.batches.put_back(item)
        for batch in unfinished:
            half_done = batch.state is BatchState.ACCEPTING
            if half_done and is_abandoned(batch, self.clock, self.may_be_alive):
                forget(self.batches, batch.id)
        self.batches.end_what_is_over(now=self.clock())

    def _is_for_us(self, batch: Batch, only: str | None) -> bool:
        return batch.state is BatchState.OPEN and only in (None, batch.id)

    def _needs(self, batch: Batch, resource: Resource | None) -> bool:
        return resource in (None, self._resource_of(batch))

    def _is_abandoned(self, item: BatchItem) -> bool:
        until = item.lease_until
        if until is None or until <= self.clock():
            return True
        return item.lease_owner is not None and not self.may_be_alive(item.lease_owner)

    def _store_answers(self) -> bool:
        """Asked first, so that an outage does not send line after line into it."""
        try:
            self.store.check()
        except StoreUnavailable:
            return False
        return True

    def _hand_over(self, batch: Batch, numbers: Sequence[int], observe: Observer) -> None:
        resource = self._resource_of(batch)
        for number in numbers:
            job = ItemJob(batch_id=batch.id, number=number, resource=resource)
            self.jobs.hand_over(job, observe)

    def _resource_of(self, batch: Batch) -> Resource:
        # A backend that is gone is told of by whoever does the lines.
        with suppress(PixelLabError):
            chain = self.enhancers.choose(batch.task, batch.backend)
            return resource_of(self.enhancers, chain, batch.task)
        return Resource.CPU

    def _taken(self, batch_id: str, share: int) -> Sequence[int]:
        now = self.clock()
        return self.batches.take(batch_id, share, now=now, until=now + LEASE, owner=self.owner)


def shares(waiting: Sequence[Batch], most: int) -> Counter[str]:
    """How many of ``most`` lines each batch may give, by its id.

    ``waiting`` has those first that have waited longest: payers take turns in that order, and so do
    the batches of one.
    """
    turns: dict[str | None, deque[str]] = {}
    for batch in waiting:
        turns.setdefault(batch.payer, deque()).append(batch.id)
    found: Counter[str] = Counter()
    payers = deque(turns.values())
    while payers and found.total() < most:
        found[payers[0][0]] += 1
        payers[0].rotate(-1)
        payers.rotate(-1)
    return found
