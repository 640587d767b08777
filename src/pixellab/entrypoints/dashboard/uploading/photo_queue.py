"""Photos on their way through the API, two at a time, while the page goes on."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any

from pixellab.entrypoints.dashboard.http_api import ApiError, HttpApi
from pixellab.entrypoints.dashboard.uploading.photo import Photo, State, Try

AT_ONCE = 2
"""Photos that one visitor has in work: more would only wait in the server's queue."""


class PhotoQueue:
    """The photos of one visitor; its threads end once all is done."""

    def __init__(self) -> None:
        self.photos: list[Photo] = []
        self._lock = Lock()

    @property
    def is_busy(self) -> bool:
        return any(not photo.is_final for photo in self.photos)

    def start(self, api: HttpApi, photos: Iterable[Photo], fields: Mapping[str, Any]) -> None:
        """Send ``photos`` with the form's ``fields``; returns at once.

        What was made of the same file before stays with it, as another try.
        """
        added = list(photos)
        for photo in added:
            photo.fields = dict(fields)
        with self._lock:
            for photo in added:
                self._take_over(photo)
            self.photos = [*added, *self.photos]
        self._run([partial(self._upload, api, photo) for photo in added])

    def resend(self, api: HttpApi) -> None:
        """Send again what failed for a reason that may have passed.

        The key is the same, so what did arrive the first time is not made twice.
        """
        with self._lock:
            failed = [photo for photo in self.photos if photo.can_resend]
            for photo in failed:
                photo.wait_again()
        self._run([partial(self._upload, api, photo) for photo in failed])

    def again(self, api: HttpApi, photo: Photo, fields: Mapping[str, Any]) -> None:
        """Enhance the stored original once more, in another way."""
        assert photo.result is not None
        image_id = photo.result.answer["image_id"]
        photo.fields, photo.enhanced_again = dict(fields), image_id
        photo.wait_again()
        self._run([lambda: self._work(photo, lambda: api.enhance(image_id, fields))])

    def cancel(self) -> None:
        """Send no more photos, and take back those that are being enhanced.

        The API cannot stop in the middle of a photo. A new photo is deleted as soon as it is done;
        another result of one that was there before is kept in its history.
        """
        with self._lock:
            for photo in self.photos:
                if photo.state is State.WAITING:
                    photo.state, photo.content = State.CANCELLED, None
                elif photo.state is State.WORKING:
                    photo.state = State.CANCELLING

    def clear(self) -> None:
        """Forget the photos that have come to an end."""
        with self._lock:
            self.photos = [photo for photo in self.photos if not photo.is_final]

    def seconds_left(self) -> float | None:
        """An estimate from the photos that are done; None before the first one is."""
        times = [photo.seconds for photo in self.photos if photo.seconds is not None]
        left = sum(not photo.is_final for photo in self.photos)
        return left * sum(times) / len(times) / AT_ONCE if times and left else None

    def _take_over(self, photo: Photo) -> None:
        for earlier in [each for each in self.photos if each.is_final and each.is_same_file(photo)]:
            photo.tries[:0] = earlier.tries
            self.photos.remove(earlier)

    def _run(self, work: list[Callable[[], None]]) -> None:
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="photos")
        for each in work:
            pool.submit(each)
        pool.shutdown(wait=False)

    def _upload(self, api: HttpApi, photo: Photo) -> None:
        def ask() -> dict[str, Any]:
            return api.upload(photo.name, io.BytesIO(photo.content or b""), photo.fields, photo.key)

        self._work(photo, ask, take_back=lambda answer: api.delete(answer["image_id"]))
        if not photo.can_resend:
            photo.content = None

    def _work(
        self,
        photo: Photo,
        ask: Callable[[], dict[str, Any]],
        take_back: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        with self._lock:
            if photo.state is not State.WAITING:
                return
            photo.state, photo.began = State.WORKING, time.monotonic()
        answer, problem, may_pass = _asked(ask)
        with self._lock:
            cancelled = photo.state is State.CANCELLING
            if not cancelled:
                photo.state = State.FAILED if answer is None else State.DONE
                photo.problem, photo.can_resend = problem, may_pass and take_back is not None
                if answer is not None:
                    photo.tries.append(Try(photo.fields, answer))
                    photo.chosen = None
                photo.seconds = time.monotonic() - photo.began
        if cancelled:
            photo.problem = _after_cancelling(answer, take_back)
            photo.state = State.CANCELLED


def _asked(ask: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any] | None, str | None, bool]:
    """The answer, or why there is none and whether that may pass."""
    try:
        return ask(), None, False
    except ApiError as error:
        return None, error.message, error.may_pass
    except Exception:
        return None, "Something unforeseen went wrong.", False


def _after_cancelling(
    answer: dict[str, Any] | None, take_back: Callable[[dict[str, Any]], None] | None
) -> str:
    """What became of a photo that was at work when it was cancelled."""
    if answer is None:
        return "It was cancelled."
    if take_back is None:
        return "It was cancelled too late; the result is kept in the photo's history."
    try:
        take_back(answer)
    except ApiError:
        return "It was cancelled too late; it is kept in the gallery, where it can be deleted."
    return "It was cancelled and deleted."
