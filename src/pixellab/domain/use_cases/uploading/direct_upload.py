"""Uploads that go straight to the object store: invited, completed, or forgotten."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from attrs import evolve, frozen

from pixellab.domain.errors import (
    FileTooLarge,
    NoDirectUploads,
    ObjectMissing,
    StoreUnavailable,
    UndecodableImage,
    UnknownUpload,
    UnsupportedImage,
)
from pixellab.domain.ports import (
    Clock,
    DirectUpload,
    DirectUploads,
    ImageRepository,
    Invitation,
    NewId,
    ObjectStore,
    Observer,
    Outcome,
)
from pixellab.domain.use_cases.keeping.reservations import remove
from pixellab.domain.use_cases.uploading.upload import Upload

FOLDER = "uploads/incoming"
VALID = timedelta(minutes=15)
"""How long the store takes the file."""
KEPT = timedelta(days=1)
"""How long an upload may be completed."""
PORTION = 1000
"""Forgotten at a time."""

TakeIn = Callable[[Upload, Observer], Outcome]


@frozen(kw_only=True)
class InviteUpload:
    """Let a client hand a file of at most ``max_bytes`` to the store by itself."""

    uploads: DirectUploads
    store: ObjectStore
    clock: Clock
    new_id: NewId
    max_bytes: int
    valid: timedelta = VALID

    def __call__(self, payer: str | None = None) -> tuple[DirectUpload, Invitation]:
        """Raises NoDirectUploads where the store takes no files from others."""
        now, upload_id = self.clock(), self.new_id()
        upload = DirectUpload(
            id=upload_id,
            key=f"{FOLDER}/{upload_id}",
            payer=payer,
            created_at=now,
            expires_at=now + KEPT,
        )
        invitation = self.store.invite(upload.key, max_bytes=self.max_bytes, valid=self.valid)
        if invitation is None:
            raise NoDirectUploads(
                f"The {self.store.name} store takes no files from others; send the file itself."
            )
        self.uploads.add(upload)
        return upload, invitation


@frozen(kw_only=True)
class CompleteUpload:
    """Take in what arrived, as any upload; safe to repeat.

    Its idempotency key follows from the id: repeated, it gives the first answer again.
    """

    uploads: DirectUploads
    store: ObjectStore
    repository: ImageRepository
    take_in: TakeIn

    def __call__(self, upload_id: str, asked: Upload, observe: Observer) -> Outcome:
        """``asked`` without its content. Raises UnknownUpload, also for another payer's;
        ObjectMissing where nothing has arrived; and what ``take_in`` raises.

        A file that is no photo is removed; with other fields the same upload can be tried again.
        """
        upload = self.uploads.get(upload_id)
        if upload is None or upload.payer != asked.payer:
            raise UnknownUpload("No upload has this id, or it was invited more than a day ago.")
        wanted = evolve(asked, own_key=f"direct-upload:{upload.id}")
        try:
            content = self.store.open(upload.key)
        except ObjectMissing:
            return self._earlier(wanted)
        with content:
            try:
                outcome = self.take_in(evolve(wanted, content=content), observe)
            except (UnsupportedImage, UndecodableImage, FileTooLarge):
                remove(self.store, upload.key)
                raise
        remove(self.store, upload.key)
        return outcome

    def _earlier(self, wanted: Upload) -> Outcome:
        image = self.repository.find(wanted.owned_key or "")
        if image is None:
            raise ObjectMissing("No file has arrived for this upload; send it first.")
        first = self.repository.history(image.id)[0]
        return Outcome(image=image, enhancement=first, replayed=True)


@frozen(kw_only=True)
class ForgetUploads:
    """Remove what arrived and nobody took in within a day."""

    uploads: DirectUploads
    store: ObjectStore
    clock: Clock

    def __call__(self) -> None:
        """What the store cannot remove now is left for the next time."""
        for upload in self.uploads.expired(self.clock(), PORTION):
            with suppress(StoreUnavailable):
                self.store.delete(upload.key)
                self.uploads.forget(upload.id)
