"""The dashboard's queue, on a real API: what is sent, cancelled, sent again."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from pixellab.entrypoints.dashboard.http_api import ApiError, HttpApi
from pixellab.entrypoints.dashboard.uploading.photo import Photo, State
from pixellab.entrypoints.dashboard.uploading.photo_queue import PhotoQueue
from tests.conftest import photo_bytes
from tests.e2e.dashboard.running import RunningApi


def photo(name: str = "a.jpg", content: bytes | None = None, seed: int = 0) -> Photo:
    content = photo_bytes(seed=seed) if content is None else content
    return Photo(name=name, content=content)


def modes(photo: Photo) -> list[str]:
    return [each.answer["enhancement_mode"] for each in photo.tries]


def wait_until(done: Callable[[], bool]) -> None:
    while not done():
        time.sleep(0.01)


def test_photos_are_enhanced_and_their_files_let_go(http_api: HttpApi) -> None:
    queue, photos = PhotoQueue(), [photo("a.jpg", seed=1), photo("b.jpg", seed=2)]
    assert queue.seconds_left() is None
    queue.start(http_api, photos, {"mode": "SHARPEN", "target_size_kb": None})
    wait_until(lambda: not queue.is_busy)
    assert [each.state for each in photos] == [State.DONE] * 2
    assert [each.content for each in photos] == [None] * 2
    assert [modes(each) for each in photos] == [["SHARPEN"], ["SHARPEN"]]
    queue.again(http_api, photos[0], {"mode": "OPTIMIZE"})
    wait_until(lambda: not queue.is_busy)
    assert photos[0].result is not None
    assert photos[0].result.fields == {"mode": "OPTIMIZE"}
    assert photos[0].result.answer["enhancement_sequence"] == 2
    photos[0].chosen = 0
    assert photos[0].result.fields["mode"] == "SHARPEN"
    queue.clear()
    assert queue.photos == []


def test_a_file_that_is_handed_over_again_is_another_try_of_the_same_photo(
    http_api: HttpApi,
) -> None:
    queue, first, other = PhotoQueue(), photo("a.jpg", seed=5), photo("a.jpg", seed=6)
    queue.start(http_api, [first, other], {"mode": "SHARPEN"})
    wait_until(lambda: not queue.is_busy)
    again = photo("a.jpg", seed=5)
    queue.start(http_api, [again], {"mode": "OPTIMIZE"})
    wait_until(lambda: not queue.is_busy)
    assert queue.photos == [again, other]
    assert [modes(each) for each in queue.photos] == [["SHARPEN", "OPTIMIZE"], ["SHARPEN"]]


def test_a_bad_file_says_why_and_the_others_go_on(http_api: HttpApi) -> None:
    queue, bad, good = PhotoQueue(), photo("bad.jpg", b"no picture"), photo(seed=3)
    queue.start(http_api, [bad, good], {"mode": "AUTO"})
    wait_until(lambda: not queue.is_busy)
    assert (bad.state, good.state) == (State.FAILED, State.DONE)
    assert bad.problem
    assert not bad.can_resend
    assert bad.content is None


def test_what_is_cancelled_at_work_is_deleted_once_it_is_done(http_api: HttpApi) -> None:
    before = http_api.images()["total"]
    queue, photos = PhotoQueue(), [photo(seed=each) for each in range(10, 16)]
    queue.start(http_api, photos, {"mode": "AUTO"})
    wait_until(lambda: any(each.state is State.WORKING for each in photos))
    queue.cancel()
    assert {each.state for each in photos} <= {State.DONE, State.CANCELLING, State.CANCELLED}
    wait_until(lambda: not queue.is_busy)
    done = sum(each.state is State.DONE for each in photos)
    assert http_api.images()["total"] == before + done
    assert all(each.content is None for each in photos)


def test_what_failed_while_the_api_was_away_is_sent_again(api: RunningApi) -> None:
    api.kill()
    queue, late = PhotoQueue(), photo(seed=4)
    try:
        queue.start(HttpApi(api.address), [late], {"mode": "AUTO"})
        wait_until(lambda: not queue.is_busy)
        assert late.can_resend
        assert late.problem == "PixelLab cannot be reached just now; try again in a moment."
    finally:
        api.start()
    queue.resend(HttpApi(api.address))
    wait_until(lambda: not queue.is_busy)
    assert (late.state, late.can_resend, late.content) == (State.DONE, False, None)


def test_answers_that_are_no_success_are_told_in_their_sentence(http_api: HttpApi) -> None:
    with pytest.raises(ApiError, match="image") as unknown:
        http_api.image("550e8400-e29b-41d4-a716-446655440000")
    assert (unknown.value.status, unknown.value.may_pass) == (404, False)
    with pytest.raises(ApiError, match="limit"):
        http_api.images(limit=1000)
    with pytest.raises(ApiError, match="cannot be reached") as nobody:
        HttpApi("http://localhost:9").capabilities()
    assert (nobody.value.status, nobody.value.may_pass) == (None, True)
    assert not HttpApi("http://localhost:9").is_there()


def test_the_key_goes_to_the_api_alone(http_api: HttpApi) -> None:
    """A port that begins with the API's is another server's."""
    assert "Authorization" not in HttpApi("http://localhost:80", "key").headers_for(
        "http://localhost:8000/files/x"
    )
    assert "Authorization" in HttpApi("http://localhost:80", "key").headers_for(
        "http://localhost:80/files/x"
    )
