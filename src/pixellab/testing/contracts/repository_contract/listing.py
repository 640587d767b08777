"""What every ImageRepository promises of pages, and of what was left unfinished."""

from __future__ import annotations

import pytest
from attrs import evolve

from pixellab.domain.images import Enhancement, ProductImage, Status
from pixellab.domain.ports import Backlog, ImageQuery, ImageRepository
from pixellab.domain.use_cases.keeping.reservations import perhaps
from pixellab.testing.contracts.repository_contract.records_at_work import (
    LATER,
    add_another,
    add_image,
    claim_image,
    complete_image,
    page_of,
    place_of,
    position_of,
)
from pixellab.testing.records import MICROSECOND, MINUTE, NOON, make_failed, make_image


class Listing:
    """Needs the fixture ``repository``: an empty one."""

    def test_lists_the_newest_first(self, repository: ImageRepository) -> None:
        assert repository.page(ImageQuery()) == page_of((), 0)
        moments = (3, 1, 2, 2, 2)
        images = [
            add_image(repository, number, created_at=NOON + minutes * MINUTE)
            for number, minutes in enumerate(moments)
        ]
        newest_first = tuple(sorted(images, key=position_of, reverse=True))
        assert repository.page(ImageQuery(limit=5)) == page_of(newest_first, 5)

    @pytest.mark.parametrize("status", [None, Status.FAILED])
    def test_pages_by_offset_and_by_cursor_are_the_same(
        self, repository: ImageRepository, status: Status | None
    ) -> None:
        for number in range(23):
            _, claimed = claim_image(
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
            assert page.next_after == position_of(page.images[-1])
            query = evolve(query, after=page.next_after)
        assert tuple(listed) == every.images
        assert all(status in (None, image.status) for image in listed)

    def test_a_cursor_stays_right_while_images_come_and_go(
        self, repository: ImageRepository
    ) -> None:
        images = [add_image(repository, each, created_at=NOON + each * MINUTE) for each in range(6)]
        page = repository.page(ImageQuery(limit=2))
        add_image(repository, 9, created_at=NOON + 9 * MINUTE)
        repository.mark_deleted(images[4].id, now=LATER)
        rest = repository.page(ImageQuery(limit=9, after=page.next_after))
        assert rest.images == tuple(reversed(images[:4]))
        assert rest.total == 6

    def test_past_the_end_a_page_is_empty(self, repository: ImageRepository) -> None:
        images = [add_image(repository, number) for number in range(2)]
        assert repository.page(ImageQuery(offset=2)) == page_of((), 2)
        exactly = repository.page(ImageQuery(limit=2))
        assert (len(exactly.images), exactly.next_after) == (len(images), None)

    def test_finds_what_was_left_unfinished_oldest_first(self, repository: ImageRepository) -> None:
        for number in (2, 0, 1):
            add_image(repository, number, created_at=NOON + number * MINUTE)
        running, _ = claim_image(repository, 3)
        complete_image(repository, 4)
        gone, _ = claim_image(repository, 5)
        repository.mark_deleted(gone.id, now=LATER)
        end = NOON + MINUTE
        left = repository.unfinished(end - MICROSECOND, 10)
        assert [each.image_id for each in left] == [make_image(each).id for each in (0, 1, 2)]
        assert running.id in [each.image_id for each in repository.unfinished(end, 10)]
        assert repository.unfinished(end - MICROSECOND, 2) == left[:2]

    def test_counts_what_is_in_processing(self, repository: ImageRepository) -> None:
        assert repository.open_work(10) == 0
        claim_image(repository, 1)
        complete_image(repository, 2)
        image = add_image(repository, 3)
        add_another(repository, image)
        assert repository.open_work(10) == 3
        assert repository.open_work(2) == 2

    def test_tells_what_waits_from_what_is_at_work(self, repository: ImageRepository) -> None:
        assert repository.backlog(NOON, perhaps) == Backlog(waiting=0, at_work=0, oldest=None)
        claimed, _ = claim_image(repository, 1)
        complete_image(repository, 2)
        image = add_image(repository, 3)
        deleted = add_image(repository, 4)
        repository.mark_deleted(deleted.id, now=NOON)
        another = add_another(repository, image)
        first, _ = repository.history(image.id)
        oldest = min(first.created_at, another.created_at)
        assert repository.backlog(NOON, perhaps) == Backlog(waiting=2, at_work=1, oldest=oldest)
        (begun,) = repository.history(claimed.id)
        oldest = min(oldest, begun.created_at)
        assert repository.backlog(LATER, perhaps) == Backlog(waiting=3, at_work=0, oldest=oldest)

    def test_what_the_dead_were_at_is_waiting(self, repository: ImageRepository) -> None:
        for number, owner in enumerate(("living", "dead", None, "dead")):
            image = add_image(repository, number)
            repository.claim(image.id, 1, now=NOON, until=NOON + MINUTE, owner=owner)
        backlog = repository.backlog(NOON, lambda owner: owner != "dead")
        assert (backlog.waiting, backlog.at_work) == (2, 2)

    def test_what_was_left_unfinished_is_found_in_portions(
        self, repository: ImageRepository
    ) -> None:
        for number in range(7):
            add_image(repository, number, created_at=NOON + number // 3 * MICROSECOND)
        every = repository.unfinished(NOON, 10)
        assert len(every) == 7
        found: list[Enhancement] = []
        while portion := repository.unfinished(NOON, 2, place_of(found[-1]) if found else None):
            assert len(portion) <= 2
            found += portion
        assert tuple(found) == every
