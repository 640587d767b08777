"""What every Batches promises."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from pixellab.domain.batches import Batch, BatchState, Counts, ItemState, Line
from pixellab.domain.errors import IdempotencyConflict, UnknownBatch
from pixellab.domain.ports import Batches
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Cost
from pixellab.testing.records import MINUTE, NOON
from pixellab.testing.threads import at_once

LATER = NOON + 10 * MINUTE
TIMES = 8
TERMS: dict[str, Any] = {"now": NOON, "until": LATER, "owner": "me"}


def make_batch(number: int = 1, **changes: Any) -> Batch:
    """A batch that is being accepted; those of different numbers share nothing that is unique."""
    return evolve(
        Batch(
            id=str(UUID(int=number)),
            name=f"Spring {number}",
            task=Task(mode=Mode.STANDARDIZE, profile="amazon", target_size_kb=500),
            backend="LOCAL",
            payer="9f86d081884c7d65",
            created_at=NOON + number * MINUTE,
            idempotency_key=f"key {number}",
            fingerprint="f" * 64,
            webhook_url="https://shop.example/?t=1",
            lease_until=LATER,
            lease_owner="me",
        ),
        **changes,
    )


def make_lines(count: int) -> list[Line]:
    """Lines 1 to ``count``."""
    return [
        Line(number=number, source=f"store:incoming/{number}.jpg", sku_id=f"MUG-{number}")
        for number in range(1, count + 1)
    ]


class BatchesContract:
    """Needs the fixture ``batches``: an empty one."""

    def test_a_batch_is_kept_as_it_was_given(self, batches: Batches) -> None:
        batch = make_batch()
        batches.add(batch)
        assert batches.get(batch.id) == batches.find("key 1") == batch
        assert batches.find("key 2") is None
        with pytest.raises(UnknownBatch):
            batches.get(make_batch(2).id)
        with pytest.raises(IdempotencyConflict):
            batches.add(make_batch(2, idempotency_key="key 1"))

    def test_nothing_is_handed_out_before_the_batch_is_whole(self, batches: Batches) -> None:
        batch = make_batch()
        batches.add(batch)
        batches.add_lines(batch.id, make_lines(2))
        assert batches.take(batch.id, 1, **TERMS) == ()
        assert batches.claim(batch.id, 1, **TERMS) is None
        assert batches.page(10) == ()
        assert batches.unfinished(10) == (batch,)
        opened = batches.begin(batch.id)
        assert opened == evolve(batch, state=BatchState.OPEN, lease_until=None, lease_owner=None)
        assert batches.page(10) == batches.unfinished(10) == (opened,)
        assert batches.waiting_lines() == 2
        with pytest.raises(UnknownBatch):
            batches.begin(batch.id)

    def test_a_bad_line_has_failed_and_is_not_tried_again(self, batches: Batches) -> None:
        batch = make_batch()
        batches.add(batch)
        bad = Line(number=1, source="", failure="Line 1 names nothing.")
        batches.add_lines(batch.id, [bad, evolve(make_lines(1)[0], number=2)])
        batches.begin(batch.id)
        assert batches.counts(batch.id) == Counts(waiting=1, failed=1)
        (item,) = batches.items(batch.id, state=ItemState.FAILED, limit=9)
        assert (item.number, item.failure, item.attempts) == (1, bad.failure, 0)
        assert batches.retry(batch.id, 10) == 0
        assert batches.take(batch.id, 10, **TERMS) == (2,)

    def test_a_line_is_begun_only_once_its_photo_has_arrived(self, batches: Batches) -> None:
        batch = make_batch()
        batches.add(batch)
        batches.add_lines(batch.id, [evolve(each, arriving=True) for each in make_lines(3)])
        assert not batches.arrive(batch.id, 1, now=NOON)
        batches.begin(batch.id)
        assert batches.counts(batch.id) == Counts(waiting=3)
        assert batches.waiting_lines() == 3
        assert batches.take(batch.id, 3, **TERMS) == ()
        assert batches.claim(batch.id, 1, **TERMS) is None
        assert batches.end_what_is_over(now=NOON) == ()
        assert batches.under_way() == ()
        arriving = batches.items(batch.id, state=ItemState.ARRIVING, limit=9)
        assert arriving == batches.items(batch.id, state=ItemState.WAITING, limit=9)
        assert [each.number for each in arriving] == [1, 2, 3]
        assert [batches.arrive(batch.id, 2, now=NOON) for _ in range(2)] == [True, False]
        assert batches.take(batch.id, 3, **TERMS) == (2,)
        working = batches.claim(batch.id, 2, **TERMS)
        assert working is not None
        assert batches.finish(evolve(working, state=ItemState.DONE), now=NOON)
        assert batches.arrive(batch.id, 1, now=NOON, failure="It is gone.")
        (failed,) = batches.items(batch.id, state=ItemState.FAILED, limit=9)
        assert (failed.failure, failed.attempts) == ("It is gone.", 0)
        assert batches.get(batch.id).state is BatchState.OPEN
        assert batches.arrive(batch.id, 3, now=LATER, failure="It is gone.")
        assert batches.get(batch.id).finished_at == LATER
        assert batches.counts(batch.id) == Counts(done=1, failed=2)
        assert batches.retry(batch.id, 9) == 0

    def test_what_has_not_arrived_is_cancelled_for_good(self, batches: Batches) -> None:
        batch = make_batch()
        batches.add(batch)
        batches.add_lines(batch.id, [evolve(each, arriving=True) for each in make_lines(TIMES)])
        batches.begin(batch.id)

        def some(number: int) -> object:
            if number:
                return batches.arrive(batch.id, number, now=NOON)
            while batches.cancel(batch.id, 2, now=LATER):
                pass
            return None

        assert not [each for each in at_once(some, TIMES) if isinstance(each, Exception)]
        assert batches.counts(batch.id) == Counts(cancelled=TIMES)
        assert batches.get(batch.id).state is BatchState.CANCELLED
        assert not batches.arrive(batch.id, TIMES, now=LATER)

    def test_lines_come_by_number_and_each_goes_to_one(self, batches: Batches) -> None:
        batch = opened(batches, 6)
        assert batches.take(batch.id, 2, **TERMS) == (1, 2)
        taken = at_once(lambda _: batches.take(batch.id, 1, **TERMS), TIMES)
        numbers = [number for each in taken if isinstance(each, tuple) for number in each]
        assert sorted(numbers) == [3, 4, 5, 6]
        assert {each.state for each in batches.under_way()} == {ItemState.HELD}
        assert batches.counts(batch.id) == Counts(waiting=6)

    def test_of_many_that_claim_a_line_one_gets_it(self, batches: Batches) -> None:
        batch = opened(batches, 1)
        answers = at_once(lambda _: batches.claim(batch.id, 1, **TERMS), TIMES)
        (claimed,) = [each for each in answers if each is not None]
        assert not isinstance(claimed, Exception)
        assert (claimed.state, claimed.attempts) == (ItemState.WORKING, 1)
        assert (claimed.lease_until, claimed.lease_owner) == (LATER, "me")
        assert batches.under_way() == batches.items(batch.id, limit=9) == (claimed,)
        assert batches.claim(batch.id, 2, **TERMS) is None
        assert batches.claim(make_batch(7).id, 1, **TERMS) is None

    def test_what_is_held_can_be_begun_by_anyone(self, batches: Batches) -> None:
        batch = opened(batches, 1)
        batches.take(batch.id, 1, **TERMS)
        claimed = batches.claim(batch.id, 1, now=NOON, until=LATER, owner="another")
        assert claimed is not None
        assert claimed.lease_owner == "another"

    def test_the_last_line_ends_its_batch(self, batches: Batches) -> None:
        batch = opened(batches, 2)
        for number, state in ((1, ItemState.DONE), (2, ItemState.FAILED)):
            assert batches.get(batch.id).state is BatchState.OPEN
            claimed = batches.claim(batch.id, number, **TERMS)
            assert claimed is not None
            ended = evolve(claimed, state=state, failure="Why." if number == 2 else None)
            assert batches.finish(ended, now=NOON + number * MINUTE)
            assert not batches.finish(ended, now=NOON)
        done = batches.get(batch.id)
        assert (done.state, done.finished_at) == (BatchState.DONE, NOON + 2 * MINUTE)
        assert batches.counts(batch.id) == Counts(done=1, failed=1)
        assert batches.unfinished(10) == ()
        assert batches.under_way() == ()
        assert batches.waiting_lines() == 0
        assert batches.ended_since(batch.id, NOON + 2 * MINUTE) == 1
        assert batches.ended_since(batch.id, NOON) == 2
        assert batches.end_what_is_over(now=LATER) == ()

    def test_lines_that_end_at_once_end_their_batch(self, batches: Batches) -> None:
        batch = opened(batches, TIMES)
        claimed = [batches.claim(batch.id, number + 1, **TERMS) for number in range(TIMES)]
        ended = [evolve(each, state=ItemState.DONE) for each in claimed if each]
        answers = at_once(lambda number: batches.finish(ended[number], now=NOON), TIMES)
        assert answers == [True] * TIMES
        batches.end_what_is_over(now=NOON)
        assert batches.get(batch.id).state is BatchState.DONE
        assert batches.counts(batch.id) == Counts(done=TIMES)

    def test_what_another_has_begun_since_is_not_overwritten(self, batches: Batches) -> None:
        batch = opened(batches, 1)
        first = batches.claim(batch.id, 1, **TERMS)
        assert first is not None
        assert batches.put_back(first)
        assert not batches.put_back(first)
        second = batches.claim(batch.id, 1, **TERMS)
        assert second is not None
        assert second.attempts == 2
        assert not batches.finish(evolve(first, state=ItemState.DONE), now=NOON)
        assert batches.finish(evolve(second, state=ItemState.DONE), now=NOON)

    def test_a_line_can_be_put_off_without_counting_the_attempt(self, batches: Batches) -> None:
        batch = opened(batches, 1)
        claimed = batches.claim(batch.id, 1, **TERMS)
        assert claimed is not None
        assert batches.put_back(claimed, until=LATER, counted=False)
        (held,) = batches.under_way()
        assert (held.state, held.attempts, held.lease_owner) == (ItemState.HELD, 0, None)
        assert batches.take(batch.id, 1, **TERMS) == ()
        assert batches.items(batch.id, state=ItemState.WAITING, limit=9) == (held,)
        assert batches.put_back(held)
        assert batches.take(batch.id, 1, **TERMS) == (1,)

    def test_what_it_costs_is_summed_up_by_currency(self, batches: Batches) -> None:
        batch = opened(batches, 3)
        costs = [Cost(Decimal("0.0340000001"), "USD"), Cost(Decimal(2), "USD"), Cost(None, "EUR")]
        for number, cost in enumerate(costs, start=1):
            claimed = batches.claim(batch.id, number, **TERMS)
            assert claimed is not None
            state = ItemState.FAILED if number == 1 else ItemState.DONE
            batches.finish(evolve(claimed, state=state), cost, now=NOON)
        usd = Decimal("2.0340000001")
        assert batches.costs(batch.id) == (Cost(None, "EUR"), Cost(usd, "USD"))
        assert batches.retry(batch.id, 10) == 1
        again = batches.claim(batch.id, 1, **TERMS)
        assert again is not None
        batches.finish(evolve(again, state=ItemState.DONE), Cost(Decimal(1), "USD"), now=NOON)
        assert batches.costs(batch.id)[1] == Cost(Decimal(3), "USD")
        assert batches.costs(make_batch(7).id) == ()

    def test_what_failed_is_tried_again(self, batches: Batches) -> None:
        batch = opened(batches, 3)
        for number in (1, 2, 3):
            claimed = batches.claim(batch.id, number, **TERMS)
            assert claimed is not None
            batches.finish(evolve(claimed, state=ItemState.FAILED, failure="Why."), now=NOON)
        assert batches.get(batch.id).state is BatchState.DONE
        assert [batches.retry(batch.id, 2) for _ in range(3)] == [2, 1, 0]
        assert batches.get(batch.id).state is BatchState.OPEN
        assert batches.get(batch.id).finished_at is None
        assert batches.counts(batch.id) == Counts(waiting=3)
        again = batches.claim(batch.id, 2, **TERMS)
        assert again is not None
        assert (again.attempts, again.retries, again.failure) == (1, 1, None)

    def test_cancelling_keeps_what_was_begun(self, batches: Batches) -> None:
        batch = opened(batches, 5)
        working = batches.claim(batch.id, 1, **TERMS)
        lost = batches.claim(batch.id, 2, **TERMS)
        assert working is not None
        assert lost is not None
        batches.take(batch.id, 1, **TERMS)
        while batches.cancel(batch.id, 2, now=NOON):
            assert batches.get(batch.id).state is BatchState.CANCELLED
        assert batches.counts(batch.id) == Counts(working=2, cancelled=3)
        assert batches.take(batch.id, 1, **TERMS) == ()
        assert batches.claim(batch.id, 5, **TERMS) is None
        assert batches.finish(evolve(working, state=ItemState.DONE), now=NOON)
        assert batches.put_back(lost)
        assert [each.id for each in batches.end_what_is_over(now=LATER)] == [batch.id]
        ended = batches.get(batch.id)
        assert (ended.state, ended.finished_at) == (BatchState.CANCELLED, LATER)
        assert batches.counts(batch.id) == Counts(done=1, cancelled=4)

    def test_whoever_waited_longest_comes_first(self, batches: Batches) -> None:
        first, second, third = (opened(batches, 2, number) for number in (1, 2, 3))
        batches.take(third.id, 1, now=NOON, until=LATER, owner="me")
        batches.take(first.id, 1, now=NOON + MINUTE, until=LATER, owner="me")
        assert [each.id for each in batches.unfinished(10)] == [second.id, third.id, first.id]

    def test_pages_of_batches_and_of_lines(self, batches: Batches) -> None:
        made = [opened(batches, 5, number) for number in (1, 2, 3)]
        page = batches.page(2)
        assert page == (made[2], made[1])
        assert batches.page(2, (page[-1].created_at, page[-1].id)) == (made[0],)
        numbers = [each.number for each in batches.items(made[0].id, after=2, limit=2)]
        assert numbers == [3, 4]
        waiting = batches.items(made[0].id, state=ItemState.WAITING, after=4, limit=9)
        assert [each.number for each in waiting] == [5]
        assert [each.item.number for each in batches.results(made[0].id, limit=3)] == [1, 2, 3]
        assert {each.image for each in batches.results(made[0].id, limit=3)} == {None}

    def test_a_batch_is_forgotten_in_portions(self, batches: Batches) -> None:
        batch = opened(batches, 5)
        assert [batches.forget(batch.id, 2) for _ in range(3)] == [False, False, True]
        with pytest.raises(UnknownBatch):
            batches.get(batch.id)
        with pytest.raises(UnknownBatch):
            batches.counts(batch.id)
        assert batches.forget(batch.id, 2)
        assert opened(batches, 1).id == batch.id

    def test_a_line_of_a_batch_that_is_gone_is_nobodys(self, batches: Batches) -> None:
        batch = opened(batches, 1)
        claimed = batches.claim(batch.id, 1, **TERMS)
        assert claimed is not None
        batches.forget(batch.id, 9)
        assert not batches.put_back(claimed)
        assert not batches.finish(evolve(claimed, state=ItemState.DONE), now=NOON)


def opened(batches: Batches, lines: int, number: int = 1) -> Batch:
    """A batch whose lines are waiting."""
    batch = make_batch(number)
    batches.add(batch)
    batches.add_lines(batch.id, make_lines(lines))
    return batches.begin(batch.id)
