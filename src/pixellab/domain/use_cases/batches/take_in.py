"""Putting the photos of a folder into the store, for lines that are on record already."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import BinaryIO

from attrs import frozen

from pixellab.domain.batches import STORE, BatchItem
from pixellab.domain.errors import ObjectExists
from pixellab.domain.ports import Batches, Clock, DirectUpload
from pixellab.domain.use_cases.batches.sources import Sources, name_of, upload_id_of

KEPT = timedelta(days=30)
"""How long a photo stays in the store whose line nobody does."""
CHANGED = "The photo was changed while it was taken in; run the command again."


@frozen(kw_only=True)
class TakeIn:
    """Put the photo of an ARRIVING line into the store, from where anybody can do the line.

    Safe to repeat, and by several processes at once: the key follows from the line.
    """

    batches: Batches
    sources: Sources
    clock: Clock

    def __call__(self, item: BatchItem, photo: BinaryIO, sha256: str) -> None:
        """``sha256`` is the photo's as it was when the line was made. Raises StoreUnavailable."""
        key, now, failure = item.source.removeprefix(STORE), self.clock(), None
        # On record before anything is stored, so that it is removed if its line is never done.
        upload = DirectUpload(
            id=upload_id_of(item.source), key=key, created_at=now, expires_at=now + KEPT
        )
        self.sources.uploads.add(upload)
        with suppress(ObjectExists):
            kept = self.sources.store.put(
                key, photo, media_type="application/octet-stream", filename=name_of(item.source)
            )
            failure = None if kept.sha256 == sha256 else CHANGED
        if failure:
            self.sources.remove(item.source)
        self.batches.arrive(item.batch_id, item.number, now=now, failure=failure)

    def refuse(self, item: BatchItem, why: str) -> None:
        """The line has failed, since its photo cannot be had. Raises StoreUnavailable."""
        self.batches.arrive(item.batch_id, item.number, now=self.clock(), failure=why)
