"""PixelLab embedded in a Python program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from attrs import frozen

from pixellab.domain.images import Enhancement, ProductImage, Status, StoredObject
from pixellab.domain.ports import ImagePage, ImageQuery
from pixellab.domain.requests import EnhanceRequest, Mode, UploadRequest
from pixellab.domain.requests.presets import Preset
from pixellab.domain.statistics import Statistics
from pixellab.domain.use_cases import Reconciled, Remade, Upload, WouldAsk
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.ids import named
from pixellab.entrypoints.library.asked_by_keywords import asked_by_keywords
from pixellab.entrypoints.library.batch_calls import BatchCalls
from pixellab.entrypoints.library.given_photos import Photo, opened
from pixellab.entrypoints.library.photos_in_memory import EnhancedPhoto, StoredPhoto
from pixellab.entrypoints.settings import load_settings


@contextmanager
def open_pixellab(**settings: Any) -> Iterator[Library]:
    """PixelLab with the stores that the environment names.

    They are opened when first used, and closed on leaving. Keywords win over the environment, and
    are named like the variables without ``PIXELLAB_`` and in lower case:
    ``open_pixellab(data_dir="photos")``. Raises Misconfigured; using a store that cannot be opened
    raises Misconfigured or StoreUnavailable.
    """
    with bootstrap(load_settings(**settings)) as lab:
        yield Library(lab=lab)


@frozen(kw_only=True)
class Library(BatchCalls):
    """What a program does with photos. Safe to use from several threads.

    What is asked of a photo is given by keyword, as UploadRequest and EnhanceRequest name it;
    ``preset`` fills in what is not.
    """

    @asked_by_keywords(UploadRequest)
    def upload(self, photo: Photo, asked: UploadRequest) -> StoredPhoto:
        """Keep the photo, make a better version, keep and record that too.

        Raises InvalidRequest, FileTooLarge, UnsupportedImage, UndecodableImage, SkuTaken,
        IdempotencyConflict, InProgress, a Backend... error, StoreUnavailable.
        """
        with opened(photo, self.lab) as (content, name, source):
            upload = Upload(
                content=content,
                filename=asked.filename or name,
                task=asked.task,
                backend=asked.backend,
                sku_id=asked.sku_id,
                idempotency_key=asked.idempotency_key,
                source_url=source,
                webhook_url=asked.webhook_url,
            )
            return StoredPhoto.of(self.lab.upload_and_enhance(upload), self.read)

    @asked_by_keywords(EnhanceRequest)
    def enhance(self, photo: Photo, asked: EnhanceRequest) -> EnhancedPhoto:
        """Make a better version and keep nothing; ``save`` writes its file.

        Raises as ``upload``, the stores' errors excepted.
        """
        task = asked.task
        chain = self.lab.enhancers.choose(task, asked.backend)
        with opened(photo, self.lab) as (content, *_):
            begins = content.tell()
            picture = self.lab.imaging.open(content)

            def whole() -> bytes:
                content.seek(begins)
                return content.read()

            return EnhancedPhoto.of(self.lab.enhance(picture, task, chain, photo=whole))

    @asked_by_keywords(EnhanceRequest)
    def dry_run(self, photo: Photo, asked: EnhanceRequest) -> tuple[WouldAsk, ...]:
        """What ``enhance`` or ``upload`` would send where, and what it would cost.

        The backends in the order in which they would be asked, until one serves. Nothing is sent,
        kept or reserved. Raises InvalidRequest, and as ``upload`` for what is no photo.
        """
        with opened(photo, self.lab) as (content, *_):
            return self.lab.dry_run(content, asked.task, asked.backend)

    @asked_by_keywords(EnhanceRequest)
    def enhance_again(self, image_id: str, asked: EnhanceRequest) -> StoredPhoto:
        """Enhance a stored original once more. Raises as ``upload``, and UnknownImage."""
        done = self.lab.enhance_again(self._id(image_id), asked.task, asked.backend)
        return StoredPhoto.of(done, self.read)

    def images(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        after: tuple[datetime, str] | None = None,
        status: Status | str | None = None,
        mode: Mode | str | None = None,
        backend: str | None = None,
        since: datetime | None = None,
        before: datetime | None = None,
        search: str | None = None,
    ) -> ImagePage:
        """A page of 1 to 200 images, newest first, filtered as ImageQuery says.

        ``status`` and ``mode`` may be their names, in any letter case.
        ``after``, a cursor, is ``next_after`` of the page before; it costs the same at any depth.
        Raises InvalidRequest, also for ``after`` and ``offset`` together.
        """
        query = ImageQuery(
            limit=limit,
            offset=offset,
            after=after,
            status=status,
            mode=mode,
            backend=backend,
            since=since,
            before=before,
            search=search,
        )
        return self.lab.list_images(query)

    def statistics(self, days: int = 30) -> Statistics:
        """What was done in all, and on each of the latest 1 to 366 days on which anything was."""
        return self.lab.get_statistics(days)[0]

    def image(self, image_id: str) -> ProductImage:
        """One image, by its id, the id's first 8 digits, or its ``sku_id``.

        So every method takes ``image_id``. Raises UnknownImage, and InvalidRequest where two
        images are called so.
        """
        return self.lab.get_image(self._id(image_id))

    def history(self, image_id: str) -> tuple[Enhancement, ...]:
        """All enhancements of an image, first one first. Raises UnknownImage."""
        return self.lab.get_history(self._id(image_id))[1]

    def replay(self, image_id: str, number: int | None = None) -> Remade:
        """Make a stored result again, by default the current one; nothing that is kept changes.

        Raises UnknownImage, InProgress, NoResult, BackendRefused for what had to be paid, and as
        ``enhance``.
        """
        return self.lab.replay(*self._result(image_id, number))

    def revert(self, image_id: str, number: int) -> ProductImage:
        """Make the result of this enhancement the image's current one.

        Raises UnknownImage, InProgress, NoResult.
        """
        return self.lab.revert(self._id(image_id), number)

    def presets(self) -> tuple[Preset, ...]:
        """The named sets of fields that ``preset`` takes: the file's, and stored ones, by name."""
        return self.lab.presets.all()

    def save_preset(self, name: str, /, **fields: Any) -> Preset:
        """Store a preset, in place of one of the same name; its fields as ``enhance`` takes them.

        Raises InvalidRequest that names each wrong field, PresetConfigured for one of the file.
        """
        return self.lab.presets.save(name, fields)[0]

    def remove_preset(self, name: str) -> None:
        """Remove a stored preset. Raises UnknownPreset, PresetConfigured."""
        self.lab.presets.remove(name)

    def read(self, stored: StoredObject) -> bytes:
        """The bytes of an original or a result. Raises ObjectMissing, StoreUnavailable."""
        with self.lab.store.open(stored.key) as content:
            return content.read()

    def delete(self, image_id: str) -> None:
        """Remove an image with its history and its objects. Raises UnknownImage, InProgress."""
        self.lab.delete_image(self._id(image_id))

    def _result(self, image_id: str, number: int | None) -> tuple[str, int]:
        known = self._id(image_id)
        return known, number or self.lab.get_image(known).enhanced_sequence or 1

    def _id(self, image: str) -> str:
        return named(image, self.lab.find_image)

    def reconcile(self) -> Reconciled:
        """Finish or fail what killed processes left behind."""
        return self.lab.reconcile()

    def send_webhooks(self) -> int:
        """Begin sending the messages that are due; how many. Leaving PixelLab waits for them.

        Servers and workers do so by themselves, every second. Raises StoreUnavailable.
        """
        return self.lab.webhooks.send_due() if self.lab.announcer else 0
