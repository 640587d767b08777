"""Reading the records."""

from __future__ import annotations

from attrs import evolve, frozen

from pixellab.domain.images import Enhancement, ProductImage, StoredObject
from pixellab.domain.ports import ImagePage, ImageQuery, ImageRepository, ObjectStore


@frozen(kw_only=True)
class ListImages:
    """A page of images, newest first."""

    repository: ImageRepository
    store: ObjectStore

    def __call__(self, query: ImageQuery) -> ImagePage:
        page = self.repository.page(query)
        return evolve(page, images=tuple(_located(self.store, image) for image in page.images))


@frozen(kw_only=True)
class GetImage:
    """One image by id."""

    repository: ImageRepository
    store: ObjectStore

    def __call__(self, image_id: str) -> ProductImage:
        return _located(self.store, self.repository.get(image_id))


@frozen(kw_only=True)
class GetHistory:
    """An image and all its enhancements, first one first."""

    repository: ImageRepository
    store: ObjectStore

    def __call__(self, image_id: str) -> tuple[ProductImage, tuple[Enhancement, ...]]:
        image = _located(self.store, self.repository.get(image_id))
        history = self.repository.history(image_id)
        return image, tuple(
            evolve(each, enhanced=_moved(self.store, each.enhanced)) for each in history
        )


def _moved(store: ObjectStore, stored: StoredObject | None) -> StoredObject | None:
    """The object under the URL it has today: a CDN or a public address may have changed."""
    if stored is None:
        return None
    uri, _ = store.locate(stored.key)
    return evolve(stored, uri=uri, url=store.link(stored.key))


def _located(store: ObjectStore, image: ProductImage) -> ProductImage:
    original = _moved(store, image.original)
    assert original is not None
    return evolve(image, original=original, enhanced=_moved(store, image.enhanced))
