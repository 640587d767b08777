"""What every ImageRepository promises of claims and their leases."""

from __future__ import annotations

import pytest
from attrs import evolve

from pixellab.domain.errors import InProgress, UnknownImage
from pixellab.domain.images import Enhancement, ProcessingStatus, Status
from pixellab.domain.ports import ImageQuery, ImageRepository
from pixellab.testing.contracts.repository_contract.records_at_work import (
    LATER,
    THREADS,
    add_another,
    add_image,
    claim_image,
    complete_image,
)
from pixellab.testing.records import (
    MICROSECOND,
    MINUTE,
    NOON,
    make_completed,
    make_enhancement,
    make_failed,
    make_image,
)
from pixellab.testing.threads import at_once


class Claiming:
    """Needs the fixture ``repository``: an empty one."""

    def test_claiming_counts_and_leases(self, repository: ImageRepository) -> None:
        image, first = claim_image(repository, 1)
        assert first.attempts == 1
        assert first.lease_until == NOON + MINUTE
        assert first.status is ProcessingStatus.PROCESSING
        assert repository.history(image.id) == (first,)
        assert repository.get(image.id).status is Status.PENDING

    def test_a_lease_keeps_others_off_until_it_ends(self, repository: ImageRepository) -> None:
        image, first = claim_image(repository, 1)
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
        image = add_image(repository, 1)
        claims = at_once(lambda _: repository.claim(image.id, 1, now=NOON, until=LATER), THREADS)
        assert sum(isinstance(each, Enhancement) for each in claims) == 1
        assert sum(isinstance(each, InProgress) for each in claims) == THREADS - 1
        assert repository.history(image.id)[0].attempts == 1

    @pytest.mark.parametrize("sequence", [-1, 0, 2])
    def test_a_sequence_that_is_not_there_is_unknown(
        self, repository: ImageRepository, sequence: int
    ) -> None:
        image = add_image(repository, 1)
        with pytest.raises(UnknownImage):
            repository.claim(image.id, sequence, now=NOON, until=LATER)

    def test_a_completed_enhancement_is_not_claimed(self, repository: ImageRepository) -> None:
        image, done = complete_image(repository, 1)
        assert repository.claim(image.id, 1, now=LATER, until=LATER + MINUTE) == done
        assert repository.history(image.id) == (done,)

    def test_a_failed_enhancement_is_left_to_those_who_do_not_retry(
        self, repository: ImageRepository
    ) -> None:
        image, claimed = claim_image(repository, 1)
        repository.finish(make_failed(claimed))
        (failed,) = repository.history(image.id)
        assert repository.claim(image.id, 1, now=NOON, until=LATER, retry=False) == failed
        assert repository.history(image.id) == (failed,)
        assert repository.get(image.id).status is Status.FAILED

    def test_a_failed_enhancement_can_be_tried_again(self, repository: ImageRepository) -> None:
        image, claimed = claim_image(repository, 1)
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
        image, _ = complete_image(repository, 1)
        add_another(repository, image)
        second = repository.claim(image.id, 2, now=NOON, until=LATER)
        repository.finish(make_failed(second))
        repository.claim(image.id, 2, now=NOON, until=LATER)
        assert repository.get(image.id).status is Status.COMPLETED

    def test_records_that_the_original_is_kept(self, repository: ImageRepository) -> None:
        image = make_image(1, original_kept=False)
        repository.add(image, make_enhancement(image))
        assert repository.get(image.id).original_kept is False
        kept = evolve(image.original, uri="s3://b/k", url="https://cdn.example/k", size_bytes=7)
        repository.keep_original(image.id, kept, now=NOON + MINUTE)
        stored = repository.get(image.id)
        assert stored == evolve(image, original=kept, original_kept=True, updated_at=NOON + MINUTE)
