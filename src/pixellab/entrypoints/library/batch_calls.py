"""The library's calls for many photos at once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

from attrs import frozen

from pixellab.domain.batches import SHOWN_STATES, BatchItem, BatchProgress, ItemResult, ItemState
from pixellab.domain.errors import InvalidRequest, Misconfigured
from pixellab.domain.requests import BatchRequest
from pixellab.entrypoints.ids import batch_id as known_batch
from pixellab.entrypoints.lab import PixelLab
from pixellab.entrypoints.library.asked_by_keywords import asked_by_keywords
from pixellab.entrypoints.new_batches import Photos, accept, new_batch
from pixellab.entrypoints.telemetry.logs import UploadLog

Manifest = str | PathLike[str] | BinaryIO | Sequence[Mapping[str, Any]] | None
"""The photos of a batch, as ``Library.add_batch`` takes them."""
LOOK_SECONDS = 0.2


@frozen(kw_only=True)
class BatchCalls:
    """What a program does with batches; part of Library."""

    lab: PixelLab

    @asked_by_keywords(BatchRequest)
    def add_batch(self, photos: Manifest, asked: BatchRequest) -> BatchProgress:
        """Put many photos on record, to be done by ``do_batch``, a server or a worker.

        ``photos`` is the path of a manifest (CSV, JSON lines or a JSON array), a seekable binary
        file with one, or the lines as mappings with ``key`` or ``image_url``, and ``sku_id``; None
        with ``prefix``. Wrong lines have failed, each with its sentence. Raises InvalidRequest,
        QueueFull, IdempotencyConflict, InProgress, StoreUnavailable, OSError.
        """
        with ExitStack() as opened:
            named: dict[str, Any] = {}
            if isinstance(photos, str | PathLike):
                named["manifest"] = opened.enter_context(Path(photos).open("rb"))
            elif isinstance(photos, Sequence):
                named["items"] = photos
            else:
                named["manifest"] = photos
            wanted = Photos(**named, prefix=asked.prefix)
            batch = accept(self.lab, new_batch(asked), wanted, keys="").batch
        return self.batch(batch.id)

    def do_batch(self, batch_id: str) -> BatchProgress:
        """Work on a batch, on PIXELLAB_JOB_WORKERS threads, until it has ended; how it ended.

        Others may work on it at the same time. Raises UnknownBatch, StoreUnavailable; Misconfigured
        where no thread may work.
        """
        if not self.lab.settings.job_workers:
            raise Misconfigured("PIXELLAB_JOB_WORKERS is 0; it takes at least 1 to do a batch.")
        observe = UploadLog()
        while not (progress := self.batch(batch_id)).batch.finished_at:
            self.lab.feed_queue(observe, only=progress.batch.id)
            time.sleep(LOOK_SECONDS)
        return progress

    def batch(self, batch_id: str) -> BatchProgress:
        """How far a batch has come. Raises UnknownBatch."""
        return self.lab.batches.progress(known_batch(batch_id))

    def batches(
        self, *, limit: int = 50, after: tuple[datetime, str] | None = None
    ) -> tuple[BatchProgress, ...]:
        """The newest batches first; ``after`` is (created_at, id) of the last one seen."""
        return self.lab.batches.page(limit, after)

    def batch_items(
        self, batch_id: str, *, state: ItemState | None = None, after: int = 0, limit: int = 50
    ) -> tuple[BatchItem, ...]:
        """Lines of higher numbers than ``after``, lowest first.

        Raises UnknownBatch, and InvalidRequest for a state that there is not.
        """
        known = known_batch(batch_id)
        if state is not None and state not in SHOWN_STATES:
            told = f"state is {state!r}; allowed are {', '.join(SHOWN_STATES)}."
            raise InvalidRequest("state", told)
        return self.lab.batches.items(known, state=state, after=after, limit=limit)

    def batch_results(
        self, batch_id: str, *, after: int = 0, limit: int = 500
    ) -> tuple[ItemResult, ...]:
        """As ``batch_items``, each with its image, if that is there. Raises UnknownBatch."""
        return self.lab.batches.results(known_batch(batch_id), after=after, limit=limit)

    def cancel_batch(self, batch_id: str) -> BatchProgress:
        """Begin no other line; what is at work is finished. Raises UnknownBatch, InProgress."""
        return self.lab.batches.cancel(known_batch(batch_id))

    def retry_batch(self, batch_id: str) -> BatchProgress:
        """Have the lines that failed wait again. Raises UnknownBatch."""
        return self.lab.batches.retry(known_batch(batch_id))[0]
