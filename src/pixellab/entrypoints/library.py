"""PixelLab embedded in a Python program."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import wraps
from inspect import signature
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, Concatenate, ParamSpec, TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from PIL.Image import Image

from pixellab.domain.batches import BatchItem, BatchProgress, ItemResult, ItemState
from pixellab.domain.errors import Misconfigured
from pixellab.domain.images import Enhancement, ProductImage, Status, StoredObject
from pixellab.domain.ports import ImagePage, ImageQuery
from pixellab.domain.requests import BatchRequest, EnhanceRequest, Mode, UploadRequest
from pixellab.domain.requests.presets import Preset
from pixellab.domain.statistics import Statistics
from pixellab.domain.use_cases import Reconciled, Remade, Upload, WouldAsk
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.ids import batch_id as known_batch
from pixellab.entrypoints.ids import named
from pixellab.entrypoints.lab import PixelLab
from pixellab.entrypoints.logs import UploadLog
from pixellab.entrypoints.new_batches import Photos, accept, new_batch
from pixellab.entrypoints.photos_in_memory import EnhancedPhoto, StoredPhoto, file_of
from pixellab.entrypoints.settings import load_settings

P = ParamSpec("P")
R = TypeVar("R")
Request = TypeVar("Request")
What = TypeVar("What")

Photo = str | PathLike[str] | bytes | BinaryIO | Image | NDArray[np.uint8]
"""A path, an address, the bytes of a file, a seekable binary file, an image of Pillow's, or a NumPy
array.

An address is text that begins with ``https://``, and of a host that PIXELLAB_IMAGE_URLS allows.
Arrays are as ``file_of`` takes them: uint8, R, G, B (A), shape (height, width, 3 or 4).
"""


ADDRESSES = ("https://", "http://")
"""How a text begins that is no path."""
Manifest = str | PathLike[str] | BinaryIO | Sequence[Mapping[str, Any]] | None
"""The photos of a batch, as ``Library.add_batch`` takes them."""
LOOK_SECONDS = 0.2


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


def _asked_by_keywords(
    request: Callable[P, Request],
) -> Callable[[Callable[[Library, What, Request], R]], Callable[Concatenate[Library, What, P], R]]:
    """For a method that takes a request last: its callers give the request's fields by keyword."""

    def decorate(
        method: Callable[[Library, What, Request], R],
    ) -> Callable[Concatenate[Library, What, P], R]:
        @wraps(method)
        def call(self: Library, what: What, /, *args: P.args, **fields: P.kwargs) -> R:
            if fields.get("preset") is not None:
                fields = self.lab.presets.fill_in(fields)  # type: ignore[assignment]
            return method(self, what, request(*args, **fields))

        own, fields = signature(method), signature(request).parameters.values()
        shown = [*list(own.parameters.values())[:-1], *fields]
        call.__signature__ = own.replace(parameters=shown)  # type: ignore[attr-defined]
        return call

    return decorate


@frozen(kw_only=True)
class Library:
    """What a program does with photos. Safe to use from several threads.

    What is asked of a photo is given by keyword, as UploadRequest and EnhanceRequest name it;
    ``preset`` fills in what is not.
    """

    lab: PixelLab

    @_asked_by_keywords(UploadRequest)
    def upload(self, photo: Photo, asked: UploadRequest) -> StoredPhoto:
        """Keep the photo, make a better version, keep and record that too.

        Raises InvalidRequest, FileTooLarge, UnsupportedImage, UndecodableImage, SkuTaken,
        IdempotencyConflict, InProgress, a Backend... error, StoreUnavailable.
        """
        with self._opened(photo) as (content, name, source):
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

    @_asked_by_keywords(EnhanceRequest)
    def enhance(self, photo: Photo, asked: EnhanceRequest) -> EnhancedPhoto:
        """Make a better version and keep nothing; ``save`` writes its file.

        Raises as ``upload``, the stores' errors excepted.
        """
        task = asked.task
        chain = self.lab.enhancers.choose(task, asked.backend)
        with self._opened(photo) as (content, *_):
            begins = content.tell()
            picture = self.lab.imaging.open(content)

            def whole() -> bytes:
                content.seek(begins)
                return content.read()

            return EnhancedPhoto.of(self.lab.enhance(picture, task, chain, photo=whole))

    @_asked_by_keywords(EnhanceRequest)
    def dry_run(self, photo: Photo, asked: EnhanceRequest) -> tuple[WouldAsk, ...]:
        """What ``enhance`` or ``upload`` would send where, and what it would cost.

        The backends in the order in which they would be asked, until one serves. Nothing is sent,
        kept or reserved. Raises InvalidRequest, and as ``upload`` for what is no photo.
        """
        with self._opened(photo) as (content, *_):
            return self.lab.dry_run(content, asked.task, asked.backend)

    @_asked_by_keywords(EnhanceRequest)
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
        status: Status | None = None,
        mode: Mode | None = None,
        backend: str | None = None,
        since: datetime | None = None,
        before: datetime | None = None,
        search: str | None = None,
    ) -> ImagePage:
        """A page of 1 to 200 images, newest first, filtered as ImageQuery says.

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

    @contextmanager
    def _opened(self, photo: Photo) -> Iterator[tuple[BinaryIO, str | None, str | None]]:
        """The photo as a seekable file, its name, and where it was fetched from, if it has these.

        Raises as RemoteFiles where it is an address.
        """
        if isinstance(photo, str) and photo.startswith(ADDRESSES):
            with self.lab.remote_files.fetch(photo) as fetched:
                yield fetched.content, fetched.name, fetched.source
        else:
            with _reading(photo) as (content, name):
                yield content, name, None

    def _id(self, image: str) -> str:
        return named(image, self.lab.find_image)

    @_asked_by_keywords(BatchRequest)
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
        """Lines of higher numbers than ``after``, lowest first. Raises UnknownBatch."""
        known = known_batch(batch_id)
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

    def reconcile(self) -> Reconciled:
        """Finish or fail what killed processes left behind."""
        return self.lab.reconcile()

    def send_webhooks(self) -> int:
        """Begin sending the messages that are due; how many. Leaving PixelLab waits for them.

        Servers and workers do so by themselves, every second. Raises StoreUnavailable.
        """
        return self.lab.webhooks.send_due() if self.lab.announcer else 0


@contextmanager
def _reading(photo: Photo) -> Iterator[tuple[BinaryIO, str | None]]:
    """The photo as a seekable file, and its name if it has one."""
    if isinstance(photo, bytes):
        yield io.BytesIO(photo), None
    elif isinstance(photo, Image | np.ndarray):
        yield io.BytesIO(file_of(photo)), None
    elif isinstance(photo, str | PathLike):
        path = Path(photo)
        with path.open("rb") as content:
            yield content, path.name
    else:
        name = getattr(photo, "name", None)
        yield photo, Path(name).name if isinstance(name, str) else None
