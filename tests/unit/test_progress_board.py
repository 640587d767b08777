"""What the board of progress tells, how long, and of how many."""

from __future__ import annotations

import pytest

from pixellab.domain.ports import Event, Milestone
from pixellab.entrypoints.api.progress import KEPT_SECONDS, ProgressBoard, Track


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(clock: Clock) -> ProgressBoard:
    return ProgressBoard(clock)


def tell(track: Track, *stages: Milestone, image_id: str = "1", **fields: object) -> None:
    reserved = {"sequence": 1, "mode": "AUTO", "chain": ("FIRST", "LOCAL"), "pixels": 2_000_000}
    for stage in stages:
        told = reserved if stage is Milestone.RESERVED else {}
        track(Event(milestone=stage, image_id=image_id, fields={**told, **fields}))


BEGUN = (Milestone.RECEIVED, Milestone.RESERVED, Milestone.ORIGINAL_STORED, Milestone.ASSESSED)
SERVED = (Milestone.ENHANCED, Milestone.RESULT_STORED, Milestone.COMPLETED)


def test_a_photo_takes_as_long_per_pixel_as_those_before(
    board: ProgressBoard, clock: Clock
) -> None:
    first = board.follow()
    tell(first, *BEGUN)
    answer = board.of_image("1")
    assert answer is not None
    assert (answer.step, answer.share_done, answer.seconds_left) == ("enhancing", 0.3, None)
    clock.seconds += 8
    tell(first, *SERVED)
    second = board.follow()
    tell(second, *BEGUN, image_id="2")
    clock.seconds += 2
    answer = board.of_image("2")
    assert answer is not None
    assert (answer.seconds_left, answer.share_done) == (6.0, 0.45)
    clock.seconds += 100
    answer = board.of_image("2")
    assert answer is not None
    assert (answer.seconds_left, answer.share_done) == (0.0, 0.9)


def test_the_backend_is_the_one_that_is_asked_now(board: ProgressBoard) -> None:
    track = board.follow("key")
    tell(track, *BEGUN)
    answer = board.of_key("key")
    assert answer is not None
    assert answer.backend == "FIRST"
    tell(track, Milestone.BACKEND_CALLED, why="FIRST is not available.")
    answer = board.of_key("key")
    assert answer is not None
    assert answer.backend == "LOCAL"


def test_what_is_over_is_left_to_the_record(board: ProgressBoard) -> None:
    track = board.follow("key")
    tell(track, *BEGUN, *SERVED)
    assert board.of_image("1") is None
    answer = board.of_key("key")
    assert answer is not None
    assert (answer.step, answer.share_done, answer.seconds_left) == ("completed", 1.0, 0.0)


def test_an_upload_at_work_keeps_its_key(board: ProgressBoard) -> None:
    first, second = board.follow("key"), board.follow("key")
    first.reach("receiving")
    second.fail("The key was used before.")
    answer = board.of_key("key")
    assert answer is not None
    assert answer.step == "receiving"
    first.fail("No picture.")
    board.follow("key").reach("receiving")
    answer = board.of_key("key")
    assert answer is not None
    assert answer.step == "receiving"


def test_what_ended_is_forgotten_after_a_while(board: ProgressBoard, clock: Clock) -> None:
    track = board.follow("key")
    tell(track, *BEGUN, *SERVED)
    clock.seconds += KEPT_SECONDS
    board.follow()
    assert board.of_key("key") is not None
    clock.seconds += 1
    board.follow()
    assert board.of_key("key") is None


def test_the_oldest_of_too_many_is_forgotten(clock: Clock) -> None:
    board = ProgressBoard(clock, most=3)
    for number in range(5):
        board.follow(f"key {number}").reach("receiving")
    kept = [number for number in range(5) if board.of_key(f"key {number}")]
    assert kept == [2, 3, 4]
