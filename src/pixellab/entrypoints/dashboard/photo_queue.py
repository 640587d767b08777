"""Photos on their way through the API, two at a time, while the page goes on."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from threading import Lock
from typing import Any
from uuid import uuid4

from attrs import define, field

from pixellab.entrypoints.dashboard.http_api import ApiError, HttpApi

AT_ONCE = 2
"""Photos that one visitor has in work: more would only wait in the server's queue."""


class State(StrEnum):
    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL = {State.DONE, State.FAILED, State.CANCELLED}


@define(kw_only=True)
class Photo:
    """One photo handed over, and what became of it."""

    name: str
    size_bytes: int
    key: str = field(factory=lambda: str(uuid4()))
    """Names it to the API before it has an id."""
    state: State = State.WAITING
    content: bytes | None = field(default=None, repr=False)
    """The file, until it has been sent."""
    answer: dict[str, Any] | None = None
    problem: str | None = None
    began: float | None = None
    """``time.monotonic`` when its turn came."""
    seconds: float | None = None

    @property
    def is_final(self) -> bool:
        return self.state in FINAL


class PhotoQueue:
    """The photos of one visitor; its threads end once all is done."""

    def __init__(self) -> None:
        self.photos: list[Photo] = []
        self._lock = Lock()
        self._cancelled = False

    @property
    def is_busy(self) -> bool:
        return any(not photo.is_final for photo in self.photos)

    def start(self, api: HttpApi, photos: Iterable[Photo], fields: Mapping[str, Any]) -> None:
        """Send ``photos`` with the form's ``fields``; returns at once."""
        added = list(photos)
        with self._lock:
            self._cancelled = False
            self.photos = [*added, *self.photos]
        self._run([partial(self._upload, api, photo, fields) for photo in added])

    def again(self, api: HttpApi, photo: Photo, fields: Mapping[str, Any]) -> None:
        """Enhance the stored original once more, in another way."""
        assert photo.answer is not None
        image_id = photo.answer["image_id"]
        photo.state, photo.began, photo.seconds = State.WAITING, None, None
        self._run([lambda: self._work(photo, lambda: api.enhance(image_id, fields))])

    def cancel(self) -> None:
        """Send no more photos; what the server has begun comes to its end there."""
        with self._lock:
            self._cancelled = True
            for photo in self.photos:
                if photo.state is State.WAITING:
                    photo.state, photo.content = State.CANCELLED, None

    def clear(self) -> None:
        """Forget the photos that have come to an end."""
        with self._lock:
            self.photos = [photo for photo in self.photos if not photo.is_final]

    def seconds_left(self) -> float | None:
        """An estimate from the photos that are done; None before the first one is."""
        times = [photo.seconds for photo in self.photos if photo.seconds is not None]
        left = sum(not photo.is_final for photo in self.photos)
        return left * sum(times) / len(times) / AT_ONCE if times and left else None

    def _run(self, work: list[Callable[[], None]]) -> None:
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="photos")
        for each in work:
            pool.submit(each)
        pool.shutdown(wait=False)

    def _upload(self, api: HttpApi, photo: Photo, fields: Mapping[str, Any]) -> None:
        content = photo.content or b""
        self._work(photo, lambda: api.upload(photo.name, io.BytesIO(content), fields, photo.key))
        photo.content = None

    def _work(self, photo: Photo, ask: Callable[[], dict[str, Any]]) -> None:
        with self._lock:
            if self._cancelled or photo.state is not State.WAITING:
                return
            photo.state, photo.began = State.WORKING, time.monotonic()
        try:
            answer = ask()
        except ApiError as error:
            photo.problem, photo.state = error.message, State.FAILED
        except Exception:
            photo.problem, photo.state = "Something unforeseen went wrong.", State.FAILED
        else:
            photo.answer, photo.problem, photo.state = answer, None, State.DONE
        photo.seconds = time.monotonic() - photo.began
