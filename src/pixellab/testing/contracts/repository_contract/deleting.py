"""What every ImageRepository promises of images that are deleted."""

from __future__ import annotations

import pytest

from pixellab.domain.errors import IdempotencyConflict, InProgress, UnknownImage
from pixellab.domain.ports import ImageQuery, ImageRepository
from pixellab.testing.contracts.repository_contract.records_at_work import (
    LATER,
    add_another,
    add_image,
    assert_unknown,
    claim_image,
    complete_image,
    page_of,
)
from pixellab.testing.records import MICROSECOND, MINUTE, NOON, make_enhancement, make_image


class Deleting:
    """Needs the fixture ``repository``: an empty one."""

    def test_a_deleted_image_is_hidden_from_everyone(self, repository: ImageRepository) -> None:
        image, _ = complete_image(repository, 1, idempotency_key="key")
        history = repository.history(image.id)
        image = repository.get(image.id)
        repository.mark_deleted(image.id, now=NOON)
        repository.mark_deleted(image.id, now=NOON + MINUTE)
        assert_unknown(repository, image)
        assert repository.find("key") is None
        assert repository.page(ImageQuery()) == page_of((), 0)
        assert repository.deleted(10) == ((image, history),)

    def test_an_image_being_worked_on_is_not_deleted(self, repository: ImageRepository) -> None:
        image, _ = claim_image(repository, 1)
        end = NOON + MINUTE
        with pytest.raises(InProgress):
            repository.mark_deleted(image.id, now=end - MICROSECOND)
        assert repository.get(image.id).id == image.id
        assert repository.page(ImageQuery()).total == 1
        repository.mark_deleted(image.id, now=end)
        assert repository.page(ImageQuery()).total == 0

    def test_finds_deleted_images_in_portions_or_by_id(self, repository: ImageRepository) -> None:
        images = [add_image(repository, number) for number in range(5)]
        add_another(repository, images[0])
        for image in images[:4]:
            repository.mark_deleted(image.id, now=LATER)
        assert {image.id for image, _ in repository.deleted(9)} == {each.id for each in images[:4]}
        assert len(repository.deleted(3)) == 3
        ((found, history),) = repository.deleted(1, images[0].id)
        assert found == images[0]
        assert [each.sequence for each in history] == [1, 2]
        assert repository.deleted(9, images[4].id) == ()
        assert repository.deleted(9, make_image(9).id) == ()

    def test_a_forgotten_image_frees_its_names(self, repository: ImageRepository) -> None:
        image = add_image(repository, 1, idempotency_key="key")
        repository.mark_deleted(image.id, now=LATER)
        with pytest.raises(IdempotencyConflict):
            repository.add(image, make_enhancement(image))
        for _ in range(2):
            repository.forget(image.id)
        assert repository.deleted(10) == ()
        with pytest.raises(UnknownImage):
            repository.mark_deleted(image.id, now=LATER)
        repository.add(image, make_enhancement(image))
        assert repository.get(image.id) == image
        assert len(repository.history(image.id)) == 1

    def test_an_image_that_is_not_deleted_is_not_forgotten(
        self, repository: ImageRepository
    ) -> None:
        image = add_image(repository, 1)
        repository.forget(image.id)
        assert repository.get(image.id) == image
