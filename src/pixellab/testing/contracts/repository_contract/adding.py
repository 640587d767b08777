"""What every ImageRepository promises of adding images and enhancements, and of reading them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from pixellab.domain.errors import (
    IdempotencyConflict,
    KeyTaken,
    PixelLabError,
    SkuTaken,
    UnknownImage,
)
from pixellab.domain.images import Enhancement
from pixellab.domain.ports import ImageQuery, ImageRepository
from pixellab.testing.contracts.repository_contract.records_at_work import (
    LATER,
    THREADS,
    add_another,
    add_image,
    assert_unknown,
    claim_image,
)
from pixellab.testing.records import MINUTE, NOON, make_completed, make_enhancement, make_image
from pixellab.testing.threads import at_once


class Adding:
    """Needs the fixture ``repository``: an empty one."""

    def test_gives_back_what_was_added(self, repository: ImageRepository) -> None:
        image = make_image(1, idempotency_key="key", fingerprint="f" * 64)
        enhancement = make_enhancement(image)
        repository.add(image, enhancement)
        assert repository.get(image.id) == image
        assert repository.history(image.id) == (enhancement,)
        assert repository.find("key") == image
        assert repository.find("other") is None

    def test_gives_back_every_field_of_a_finished_enhancement(
        self, repository: ImageRepository
    ) -> None:
        image, claimed = claim_image(repository, 1)
        done = make_completed(claimed)
        finished = repository.finish(done)
        assert finished == image.after(done)
        assert repository.get(image.id) == finished
        assert repository.history(image.id) == (evolve(done, lease_until=None),)

    def test_keeps_where_a_photo_came_from_and_who_is_told(
        self, repository: ImageRepository
    ) -> None:
        image = make_image(1, source_url="https://images.example/photo.jpg")
        enhancement = evolve(make_enhancement(image), webhook_url="https://shop.example/?t=1")
        repository.add(image, enhancement)
        done = make_completed(repository.claim(image.id, 1, now=NOON, until=NOON + MINUTE))
        assert repository.finish(done).source_url == image.source_url
        assert repository.get(image.id).source_url == image.source_url
        assert repository.history(image.id)[0].webhook_url == enhancement.webhook_url

    def test_keeps_any_text(self, repository: ImageRepository) -> None:
        image = make_image(1, sku_id="Ärmel 'weiß' \\ % _ 😀 袖", idempotency_key="ключ 🔑")
        repository.add(image, make_enhancement(image))
        assert repository.get(image.id) == image
        assert repository.find("ключ 🔑") == image

    def test_tells_upper_from_lower_case(self, repository: ImageRepository) -> None:
        upper, lower = make_image(1, sku_id="A-1", idempotency_key="K"), make_image(2, sku_id="a-1")
        repository.add(upper, make_enhancement(upper))
        repository.add(lower, make_enhancement(lower))
        assert repository.find("k") is None

    def test_keeps_microseconds(self, repository: ImageRepository) -> None:
        moments = [NOON.replace(microsecond=each) for each in (0, 1, 499_999, 500_000, 999_999)]
        for number, moment in enumerate(moments):
            image = make_image(number, created_at=moment, updated_at=moment)
            repository.add(image, evolve(make_enhancement(image), lease_until=moment))
            stored = repository.get(image.id)
            assert stored.created_at == moment
            assert stored.updated_at.utcoffset() == timedelta()
            assert repository.history(image.id)[0].lease_until == moment

    @pytest.mark.parametrize(
        ("taken", "error"),
        [
            ("sku_id", SkuTaken),
            ("key_digits", KeyTaken),
            ("idempotency_key", IdempotencyConflict),
            ("key_digits sku_id", SkuTaken),
            ("key_digits idempotency_key", IdempotencyConflict),
            ("key_digits sku_id idempotency_key", IdempotencyConflict),
        ],
    )
    def test_refuses_what_another_image_has(
        self, repository: ImageRepository, taken: str, error: type[PixelLabError]
    ) -> None:
        first = add_image(repository, 1, idempotency_key="key")
        same = {name: getattr(first, name) for name in taken.split()}
        second = make_image(2, **same)
        with pytest.raises(error):
            repository.add(second, make_enhancement(second))
        assert repository.page(ImageQuery()).images == (first,)
        assert repository.page(ImageQuery()).total == 1
        with pytest.raises(UnknownImage):
            repository.get(second.id)
        assert [each.image_id for each in repository.unfinished(LATER, 10)] == [first.id]

    def test_of_many_with_one_sku_id_one_is_added(self, repository: ImageRepository) -> None:
        images = [make_image(number, sku_id="one") for number in range(10)]
        results = at_once(
            lambda number: repository.add(images[number], make_enhancement(images[number])), 10
        )
        assert sum(isinstance(each, SkuTaken) for each in results) == 9
        assert repository.page(ImageQuery()).total == 1

    def test_images_without_an_idempotency_key_share_none(
        self, repository: ImageRepository
    ) -> None:
        add_image(repository, 1)
        add_image(repository, 2)
        assert repository.page(ImageQuery()).total == 2

    def test_unknown_images_are_unknown_to_every_method(self, repository: ImageRepository) -> None:
        add_image(repository, 1)
        assert_unknown(repository, make_image(2))
        with pytest.raises(UnknownImage):
            repository.mark_deleted(make_image(2).id, now=NOON)

    def test_numbers_the_enhancements_of_an_image(self, repository: ImageRepository) -> None:
        image, other = add_image(repository, 1), add_image(repository, 2)
        made = [add_another(repository, image) for _ in range(3)]
        assert [each.sequence for each in made] == [2, 3, 4]
        assert add_another(repository, other).sequence == 2
        assert repository.history(image.id)[1:] == tuple(made)

    def test_numbers_have_no_gap_and_no_repeat(self, repository: ImageRepository) -> None:
        image = add_image(repository, 1)
        made = at_once(lambda _: add_another(repository, image), THREADS)
        numbers = sorted(each.sequence for each in made if isinstance(each, Enhancement))
        assert numbers == list(range(2, THREADS + 2))
        assert [each.sequence for each in repository.history(image.id)] == [1, *numbers]

    def test_a_number_that_was_not_used_is_used_next(self, repository: ImageRepository) -> None:
        image = add_image(repository, 1)

        def fail(sequence: int) -> Enhancement:
            raise RuntimeError(sequence)

        with pytest.raises(RuntimeError):
            repository.add_enhancement(image.id, fail)
        assert add_another(repository, image).sequence == 2
