"""Clients that use the HTTP API without a pause, and a record of what they were answered."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from typing import Any

import httpx
from attrs import define, field

from pixellab.domain.errors import UnknownImage
from pixellab.domain.images import ProcessingStatus
from pixellab.domain.ports import ImageRepository

LONGEST = 30.0
"""Seconds that any answer may take; an upload asks both stores several times."""
TRIES = 6
"""How often an upload is sent under the same Idempotency-Key."""
PAUSE = 1.0
"""Seconds at most before going on after an answer that is no success."""
RIGHT = {
    "upload": {201},
    "upload again": {200, 201},
    "enhance": {201},
    "list": {200},
    "delete": {204},
    "live": {200},
}
MAY_BE_IN_WORK = {"upload again", "enhance", "delete"}
"""What an earlier answer of 503 left in work is not taken away from under it."""


@define
class Record:
    """What clients were answered; shared by their threads."""

    answers: Counter[tuple[str, str]] = field(factory=Counter)
    """How many, by request and answer."""
    longest: dict[tuple[str, str], float] = field(factory=dict)
    """Seconds."""
    wrong: list[str] = field(factory=list)
    completed: set[tuple[str, int]] = field(factory=set)
    """(image, sequence) of the enhancements that were said to be completed."""
    deleted: set[str] = field(factory=set)
    doubtful: set[str] = field(factory=set)
    """Images whose deletion was not confirmed: they may be there or not."""
    readiness: list[tuple[float, dict[str, str]]] = field(factory=list)
    """When it was asked, and the state of each store."""
    lock: threading.Lock = field(factory=threading.Lock)

    def note(self, what: str, answer: httpx.Response, seconds: float) -> None:
        kind = "" if answer.is_success else answer.json()["type"].rpartition(":")[2]
        key = what, f"{answer.status_code} {kind}"
        right = answer.status_code in RIGHT[what]
        waits = answer.status_code == 503 and "Retry-After" in answer.headers and what != "live"
        in_work = kind == "in-progress" and what in MAY_BE_IN_WORK
        with self.lock:
            self.answers[key] += 1
            self.longest[key] = max(seconds, self.longest.get(key, 0.0))
            if not (right or waits or in_work) or seconds > LONGEST:
                self.wrong.append(f"{' '.join(key)} after {seconds:.1f} s: {answer.text}")

    def broken(self, repository: ImageRepository) -> dict[str, int]:
        """How much of what clients were told is not so."""

        def completed(image_id: str) -> set[tuple[str, int]]:
            try:
                history = repository.history(image_id)
            except UnknownImage:
                return set()
            done = ProcessingStatus.COMPLETED
            return {(image_id, each.sequence) for each in history if each.status is done}

        gone = self.deleted | self.doubtful
        kept = {each for each in self.completed if each[0] not in gone}
        found = {each for image_id in {each[0] for each in kept} for each in completed(image_id)}
        back = [image_id for image_id in self.deleted if completed(image_id)]
        return {
            f"of {len(kept)} enhancements said to be completed are not": len(kept - found),
            f"of {len(self.deleted)} images said to be deleted are there": len(back),
        }


@define
class Client:
    """Uploads in a loop, and does this and that to what it has uploaded."""

    url: str
    photo: bytes
    record: Record
    chance: random.Random
    own: list[str] = field(factory=list)

    def run(self, stop: threading.Event) -> None:
        with httpx.Client(base_url=self.url, timeout=300) as http:
            while not stop.is_set():
                self._upload(http, tries=self.chance.choice((1, TRIES)))
                turn = self.chance.random()
                if turn < 0.3:
                    self._ask(http, "list", "GET", "/api/v1/images?limit=20")
                elif turn < 0.6 and self.own:
                    self._enhance(http, self.chance.choice(self.own))
                elif turn < 0.7 and self.own:
                    self._delete(http, self.own.pop(self.chance.randrange(len(self.own))))

    def _upload(self, http: httpx.Client, tries: int) -> None:
        headers = {"Idempotency-Key": f"{self.chance.getrandbits(64):x}"}
        for number in range(tries):
            answer = self._ask(
                http,
                "upload again" if number else "upload",
                "POST",
                "/api/v1/enhance/upload",
                files={"file": ("photo.jpg", self.photo)},
                headers=headers,
            )
            if answer.is_success:
                self.own.append(answer.json()["image_id"])
                self._completed(answer)
                return

    def _enhance(self, http: httpx.Client, image_id: str) -> None:
        path, wanted = f"/api/v1/images/{image_id}/enhance", {"mode": "OPTIMIZE"}
        answer = self._ask(http, "enhance", "POST", path, json=wanted)
        if answer.is_success:
            self._completed(answer)

    def _delete(self, http: httpx.Client, image_id: str) -> None:
        answer = self._ask(http, "delete", "DELETE", f"/api/v1/images/{image_id}")
        with self.record.lock:
            (self.record.deleted if answer.is_success else self.record.doubtful).add(image_id)

    def _completed(self, answer: httpx.Response) -> None:
        body = answer.json()
        with self.record.lock:
            self.record.completed.add((body["image_id"], body["enhancement_sequence"]))

    def _ask(
        self, http: httpx.Client, what: str, method: str, path: str, **rest: Any
    ) -> httpx.Response:
        began = time.monotonic()
        answer = http.request(method, path, **rest)
        self.record.note(what, answer, time.monotonic() - began)
        if not answer.is_success:
            time.sleep(self.chance.uniform(0, PAUSE))
        return answer


def watch(url: str, record: Record, stop: threading.Event) -> None:
    """Ask again and again whether the application is ready, and whether it lives."""
    with httpx.Client(base_url=url, timeout=60) as http:
        while not stop.wait(0.1):
            asked = time.monotonic()
            record.readiness.append((asked, http.get("/health/ready").json()["checks"]))
            asked = time.monotonic()
            record.note("live", http.get("/health/live"), time.monotonic() - asked)
