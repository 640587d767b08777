"""What every ImageRepository promises of statistics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from attrs import evolve

from pixellab.domain.images import Status
from pixellab.domain.ports import ImageRepository
from pixellab.domain.statistics import Day, Payee, Spent, Tally, spent_on
from pixellab.testing.contracts.repository_contract.records_at_work import (
    LATER,
    add_image,
    claim_first,
)
from pixellab.testing.records import (
    NOON,
    make_calls,
    make_completed,
    make_enhancement,
    make_failed,
    make_image,
)
from pixellab.testing.threads import at_once

DAY = timedelta(days=1)


class Counting:
    """Needs the fixture ``repository``: an empty one."""

    def test_counts_what_was_done_by_day(self, repository: ImageRepository) -> None:
        first = add_image(repository, 1, created_at=NOON - DAY)
        second = add_image(repository, 2)
        assert repository.statistics(NOON.date()).total == Day(tally=Tally(images=2))
        done = make_completed(claim_first(repository, first))
        repository.finish(done)
        repository.finish(make_failed(claim_first(repository, second)))
        again = claim_first(repository, second, now=LATER)
        repository.finish(evolve(make_failed(again), finished_at=NOON + DAY))
        assert done.enhanced is not None
        saved = done.original_size_bytes - done.enhanced.size_bytes
        completed = Tally(completed=1, bytes_saved=saved, quality_gained=-5217)
        found = repository.statistics(NOON.date())
        assert found.images == {Status.COMPLETED: 1, Status.PENDING: 0, Status.FAILED: 1}
        assert found.total == Day(
            tally=Tally(images=2, failed=2) + completed, spent=spent_on(done.calls)
        )
        assert found.total.tally.mean_quality_gained == -52.2
        assert found.days == {
            NOON.date(): Day(tally=Tally(images=1, failed=1) + completed),
            (NOON + DAY).date(): Day(tally=Tally(failed=1)),
        }
        whole = repository.statistics((NOON - DAY).date())
        yesterday = Day(tally=Tally(images=1), spent=spent_on(done.calls))
        assert whole.days == {(NOON - DAY).date(): yesterday, **found.days}

    def test_a_deleted_image_is_not_counted_but_what_was_done_to_it(
        self, repository: ImageRepository
    ) -> None:
        image = add_image(repository, 1)
        repository.finish(make_completed(claim_first(repository, image)))
        before = repository.statistics(NOON.date())
        repository.mark_deleted(image.id, now=LATER)
        repository.forget(image.id)
        after = repository.statistics(NOON.date())
        assert after.images == dict.fromkeys(Status, 0)
        assert (after.total, after.days) == (before.total, before.days)

    def test_each_call_is_paid_once(self, repository: ImageRepository) -> None:
        image = add_image(repository, 1)
        claimed = claim_first(repository, image)
        calls = make_calls(claimed)
        repository.note(evolve(claimed, calls=calls[:1]))
        paid = {Payee("FIRST", "EUR"): Spent(340_000_001)}
        assert repository.statistics(NOON.date()).total.spent == paid
        assert paid[Payee("FIRST", "EUR")].exact_amount == Decimal("0.0340000001")
        repository.finish(make_failed(evolve(claimed, calls=calls[:2])))
        both: Mapping[Payee, Spent] = {**paid, Payee("FIRST", "USD"): Spent(0, unpriced=1)}
        assert repository.statistics(NOON.date()).total.spent == both
        again = claim_first(repository, image, now=LATER)
        repository.finish(evolve(make_completed(again), calls=(*again.calls, calls[2])))
        found = repository.statistics(NOON.date())
        assert found.total.spent == both
        assert found.days[NOON.date()].spent == both

    def test_many_at_once_are_all_counted(self, repository: ImageRepository) -> None:
        images = [make_image(number) for number in range(20)]

        def upload(number: int) -> None:
            repository.add(images[number], make_enhancement(images[number]))
            repository.finish(make_failed(claim_first(repository, images[number])))

        assert at_once(upload, 20) == [None] * 20
        assert repository.statistics(NOON.date()).total.tally == Tally(images=20, failed=20)
