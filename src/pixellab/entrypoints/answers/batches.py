"""Batches and their lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pixellab.domain.batches import (
    STORE,
    BatchItem,
    BatchProgress,
    Counts,
    ItemResult,
)
from pixellab.domain.errors import InvalidRequest
from pixellab.domain.images import kilobytes
from pixellab.entrypoints.answers.parts.answer import Answer, dump
from pixellab.entrypoints.answers.parts.calls import CostAnswer
from pixellab.entrypoints.answers.parts.cursors import write_cursor

RESULT_COLUMNS = (
    *("number", "image_url", "key", "sku_id", "state", "image_id", "original_url", "enhanced_url"),
    *("original_size_kb", "enhanced_size_kb", "quality_before", "quality_after", "failure"),
)
ROWS = 200
"""Rows of results in one piece of text."""


class BatchCountsAnswer(Answer):
    """How many lines are in which state."""

    total: int
    waiting: int
    working: int
    done: int
    failed: int
    cancelled: int

    @classmethod
    def of(cls, counts: Counts) -> BatchCountsAnswer:
        return cls(
            total=counts.total,
            waiting=counts.waiting,
            working=counts.working,
            done=counts.done,
            failed=counts.failed,
            cancelled=counts.cancelled,
        )


class BatchAnswer(Answer):
    """A batch and how far it has come."""

    batch_id: str
    name: str | None
    state: str
    """accepting, open, done or cancelled."""
    enhancement_mode: str
    backend: str | None
    """Who was asked for; null where the routing table decides."""
    counts: BatchCountsAnswer
    per_minute: float | None
    """Lines that ended in the latest minutes; null where none did, or nothing is left."""
    seconds_left: float | None
    cost: list[CostAnswer]
    """What backends asked for so far, by currency; empty where nothing had to be paid."""
    created_at: datetime
    finished_at: datetime | None
    warnings: list[str]

    @classmethod
    def of(cls, progress: BatchProgress) -> BatchAnswer:
        batch, left = progress.batch, progress.seconds_left
        costs = [CostAnswer.of_cost(each) for each in progress.costs]
        return cls(
            batch_id=batch.id,
            name=batch.name,
            state=batch.state,
            enhancement_mode=batch.task.mode,
            backend=batch.backend,
            counts=BatchCountsAnswer.of(progress.counts),
            per_minute=None if progress.per_minute is None else round(progress.per_minute, 1),
            seconds_left=None if left is None else round(left, 1),
            cost=[each for each in costs if each is not None],
            created_at=batch.created_at,
            finished_at=batch.finished_at,
            warnings=[*batch.task.ignored],
        )


def describe_batch(ended: BatchProgress) -> Mapping[str, Any]:
    """The same as plain JSON values, as receivers are told it."""
    return dump(BatchAnswer.of(ended))


class BatchListAnswer(Answer):
    """The newest batches first."""

    batches: list[BatchAnswer]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Sequence[BatchProgress], limit: int) -> BatchListAnswer:
        last = page[-1].batch if len(page) == limit else None
        return cls(
            batches=[BatchAnswer.of(each) for each in page],
            next_cursor=None if last is None else write_cursor((last.created_at, last.id)),
        )


class BatchItemAnswer(Answer):
    """A line of a batch, and what became of it."""

    number: int
    image_url: str | None
    """The address that it names; null where it names a key."""
    key: str | None
    sku_id: str | None
    state: str
    """waiting, working, done, failed or cancelled."""
    image_id: str | None
    failure: str | None
    attempts: int
    finished_at: datetime | None

    @classmethod
    def of(cls, item: BatchItem) -> BatchItemAnswer:
        return cls(
            **_source(item),
            number=item.number,
            sku_id=item.sku_id,
            state=item.state.shown,
            image_id=item.image_id,
            failure=item.failure,
            attempts=item.attempts,
            finished_at=item.finished_at,
        )


class BatchItemListAnswer(Answer):
    """Lines of a batch, by number."""

    batch_id: str
    items: list[BatchItemAnswer]
    next_cursor: str | None

    @classmethod
    def of(cls, batch_id: str, items: Sequence[BatchItem], limit: int) -> BatchItemListAnswer:
        return cls(
            batch_id=batch_id,
            items=[BatchItemAnswer.of(each) for each in items],
            next_cursor=str(items[-1].number) if len(items) == limit else None,
        )


class BatchRetryAnswer(BatchAnswer):
    """The batch, and how many of its lines are tried again."""

    retried: int = 0


def read_number(cursor: str | None) -> int:
    """The number of the last line already seen, which a cursor of lines stands for.

    Raises InvalidRequest for text that no answer contained.
    """
    if cursor is None:
        return 0
    if not re.fullmatch("[0-9]{1,7}", cursor):
        raise InvalidRequest("cursor", "cursor is not one that an answer gave as next_cursor.")
    return int(cursor)


def results_csv(results: Iterable[ItemResult]) -> Iterator[str]:
    """A table of all lines and what became of them, as CSV by RFC 4180, piece by piece."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(RESULT_COLUMNS)
    for number, each in enumerate(results, start=1):
        writer.writerow(_row(each))
        if number % ROWS == 0:
            yield table.getvalue()
            table.seek(0)
            table.truncate()
    yield table.getvalue()


def _row(result: ItemResult) -> list[object]:
    answer, image = BatchItemAnswer.of(result.item), result.image
    enhanced = image and image.enhanced
    found = {
        **answer.model_dump(),
        "original_url": image.original.url if image and image.original_kept else None,
        "enhanced_url": enhanced and enhanced.url,
        "original_size_kb": image and kilobytes(image.original.size_bytes),
        "enhanced_size_kb": enhanced and kilobytes(enhanced.size_bytes),
        "quality_before": image and _score(image.quality_before),
        "quality_after": image and _score(image.quality_after),
    }
    return [found[name] for name in RESULT_COLUMNS]


def _score(score: float | None) -> float | None:
    return None if score is None else round(score, 1)


def _source(item: BatchItem) -> dict[str, str | None]:
    source = item.source
    if source.startswith(STORE):
        return {"image_url": None, "key": source.removeprefix(STORE)}
    return {"image_url": source or None, "key": None}
