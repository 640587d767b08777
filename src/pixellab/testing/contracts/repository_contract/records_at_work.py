"""Records in the states that the contract speaks of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from attrs import evolve

from pixellab.domain.errors import UnknownImage
from pixellab.domain.images import Enhancement, ProductImage
from pixellab.domain.ports import ImagePage, ImageRepository
from pixellab.testing.records import MINUTE, NOON, make_completed, make_enhancement, make_image

LATER = NOON + 60 * MINUTE
"""After every lease that these tests give."""
THREADS = 50


def add_image(repository: ImageRepository, number: int, **changes: Any) -> ProductImage:
    image = make_image(number, **changes)
    repository.add(image, make_enhancement(image))
    return image


def add_another(repository: ImageRepository, image: ProductImage) -> Enhancement:
    return repository.add_enhancement(image.id, lambda sequence: make_enhancement(image, sequence))


def claim_image(
    repository: ImageRepository, number: int, **changes: Any
) -> tuple[ProductImage, Enhancement]:
    image = add_image(repository, number, **changes)
    return image, claim_first(repository, image)


def claim_first(
    repository: ImageRepository, image: ProductImage, *, now: datetime = NOON
) -> Enhancement:
    return repository.claim(image.id, 1, now=now, until=now + MINUTE)


def complete_image(
    repository: ImageRepository, number: int, **changes: Any
) -> tuple[ProductImage, Enhancement]:
    _, claimed = claim_image(repository, number, **changes)
    done = make_completed(claimed)
    return repository.finish(done), evolve(done, lease_until=None)


def assert_unknown(repository: ImageRepository, image: ProductImage) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: repository.get(image.id),
        lambda: repository.history(image.id),
        lambda: add_another(repository, image),
        lambda: repository.claim(image.id, 1, now=LATER, until=LATER + MINUTE),
        lambda: repository.keep_original(image.id, image.original, now=NOON),
    )
    for call in calls:
        with pytest.raises(UnknownImage):
            call()


def place_of(enhancement: Enhancement) -> tuple[datetime, str]:
    return enhancement.created_at, enhancement.id


def position_of(image: ProductImage) -> tuple[datetime, str]:
    return image.created_at, image.id


def page_of(images: tuple[ProductImage, ...], total: int) -> ImagePage:
    return ImagePage(images=images, total=total, next_after=None)
