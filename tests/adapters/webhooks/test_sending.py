"""All messages that are due reach real receivers, well-behaved and not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pixellab.adapters.database.engine import sqlite_engine
from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.adapters.webhooks.deliveries_in_memory import InMemoryDeliveries
from pixellab.adapters.webhooks.deliveries_in_sql import SqlDeliveries
from pixellab.adapters.webhooks.sending import AT_ONE_RECEIVER, Sending
from pixellab.domain.ports import Deliveries, DeliveryQuery
from pixellab.domain.webhooks import (
    DeliveryStatus,
)
from tests.adapters.webhooks.messages import delivery, now, receivers
from tests.strangers import Stranger, after_seconds, in_turn, status, stranger

PATIENCE = 30.0


class Office:
    """Deliveries, and a clock that may be set ahead."""

    def __init__(self, deliveries: Deliveries) -> None:
        self.deliveries = deliveries
        self.ahead = timedelta()

    def clock(self) -> datetime:
        return now() + self.ahead

    def sending(self, *origins: str, default: str | None = None, **options: Any) -> Sending:
        send = receivers(*origins, default=default, clock=self.clock).send
        return Sending(self.deliveries, send, self.clock, **options)

    def states(self) -> dict[str, DeliveryStatus]:
        page = self.deliveries.page(DeliveryQuery(limit=200))
        return {each.id: each.status for each in page.deliveries}

    def wait_for(self, reached: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not reached():
            assert time.monotonic() < end, self.states()
            time.sleep(0.01)


@pytest.fixture(params=["in memory", "in SQL"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    if request.param == "in memory":
        yield Office(InMemoryDeliveries())
        return
    engine = sqlite_engine(f"sqlite:///{tmp_path / 'pixellab.db'}", timeout=30, pool_size=16)
    upgrade(engine)
    deliveries = SqlDeliveries(engine, timeout=30)
    yield Office(deliveries)
    deliveries.close()


def test_each_is_sent_once(office: Office, shop: Stranger) -> None:
    messages = [delivery(number) for number in range(30)]
    office.deliveries.add(messages)
    sending = office.sending(default=shop.origin)
    another = office.sending(default=shop.origin)
    while DeliveryStatus.WAITING in office.states().values():
        sending.send_due()
        another.send_due()
        time.sleep(0.01)
    sending.close()
    another.close()
    got = [each.headers["webhook-id"] for each in shop.received]
    assert sorted(got) == sorted(each.id for each in messages)


def test_one_that_failed_is_sent_again_with_the_same_id(office: Office, shop: Stranger) -> None:
    shop.answer = in_turn(status(500), status(503), status(200))
    office.deliveries.add([delivery(1)])
    sending = office.sending(default=shop.origin)
    for attempt, ahead in enumerate((0, 6, 400), start=1):
        office.ahead = timedelta(seconds=ahead)
        assert sending.send_due() == 1
        shop.wait_for(attempt)
        office.wait_for(lambda: sending.at_work == 0)
        assert sending.send_due() == 0
    sending.close()
    (done,) = office.deliveries.page(DeliveryQuery()).deliveries
    assert (done.status, done.attempts, done.last_status) == ("delivered", 3, 200)
    assert {each.headers["webhook-id"] for each in shop.received} == {done.id}
    assert {each.body for each in shop.received} == {done.body.encode()}
    stamps = [int(each.headers["webhook-timestamp"]) for each in shop.received]
    assert stamps == sorted(stamps)
    assert stamps[0] < stamps[1] < stamps[2]


def test_one_that_says_410_gets_nothing_more(office: Office, shop: Stranger) -> None:
    shop.answer = status(410)
    sending = office.sending(default=shop.origin)
    office.deliveries.add([delivery(1)])
    sending.send_due()
    office.wait_for(lambda: [*office.states().values()] == ["stopped"])
    office.deliveries.add(delivery(number) for number in range(2, 6))
    assert sending.send_due() == 0
    sending.close()
    assert {*office.states().values()} == {"stopped"}
    assert len(shop.received) == 1


def test_a_slow_receiver_delays_nobody_else(office: Office, shop: Stranger) -> None:
    with stranger(after_seconds(0.4, status(204))) as slow:
        office.deliveries.add(
            delivery(number, f"http://127.0.0.1:{slow.port}/") for number in range(50)
        )
        quick = [delivery(100 + number, f"{shop.origin}/") for number in range(20)]
        office.deliveries.add(quick)
        sending = office.sending(f"http://127.0.0.1:{slow.port}", shop.origin, threads=8)
        sending.send_due()
        office.wait_for(lambda: {office.states()[each.id] for each in quick} == {"delivered"})
        assert len(slow.received) <= 8 * AT_ONE_RECEIVER
        assert sending.at_work <= AT_ONE_RECEIVER
        sending.close()
    assert "waiting" in office.states().values()


def test_what_a_process_was_sending_when_it_died_is_sent_by_another(
    office: Office, shop: Stranger
) -> None:
    office.deliveries.add([delivery(1)])
    moment = now()
    office.deliveries.claim(now=moment, until=moment + timedelta(minutes=1), limit=1)
    sending = office.sending(default=shop.origin)
    assert sending.send_due() == 0
    office.ahead = timedelta(minutes=2)
    assert sending.send_due() == 1
    sending.close()
    assert [*office.states().values()] == ["delivered"]


def test_closing_waits_for_what_is_on_its_way(office: Office, shop: Stranger) -> None:
    shop.answer = after_seconds(0.3, status(204))
    office.deliveries.add(delivery(number) for number in range(40))
    sending = office.sending(default=shop.origin)
    sending.send_due()
    sending.close()
    states = [*office.states().values()]
    assert states.count(DeliveryStatus.DELIVERED) == len(shop.received) <= 2 * AT_ONE_RECEIVER
    assert sending.send_due() == 0
    assert states.count(DeliveryStatus.WAITING) > 0


def test_a_process_that_knows_no_receiver_leaves_the_settings_messages_alone(
    office: Office, shop: Stranger
) -> None:
    office.deliveries.add([delivery(1), delivery(2, f"{shop.origin}/")])
    sending = office.sending(shop.origin, knows_default=False)
    assert sending.send_due() == 1
    sending.close()
    assert office.states() == {
        delivery(1).id: DeliveryStatus.WAITING,
        delivery(2, f"{shop.origin}/").id: DeliveryStatus.DELIVERED,
    }


def test_what_is_over_is_forgotten_after_a_month(office: Office, shop: Stranger) -> None:
    office.deliveries.add([delivery(1)])
    sending = office.sending(default=shop.origin)
    sending.send_due()
    office.wait_for(lambda: [*office.states().values()] == ["delivered"])
    office.ahead = timedelta(days=29)
    sending.send_due()
    assert office.states()
    office.ahead = timedelta(days=31)
    sending.send_due()
    sending.close()
    assert office.states() == {}
