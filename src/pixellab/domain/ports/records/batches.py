"""Where batches and their lines are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pixellab.domain.batches import Batch, BatchItem, Counts, ItemResult, ItemState, Line
from pixellab.domain.results import Cost


class BatchRecords(Protocol):
    """Keeps batches as users see them.

    Each method is one transaction, and short: what may concern 100,000 lines is done in portions.
    Any may raise StoreUnavailable, having changed nothing. Times are UTC with tzinfo. An id that
    no batch has is UnknownBatch.
    """

    def add(self, batch: Batch) -> None:
        """Insert it without lines. Raises IdempotencyConflict if its key exists."""

    def add_lines(self, batch_id: str, lines: Sequence[Line]) -> None:
        """Insert lines of numbers that the batch does not have.

        A bad one is FAILED at once, and one that is arriving waits for ``arrive``.
        """

    def begin(self, batch_id: str) -> Batch:
        """The batch is whole: from ACCEPTING to OPEN, and nobody's any more. Raises UnknownBatch
        also for one that is not ACCEPTING."""

    def forget(self, batch_id: str, most: int) -> bool:
        """Remove up to ``most`` lines, and the batch with the last; whether it is gone."""

    def get(self, batch_id: str) -> Batch: ...

    def find(self, idempotency_key: str) -> Batch | None: ...

    def page(self, limit: int, after: tuple[datetime, str] | None = None) -> tuple[Batch, ...]:
        """The newest first, by (created_at, id); ``after`` is that pair of the last one seen.

        Those that are ACCEPTING are left out.
        """

    def counts(self, batch_id: str) -> Counts:
        """How many lines are in which state; ARRIVING and HELD ones wait."""

    def ended_since(self, batch_id: str, since: datetime) -> int:
        """How many lines were done or failed at ``since`` or later; bad ones do not count."""

    def costs(self, batch_id: str) -> tuple[Cost, ...]:
        """What its lines cost so far, by currency; an amount is None where a price is unknown."""

    def items(
        self, batch_id: str, *, state: ItemState | None = None, after: int = 0, limit: int
    ) -> tuple[BatchItem, ...]:
        """Lines of higher numbers than ``after``, lowest first; WAITING includes ARRIVING and HELD.

        Costs the same at any depth.
        """

    def results(self, batch_id: str, *, after: int = 0, limit: int) -> tuple[ItemResult, ...]:
        """As ``items``, each with its image, if that is still there."""

    def cancel(self, batch_id: str, most: int, *, now: datetime) -> int:
        """Cancel the batch, and up to ``most`` of its lines that nobody has begun; how many."""

    def retry(self, batch_id: str, most: int) -> int:
        """Have up to ``most`` lines that failed wait again, their attempts counted anew; how many.

        Bad lines stay as they are. A batch with such lines is OPEN again.
        """


class BatchWork(Protocol):
    """Hands out the lines of batches, each to one worker at a time."""

    def unfinished(self, limit: int) -> tuple[Batch, ...]:
        """Batches that have not ended, ACCEPTING ones too; those that waited longest for a share
        come first."""

    def waiting_lines(self) -> int:
        """At most how many lines are left in all batches that have not ended."""

    def arrive(
        self, batch_id: str, number: int, *, now: datetime, failure: str | None = None
    ) -> bool:
        """A line that was ARRIVING in an OPEN batch is WAITING, or has failed; whether it was so.

        One that failed so is a bad line: nothing is there to try again.
        """

    def take(
        self, batch_id: str, most: int, *, now: datetime, until: datetime, owner: str | None
    ) -> tuple[int, ...]:
        """The numbers of up to ``most`` WAITING lines, lowest first, now HELD by ``owner``.

        No line is given to two callers. Empty where the batch is not OPEN. The batch then counts as
        having had its share at ``now``.
        """

    def claim(
        self, batch_id: str, number: int, *, now: datetime, until: datetime, owner: str | None
    ) -> BatchItem | None:
        """Begin an attempt at a line that is WAITING or HELD: count it, and lease the line.

        None where there is no such line of an OPEN batch: it is done, or another has begun it.
        """

    def put_back(
        self, item: BatchItem, *, until: datetime | None = None, counted: bool = True
    ) -> bool:
        """Let go of a line that is HELD or WORKING as ``item`` says; whether it still was.

        It is WAITING, or HELD by nobody ``until`` then, or, in a batch that was cancelled,
        CANCELLED. The attempt is taken back unless it is to be ``counted``.
        """

    def finish(self, item: BatchItem, cost: Cost | None = None, *, now: datetime) -> bool:
        """Write a line that is done or failed, and what its image cost in all until now.

        ``item`` is what ``claim`` gave, changed. False, having changed nothing, where another
        attempt has begun since. The last line to end ends its batch.
        """

    def under_way(self) -> tuple[BatchItem, ...]:
        """All lines that are HELD or WORKING."""

    def end_what_is_over(self, *, now: datetime) -> tuple[Batch, ...]:
        """The batches without a line left whose end was not yet on record, and now is."""


class Batches(BatchRecords, BatchWork, Protocol):
    """Keeps batches, and hands out their lines."""

    def close(self) -> None:
        """Let go of connections; safe to repeat."""
