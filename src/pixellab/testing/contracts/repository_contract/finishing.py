"""What every ImageRepository promises of what an attempt notes, and of its end."""

from __future__ import annotations

import pytest
from attrs import evolve

from pixellab.domain.errors import ClaimLost, NoResult, UnknownImage
from pixellab.domain.images import ProcessingStatus, ProductImage, Status
from pixellab.domain.ports import ImageQuery, ImageRepository
from pixellab.testing.contracts.repository_contract.records_at_work import (
    LATER,
    add_another,
    claim_image,
    complete_image,
)
from pixellab.testing.records import MINUTE, NOON, make_calls, make_completed, make_failed
from pixellab.testing.threads import at_once


class Finishing:
    """Needs the fixture ``repository``: an empty one."""

    def test_an_attempt_at_work_notes_what_it_has_done_so_far(
        self, repository: ImageRepository
    ) -> None:
        image, claimed = claim_image(repository, 1)
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
        image, first = claim_image(repository, 1)
        second = repository.claim(image.id, 1, now=LATER, until=LATER + MINUTE)
        with pytest.raises(ClaimLost):
            repository.note(evolve(first, calls=make_calls(first)))
        assert repository.history(image.id) == (second,)
        repository.mark_deleted(image.id, now=LATER + MINUTE)
        with pytest.raises(ClaimLost):
            repository.note(second)

    def test_an_attempt_that_was_taken_over_changes_nothing(
        self, repository: ImageRepository
    ) -> None:
        image, first = claim_image(repository, 1)
        second = repository.claim(image.id, 1, now=LATER, until=LATER + MINUTE)
        before = repository.get(image.id)
        for outdated in (make_completed(first), make_failed(first)):
            with pytest.raises(ClaimLost):
                repository.finish(outdated)
        assert repository.get(image.id) == before
        assert repository.history(image.id) == (second,)
        assert repository.finish(make_completed(second)).status is Status.COMPLETED

    def test_what_is_finished_is_not_finished_again(self, repository: ImageRepository) -> None:
        image, done = complete_image(repository, 1)
        before = repository.get(image.id)
        with pytest.raises(ClaimLost):
            repository.finish(make_failed(done))
        assert repository.get(image.id) == before
        assert repository.history(image.id) == (done,)

    def test_of_many_that_finish_one_wins(self, repository: ImageRepository) -> None:
        _, claimed = claim_image(repository, 1)
        results = at_once(lambda _: repository.finish(make_completed(claimed)), 10)
        assert sum(isinstance(each, ProductImage) for each in results) == 1
        assert sum(isinstance(each, ClaimLost) for each in results) == 9
        assert repository.page(ImageQuery(status=Status.COMPLETED)).total == 1

    def test_nothing_is_finished_once_the_image_is_gone(self, repository: ImageRepository) -> None:
        image, claimed = claim_image(repository, 1)
        repository.mark_deleted(image.id, now=LATER)
        with pytest.raises(ClaimLost):
            repository.finish(make_completed(claimed))
        repository.forget(image.id)
        with pytest.raises(ClaimLost):
            repository.finish(make_completed(claimed))

    def test_an_earlier_result_does_not_replace_a_later_one(
        self, repository: ImageRepository
    ) -> None:
        image, first = claim_image(repository, 1)
        add_another(repository, image)
        second = repository.claim(image.id, 2, now=NOON, until=LATER)
        after_second = repository.finish(make_completed(second))
        assert repository.finish(make_completed(first)) == after_second
        assert repository.get(image.id).enhanced_sequence == 2
        assert [each.status for each in repository.history(image.id)] == [
            ProcessingStatus.COMPLETED,
            ProcessingStatus.COMPLETED,
        ]

    def test_a_failure_leaves_an_earlier_result(self, repository: ImageRepository) -> None:
        image, _ = complete_image(repository, 1)
        before = repository.get(image.id)
        add_another(repository, image)
        failed = make_failed(repository.claim(image.id, 2, now=NOON, until=LATER))
        after = repository.finish(failed)
        assert after == evolve(before, updated_at=after.updated_at)
        assert repository.history(image.id)[1] == evolve(failed, lease_until=None)

    def test_an_earlier_result_becomes_the_current_one_again(
        self, repository: ImageRepository
    ) -> None:
        image, first = complete_image(repository, 1)
        add_another(repository, image)
        second = evolve(
            make_completed(repository.claim(image.id, 2, now=NOON, until=LATER)),
            faithfulness=12.5,
            enhanced_width=640,
        )
        shows_second = repository.finish(second)
        reverted = repository.revert(image.id, 1, now=LATER + MINUTE)
        assert reverted == shows_second.showing(first, LATER + MINUTE)
        assert (reverted.enhanced_sequence, reverted.enhanced) == (1, first.enhanced)
        assert repository.get(image.id) == reverted
        assert [each.sequence for each in repository.history(image.id)] == [1, 2]
        again = repository.revert(image.id, 2, now=LATER + 2 * MINUTE)
        assert again == evolve(shows_second, updated_at=LATER + 2 * MINUTE)

    def test_after_a_return_to_an_earlier_result_a_new_one_takes_its_place(
        self, repository: ImageRepository
    ) -> None:
        image, _ = complete_image(repository, 1)
        add_another(repository, image)
        repository.finish(make_completed(repository.claim(image.id, 2, now=NOON, until=LATER)))
        repository.revert(image.id, 1, now=LATER)
        add_another(repository, image)
        third = make_completed(repository.claim(image.id, 3, now=NOON, until=LATER))
        assert repository.finish(third).enhanced_sequence == 3

    def test_what_has_no_result_does_not_become_the_current_one(
        self, repository: ImageRepository
    ) -> None:
        image, _ = complete_image(repository, 1)
        add_another(repository, image)
        before = repository.get(image.id)
        with pytest.raises(NoResult):
            repository.revert(image.id, 2, now=LATER)
        repository.finish(make_failed(repository.claim(image.id, 2, now=NOON, until=LATER)))
        with pytest.raises(NoResult):
            repository.revert(image.id, 2, now=LATER)
        for number in (0, 3):
            with pytest.raises(UnknownImage):
                repository.revert(image.id, number, now=LATER)
        assert repository.get(image.id).enhanced == before.enhanced
