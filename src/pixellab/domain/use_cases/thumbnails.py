"""Thumbnails: made when a photo is processed, and later for images that have none."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import suppress

from attrs import evolve, frozen

from pixellab.domain.errors import ObjectExists, PixelLabError, StoreUnavailable, UnknownImage
from pixellab.domain.formats import MEDIA_TYPES
from pixellab.domain.images import ProductImage, Status, thumbnail_key
from pixellab.domain.pictures import Picture
from pixellab.domain.ports import (
    MAX_LIMIT,
    ImageQuery,
    ImageRepository,
    Imaging,
    ObjectStore,
    Origin,
)
from pixellab.domain.use_cases.keeping.reservations import remove

LONGEST = 320
"""Pixels of the longer side."""

log = logging.getLogger(__name__)


@frozen(kw_only=True)
class Thumbnails:
    """Makes thumbnails and stores them, each under a key of its own that was reserved."""

    imaging: Imaging
    store: ObjectStore
    repository: ImageRepository

    def of_result(self, picture: Picture, key: str | None, *, anew: bool = False) -> str | None:
        """The URL of the thumbnail of a result, or None: that is no reason for anything to fail.

        ``anew`` where an earlier attempt may have stored another under the key.
        """
        if key is None:
            return None
        try:
            if anew:
                self.store.delete(key)
            return self._stored(picture, key)
        except Exception:
            log.warning("A thumbnail could not be stored: %s", key, exc_info=True)
            remove(self.store, key)
            return None

    def of_original(self, image: ProductImage, picture: Picture) -> None:
        """Have an image without a result shown by its original, unless that cannot be done."""
        key = image.original_thumbnail_key
        if key is None or image.enhanced or image.thumbnail_url or not image.original_kept:
            return
        if url := self.of_result(picture, key):
            with suppress(PixelLabError):
                self._record(image.id, 0, key, url)

    def make_missing(self, image: ProductImage) -> None:
        """Make the thumbnail of an image that was processed and has none.

        Raises UnknownImage, StoreUnavailable, ObjectMissing, and what ``Imaging.open`` raises.
        """
        sequence, source = image.enhanced_sequence, image.enhanced or image.original
        wanted = thumbnail_key(image.key_digits, sequence, image.filename)
        key = self.repository.reserve_thumbnail(image.id, sequence, wanted)
        with self.store.open(source.key) as content:
            picture = self.imaging.open(content, origin=Origin.OWN)
        self._record(image.id, sequence, key, self._stored(picture, key))

    def _stored(self, picture: Picture, key: str) -> str:
        file = self.imaging.thumbnail(picture, LONGEST)
        media_type, filename = MEDIA_TYPES[file.format], key.rsplit("/", 1)[-1]
        # Where one is there already, whoever made it died before it was recorded.
        with suppress(ObjectExists):
            self.store.put(key, io.BytesIO(file.data), media_type=media_type, filename=filename)
        return self.store.locate(key)[1]

    def _record(self, image_id: str, sequence: int, key: str, url: str) -> None:
        try:
            self.repository.keep_thumbnail(image_id, sequence, url)
        except UnknownImage:
            remove(self.store, key)  # It was deleted meanwhile, and its objects with it.
            raise


@frozen(kw_only=True)
class MakeThumbnails:
    """Makes the thumbnails of images that were processed and have none; goes on where it stopped.

    Images of versions that made no thumbnails have none, and those whose thumbnail could not be
    stored.
    """

    thumbnails: Thumbnails

    def __call__(self) -> Iterator[tuple[ProductImage, PixelLabError | None]]:
        """Each such image once it has one, or with the reason why it can have none.

        Raises StoreUnavailable.
        """
        query = ImageQuery(limit=MAX_LIMIT)
        while True:
            page = self.thumbnails.repository.page(query)
            for image in filter(_lacks_one, page.images):
                try:
                    self.thumbnails.make_missing(image)
                except StoreUnavailable:
                    raise
                except PixelLabError as error:
                    yield image, error
                else:
                    yield image, None
            if page.next_after is None:
                return
            query = evolve(query, after=page.next_after)


def _lacks_one(image: ProductImage) -> bool:
    processed = image.status is not Status.PENDING and image.original_kept
    return processed and image.thumbnail_url is None
