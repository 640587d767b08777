"""What every ImageRepository promises of what is in a queue, and of what was given up."""

from __future__ import annotations

from attrs import evolve

from pixellab.domain.images import MAX_ATTEMPTS, Enhancement
from pixellab.domain.ports import ImageRepository, Waiting
from pixellab.domain.use_cases.keeping.reservations import perhaps
from pixellab.testing.contracts.repository_contract.records_at_work import (
    LATER,
    add_another,
    add_image,
    claim_image,
    complete_image,
)
from pixellab.testing.records import MICROSECOND, MINUTE, NOON, make_failed

QUEUE, OTHER = "pixellab-cpu-interactive", "pixellab-cloud-batch"


class Queueing:
    """Needs the fixture ``repository``: an empty one."""

    def test_what_is_in_a_queue_is_not_lost_until_then(self, repository: ImageRepository) -> None:
        image = add_image(repository, 1)
        another = add_another(repository, image)
        repository.put_in_queue(image.id, 1, QUEUE, now=NOON)
        left = repository.unfinished(NOON, 10, lost=NOON - MICROSECOND)
        assert [each.id for each in left] == [another.id]
        assert len(repository.unfinished(NOON, 10, lost=NOON)) == 2
        assert len(repository.unfinished(NOON, 10)) == 2

    def test_what_a_queue_has_not_any_more_is_lost(self, repository: ImageRepository) -> None:
        lost, begun, later, other = (add_image(repository, number) for number in range(1, 5))
        for image, queue, moment in (
            (lost, QUEUE, NOON),
            (begun, QUEUE, NOON),
            (later, QUEUE, NOON + MINUTE),
            (other, OTHER, NOON),
        ):
            repository.put_in_queue(image.id, 1, queue, now=moment)
        repository.claim(begun.id, 1, now=NOON, until=LATER)
        assert repository.leave_queue(QUEUE, NOON) == 0
        assert repository.unfinished(NOON, 9, lost=NOON - MINUTE) == ()
        assert [repository.leave_queue(QUEUE, NOON + MINUTE) for _ in range(2)] == [1, 0]
        left = repository.unfinished(NOON, 9, lost=NOON - MINUTE)
        assert [each.image_id for each in left] == [lost.id]
        repository.put_in_queue(lost.id, 1, QUEUE, now=NOON)
        assert repository.unfinished(NOON, 9, lost=NOON - MINUTE) == ()

    def test_counts_each_queue(self, repository: ImageRepository) -> None:
        image = add_image(repository, 1)
        add_another(repository, image)
        later = add_image(repository, 2, created_at=NOON + MINUTE)
        add_image(repository, 3)
        for each, sequence in ((image, 1), (image, 2), (later, 1)):
            repository.put_in_queue(each.id, sequence, QUEUE, now=NOON)
        repository.put_in_queue(image.id, 2, OTHER, now=NOON)
        found = repository.backlog(NOON, perhaps)
        assert (found.waiting, found.at_work, found.workers) == (4, 0, 0)
        assert found.queues == {
            QUEUE: Waiting(count=2, oldest=NOON),
            OTHER: Waiting(count=1, oldest=NOON),
        }
        for number, owner in ((1, "one"), (2, "two")):
            repository.claim(image.id, number, now=NOON, until=LATER, owner=owner)
        repository.claim(later.id, 1, now=NOON, until=LATER, owner="two")
        found = repository.backlog(NOON, perhaps)
        assert (found.waiting, found.at_work, found.workers, found.queues) == (1, 3, 2, {})

    def test_a_lease_that_is_overruled_ends(self, repository: ImageRepository) -> None:
        image, claimed = claim_image(repository, 1)
        repository.put_in_queue(image.id, 1, QUEUE, now=LATER, overrule=claimed.lease_until)
        [waiting] = repository.history(image.id)
        assert waiting == evolve(claimed, lease_until=None, lease_owner=None)
        assert repository.unfinished(LATER, 10, lost=NOON) == ()

    def test_another_lease_is_left_alone(self, repository: ImageRepository) -> None:
        image, claimed = claim_image(repository, 1)
        until = claimed.lease_until
        assert until is not None
        for overrule in (None, until - MICROSECOND):
            repository.put_in_queue(image.id, 1, QUEUE, now=NOON, overrule=overrule)
        assert repository.history(image.id) == (claimed,)
        assert repository.backlog(until, perhaps).queues == {}

    def test_what_is_over_or_gone_is_put_in_no_queue(self, repository: ImageRepository) -> None:
        image, done = complete_image(repository, 1)
        gone = add_image(repository, 2)
        repository.mark_deleted(gone.id, now=NOON)
        repository.forget(gone.id)
        for each, sequence in ((image, 1), (image, 2), (gone, 1)):
            repository.put_in_queue(each.id, sequence, QUEUE, now=NOON, overrule=LATER)
        assert repository.history(image.id) == (done,)
        assert repository.backlog(NOON, perhaps).queues == {}

    def test_what_was_begun_again_is_found_although_it_was_in_a_queue(
        self, repository: ImageRepository
    ) -> None:
        image = add_image(repository, 1)
        repository.put_in_queue(image.id, 1, QUEUE, now=NOON)
        claimed = repository.claim(image.id, 1, now=NOON, until=NOON + MINUTE)
        assert repository.unfinished(NOON + MINUTE, 10, lost=NOON - MINUTE) == (claimed,)

    def test_finds_what_was_given_up_oldest_first(self, repository: ImageRepository) -> None:
        given_up = [
            _failed(repository, number, MAX_ATTEMPTS + 1, created_at=NOON - number * MINUTE)
            for number in (1, 2)
        ]
        _failed(repository, 3, MAX_ATTEMPTS)
        deleted = _failed(repository, 4, MAX_ATTEMPTS + 1)
        repository.mark_deleted(deleted.image_id, now=LATER)
        assert repository.parked(10) == tuple(reversed(given_up))
        assert repository.parked(1) == (given_up[1],)
        assert repository.backlog(NOON, perhaps).parked == 2


def _failed(
    repository: ImageRepository, number: int, attempts: int, **changes: object
) -> Enhancement:
    image = add_image(repository, number, **changes)
    for _ in range(attempts):
        claimed = repository.claim(image.id, 1, now=NOON, until=NOON)
    failed = make_failed(claimed)
    repository.finish(failed)
    return evolve(failed, lease_until=None)
