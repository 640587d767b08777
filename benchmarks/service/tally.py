"""Do the objects in a store and the rows in a database say the same?"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from pixellab.domain.errors import ObjectMissing
from pixellab.domain.images import Enhancement, ProcessingStatus, ProductImage, StoredObject
from pixellab.domain.ports import ImageQuery, ObjectStore
from pixellab.entrypoints.lab import PixelLab

MANY = 1000


def images(pixellab: PixelLab) -> Iterator[ProductImage]:
    query = ImageQuery(limit=200)
    while True:
        page = pixellab.repository.page(query)
        yield from page.images
        if page.next_after is None:
            return
        query = ImageQuery(limit=200, after=page.next_after)


def orphans(pixellab: PixelLab) -> set[str]:
    """Keys of objects that no row names."""
    named: set[str | None] = set()
    there = [(image, pixellab.repository.history(image.id)) for image in images(pixellab)]
    for image, history in (*there, *pixellab.repository.deleted(MANY)):
        named |= {image.original.key, image.original_thumbnail_key}
        for each in history:
            named |= {each.key, each.thumbnail_key}
    return set(pixellab.store.keys()) - named


def statuses(pixellab: PixelLab) -> Counter[str]:
    return Counter(str(image.status) for image in images(pixellab))


def failures(pixellab: PixelLab) -> dict[str, int]:
    """How often each promise is broken where all is settled."""
    found = list(images(pixellab))
    history = [each for image in found for each in pixellab.repository.history(image.id)]
    broken = [each for each in _promised(found, history) if not _whole(pixellab.store, each)]
    unsettled = [each for each in history if each.status is ProcessingStatus.PROCESSING]
    counted = pixellab.repository.page(ImageQuery(limit=1)).total
    return {
        "objects without a row": len(orphans(pixellab)),
        "rows still PENDING": sum(image.status == "PENDING" for image in found),
        "enhancements still processing": len(unsettled),
        "images deleted in part": len(pixellab.repository.deleted(MANY)),
        "objects of completed rows that are missing or cut": len(broken),
        "rows miscounted in total": abs(counted - len(found)),
    }


def _promised(found: list[ProductImage], history: list[Enhancement]) -> Iterator[StoredObject]:
    for image in found:
        if image.original_kept:
            yield image.original
        if image.status == "COMPLETED":
            assert image.original_kept, "a completed image has its original"
            assert image.enhanced is not None, "a completed image has its result"
            yield image.enhanced
    for each in history:
        if each.status is ProcessingStatus.COMPLETED:
            assert each.enhanced is not None, "a completed enhancement has its result"
            yield each.enhanced


def _whole(store: ObjectStore, promised: StoredObject) -> bool:
    try:
        with store.open(promised.key) as stored:
            content = stored.read()
    except ObjectMissing:
        return False
    same_size = len(content) == promised.size_bytes
    return same_size and hashlib.sha256(content).hexdigest() == promised.sha256
