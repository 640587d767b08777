"""What every Deliveries promises."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from pixellab.domain.errors import UnknownDelivery
from pixellab.domain.ports import Deliveries, DeliveryCounts, DeliveryQuery
from pixellab.domain.webhooks import Delivery, DeliveryStatus, Reply, after
from pixellab.testing.records import MINUTE, NOON
from pixellab.testing.threads import at_once

TAKEN, GONE, BROKEN = Reply(status=204), Reply(status=410, error="Gone."), Reply(error="Down.")
THREADS = 8


def make_delivery(number: int, receiver: str = "", **changes: Any) -> Delivery:
    """A message that is new and due, a microsecond after the one of the number before."""
    made = NOON + timedelta(microseconds=number)
    delivery = Delivery(
        id=str(UUID(int=number + 1)),
        event="image.completed",
        about=str(UUID(int=7)),
        url=f"https://{receiver}/hook?token=1" if receiver else None,
        endpoint=(receiver or "default").encode().hex().ljust(64, "0")[:64],
        receiver=receiver,
        body='{"type":"image.completed","data":{"name":"ß 😀"}}',
        created_at=made,
        due_at=made,
    )
    return evolve(delivery, **changes)


class DeliveriesContract:
    """Needs the fixture ``deliveries``: empty ones."""

    def test_what_was_added_is_claimed_as_it_was(self, deliveries: Deliveries) -> None:
        made = make_delivery(1, "shop.example")
        deliveries.add([made])
        (begun,) = claim(deliveries)
        assert begun == evolve(made, attempts=1, due_at=NOON + 2 * MINUTE)
        assert claim(deliveries) == ()

    def test_one_that_is_there_is_not_added_again(self, deliveries: Deliveries) -> None:
        made = make_delivery(1)
        deliveries.add([made, make_delivery(2)])
        deliveries.add([evolve(made, body="other")])
        deliveries.add([])
        assert [each.body for each in listed(deliveries)] == [made.body] * 2

    def test_what_is_not_due_waits(self, deliveries: Deliveries) -> None:
        deliveries.add([make_delivery(1, due_at=NOON + 5 * MINUTE)])
        assert claim(deliveries) == ()
        assert len(claim(deliveries, now=NOON + 5 * MINUTE)) == 1

    def test_an_attempt_whose_process_died_is_begun_again(self, deliveries: Deliveries) -> None:
        deliveries.add([make_delivery(1)])
        (lost,) = claim(deliveries)
        (again,) = claim(deliveries, now=NOON + 3 * MINUTE)
        assert (again.id, again.attempts) == (lost.id, 2)
        deliveries.settle(after(lost, GONE, NOON + 3 * MINUTE))
        assert listed(deliveries) == [again]
        deliveries.settle(after(again, TAKEN, NOON + 3 * MINUTE))
        assert listed(deliveries)[0].status is DeliveryStatus.DELIVERED

    def test_a_slow_receiver_delays_no_other(self, deliveries: Deliveries) -> None:
        deliveries.add(make_delivery(number, "slow.example") for number in range(20))
        deliveries.add([make_delivery(30, "quick.example"), make_delivery(31)])
        begun = claim(deliveries)
        assert [each.receiver for each in begun] == ["slow.example", "quick.example", ""]
        (next_one,) = claim(deliveries)
        assert (next_one.receiver, next_one.id) == ("slow.example", make_delivery(1).id)
        assert claim(deliveries, busy={"slow.example"}) == ()
        deliveries.add([make_delivery(32, "quick.example")])
        assert len(claim(deliveries, limit=1, busy={"slow.example"})) == 1

    def test_how_an_attempt_ended_is_kept(self, deliveries: Deliveries) -> None:
        deliveries.add([make_delivery(1)])
        (begun,) = claim(deliveries)
        failed = after(begun, BROKEN, NOON + MINUTE)
        deliveries.settle(failed)
        assert listed(deliveries) == [failed]
        assert failed.due_at > NOON + MINUTE
        (again,) = claim(deliveries, now=failed.due_at)
        deliveries.settle(after(again, TAKEN, failed.due_at))
        (done,) = listed(deliveries)
        assert (done.status, done.last_status, done.last_error) == ("delivered", 204, None)
        assert done.finished_at == failed.due_at
        assert claim(deliveries, now=NOON + timedelta(days=2)) == ()

    def test_an_endpoint_that_is_gone_gets_nothing_more(self, deliveries: Deliveries) -> None:
        deliveries.add(make_delivery(number, "gone.example") for number in range(3))
        deliveries.add([make_delivery(3, "shop.example")])
        first = claim(deliveries)[0]
        deliveries.settle(after(first, GONE, NOON + MINUTE))
        deliveries.add([make_delivery(4, "gone.example")])
        states = {each.id: each.status for each in listed(deliveries)}
        stopped = {make_delivery(number).id for number in (0, 1, 2, 4)}
        assert {name for name, state in states.items() if state == "stopped"} == stopped
        assert all(each.finished_at for each in listed(deliveries, DeliveryStatus.STOPPED))
        assert claim(deliveries, now=NOON + timedelta(days=2))[0].receiver == "shop.example"

    def test_counts_what_is_due_and_what_is_parked(self, deliveries: Deliveries) -> None:
        assert deliveries.counts(NOON, 9) == DeliveryCounts(due=0, parked=0)
        deliveries.add(make_delivery(number, "gone.example") for number in range(3))
        deliveries.add([make_delivery(3, "shop.example"), make_delivery(4, "own.example")])
        deliveries.add([make_delivery(5, due_at=NOON + 5 * MINUTE)])
        now = NOON + MINUTE
        assert deliveries.counts(now, 9) == DeliveryCounts(due=5, parked=0)
        assert deliveries.counts(now, 2) == DeliveryCounts(due=2, parked=0)
        begun = {each.receiver: each for each in claim(deliveries)}
        assert deliveries.counts(now, 9) == DeliveryCounts(due=2, parked=0)  # not those under way
        failed = evolve(begun["shop.example"], status=DeliveryStatus.FAILED, finished_at=now)
        for each in (failed, after(begun["gone.example"], GONE, now)):
            deliveries.settle(each)
        deliveries.settle(after(begun["own.example"], TAKEN, now))
        assert deliveries.counts(now, 9) == DeliveryCounts(due=0, parked=4)
        assert deliveries.counts(NOON + 5 * MINUTE, 3) == DeliveryCounts(due=1, parked=3)

    def test_one_is_sent_again_and_its_endpoint_gets_the_next_ones(
        self, deliveries: Deliveries
    ) -> None:
        deliveries.add([make_delivery(1, "gone.example")])
        (begun,) = claim(deliveries)
        deliveries.settle(after(begun, GONE, NOON + MINUTE))
        again = deliveries.restart(begun.id, now=NOON + 5 * MINUTE)
        assert (again.status, again.attempts, again.finished_at) == ("waiting", 0, None)
        assert listed(deliveries) == [again]
        deliveries.add([make_delivery(2, "gone.example")])
        assert listed(deliveries)[0].status is DeliveryStatus.WAITING
        (first,) = claim(deliveries, now=NOON + 5 * MINUTE)
        assert first.attempts == 1

    def test_what_is_not_there_is_not_sent_again(self, deliveries: Deliveries) -> None:
        for name in (make_delivery(1).id, "nonsense", ""):
            with pytest.raises(UnknownDelivery):
                deliveries.restart(name, now=NOON)
        deliveries.settle(make_delivery(1))
        assert listed(deliveries) == []

    def test_pages_hold_each_once_newest_first(self, deliveries: Deliveries) -> None:
        deliveries.add(make_delivery(number, created_at=NOON) for number in range(5))
        deliveries.add(make_delivery(number) for number in range(5, 8))
        seen: list[str] = []
        query: DeliveryQuery | None = DeliveryQuery(limit=3)
        while query is not None:
            page = deliveries.page(query)
            seen += [each.id for each in page.deliveries]
            query = page.next_after and DeliveryQuery(limit=3, after=page.next_after)
        assert seen == [make_delivery(number).id for number in reversed(range(8))]

    def test_a_page_by_status(self, deliveries: Deliveries) -> None:
        deliveries.add([make_delivery(1, "a.example"), make_delivery(2, "b.example")])
        first, _ = claim(deliveries)
        deliveries.settle(after(first, TAKEN, NOON + MINUTE))
        assert [each.id for each in listed(deliveries, DeliveryStatus.DELIVERED)] == [first.id]
        assert len(listed(deliveries, DeliveryStatus.WAITING)) == 1
        assert listed(deliveries, DeliveryStatus.FAILED) == []

    def test_what_is_old_and_over_is_forgotten(self, deliveries: Deliveries) -> None:
        deliveries.add(make_delivery(number, f"{number}.example") for number in range(4))
        over = claim(deliveries, limit=3)
        for each in over:
            deliveries.settle(after(each, TAKEN, NOON + MINUTE))
        assert deliveries.forget(NOON, 10) == 0
        assert deliveries.forget(NOON + MINUTE, 2) == 2
        assert deliveries.forget(NOON + MINUTE, 10) == 1
        assert [each.id for each in listed(deliveries)] == [make_delivery(3).id]

    def test_many_that_claim_at_once_get_each_once(self, deliveries: Deliveries) -> None:
        deliveries.add(make_delivery(number, f"{number % 3}.example") for number in range(30))

        def all_of_them(_: int) -> list[str]:
            got: list[str] = []
            while begun := claim(deliveries):
                got += [each.id for each in begun]
            return got

        claimed: list[str] = []
        for got in at_once(all_of_them, THREADS):
            assert isinstance(got, list), got
            claimed += got
        while begun := claim(deliveries):  # what each left to another that was just claiming
            claimed += [each.id for each in begun]
        assert sorted(claimed) == sorted(make_delivery(number).id for number in range(30))


def claim(deliveries: Deliveries, **changes: Any) -> tuple[Delivery, ...]:
    now = changes.pop("now", NOON + MINUTE)
    asked = {"now": now, "until": now + MINUTE, "limit": 10} | changes
    return deliveries.claim(**asked)


def listed(deliveries: Deliveries, status: DeliveryStatus | None = None) -> list[Delivery]:
    return list(deliveries.page(DeliveryQuery(status=status)).deliveries)
