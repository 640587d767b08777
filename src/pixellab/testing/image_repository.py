"""What every ImageRepository promises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from pixellab.domain.errors import (
    ClaimLost,
    IdempotencyConflict,
    InProgress,
    KeyTaken,
    PixelLabError,
    SkuTaken,
    UnknownImage,
)
from pixellab.domain.images import Enhancement, ProcessingStatus, ProductImage, Status
from pixellab.domain.ports import ImagePage, ImageQuery, ImageRepository
from pixellab.testing.assert_findings import assert_works
from pixellab.testing.records import (
    MICROSECOND,
    MINUTE,
    NOON,
    make_calls,
    make_completed,
    make_enhancement,
    make_failed,
    make_image,
)
from pixellab.testing.threads import at_once

LATER = NOON + 60 * MINUTE
"""After every lease that these tests give."""
THREADS = 50


class ImageRepositoryContract:
    """Needs the fixture ``repository``: an empty one."""

    def test_diagnoses_itself_and_changes_nothing(self, repository: ImageRepository) -> None:
        image = make_image(1)
        repository.add(image, make_enhancement(image))
        assert_works(repository.diagnose())
        assert repository.page(ImageQuery()).images == (image,)

    # add, get, history, find

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
        image, claimed = _claimed(repository, 1)
        done = make_completed(claimed)
        finished = repository.finish(done)
        assert finished == image.after(done)
        assert repository.get(image.id) == finished
        assert repository.history(image.id) == (evolve(done, lease_until=None),)

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
        first = _added(repository, 1, idempotency_key="key")
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
        _added(repository, 1)
        _added(repository, 2)
        assert repository.page(ImageQuery()).total == 2

    def test_unknown_images_are_unknown_to_every_method(self, repository: ImageRepository) -> None:
        _added(repository, 1)
        _assert_unknown(repository, make_image(2))
        with pytest.raises(UnknownImage):
            repository.mark_deleted(make_image(2).id, now=NOON)

    # add_enhancement

    def test_numbers_the_enhancements_of_an_image(self, repository: ImageRepository) -> None:
        image, other = _added(repository, 1), _added(repository, 2)
        made = [_another(repository, image) for _ in range(3)]
        assert [each.sequence for each in made] == [2, 3, 4]
        assert _another(repository, other).sequence == 2
        assert repository.history(image.id)[1:] == tuple(made)

    def test_numbers_have_no_gap_and_no_repeat(self, repository: ImageRepository) -> None:
        image = _added(repository, 1)
        made = at_once(lambda _: _another(repository, image), THREADS)
        numbers = sorted(each.sequence for each in made if isinstance(each, Enhancement))
        assert numbers == list(range(2, THREADS + 2))
        assert [each.sequence for each in repository.history(image.id)] == [1, *numbers]

    def test_a_number_that_was_not_used_is_used_next(self, repository: ImageRepository) -> None:
        image = _added(repository, 1)

        def fail(sequence: int) -> Enhancement:
            raise RuntimeError(sequence)

        with pytest.raises(RuntimeError):
            repository.add_enhancement(image.id, fail)
        assert _another(repository, image).sequence == 2

    # claim

    def test_claiming_counts_and_leases(self, repository: ImageRepository) -> None:
        image, first = _claimed(repository, 1)
        assert first.attempts == 1
        assert first.lease_until == NOON + MINUTE
        assert first.status is ProcessingStatus.PROCESSING
        assert repository.history(image.id) == (first,)
        assert repository.get(image.id).status is Status.PENDING

    def test_a_lease_keeps_others_off_until_it_ends(self, repository: ImageRepository) -> None:
        image, first = _claimed(repository, 1)
        end = NOON + MINUTE
        with pytest.raises(InProgress):
            repository.claim(image.id, 1, now=end - MICROSECOND, until=end + MINUTE)
        assert repository.history(image.id) == (first,)
        second = repository.claim(image.id, 1, now=end, until=end + MINUTE)
        assert (second.attempts, second.lease_until) == (2, end + MINUTE)

    def test_a_reservation_can_be_claimed_once_its_original_is_kept(
        self, repository: ImageRepository
    ) -> None:
        image = make_image(1, original_kept=False)
        repository.add(image, evolve(make_enhancement(image), lease_until=LATER))
        with pytest.raises(InProgress):
            repository.claim(image.id, 1, now=NOON, until=LATER)
        repository.keep_original(image.id, image.original, now=NOON)
        assert repository.claim(image.id, 1, now=NOON, until=LATER).attempts == 1
        with pytest.raises(InProgress):
            repository.claim(image.id, 1, now=NOON, until=LATER)

    def test_of_many_claims_one_wins(self, repository: ImageRepository) -> None:
        image = _added(repository, 1)
        claims = at_once(lambda _: repository.claim(image.id, 1, now=NOON, until=LATER), THREADS)
        assert sum(isinstance(each, Enhancement) for each in claims) == 1
        assert sum(isinstance(each, InProgress) for each in claims) == THREADS - 1
        assert repository.history(image.id)[0].attempts == 1

    @pytest.mark.parametrize("sequence", [-1, 0, 2])
    def test_a_sequence_that_is_not_there_is_unknown(
        self, repository: ImageRepository, sequence: int
    ) -> None:
        image = _added(repository, 1)
        with pytest.raises(UnknownImage):
            repository.claim(image.id, sequence, now=NOON, until=LATER)

    def test_a_completed_enhancement_is_not_claimed(self, repository: ImageRepository) -> None:
        image, done = _completed(repository, 1)
        assert repository.claim(image.id, 1, now=LATER, until=LATER + MINUTE) == done
        assert repository.history(image.id) == (done,)

    def test_a_failed_enhancement_is_left_to_those_who_do_not_retry(
        self, repository: ImageRepository
    ) -> None:
        image, claimed = _claimed(repository, 1)
        repository.finish(make_failed(claimed))
        (failed,) = repository.history(image.id)
        assert repository.claim(image.id, 1, now=NOON, until=LATER, retry=False) == failed
        assert repository.history(image.id) == (failed,)
        assert repository.get(image.id).status is Status.FAILED

    def test_a_failed_enhancement_can_be_tried_again(self, repository: ImageRepository) -> None:
        image, claimed = _claimed(repository, 1)
        assert repository.finish(make_failed(claimed)).status is Status.FAILED
        again = repository.claim(image.id, 1, now=NOON, until=LATER)
        assert (again.status, again.attempts) == (ProcessingStatus.PROCESSING, 2)
        assert again.failure is None
        assert repository.get(image.id).status is Status.PENDING
        assert repository.page(ImageQuery(status=Status.PENDING)).total == 1
        assert repository.page(ImageQuery(status=Status.FAILED)).total == 0
        assert repository.finish(make_completed(again)).status is Status.COMPLETED

    def test_trying_again_leaves_an_image_with_a_result_completed(
        self, repository: ImageRepository
    ) -> None:
        image, _ = _completed(repository, 1)
        _another(repository, image)
        second = repository.claim(image.id, 2, now=NOON, until=LATER)
        repository.finish(make_failed(second))
        repository.claim(image.id, 2, now=NOON, until=LATER)
        assert repository.get(image.id).status is Status.COMPLETED

    # keep_original

    def test_records_that_the_original_is_kept(self, repository: ImageRepository) -> None:
        image = make_image(1, original_kept=False)
        repository.add(image, make_enhancement(image))
        assert repository.get(image.id).original_kept is False
        kept = evolve(image.original, uri="s3://b/k", url="https://cdn.example/k", size_bytes=7)
        repository.keep_original(image.id, kept, now=NOON + MINUTE)
        stored = repository.get(image.id)
        assert stored == evolve(image, original=kept, original_kept=True, updated_at=NOON + MINUTE)

    # note

    def test_an_attempt_at_work_notes_what_it_has_done_so_far(
        self, repository: ImageRepository
    ) -> None:
        image, claimed = _claimed(repository, 1)
        noted = evolve(
            claimed,
            calls=make_calls(claimed),
            backend="LOCAL",
            key="elsewhere/photo.jpg",
            lease_until=LATER,
        )
        before = repository.get(image.id)
        repository.note(noted)
        assert repository.history(image.id) == (noted,)
        assert repository.get(image.id) == before
        again = repository.claim(image.id, 1, now=LATER, until=LATER + MINUTE)
        assert (again.calls, again.key) == (noted.calls, noted.key)

    def test_an_attempt_that_was_taken_over_notes_nothing(
        self, repository: ImageRepository
    ) -> None:
        image, first = _claimed(repository, 1)
        second = repository.claim(image.id, 1, now=LATER, until=LATER + MINUTE)
        with pytest.raises(ClaimLost):
            repository.note(evolve(first, calls=make_calls(first)))
        assert repository.history(image.id) == (second,)
        repository.mark_deleted(image.id, now=LATER + MINUTE)
        with pytest.raises(ClaimLost):
            repository.note(second)

    # finish

    def test_an_attempt_that_was_taken_over_changes_nothing(
        self, repository: ImageRepository
    ) -> None:
        image, first = _claimed(repository, 1)
        second = repository.claim(image.id, 1, now=LATER, until=LATER + MINUTE)
        before = repository.get(image.id)
        for outdated in (make_completed(first), make_failed(first)):
            with pytest.raises(ClaimLost):
                repository.finish(outdated)
        assert repository.get(image.id) == before
        assert repository.history(image.id) == (second,)
        assert repository.finish(make_completed(second)).status is Status.COMPLETED

    def test_what_is_finished_is_not_finished_again(self, repository: ImageRepository) -> None:
        image, done = _completed(repository, 1)
        before = repository.get(image.id)
        with pytest.raises(ClaimLost):
            repository.finish(make_failed(done))
        assert repository.get(image.id) == before
        assert repository.history(image.id) == (done,)

    def test_of_many_that_finish_one_wins(self, repository: ImageRepository) -> None:
        _, claimed = _claimed(repository, 1)
        results = at_once(lambda _: repository.finish(make_completed(claimed)), 10)
        assert sum(isinstance(each, ProductImage) for each in results) == 1
        assert sum(isinstance(each, ClaimLost) for each in results) == 9
        assert repository.page(ImageQuery(status=Status.COMPLETED)).total == 1

    def test_nothing_is_finished_once_the_image_is_gone(self, repository: ImageRepository) -> None:
        image, claimed = _claimed(repository, 1)
        repository.mark_deleted(image.id, now=LATER)
        with pytest.raises(ClaimLost):
            repository.finish(make_completed(claimed))
        repository.forget(image.id)
        with pytest.raises(ClaimLost):
            repository.finish(make_completed(claimed))

    def test_an_earlier_result_does_not_replace_a_later_one(
        self, repository: ImageRepository
    ) -> None:
        image, first = _claimed(repository, 1)
        _another(repository, image)
        second = repository.claim(image.id, 2, now=NOON, until=LATER)
        after_second = repository.finish(make_completed(second))
        assert repository.finish(make_completed(first)) == after_second
        assert repository.get(image.id).enhanced_sequence == 2
        assert [each.status for each in repository.history(image.id)] == [
            ProcessingStatus.COMPLETED,
            ProcessingStatus.COMPLETED,
        ]

    def test_a_failure_leaves_an_earlier_result(self, repository: ImageRepository) -> None:
        image, _ = _completed(repository, 1)
        before = repository.get(image.id)
        _another(repository, image)
        failed = make_failed(repository.claim(image.id, 2, now=NOON, until=LATER))
        after = repository.finish(failed)
        assert after == evolve(before, updated_at=after.updated_at)
        assert repository.history(image.id)[1] == evolve(failed, lease_until=None)

    # page

    def test_lists_the_newest_first(self, repository: ImageRepository) -> None:
        assert repository.page(ImageQuery()) == _page((), 0)
        moments = (3, 1, 2, 2, 2)
        images = [
            _added(repository, number, created_at=NOON + minutes * MINUTE)
            for number, minutes in enumerate(moments)
        ]
        newest_first = tuple(sorted(images, key=_position, reverse=True))
        assert repository.page(ImageQuery(limit=5)) == _page(newest_first, 5)

    @pytest.mark.parametrize("status", [None, Status.FAILED])
    def test_pages_by_offset_and_by_cursor_are_the_same(
        self, repository: ImageRepository, status: Status | None
    ) -> None:
        for number in range(23):
            _, claimed = _claimed(
                repository, number, created_at=NOON + number * 7 % 4 * MICROSECOND
            )
            if number % 5 < 3:
                repository.finish(make_failed(claimed))
        every = repository.page(ImageQuery(limit=200, status=status))
        assert every.total == len(every.images) > 7
        assert every.next_after is None
        listed: list[ProductImage] = []
        query = ImageQuery(limit=7, status=status)
        while True:
            page = repository.page(query)
            assert page == repository.page(evolve(query, after=None, offset=len(listed)))
            assert page.total == every.total
            listed += page.images
            if page.next_after is None:
                break
            assert page.next_after == _position(page.images[-1])
            query = evolve(query, after=page.next_after)
        assert tuple(listed) == every.images
        assert all(status in (None, image.status) for image in listed)

    def test_a_cursor_stays_right_while_images_come_and_go(
        self, repository: ImageRepository
    ) -> None:
        images = [_added(repository, each, created_at=NOON + each * MINUTE) for each in range(6)]
        page = repository.page(ImageQuery(limit=2))
        _added(repository, 9, created_at=NOON + 9 * MINUTE)
        repository.mark_deleted(images[4].id, now=LATER)
        rest = repository.page(ImageQuery(limit=9, after=page.next_after))
        assert rest.images == tuple(reversed(images[:4]))
        assert rest.total == 6

    def test_past_the_end_a_page_is_empty(self, repository: ImageRepository) -> None:
        images = [_added(repository, number) for number in range(2)]
        assert repository.page(ImageQuery(offset=2)) == _page((), 2)
        exactly = repository.page(ImageQuery(limit=2))
        assert (len(exactly.images), exactly.next_after) == (len(images), None)

    # unfinished

    def test_finds_what_was_left_unfinished_oldest_first(self, repository: ImageRepository) -> None:
        for number in (2, 0, 1):
            _added(repository, number, created_at=NOON + number * MINUTE)
        running, _ = _claimed(repository, 3)
        _completed(repository, 4)
        gone, _ = _claimed(repository, 5)
        repository.mark_deleted(gone.id, now=LATER)
        end = NOON + MINUTE
        left = repository.unfinished(end - MICROSECOND, 10)
        assert [each.image_id for each in left] == [make_image(each).id for each in (0, 1, 2)]
        assert running.id in [each.image_id for each in repository.unfinished(end, 10)]
        assert repository.unfinished(end - MICROSECOND, 2) == left[:2]

    def test_what_was_left_unfinished_is_found_in_portions(
        self, repository: ImageRepository
    ) -> None:
        for number in range(7):
            _added(repository, number, created_at=NOON + number // 3 * MICROSECOND)
        every = repository.unfinished(NOON, 10)
        assert len(every) == 7
        found: list[Enhancement] = []
        while portion := repository.unfinished(NOON, 2, _place(found[-1]) if found else None):
            assert len(portion) <= 2
            found += portion
        assert tuple(found) == every

    # mark_deleted, deleted, forget

    def test_a_deleted_image_is_hidden_from_everyone(self, repository: ImageRepository) -> None:
        image, _ = _completed(repository, 1, idempotency_key="key")
        history = repository.history(image.id)
        image = repository.get(image.id)
        repository.mark_deleted(image.id, now=NOON)
        repository.mark_deleted(image.id, now=NOON + MINUTE)
        _assert_unknown(repository, image)
        assert repository.find("key") is None
        assert repository.page(ImageQuery()) == _page((), 0)
        assert repository.deleted(10) == ((image, history),)

    def test_an_image_being_worked_on_is_not_deleted(self, repository: ImageRepository) -> None:
        image, _ = _claimed(repository, 1)
        end = NOON + MINUTE
        with pytest.raises(InProgress):
            repository.mark_deleted(image.id, now=end - MICROSECOND)
        assert repository.get(image.id).id == image.id
        assert repository.page(ImageQuery()).total == 1
        repository.mark_deleted(image.id, now=end)
        assert repository.page(ImageQuery()).total == 0

    def test_finds_deleted_images_in_portions_or_by_id(self, repository: ImageRepository) -> None:
        images = [_added(repository, number) for number in range(5)]
        _another(repository, images[0])
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
        image = _added(repository, 1, idempotency_key="key")
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
        image = _added(repository, 1)
        repository.forget(image.id)
        assert repository.get(image.id) == image

    # check, close

    def test_passes_its_own_check(self, repository: ImageRepository) -> None:
        repository.check()

    def test_closing_can_be_repeated(self, repository: ImageRepository) -> None:
        repository.close()
        repository.close()


def _added(repository: ImageRepository, number: int, **changes: Any) -> ProductImage:
    image = make_image(number, **changes)
    repository.add(image, make_enhancement(image))
    return image


def _another(repository: ImageRepository, image: ProductImage) -> Enhancement:
    return repository.add_enhancement(image.id, lambda sequence: make_enhancement(image, sequence))


def _claimed(
    repository: ImageRepository, number: int, **changes: Any
) -> tuple[ProductImage, Enhancement]:
    image = _added(repository, number, **changes)
    return image, repository.claim(image.id, 1, now=NOON, until=NOON + MINUTE)


def _completed(
    repository: ImageRepository, number: int, **changes: Any
) -> tuple[ProductImage, Enhancement]:
    _, claimed = _claimed(repository, number, **changes)
    done = make_completed(claimed)
    return repository.finish(done), evolve(done, lease_until=None)


def _assert_unknown(repository: ImageRepository, image: ProductImage) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: repository.get(image.id),
        lambda: repository.history(image.id),
        lambda: _another(repository, image),
        lambda: repository.claim(image.id, 1, now=LATER, until=LATER + MINUTE),
        lambda: repository.keep_original(image.id, image.original, now=NOON),
    )
    for call in calls:
        with pytest.raises(UnknownImage):
            call()


def _place(enhancement: Enhancement) -> tuple[datetime, str]:
    return enhancement.created_at, enhancement.id


def _position(image: ProductImage) -> tuple[datetime, str]:
    return image.created_at, image.id


def _page(images: tuple[ProductImage, ...], total: int) -> ImagePage:
    return ImagePage(images=images, total=total, next_after=None)
