"""PixelLab embedded in a Python program."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

from attrs import frozen

from pixellab.domain.images import Enhancement, ProductImage, Status, StoredObject
from pixellab.domain.pictures import TRANSPARENT, Format, Mode, Task
from pixellab.domain.ports import ImagePage, ImageQuery
from pixellab.domain.use_cases import Outcome, Reconciled, Result, Upload
from pixellab.entrypoints.bootstrap import PixelLab, bootstrap
from pixellab.entrypoints.ids import stored_form
from pixellab.entrypoints.settings import load_settings

Photo = str | PathLike[str] | bytes | BinaryIO
"""A path, the bytes of a file, or a seekable binary file."""


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
class Library:
    """What a program does with photos. Safe to use from several threads."""

    lab: PixelLab

    def upload(
        self,
        photo: Photo,
        *,
        mode: Mode | str = Mode.AUTO,
        backend: str | None = None,
        target_size_kb: int | None = None,
        output_format: Format | str = Format.JPEG,
        scale: int = 2,
        profile: str = "generic",
        background: str = TRANSPARENT,
        keep_shadow: bool = False,
        filename: str | None = None,
        sku_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Keep the photo, make a better version, keep and record that too.

        Raises InvalidRequest, FileTooLarge, UnsupportedImage, UndecodableImage, SkuTaken,
        IdempotencyConflict, InProgress, a Backend... error, StoreUnavailable.
        """
        task = _task(mode, output_format, target_size_kb, scale, profile, background, keep_shadow)
        with _reading(photo) as (content, name):
            upload = Upload(
                content=content,
                filename=filename or name,
                task=task,
                backend=backend,
                sku_id=sku_id,
                idempotency_key=idempotency_key,
            )
            return self.lab.upload_and_enhance(upload)

    def enhance(
        self,
        photo: Photo,
        *,
        mode: Mode | str = Mode.AUTO,
        backend: str | None = None,
        target_size_kb: int | None = None,
        output_format: Format | str = Format.JPEG,
        scale: int = 2,
        profile: str = "generic",
        background: str = TRANSPARENT,
        keep_shadow: bool = False,
    ) -> Result:
        """Make a better version and keep nothing; the file is in ``encoded.data``.

        Raises as ``upload``, the stores' errors excepted.
        """
        task = _task(mode, output_format, target_size_kb, scale, profile, background, keep_shadow)
        chain = self.lab.enhancers.choose(task, backend)
        with _reading(photo) as (content, _):
            return self.lab.enhance(self.lab.imaging.open(content), task, chain)

    def enhance_again(
        self,
        image_id: str,
        *,
        mode: Mode | str = Mode.AUTO,
        backend: str | None = None,
        target_size_kb: int | None = None,
        output_format: Format | str = Format.JPEG,
        scale: int = 2,
        profile: str = "generic",
        background: str = TRANSPARENT,
        keep_shadow: bool = False,
    ) -> Outcome:
        """Enhance a stored original once more. Raises as ``upload``, and UnknownImage."""
        task = _task(mode, output_format, target_size_kb, scale, profile, background, keep_shadow)
        return self.lab.enhance_again(stored_form(image_id), task, backend)

    def images(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        after: tuple[datetime, str] | None = None,
        status: Status | None = None,
    ) -> ImagePage:
        """A page of 1 to 200 images, newest first.

        ``after``, a cursor, is ``next_after`` of the page before; it costs the same at any depth.
        Raises InvalidRequest, also for ``after`` and ``offset`` together.
        """
        query = ImageQuery(limit=limit, offset=offset, after=after, status=status)
        return self.lab.list_images(query)

    def image(self, image_id: str) -> ProductImage:
        """One image. Raises UnknownImage."""
        return self.lab.get_image(stored_form(image_id))

    def history(self, image_id: str) -> tuple[Enhancement, ...]:
        """All enhancements of an image, first one first. Raises UnknownImage."""
        return self.lab.get_history(stored_form(image_id))[1]

    def read(self, stored: StoredObject) -> bytes:
        """The bytes of an original or a result. Raises ObjectMissing, StoreUnavailable."""
        with self.lab.store.open(stored.key) as content:
            return content.read()

    def delete(self, image_id: str) -> None:
        """Remove an image with its history and its objects. Raises UnknownImage, InProgress."""
        self.lab.delete_image(stored_form(image_id))

    def reconcile(self) -> Reconciled:
        """Finish or fail what killed processes left behind."""
        return self.lab.reconcile()


def _task(
    mode: Mode | str,
    output_format: Format | str,
    target_size_kb: int | None,
    scale: int,
    profile: str,
    background: str,
    keep_shadow: bool,
) -> Task:
    return Task(
        mode=Mode.parse(mode),
        output_format=Format.parse(output_format),
        target_size_kb=target_size_kb,
        scale=scale,
        profile=profile,
        background=background,
        keep_shadow=keep_shadow,
    )


@contextmanager
def _reading(photo: Photo) -> Iterator[tuple[BinaryIO, str | None]]:
    """The photo as a seekable file, and its name if it has one."""
    if isinstance(photo, bytes):
        yield io.BytesIO(photo), None
    elif isinstance(photo, str | PathLike):
        path = Path(photo)
        with path.open("rb") as content:
            yield content, path.name
    else:
        name = getattr(photo, "name", None)
        yield photo, Path(name).name if isinstance(name, str) else None
