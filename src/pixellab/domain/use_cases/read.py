"""Reading the records."""

from __future__ import annotations

import logging

from attrs import define, evolve, frozen

from pixellab.domain.errors import StoreUnavailable
from pixellab.domain.images import Enhancement, ProductImage, StoredObject
from pixellab.domain.ports import ImagePage, ImageQuery, ImageRepository, ObjectStore

log = logging.getLogger(__name__)


@define
class Links:
    """Gives the objects of one answer the URLs they have today: a CDN may have come since.

    Where a URL cannot be signed the object keeps its lasting one and says so; no further one is
    tried, for each may wait for the credentials again. Blocks as ``ObjectStore.link`` does.
    """

    store: ObjectStore
    signs: bool = True

    def __call__(self, stored: StoredObject) -> StoredObject:
        uri, url = self.store.locate(stored.key)
        if self.signs:
            try:
                url = self.store.link(stored.key)
            except StoreUnavailable:
                log.warning("URLs could not be signed.", exc_info=True)
                self.signs = False
        return evolve(stored, uri=uri, url=url, unsigned=not self.signs)

    def of_image(self, image: ProductImage) -> ProductImage:
        enhanced = image.enhanced and self(image.enhanced)
        return evolve(image, original=self(image.original), enhanced=enhanced)

    def of_enhancement(self, done: Enhancement) -> Enhancement:
        return evolve(done, enhanced=done.enhanced and self(done.enhanced))


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
class GetHistory:
    """An image and all its enhancements, first one first."""

    repository: ImageRepository
    store: ObjectStore

    def __call__(self, image_id: str) -> tuple[ProductImage, tuple[Enhancement, ...]]:
        links = Links(self.store)
        image = links.of_image(self.repository.get(image_id))
        history = self.repository.history(image_id)
        return image, tuple(map(links.of_enhancement, history))
