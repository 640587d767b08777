"""Reading the records."""

from __future__ import annotations

import logging
import re
from datetime import date, timedelta

from attrs import define, evolve, frozen

from pixellab.domain.errors import InvalidRequest, StoreUnavailable, UnknownImage
from pixellab.domain.images import Enhancement, ProductImage, StoredObject
from pixellab.domain.ports import Clock, ImagePage, ImageQuery, ImageRepository, ObjectStore
from pixellab.domain.requests import MAX_SKU_LENGTH
from pixellab.domain.statistics import MAX_DAYS, Statistics

log = logging.getLogger(__name__)

DIGITS = re.compile("[0-9A-Fa-f]{8}")
"""The first digits of an id, in any letter case."""


@define
class Links:
    """Gives the objects of one answer the URLs they have today: a CDN may have come since.

    Where a URL cannot be signed the object keeps its lasting one and says so; no further one is
    tried, for each may wait for the credentials again. Blocks as ``ObjectStore.link`` does.
    """

    store: ObjectStore
    signs: bool = True

    def __call__(self, stored: StoredObject) -> StoredObject:
        uri, url = self.store.locate(stored.key)[0], self._url(stored.key)
        return evolve(stored, uri=uri, url=url, unsigned=not self.signs)

    def of_image(self, image: ProductImage) -> ProductImage:
        enhanced = image.enhanced and self(image.enhanced)
        original = self(image.original)
        thumbnail = self._of_thumbnail(image)
        return evolve(image, original=original, enhanced=enhanced, thumbnail_url=thumbnail)

    def of_enhancement(self, done: Enhancement) -> Enhancement:
        enhanced = done.enhanced and self(done.enhanced)
        return evolve(done, enhanced=enhanced, thumbnail_url=self._of_thumbnail(done))

    def _of_thumbnail(self, record: ProductImage | Enhancement) -> str | None:
        if record.thumbnail_key is None or record.thumbnail_url is None:
            return None
        return self._url(record.thumbnail_key)

    def _url(self, key: str) -> str:
        if self.signs:
            try:
                return self.store.link(key)
            except StoreUnavailable:
                log.warning("URLs could not be signed.", exc_info=True)
                self.signs = False
        return self.store.locate(key)[1]


@frozen(kw_only=True)
class ListImages:
    """A page of images, newest first."""

    repository: ImageRepository
    store: ObjectStore

    def __call__(self, query: ImageQuery) -> ImagePage:
        page = self.repository.page(query)
        return evolve(page, images=tuple(map(Links(self.store).of_image, page.images)))


@frozen(kw_only=True)
class GetImage:
    """One image by id."""

    repository: ImageRepository
    store: ObjectStore

    def __call__(self, image_id: str) -> ProductImage:
        return Links(self.store).of_image(self.repository.get(image_id))


@frozen(kw_only=True)
class FindImage:
    """The id of the image that a person calls by the id's first 8 digits or by the sku_id."""

    repository: ImageRepository

    def __call__(self, name: str) -> str:
        """Raises UnknownImage, and InvalidRequest where two images are called so."""
        name = name.strip(" ")
        found: set[str] = set()
        if 0 < len(name) <= MAX_SKU_LENGTH and name.isprintable():
            found = set(self.repository.called(name))
            if DIGITS.fullmatch(name):
                found |= set(self.repository.called(name.lower()))
        if not found:
            raise UnknownImage("No image has this id, these first 8 digits of it, or this sku_id.")
        if len(found) > 1:
            raise InvalidRequest(
                "image_id", f"{name!r} could be any of {len(found)} images; give the whole id."
            )
        return found.pop()


@frozen(kw_only=True)
class GetHistory:
    """An image and all its enhancements, first one first."""

    repository: ImageRepository
    store: ObjectStore

    def __call__(self, image_id: str) -> tuple[ProductImage, tuple[Enhancement, ...]]:
        links = Links(self.store)
        image = links.of_image(self.repository.get(image_id))
        history = self.repository.history(image_id)
        return image, tuple(map(links.of_enhancement, history))


@frozen(kw_only=True)
class GetEnhancement:
    """One enhancement of an image."""

    repository: ImageRepository
    store: ObjectStore

    def __call__(self, image_id: str, sequence: int) -> Enhancement:
        """Raises UnknownImage, also where the image has no enhancement of this number."""
        history = self.repository.history(image_id)
        if not 1 <= sequence <= len(history):
            raise UnknownImage("The image has no enhancement of this number.")
        return Links(self.store).of_enhancement(history[sequence - 1])


@frozen(kw_only=True)
class GetStatistics:
    """What was done in all, and on each of the latest days."""

    repository: ImageRepository
    clock: Clock

    def __call__(self, days: int = 30) -> tuple[Statistics, date, date]:
        """The statistics, and the first and the last of the ``days``, 1 to 366, in UTC.

        Raises InvalidRequest.
        """
        if not 1 <= days <= MAX_DAYS:
            raise InvalidRequest("days", f"days is {days}; allowed are 1 to {MAX_DAYS}.")
        today = self.clock().date()
        first = today - timedelta(days=days - 1)
        return self.repository.statistics(first), first, today


@frozen(kw_only=True)
class GetProgress:
    """How far an image's latest enhancement has come, by its record."""

    repository: ImageRepository

    def __call__(self, image_id: str) -> tuple[ProductImage, Enhancement]:
        """Raises UnknownImage."""
        image = self.repository.get(image_id)
        return image, self.repository.history(image_id)[-1]

    def of_upload(self, idempotency_key: str) -> tuple[ProductImage, Enhancement]:
        """The same of the image uploaded under this key, as ``owned_key`` makes it.

        Raises UnknownImage.
        """
        image = self.repository.find(idempotency_key)
        if image is None:
            raise UnknownImage("No upload has this Idempotency-Key, or it has not arrived yet.")
        return self(image.id)
