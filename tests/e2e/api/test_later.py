"""Prefer: respond-async: accepted now, done later, whatever happens in between."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.domain.images import ProcessingStatus
from pixellab.entrypoints.api.http.prefer import prefers_async
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, UPLOAD, Api, Configure, served
from tests.e2e.api.test_bad_input import check_problem
from tests.e2e.api.test_failures import only, wait_for
from tests.e2e.api.test_progress import Held
from tests.e2e.api.test_server import port_of, process, wait_until_live
from tests.e2e.conftest import embedded_only

LATER = {"Prefer": "respond-async"}
FILES = {"file": ("photo.jpg", photo_bytes())}


def status_of(api: Api, location: str) -> str:
    answer = api.http.get(location).json()
    status: str = answer.get("processing_status") or answer["status"]
    return status.lower()


def wait_until_done(api: Api, location: str) -> None:
    wait_for(lambda: status_of(api, location) == "completed")


def test_an_upload_is_accepted_and_done_later(api: Api) -> None:
    answer = api.http.post(UPLOAD, files=FILES, data={"mode": "sharpen"}, headers=LATER)
    assert answer.status_code == 202, answer.text
    assert answer.headers["preference-applied"] == "respond-async"
    body = answer.json()
    assert answer.headers["location"] == f"{IMAGES}/{body['image_id']}"
    assert (body["status"], body["enhancement_sequence"]) == ("PENDING", 1)
    assert body["enhancement_mode"] == "SHARPEN"
    assert httpx.get(body["original_url"]).content == photo_bytes()
    wait_until_done(api, answer.headers["location"])
    done = api.http.get(answer.headers["location"]).json()
    assert httpx.get(done["enhanced_image_url"]).status_code == 200


def test_enhancing_again_later(api: Api) -> None:
    image = api.uploaded()
    address = f"{IMAGES}/{image['image_id']}"
    answer = api.http.post(f"{address}/enhance", json={"mode": "OPTIMIZE"}, headers=LATER)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"{address}/enhancements/2"
    assert answer.headers["preference-applied"] == "respond-async"
    wait_until_done(api, answer.headers["location"])
    done = api.http.get(answer.headers["location"]).json()
    assert (done["enhancement_mode"], done["enhancement_sequence"]) == ("OPTIMIZE", 2)
    assert done == api.http.get(f"{address}/enhancement-history").json()["enhancements"][1]


@pytest.mark.parametrize("number", [0, 2, 10**9])
def test_an_enhancement_that_is_not_there(api: Api, number: int) -> None:
    address = f"{IMAGES}/{api.uploaded()['image_id']}/enhancements/{number}"
    check_problem(api.http.get(address), 404)


@embedded_only
def test_a_repeated_upload_is_answered_as_it_stands(configure: Configure) -> None:
    held = Held()
    with served(configure(), enhancers=only(held, configure)) as api:
        headers = LATER | {"Idempotency-Key": "once"}

        def post(**others: str) -> httpx.Response:
            return api.http.post(UPLOAD, files=FILES, headers=headers | others)

        try:
            first = post()
            wait_for(lambda: attempts_of(api, first) == 1)
            while_at_work = post()
            assert (first.status_code, while_at_work.status_code) == (202, 202)
            assert while_at_work.json() == first.json()
            progress = f"{first.headers['location']}/progress"
            wait_for(lambda: api.http.get(progress).json()["step"] == "enhancing")
            check_problem(post(Prefer="wait=1"), 409)
        finally:
            held.go_on.set()
        wait_until_done(api, first.headers["location"])
        done = post()
        assert done.status_code == 200
        assert done.json()["enhanced_url"]
        assert len(api.lab.repository.history(first.json()["image_id"])) == 1


@embedded_only
def test_a_repeated_upload_that_failed_is_tried_again(configure: Configure) -> None:
    held = Held()
    held.fails = True
    held.go_on.set()
    with served(configure(), enhancers=only(held, configure)) as api:
        headers = LATER | {"Idempotency-Key": "once"}
        first = api.http.post(UPLOAD, files=FILES, headers=headers)
        wait_for(lambda: status_of(api, first.headers["location"]) == "failed")
        held.fails = False
        again = api.http.post(UPLOAD, files=FILES, headers=headers)
        assert again.status_code == 202
        assert again.json()["image_id"] == first.json()["image_id"]
        wait_until_done(api, first.headers["location"])


@embedded_only
def test_no_more_is_accepted_than_may_wait(configure: Configure) -> None:
    held = Held()
    settings = configure(queue_limit=2, job_workers=1)
    with served(settings, enhancers=only(held, configure)) as api:
        accepted = [api.http.post(UPLOAD, files=FILES, headers=LATER) for _ in range(2)]
        try:
            refused = api.http.post(UPLOAD, files=FILES, headers=LATER)
            assert check_problem(refused, 429)["type"].endswith("queue-full")
            assert int(refused.headers["retry-after"]) > 0
            address = accepted[0].headers["location"]
            again = api.http.post(f"{address}/enhance", json={}, headers=LATER)
            check_problem(again, 429)
        finally:
            held.go_on.set()
        for each in accepted:
            wait_until_done(api, each.headers["location"])


def test_bad_input_is_refused_at_once(api: Api) -> None:
    files = {"file": ("photo.jpg", b"no image")}
    check_problem(api.http.post(UPLOAD, files=files, headers=LATER), 415)
    unknown = f"{IMAGES}/00000000-0000-4000-8000-000000000000/enhance"
    check_problem(api.http.post(unknown, json={}, headers=LATER), 404)


def test_what_was_accepted_is_done_after_the_server_was_killed(configure: Configure) -> None:
    settings = configure()
    with process(settings, PIXELLAB_JOB_WORKERS="0", PIXELLAB_RATE_LIMIT="off") as running:
        port = port_of(running)
        wait_until_live(port)

        def post(_: int) -> dict[str, Any]:
            answer = httpx.post(
                f"http://127.0.0.1:{port}{UPLOAD}", files=FILES, headers=LATER, timeout=60
            )
            assert answer.status_code == 202, answer.text
            body: dict[str, Any] = answer.json()
            return body

        with ThreadPoolExecutor(3) as clients:
            accepted = list(clients.map(post, range(6)))
        running.send_signal(signal.SIGKILL)
        assert running.wait(60) == -signal.SIGKILL
    with served(settings) as api:
        for each in accepted:
            wait_until_done(api, f"{IMAGES}/{each['image_id']}")
        for each in accepted:
            (done,) = api.lab.repository.history(each["image_id"])
            assert (done.status, done.attempts) == (ProcessingStatus.COMPLETED, 1)
        assert len(api.everything()[0]) == 3 * len(accepted)


@given(
    st.lists(st.sampled_from(["wait=10", "handling=lenient", 'foo="bar"; x=1', ""])),
    st.sampled_from(["respond-async", "Respond-Async", " respond-async ; x=y"]),
    st.lists(st.sampled_from(["return=minimal", "wait=1"])),
)
def test_the_preference_is_found_among_others(
    before: list[str], preference: str, after: list[str]
) -> None:
    assert prefers_async(", ".join([*before, preference, *after]))
    assert not prefers_async(", ".join([*before, *after]))
    assert not prefers_async(None)


def attempts_of(api: Api, answer: httpx.Response) -> int:
    (first,) = api.lab.repository.history(answer.json()["image_id"])
    return first.attempts
