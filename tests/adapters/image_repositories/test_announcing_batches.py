"""What is told of a batch's end is written with it, or neither is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from attrs import evolve, frozen
from sqlalchemy import Engine

from pixellab.adapters.batches.batches_in_sql import SqlBatches
from pixellab.adapters.webhooks.deliveries_in_sql import SqlDeliveries
from pixellab.domain.batches import BatchItem, BatchProgress, BatchState, ItemState
from pixellab.domain.ports import Batches, Deliveries, DeliveryQuery
from pixellab.domain.webhooks import Announcer, Delivery
from pixellab.testing.contracts.batches import make_batch, make_lines
from pixellab.testing.records import MINUTE, NOON
from pixellab.testing.threads import at_once

OWN = "https://own.example/?t=1"
BATCH = make_batch(webhook_url=OWN)
ANNOUNCER = Announcer(
    default="https://all.example/",
    describe=lambda *_: {},
    describe_batch=lambda ended: {"state": ended.batch.state, "done": ended.counts.done},
)
BOTH = ["batch.completed None", f"batch.completed {OWN}"]


def announce(ended: BatchProgress) -> Iterable[Delivery]:
    if ended.counts.failed == 3:
        raise LookupError
    return ANNOUNCER.of_batch(ended)


@frozen
class Records:
    """Batches, and what they announced."""

    batches: Batches
    deliveries: Deliveries

    def begun(self, lines: int) -> list[BatchItem]:
        """The lines of BATCH, all of them at work."""
        self.batches.add(BATCH)
        self.batches.add_lines(BATCH.id, make_lines(lines))
        self.batches.begin(BATCH.id)
        return [self.claimed(number) for number in range(1, lines + 1)]

    def claimed(self, number: int) -> BatchItem:
        item = self.batches.claim(BATCH.id, number, now=NOON, until=NOON + MINUTE, owner="me")
        assert item is not None
        return item

    def finish(self, item: BatchItem, state: ItemState, minutes: int = 0) -> bool:
        done = evolve(item, state=state, failure="No." if state is ItemState.FAILED else None)
        return self.batches.finish(done, now=NOON + minutes * MINUTE)

    def told(self) -> list[Delivery]:
        return list(self.deliveries.page(DeliveryQuery()).deliveries)

    def names(self) -> list[str]:
        return sorted(f"{each.event} {each.url}" for each in self.told())


def over(engine: Engine) -> Records:
    return Records(
        SqlBatches(engine, timeout=30, announce=announce), SqlDeliveries(engine, timeout=30)
    )


class AnnouncingBatches:
    """Needs the fixture ``records``: empty ones."""

    def test_of_many_lines_that_end_at_once_one_is_the_last(self, records: Records) -> None:
        lines = records.begun(6)
        assert all(at_once(lambda n: records.finish(lines[n], ItemState.DONE), len(lines)))
        assert records.batches.end_what_is_over(now=NOON) == ()
        assert records.names() == BOTH
        assert {each.about for each in records.told()} == {BATCH.id}
        assert {each.body.count('"done":6') for each in records.told()} == {1}

    def test_a_batch_that_is_tried_again_ends_again(self, records: Records) -> None:
        (line,) = records.begun(1)
        records.finish(line, ItemState.FAILED)
        assert records.batches.retry(BATCH.id, 10) == 1
        assert records.names() == BOTH
        records.finish(records.claimed(1), ItemState.DONE, minutes=1)
        assert records.names() == sorted(BOTH * 2)

    def test_one_that_is_cancelled_ends_once_what_is_at_work_has(self, records: Records) -> None:
        first, _ = records.begun(2)
        records.batches.put_back(first)
        assert [records.batches.cancel(BATCH.id, 10, now=NOON) for _ in range(2)] == [1, 0]
        assert records.told() == []
        (second,) = records.batches.under_way()
        records.finish(second, ItemState.DONE)
        assert records.names() == BOTH
        assert all('"state":"cancelled"' in each.body for each in records.told())

    def test_what_cannot_be_told_has_not_ended_either(self, records: Records) -> None:
        first, second, third = records.begun(3)
        for each in (first, second):
            records.finish(each, ItemState.FAILED)
        with pytest.raises(LookupError):
            records.finish(third, ItemState.FAILED)
        assert records.batches.get(BATCH.id).state is BatchState.OPEN
        assert records.batches.under_way() == (third,)
        assert records.told() == []


class TestSqlite(AnnouncingBatches):
    @pytest.fixture
    def records(self, in_sqlite: Engine) -> Iterator[Records]:
        yield over(in_sqlite)
        in_sqlite.dispose()


class TestMySql(AnnouncingBatches):
    @pytest.fixture
    def records(self, in_mysql: Engine) -> Iterator[Records]:
        yield over(in_mysql)
        in_mysql.dispose()
