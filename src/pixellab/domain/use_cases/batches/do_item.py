"""Doing one line of a batch: fetch the photo, accept it, enhance it."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from attrs import evolve, frozen

from pixellab.domain.batches import Batch, BatchItem, ItemState
from pixellab.domain.errors import (
    BackendUnavailable,
    ClaimLost,
    InProgress,
    PixelLabError,
    StoreUnavailable,
    UnknownBatch,
)
from pixellab.domain.images import MAX_ATTEMPTS, Enhancement, ProcessingStatus, ProductImage
from pixellab.domain.ports import Batches, Clock, ItemJob, Observer, Outcome
from pixellab.domain.results import cost_of
from pixellab.domain.use_cases.batches.sources import Sources, name_of
from pixellab.domain.use_cases.keeping.reservations import LEASE, silent
from pixellab.domain.use_cases.uploading.fingerprint import own_key
from pixellab.domain.use_cases.uploading.upload import Upload
from pixellab.domain.use_cases.uploading.upload_at_once import UploadAndEnhance

SOON = timedelta(seconds=5)
"""When a line is looked at again whose image another is at work on."""
PAUSE = timedelta(seconds=30)
"""Before a store or a backend that was not there is asked again; doubled with each attempt."""
log = logging.getLogger(__name__)


@frozen(kw_only=True)
class DoItem:
    """Do a line that was handed over, once however often it is.

    The image it becomes has an idempotency key that follows from the line, so an attempt that
    comes after one that was cut off finds what that one left.
    """

    batches: Batches
    sources: Sources
    upload: UploadAndEnhance
    clock: Clock
    owner: str | None = None

    def __call__(self, job: ItemJob, observe: Observer = silent) -> None:
        """What became of it is on record. Raises StoreUnavailable where that cannot be written."""
        now = self.clock()
        item = self.batches.claim(
            job.batch_id, job.number, now=now, until=now + LEASE, owner=self.owner
        )
        if item is None:
            return
        try:
            batch = self.batches.get(job.batch_id)
            outcome = self._outcome(batch, item, observe)
        except UnknownBatch:
            return
        except (InProgress, ClaimLost):
            self.batches.put_back(item, until=now + SOON, counted=False)
        except StoreUnavailable as error:
            with suppress(StoreUnavailable):  # else its lease runs out
                later = timedelta(seconds=error.retry_after or 0)
                self.batches.put_back(item, until=self.clock() + max(later, PAUSE), counted=False)
        except Exception as error:
            self._ended_badly(item, batch, error)
        else:
            self.sources.remove(item.source)
            done = evolve(item, state=ItemState.DONE, image_id=outcome.image.id, failure=None)
            self.batches.finish(done, cost_of(outcome.enhancement.calls), now=self.clock())

    def _outcome(self, batch: Batch, item: BatchItem, observe: Observer) -> Outcome:
        if item.attempts > MAX_ATTEMPTS:
            raise _GivenUp(f"It was given up after {MAX_ATTEMPTS} attempts.")
        found = self._found(item)
        if found is None or not found[0].original_kept:
            return self._uploaded(batch, item, observe)
        image, first = found
        gave_up = first.attempts > MAX_ATTEMPTS * (1 + item.retries)
        if first.status is ProcessingStatus.FAILED and gave_up:
            raise _GivenUp(first.failure or "It failed.")
        return self.upload.process(image.id, overrule=self._of_the_dead(first), observe=observe)

    def _uploaded(self, batch: Batch, item: BatchItem, observe: Observer) -> Outcome:
        with self.sources.open(item.source) as (content, address):
            upload = Upload(
                content=content,
                filename=name_of(item.source),
                task=batch.task,
                backend=batch.backend,
                sku_id=item.sku_id,
                own_key=_key(item),
                payer=batch.payer,
                source_url=address,
            )
            return self.upload(upload, observe)

    def _ended_badly(self, item: BatchItem, batch: Batch, error: Exception) -> None:
        if not isinstance(error, PixelLabError):
            log.exception("A line failed unforeseen: %s, line %s", item.batch_id, item.number)
        # Nothing that may have been paid for is asked for again but by a user.
        if isinstance(error, BackendUnavailable) and item.attempts < MAX_ATTEMPTS:
            pause = PAUSE * 2 ** (item.attempts - 1)
            self.batches.put_back(item, until=self.clock() + pause)
            return
        found = self._found(item)
        if found and found[0].original_kept:
            self.sources.remove(item.source)
        failed = evolve(
            item,
            state=ItemState.FAILED,
            image_id=found[0].id if found else None,
            failure=error.message if isinstance(error, PixelLabError) else UNFORESEEN,
        )
        cost = cost_of(found[1].calls) if found else None
        self.batches.finish(failed, cost, now=self.clock())

    def _found(self, item: BatchItem) -> tuple[ProductImage, Enhancement] | None:
        """The image that an earlier attempt made, and its first enhancement."""
        repository = self.upload.process.repository
        image = repository.find(own_key(_key(item)))
        return None if image is None else (image, repository.history(image.id)[0])

    def _of_the_dead(self, first: Enhancement) -> datetime | None:
        return None if self.upload.may_be_alive(first.lease_owner) else first.lease_until


class _GivenUp(PixelLabError):
    """There is no use in trying it again."""


UNFORESEEN = "An internal error occurred; it has been logged."


def _key(item: BatchItem) -> str:
    """The idempotency key of the image that the line becomes."""
    return f"batch:{item.batch_id}:{item.number}"
