"""What is told of an enhancement's end is written with it, or neither is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from attrs import evolve, frozen
from sqlalchemy import Engine

from pixellab.adapters.image_repositories.in_memory import InMemoryImageRepository
from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.adapters.webhooks.deliveries_in_memory import InMemoryDeliveries
from pixellab.adapters.webhooks.deliveries_in_sql import SqlDeliveries
from pixellab.domain.errors import ClaimLost
from pixellab.domain.images import Enhancement, ProcessingStatus, ProductImage
from pixellab.domain.ports import Deliveries, DeliveryQuery, ImageRepository
from pixellab.domain.webhooks import Announcer, Delivery
from pixellab.testing.records import (
    MINUTE,
    NOON,
    make_completed,
    make_enhancement,
    make_failed,
    make_image,
)
from pixellab.testing.threads import at_once

ANNOUNCER = Announcer(
    default="https://all.example/",
    describe=lambda image, ended: {"image_id": image.id, "status": image.status},
    describe_batch=lambda _: {},
)


def announce(image: ProductImage, ended: Enhancement) -> Iterable[Delivery]:
    if ended.failure == "Nobody may know.":
        raise LookupError
    return ANNOUNCER(image, ended)


@frozen
class Records:
    """A repository, and what it announced."""

    repository: ImageRepository
    deliveries: Deliveries

    def claim(self, number: int) -> Enhancement:
        image = make_image(number)
        enhancement = evolve(make_enhancement(image), webhook_url="https://own.example/")
        self.repository.add(image, enhancement)
        return self.repository.claim(image.id, 1, now=NOON, until=NOON + MINUTE)

    def told(self) -> list[str]:
        found = self.deliveries.page(DeliveryQuery()).deliveries
        return sorted(f"{each.event} {each.url}" for each in found)


def over(engine: Engine) -> Records:
    repository = SqlImageRepository(engine, timeout=30, announce=announce)
    return Records(repository, SqlDeliveries(engine, timeout=30))


class Announcing:
    """Needs the fixture ``records``: empty ones."""

    def test_both_receivers_are_told_of_each_end_once(self, records: Records) -> None:
        claimed = records.claim(1)
        assert records.told() == []
        records.repository.finish(make_completed(claimed))
        assert records.told() == [
            "image.completed None",
            "image.completed https://own.example/",
        ]
        with pytest.raises(ClaimLost):
            records.repository.finish(make_failed(claimed))
        assert len(records.told()) == 2

    def test_a_failure_is_told_and_its_repetition_too(self, records: Records) -> None:
        claimed = records.claim(1)
        records.repository.finish(make_failed(claimed))
        later = NOON + 2 * MINUTE
        again = records.repository.claim(claimed.image_id, 1, now=later, until=later + MINUTE)
        records.repository.finish(make_completed(again))
        events = [each.split()[0] for each in records.told()]
        assert events == ["image.completed"] * 2 + ["image.failed"] * 2

    def test_of_many_that_finish_at_once_one_is_told_of(self, records: Records) -> None:
        done = make_completed(records.claim(1))
        ended = at_once(lambda _: records.repository.finish(done), 6)
        assert sum(isinstance(each, ProductImage) for each in ended) == 1
        assert len(records.told()) == 2


class TestInMemory(Announcing):
    @pytest.fixture
    def records(self) -> Records:
        deliveries = InMemoryDeliveries()
        return Records(
            InMemoryImageRepository(announce=announce, deliveries=deliveries), deliveries
        )


class AnnouncingInSql(Announcing):
    def test_what_cannot_be_told_is_not_finished_either(self, records: Records) -> None:
        claimed = records.claim(1)
        with pytest.raises(LookupError):
            records.repository.finish(evolve(make_failed(claimed), failure="Nobody may know."))
        (current,) = records.repository.history(claimed.image_id)
        assert current.status is ProcessingStatus.PROCESSING
        assert records.told() == []


class TestSqlite(AnnouncingInSql):
    @pytest.fixture
    def records(self, in_sqlite: Engine) -> Iterator[Records]:
        yield over(in_sqlite)
        in_sqlite.dispose()


class TestMySql(AnnouncingInSql):
    @pytest.fixture
    def records(self, in_mysql: Engine) -> Iterator[Records]:
        yield over(in_mysql)
        in_mysql.dispose()
