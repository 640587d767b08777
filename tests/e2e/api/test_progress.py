"""How far an upload has come, while it is at work and after."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from pixellab.adapters.enhancers.deterministic import DeterministicEnhancer
from pixellab.domain.errors import BackendFailed
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.requests import Task
from pixellab.domain.results import Enhanced
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, UPLOAD, Api, Configure, served
from tests.e2e.api.test_bad_input import check_problem
from tests.e2e.api.test_failures import only, wait_for
from tests.e2e.conftest import embedded_only

PROGRESS = f"{UPLOAD}/progress"
pytestmark = embedded_only
EVENTS = {"Accept": "text/event-stream"}


class Held(DeterministicEnhancer):
    """Works until it is let go; fails if it is told to."""

    def __init__(self) -> None:
        super().__init__("LOCAL")
        self.go_on = threading.Event()
        self.fails = False

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        assert self.go_on.wait(60)
        if self.fails:
            raise BackendFailed("It failed.")
        return super().enhance(picture, task, report, attempt=attempt)


Held_ = tuple[Api, Held]


@pytest.fixture
def held(configure: Configure) -> Iterator[Held_]:
    enhancer = Held()
    with served(configure(), enhancers=only(enhancer, configure)) as api:
        yield api, enhancer
        enhancer.go_on.set()


def upload(api: Api, key: str, **fields: Any) -> httpx.Response:
    return api.http.post(
        UPLOAD,
        files={"file": ("photo.jpg", photo_bytes())},
        data=fields,
        headers={"Idempotency-Key": key},
    )


def progress(api: Api, key: str) -> dict[str, Any]:
    answer = api.http.get(PROGRESS, params={"idempotency_key": key})
    return dict(answer.json()) if answer.status_code == 200 else {"step": None}


def events(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_an_upload_is_followed_by_the_key_it_was_sent_with(held: Held_) -> None:
    api, enhancer = held
    check_problem(api.http.get(PROGRESS, params={"idempotency_key": "a key"}), 404)
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(upload, api, "a key", mode="SHARPEN")
        wait_for(lambda: progress(api, "a key")["step"] == "enhancing")
        found = progress(api, "a key")
        assert [each["step"] for each in found["steps"]] == [
            *("receiving", "waiting", "received", "reserved", "original_stored", "assessing"),
            "enhancing",
        ]
        assert 0 < found["share_done"] < 1
        assert (found["enhancement_mode"], found["enhancement_sequence"]) == ("SHARPEN", 1)
        by_image = api.http.get(f"{IMAGES}/{found['image_id']}/progress").json()
        assert (by_image["step"], by_image["image_id"]) == ("enhancing", found["image_id"])
        enhancer.go_on.set()
        body = answer.result().json()
    done = progress(api, "a key")
    assert (done["step"], done["share_done"], done["image_id"]) == (
        "completed",
        1.0,
        body["image_id"],
    )
    recorded = api.http.get(f"{IMAGES}/{body['image_id']}/progress").json()
    assert (recorded["step"], recorded["steps"]) == ("completed", [])
    assert upload(api, "a key", mode="SHARPEN").status_code == 200
    assert progress(api, "a key")["step"] == "completed"
    assert progress(api, "a key")["image_id"] == body["image_id"]


def test_the_time_left_is_known_from_earlier_photos(held: Held_) -> None:
    api, enhancer = held
    enhancer.go_on.set()
    assert upload(api, "first").status_code == 201
    enhancer.go_on.clear()
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(upload, api, "second")
        wait_for(lambda: progress(api, "second")["step"] == "enhancing")
        assert progress(api, "second")["seconds_left"] >= 0
        enhancer.go_on.set()
        assert answer.result().status_code == 201
    assert progress(api, "second")["seconds_left"] == 0


def test_events_tell_the_steps_until_the_end(held: Held_) -> None:
    api, enhancer = held
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(upload, api, "key")
        wait_for(lambda: progress(api, "key")["step"] == "enhancing")
        query = {"idempotency_key": "key"}
        with api.http.stream("GET", PROGRESS, params=query, headers=EVENTS) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            told = events(stream)
            assert next(told)["step"] == "enhancing"
            enhancer.go_on.set()
            assert [each["step"] for each in told][-1] == "completed"
        image_id = answer.result().json()["image_id"]
    with api.http.stream("GET", f"{IMAGES}/{image_id}/progress", headers=EVENTS) as stream:
        assert [each["step"] for each in events(stream)] == ["completed"]


def test_a_failure_says_why(held: Held_) -> None:
    api, enhancer = held
    enhancer.fails = True
    enhancer.go_on.set()
    image_id = upload(api, "fails").json()["image_id"]
    found = progress(api, "fails")
    assert (found["step"], found["failure"]) == ("failed", "It failed.")
    recorded = api.http.get(f"{IMAGES}/{image_id}/progress").json()
    assert (recorded["step"], recorded["failure"]) == ("failed", "It failed.")


@pytest.mark.parametrize(
    ("content", "fields", "why"),
    [
        (b"not a picture", {}, "not an image"),
        (None, {"mode": "PRETTY"}, "mode must be"),
    ],
)
def test_what_is_refused_before_there_is_a_record_failed(
    api: Api, content: bytes | None, fields: dict[str, str], why: str
) -> None:
    key = f"refused {why}"
    refused = api.http.post(
        UPLOAD,
        files={"file": ("photo.jpg", content or b"x")},
        data=fields,
        headers={"Idempotency-Key": key},
    )
    found = progress(api, key)
    assert (found["step"], found["image_id"]) == ("failed", None)
    assert found["failure"] == refused.json()["detail"]


def test_an_image_of_an_earlier_process_is_known_by_its_record(configure: Configure) -> None:
    settings = configure()
    with served(settings) as api:
        image_id = upload(api, "before").json()["image_id"]
    with served(settings) as api:
        found = progress(api, "before")
        assert (found["step"], found["image_id"], found["steps"]) == ("completed", image_id, [])


def test_an_unknown_image_has_no_progress(api: Api) -> None:
    answer = api.http.get(f"{IMAGES}/550e8400-e29b-41d4-a716-446655440000/progress", headers=EVENTS)
    check_problem(answer, 404)
