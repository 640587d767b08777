"""Batches over HTTP: taken in, done by the server, looked at, cancelled, tried again."""

from __future__ import annotations

import csv
import io
import json
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixellab.domain.batches import MAX_LINES
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import UPLOAD, Api, Configure, served
from tests.e2e.api.test_bad_input import UNKNOWN, check_problem
from tests.e2e.api.test_failures import only, wait_for
from tests.e2e.api.test_progress import Held
from tests.e2e.api.test_server import port_of, process, wait_until_live
from tests.e2e.conftest import embedded_only
from tests.unit.batches.conftest import put

BATCHES = "/api/v1/batches"
TASK = {"mode": "OPTIMIZE"}


def post(api: Api, manifest: str | bytes, **fields: str) -> httpx.Response:
    files = {"manifest": ("photos.csv", manifest)}
    return api.http.post(BATCHES, files=files, data=TASK | fields)


def accepted(api: Api, manifest: str, **fields: str) -> str:
    """The batch's address."""
    answer = post(api, manifest, **fields)
    assert answer.status_code == 202, answer.text
    address: str = answer.headers["location"]
    assert address == f"{BATCHES}/{answer.json()['batch_id']}"
    return address


def get(api: Api, address: str, **query: Any) -> dict[str, Any]:
    answer = api.http.get(address, params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def wait_until_over(api: Api, address: str) -> dict[str, Any]:
    _wait_for_long(lambda: get(api, address)["state"] != "open")
    return get(api, address)


def test_a_manifest_is_done_and_what_is_wrong_has_its_sentence(api: Api) -> None:
    put(api.lab, "a.jpg", "b.jpg")
    put(api.lab, "bad.jpg", content=b"no image")
    manifest = (
        "key,sku_id\nincoming/a.jpg,BATCH-A\nuploads/original/x.jpg,\nincoming/bad.jpg,\n"
        "incoming/gone.jpg,\nincoming/b.jpg,\n"
    )
    address = accepted(api, manifest, name="Spring", target_size_kb="100")
    done = wait_until_over(api, address)
    assert (done["state"], done["name"], done["enhancement_mode"]) == ("done", "Spring", "OPTIMIZE")
    counts = {"total": 5, "waiting": 0, "working": 0, "done": 2, "failed": 3, "cancelled": 0}
    assert done["counts"] == counts
    assert done["finished_at"]
    assert done["cost"] == []
    items = get(api, f"{address}/items")["items"]
    assert [each["state"] for each in items] == ["done", "failed", "failed", "failed", "done"]
    assert all(each["failure"].endswith(".") for each in items if each["state"] == "failed")
    assert "must begin with incoming/" in items[1]["failure"]
    image = get(api, f"/api/v1/images/{items[0]['image_id']}")
    assert (image["sku_id"], image["status"]) == ("BATCH-A", "COMPLETED")
    table = api.http.get(f"{address}/results.csv")
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["state"] for row in rows] == [each["state"] for each in items]
    assert httpx.get(rows[0]["enhanced_url"]).status_code == 200
    assert rows[3]["failure"] == items[3]["failure"]
    assert (rows[4]["key"], rows[4]["image_id"]) == ("incoming/b.jpg", items[4]["image_id"])


def test_a_prefix_names_all_below_it(api: Api) -> None:
    put(api.lab, "all/a.jpg", "all/b.jpg")
    put(api.lab, "others.jpg")
    answer = api.http.post(BATCHES, json=TASK | {"prefix": "incoming/all/"})
    assert answer.status_code == 202, answer.text
    done = wait_until_over(api, answer.headers["location"])
    assert (done["counts"]["total"], done["counts"]["done"]) == (2, 2)


def test_lines_as_json(api: Api) -> None:
    put(api.lab, "json.jpg")
    items = [{"key": "incoming/json.jpg"}, {"image_url": "https://shop.example/a.jpg"}]
    answer = api.http.post(BATCHES, json=TASK | {"items": items})
    assert answer.status_code == 202, answer.text
    done = wait_until_over(api, answer.headers["location"])
    assert (done["counts"]["done"], done["counts"]["failed"]) == (1, 1)
    (failed,) = get(api, f"{answer.headers['location']}/items", state="failed")["items"]
    assert failed["image_url"] == "https://shop.example/a.jpg"
    assert "not fetched from addresses here" in failed["failure"]


def test_pages_of_batches_and_lines(api: Api) -> None:
    lines = "".join(f"incoming/no-{number}.jpg\n" for number in range(5))
    first, second = (accepted(api, f"key\n{lines}") for _ in range(2))
    page = get(api, BATCHES, limit=1)
    assert f"{BATCHES}/{page['batches'][0]['batch_id']}" == second
    page = get(api, BATCHES, limit=1, cursor=page["next_cursor"])
    assert f"{BATCHES}/{page['batches'][0]['batch_id']}" == first
    numbers, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        part = get(api, f"{first}/items", **query)
        numbers += [each["number"] for each in part["items"]]
        if not (cursor := part["next_cursor"]):
            break
    assert numbers == [1, 2, 3, 4, 5]
    for address in (first, second):
        wait_until_over(api, address)


def test_the_same_key_gives_the_same_batch(api: Api) -> None:
    manifest = {"manifest": ("photos.csv", "key\nincoming/once.jpg\n")}
    headers = {"Idempotency-Key": "batch-once"}
    first = api.http.post(BATCHES, files=manifest, data=TASK, headers=headers)
    again = api.http.post(BATCHES, files=manifest, data=TASK, headers=headers)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["batch_id"] == first.json()["batch_id"]
    other = api.http.post(BATCHES, files=manifest, data={"mode": "AUTO"}, headers=headers)
    check_problem(other, 409)
    wait_until_over(api, first.headers["location"])


def test_what_failed_is_tried_again(api: Api) -> None:
    address = accepted(api, "key\nincoming/later.jpg\nuploads/never.jpg\n")
    assert wait_until_over(api, address)["counts"]["failed"] == 2
    put(api.lab, "later.jpg")
    again = api.http.post(f"{address}/retry")
    assert (again.status_code, again.json()["retried"]) == (200, 1)
    assert wait_until_over(api, address)["counts"]["done"] == 1


@embedded_only
def test_cancelling_finishes_what_is_at_work(configure: Configure) -> None:
    held = Held()
    with served(configure(job_workers=1), enhancers=only(held, configure)) as api:
        put(api.lab, *(f"{number}.jpg" for number in range(6)))
        address = accepted(
            api, "key\n" + "".join(f"incoming/{number}.jpg\n" for number in range(6))
        )
        try:
            wait_for(lambda: get(api, address)["counts"]["working"] == 1)
            cancelled = api.http.post(f"{address}/cancel")
            assert cancelled.status_code == 200
            assert cancelled.json()["state"] == "cancelled"
            assert cancelled.json()["counts"]["cancelled"] == 5
        finally:
            held.go_on.set()
        wait_for(lambda: get(api, address)["finished_at"])
        assert get(api, address)["counts"]["done"] == 1
        assert api.http.post(f"{address}/cancel").json()["state"] == "cancelled"


@pytest.mark.parametrize(
    ("manifest", "fields", "field"),
    [
        ("", {}, "manifest"),
        ("key\n", {}, "manifest"),
        ("colour\nred\n", {}, "manifest"),
        (b"\x89PNG", {}, "manifest"),
        ("key\nincoming/a.jpg\n", {"mode": "PRETTY"}, "mode"),
        ("key\nincoming/a.jpg\n", {"name": "x" * 129}, "name"),
        ("key\nincoming/a.jpg\n", {"prefix": "incoming/"}, "manifest"),
        ("key\nincoming/a.jpg\n", {"backend": "NOBODY"}, "backend"),
        ("key\nincoming/a.jpg\n", {"dry_run": "true"}, "dry_run"),
        ("key\nincoming/a.jpg\n", {"items": "[]"}, "items"),
        ("key\nincoming/a.jpg\n", {"profile": "nowhere"}, "profile"),
    ],
)
def test_bad_requests_leave_nothing(
    api: Api, manifest: str | bytes, fields: dict[str, str], field: str
) -> None:
    before = get(api, BATCHES, limit=200)
    check_problem(post(api, manifest, **fields), 400, field)
    assert get(api, BATCHES, limit=200) == before
    assert api.lab.batches.batches.unfinished(10) == ()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "manifest"),
        ({"items": []}, "manifest"),
        ({"items": [1]}, "items"),
        ({"items": "a"}, "items"),
        ({"prefix": "uploads/"}, "prefix"),
        ({"prefix": "incoming/nothing/"}, "prefix"),
        ({"colour": 1}, "colour"),
    ],
)
def test_bad_json(api: Api, body: dict[str, Any], field: str) -> None:
    check_problem(api.http.post(BATCHES, json=body), 400, field)


def test_bodies_that_are_none(api: Api) -> None:
    check_problem(api.http.post(BATCHES, content=b"key"), 400, "request")
    check_problem(api.http.post(BATCHES, json={"items": [{"key": "a" * 1_000_000}]}), 413)
    assert api.http.post(BATCHES, files={"manifest": ("a", b"key\n")}).status_code == 400


@embedded_only
def test_too_many_lines_are_refused_whole(api: Api) -> None:
    manifest = "key\n" + "incoming/a.jpg\n" * (MAX_LINES + 1)
    problem = check_problem(post(api, manifest), 400, "manifest")
    assert "at most 100,000 lines" in problem["detail"]
    assert api.lab.batches.batches.unfinished(10) == ()


@pytest.mark.parametrize("address", ["", "/items", "/results.csv"])
@pytest.mark.parametrize("batch_id", [UNKNOWN, "5"])
def test_batches_that_are_not_there(api: Api, address: str, batch_id: str) -> None:
    check_problem(api.http.get(f"{BATCHES}/{batch_id}{address}"), 404)
    for action in ("cancel", "retry"):
        check_problem(api.http.post(f"{BATCHES}/{batch_id}/{action}"), 404)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"cursor": "x"}, "cursor"),
        ({"state": "held"}, "state"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_queries(api: Api, query: dict[str, Any], field: str) -> None:
    address = f"{BATCHES}/{UNKNOWN}/items"
    check_problem(api.http.get(address, params=query), 400, field)


@embedded_only
def test_no_more_lines_than_may_wait(configure: Configure) -> None:
    with served(configure(batch_limit=1, job_workers=0)) as api:
        accepted(api, "key\nincoming/a.jpg\n")
        problem = check_problem(post(api, "key\nincoming/b.jpg\n"), 429)
        assert problem["type"].endswith("queue-full")


@embedded_only
def test_where_no_object_may_be_named(configure: Configure) -> None:
    with served(configure(batch_prefix="off", job_workers=0)) as api:
        check_problem(api.http.post(BATCHES, json={"prefix": "incoming/"}), 400, "prefix")


@embedded_only
@settings(max_examples=30)
@given(st.binary(max_size=200), st.sampled_from(["key\n", "[", "{", ""]))
def test_any_bytes_as_a_manifest(api: Api, body: bytes, head: str) -> None:
    answer = post(api, head.encode() + body)
    assert answer.status_code in (202, 400), answer.text


def test_each_key_has_batches_of_its_own_key_and_its_turn(configure: Configure) -> None:
    keys = ["a" * 16, "b" * 16]
    with served(configure(api_keys=",".join(keys), job_workers=0)) as api:
        for key in keys:
            answer = api.http.post(
                BATCHES,
                json={"items": [{"key": "incoming/a.jpg"}]},
                headers={"X-API-Key": key, "Idempotency-Key": "same"},
            )
            assert answer.status_code == 202
        payers = {each.payer for each in api.lab.batches.batches.unfinished(10)}
        assert len(payers - {None}) == 2
        check_problem(api.http.get(BATCHES), 401)


def test_an_upload_overtakes_a_batch(configure: Configure) -> None:
    with served(configure(job_workers=1)) as api:
        put(api.lab, *(f"{number}.jpg" for number in range(12)))
        lines = [{"key": f"incoming/{number}.jpg"} for number in range(12)]
        address = accepted(api, "\n".join(map(json.dumps, lines)))
        wait_for(lambda: get(api, address)["counts"]["done"] > 0)
        files = {"file": ("photo.jpg", photo_bytes(seed=99))}
        later = api.http.post(UPLOAD, files=files, headers={"Prefer": "respond-async"})
        wait_for(lambda: get(api, later.headers["location"])["status"] == "COMPLETED")
        assert get(api, address)["counts"]["done"] < 12
        wait_until_over(api, address)


def test_a_killed_server_does_each_line_once(configure: Configure) -> None:
    chosen, count, kills = configure(), 120, 10
    names = [f"{number:03}.jpg" for number in range(count)]
    with served(chosen.model_copy(update={"job_workers": 0})) as api:
        for number, name in enumerate(names):
            put(api.lab, name, content=photo_bytes(24, 18, seed=number))
        address = accepted(api, "key\n" + "".join(f"incoming/{name}\n" for name in names))
    for kill in range(kills):
        with process(chosen, PIXELLAB_RATE_LIMIT="off") as running:
            port = port_of(running)
            wait_until_live(port)
            url = f"http://127.0.0.1:{port}{address}"
            wanted = (kill + 1) * count // (kills + 4)
            _wait_for_long(partial(_has_done, url, wanted))
            running.send_signal(signal.SIGKILL)
            running.wait(60)
    with served(chosen) as api:
        done = wait_until_over(api, address)
        assert (done["state"], done["counts"]["done"]) == ("done", count)
        keys, images = api.everything()
        results = list(api.lab.batches.all_results(address.rsplit("/", 1)[-1]))
        assert images == len({each.item.image_id for each in results}) == count
        kept = {key for key in keys if not key.startswith("incoming/")}
        assert len(kept) == 3 * count


def _wait_for_long(condition: Callable[[], bool]) -> None:
    """On a busy machine a server that was just started takes a while to load what it needs."""
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _has_done(url: str, wanted: int) -> bool:
    done: int = httpx.get(url, timeout=30).json()["counts"]["done"]
    return done >= wanted
