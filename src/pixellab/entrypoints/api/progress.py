"""How far the uploads and enhancements of this process have come, kept in memory for a while."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import RLock
from typing import cast

from attrs import define, field

from pixellab.domain.ports import Event, Milestone, Observer
from pixellab.entrypoints.answers import ProgressAnswer, ReachedStepAnswer

SHARES = {
    "receiving": 0.0,
    "waiting": 0.05,
    "received": 0.1,
    "reserved": 0.12,
    "original_stored": 0.2,
    "queued": 0.2,
    "assessing": 0.2,
    "enhancing": 0.3,
    "storing": 0.9,
    "completed": 1.0,
    "failed": 1.0,
}
"""What is done when a step is reached, roughly, of a photo of 12 megapixels in the mode AUTO."""
BEGUN_BY = {
    Milestone.RECEIVED: ("received",),
    Milestone.RESERVED: ("reserved",),
    Milestone.ORIGINAL_STORED: ("original_stored", "assessing"),
    Milestone.QUEUED: ("queued",),
    Milestone.ASSESSED: ("enhancing",),
    Milestone.ENHANCED: ("storing",),
    Milestone.COMPLETED: ("completed",),
    Milestone.FAILED: ("failed",),
}
KEPT_SECONDS = 600.0
"""How long it is told how something ended, or how far it came before nothing was heard any more."""
MAX_TRACKS = 10_000
NEWEST_WEIGHT = 0.3
"""Of the latest photo in the mean of what photos took."""


@define(eq=False)
class Track(Observer):
    """How far one upload or enhancement has come; told by whoever works on it."""

    _board: ProgressBoard
    key: str | None = None
    image_id: str | None = None
    sequence: int | None = None
    mode: str | None = None
    chain: tuple[str, ...] = ()
    megapixels: float = 0.0
    steps: dict[str, float] = field(factory=dict)
    failure: str | None = None
    is_over: bool = False
    changed: float = 0.0

    def __call__(self, event: Event) -> None:
        with self._board.lock:
            self._take(event)

    def reach(self, step: str) -> None:
        with self._board.lock:
            self.changed = self._board.clock()
            self.steps.setdefault(step, self.changed)
            self.is_over = step in ("completed", "failed")

    def fail(self, why: str) -> None:
        """It failed before any use case could tell; does nothing once it is over."""
        with self._board.lock:
            if not self.is_over:
                self.failure = why
                self.reach("failed")

    def replayed(self, image_id: str, sequence: int) -> None:
        """Nothing was to be done: this is the image that was uploaded before."""
        self.image_id, self.sequence = image_id, sequence
        self.reach("completed")

    def _take(self, event: Event) -> None:
        fields = event.fields
        if event.milestone is Milestone.RESERVED:
            self.image_id, self.sequence = event.image_id, int(str(fields["sequence"]))
            self.mode, self.chain = (
                str(fields["mode"]),
                tuple(cast("Sequence[str]", fields["chain"])),
            )
            self.megapixels = int(str(fields["pixels"])) / 1e6
            self._board.show(self)
        elif event.milestone is Milestone.BACKEND_CALLED and fields.get("why"):
            self.chain = self.chain[1:] or self.chain
        elif event.milestone is Milestone.FAILED:
            self.failure = str(fields["reason"])
        for step in BEGUN_BY.get(event.milestone, ()):
            self.reach(step)
        if event.milestone is Milestone.COMPLETED:
            self._board.learn(self)

    @property
    def work_seconds(self) -> float | None:
        """From the measuring to now or to the end; None before it."""
        if "queued" in self.steps:
            begun = self.steps.get("enhancing")
        else:
            begun = self.steps.get("assessing", self.steps.get("reserved"))
        if begun is None:
            return None
        return (self.changed if self.is_over else self._board.clock()) - begun


class ProgressBoard:
    """Tracks, found by image and by idempotency key. Safe to use from several threads."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, most: int = MAX_TRACKS
    ) -> None:
        """``clock`` gives seconds; of more tracks than ``most`` the oldest are forgotten."""
        self.clock = clock
        self._most = most
        self.lock = RLock()
        self._tracks: OrderedDict[int, Track] = OrderedDict()
        self._by_image: dict[str, Track] = {}
        self._by_key: dict[str, Track] = {}
        self._pace: dict[tuple[str | None, str], float] = {}

    def follow(self, key: str | None = None) -> Track:
        """A new track; ``key`` finds it, unless an upload of the same key is still at work."""
        with self.lock:
            self._forget_old()
            track = Track(self, key=key, changed=self.clock())
            self._tracks[id(track)] = track
            if key is not None:
                earlier = self._by_key.get(key)
                if earlier is None or earlier.is_over:
                    self._by_key[key] = track
            return track

    def of_image(self, image_id: str) -> ProgressAnswer | None:
        """How far the image's latest enhancement has come, if it is at work in this process."""
        with self.lock:
            track = self._by_image.get(image_id)
            return None if track is None or track.is_over else self._answer(track)

    def of_key(self, key: str) -> ProgressAnswer | None:
        """How far the upload under this idempotency key has come, or how it ended."""
        with self.lock:
            track = self._by_key.get(key)
            return None if track is None or not track.steps else self._answer(track)

    def show(self, track: Track) -> None:
        """Let the track be found by its image."""
        assert track.image_id is not None
        self._by_image[track.image_id] = track

    def learn(self, track: Track) -> None:
        """Take the time of a completed enhancement into the mean of its mode and backend."""
        if track.work_seconds is not None and track.megapixels:
            which, pace = (track.mode, track.chain[0]), track.work_seconds / track.megapixels
            mean = self._pace.get(which, pace)
            self._pace[which] = mean + NEWEST_WEIGHT * (pace - mean)

    def _answer(self, track: Track) -> ProgressAnswer:
        step, first = next(reversed(track.steps)), next(iter(track.steps.values()))
        share, left = SHARES[step], self._seconds_left(track)
        if step == "enhancing" and left is not None and track.work_seconds is not None:
            whole = track.work_seconds + left
            within = track.work_seconds / whole if whole else 1.0
            share += (SHARES["storing"] - share) * within
        return ProgressAnswer(
            image_id=track.image_id,
            enhancement_sequence=track.sequence,
            step=step,
            enhancement_mode=track.mode,
            backend=track.chain[0] if track.chain else None,
            share_done=round(share, 2),
            seconds_left=left,
            steps=[
                ReachedStepAnswer(step=name, seconds=round(at - first, 3))
                for name, at in track.steps.items()
            ],
            failure=track.failure,
        )

    def _seconds_left(self, track: Track) -> float | None:
        if track.is_over:
            return 0.0
        pace = self._pace.get((track.mode, track.chain[0])) if track.chain else None
        if pace is None:
            return None
        return round(max(pace * track.megapixels - (track.work_seconds or 0.0), 0.0), 1)

    def _forget_old(self) -> None:
        """Tracks stand in the order in which they began, and all are bounded in number."""
        now = self.clock()
        old = [each for each in self._tracks.values() if each.changed + KEPT_SECONDS < now]
        too_many = len(self._tracks) - len(old) - self._most + 1
        if too_many > 0:
            old += [each for each in self._tracks.values() if each not in old][:too_many]
        for track in old:
            del self._tracks[id(track)]
            for found in (self._by_image, self._by_key):
                for name in (track.image_id, track.key):
                    if name is not None and found.get(name) is track:
                        del found[name]
