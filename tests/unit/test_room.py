"""How much may wait, and how often that is counted."""

from __future__ import annotations

import pytest

from pixellab.adapters.image_repositories.in_memory import InMemoryImageRepository
from pixellab.domain.errors import QueueFull
from pixellab.domain.use_cases import Room
from pixellab.testing.records import make_enhancement, make_image


class Hours:
    """A clock that a test sets, by which a count of many takes an hour."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class SlowToCount(InMemoryImageRepository):
    def __init__(self, hours: Hours) -> None:
        super().__init__()
        self._hours = hours

    def open_work(self, most: int) -> int:
        self._hours.now += 1
        return super().open_work(most)


def reserve(repository: InMemoryImageRepository, *numbers: int) -> None:
    for number in numbers:
        image = make_image(number)
        repository.add(image, make_enhancement(image))


def made(limit: int, few: int) -> tuple[Room, InMemoryImageRepository, Hours]:
    hours = Hours()
    repository = SlowToCount(hours)
    return Room(repository=repository, limit=limit, monotonic=hours, few=few), repository, hours


def test_a_few_are_counted_each_time() -> None:
    room, repository, hours = made(limit=3, few=3)
    for number in range(3):
        room()
        reserve(repository, number)
    with pytest.raises(QueueFull, match="3 enhancements are waiting"):
        room()
    repository.mark_deleted(make_image(0).id, now=make_image(0).created_at)
    room()
    assert hours.now == 5


def test_a_long_count_is_trusted_ten_times_as_long_and_what_was_let_in_is_added() -> None:
    room, repository, hours = made(limit=5, few=2)
    reserve(repository, 0, 1, 2)
    room()
    room()
    assert hours.now == 1
    with pytest.raises(QueueFull):
        room()
    hours.now = 10.9
    with pytest.raises(QueueFull):
        room()
    hours.now = 11
    room()  # what was let in has not come to be on record, so three are counted again
    assert hours.now == 12
    reserve(repository, 3, 4)
    hours.now = 22
    with pytest.raises(QueueFull):
        room()
    assert hours.now == 23
