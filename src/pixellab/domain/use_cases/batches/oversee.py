"""What users see of their batches, and what they can still do about them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import evolve, frozen

from pixellab.domain.batches import (
    Batch,
    BatchItem,
    BatchProgress,
    BatchState,
    Counts,
    ItemResult,
    ItemState,
)
from pixellab.domain.errors import InProgress, InvalidRequest
from pixellab.domain.ports import MAX_LIMIT, Batches, Clock, ObjectStore
from pixellab.domain.use_cases.read import Links

LATELY = timedelta(minutes=5)
"""The time by which it is told how fast a batch goes."""
AT_LEAST = timedelta(seconds=1)
PORTION = 2000
"""Lines that are changed in one transaction."""
ROWS = 500
"""Results that are read at a time."""


@frozen(kw_only=True)
class Oversee:
    """Read, cancel and try again; each raises UnknownBatch, and StoreUnavailable."""

    batches: Batches
    store: ObjectStore
    clock: Clock

    def progress(self, batch_id: str) -> BatchProgress:
        """How far the batch has come, and, by what ended lately, how long it will take."""
        return self._progress(self.batches.get(batch_id))

    def page(
        self, limit: int = 50, after: tuple[datetime, str] | None = None
    ) -> tuple[BatchProgress, ...]:
        """The newest batches first; ``limit`` 1 to 200, or InvalidRequest."""
        _check_limit(limit)
        return tuple(map(self._progress, self.batches.page(limit, after)))

    def items(
        self, batch_id: str, *, state: ItemState | None = None, after: int = 0, limit: int = 50
    ) -> tuple[BatchItem, ...]:
        """Lines of higher numbers than ``after``, lowest first; ``limit`` 1 to 200."""
        _check_limit(limit)
        self.batches.get(batch_id)
        return self.batches.items(batch_id, state=state, after=after, limit=limit)

    def results(
        self, batch_id: str, *, after: int = 0, limit: int = ROWS
    ) -> tuple[ItemResult, ...]:
        """Lines of higher numbers than ``after``, and their images with URLs that open now."""
        self.batches.get(batch_id)
        links = Links(self.store)
        found = self.batches.results(batch_id, after=after, limit=limit)
        return tuple(
            evolve(each, image=each.image and links.of_image(each.image)) for each in found
        )

    def all_results(self, batch_id: str) -> Iterator[ItemResult]:
        """All of them, read as they are asked for."""
        self.batches.get(batch_id)
        return self._results(batch_id)

    def cancel(self, batch_id: str) -> BatchProgress:
        """Begin no other line; what is at work is finished. One that has ended stays as it is."""
        if self.batches.get(batch_id).state is BatchState.ACCEPTING:
            raise InProgress("The batch is still being accepted; try again later.", retry_after=5)
        while self.batches.cancel(batch_id, PORTION, now=self.clock()):
            pass
        return self.progress(batch_id)

    def retry(self, batch_id: str) -> tuple[BatchProgress, int]:
        """Have the lines that failed done again; how many they are."""
        retried = 0
        while more := self.batches.retry(batch_id, PORTION):
            retried += more
        return self.progress(batch_id), retried

    def _progress(self, batch: Batch) -> BatchProgress:
        counts = self.batches.counts(batch.id)
        per_minute = self._per_minute(batch, counts)
        return BatchProgress(
            batch=batch,
            counts=counts,
            per_minute=per_minute,
            seconds_left=counts.left / per_minute * 60 if per_minute else None,
            costs=self.batches.costs(batch.id),
        )

    def _per_minute(self, batch: Batch, counts: Counts) -> float | None:
        if not counts.left or batch.state is not BatchState.OPEN:
            return None
        now = self.clock()
        since = max(now - LATELY, batch.created_at)
        ended = self.batches.ended_since(batch.id, since)
        return ended / (max(now - since, AT_LEAST) / timedelta(minutes=1)) or None

    def _results(self, batch_id: str) -> Iterator[ItemResult]:
        after = 0
        while found := self.results(batch_id, after=after):
            yield from found
            after = found[-1].item.number


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest("limit", f"limit is {limit}; allowed are 1 to {MAX_LIMIT}.")
