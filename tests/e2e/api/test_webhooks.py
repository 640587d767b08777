"""Others' servers are told, at least once, whatever happens to this one."""

from __future__ import annotations

import base64
import json
import re
import signal
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from pixellab.domain.ports import DeliveryQuery
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, UPLOAD, Api, Configure, served
from tests.e2e.api.test_bad_input import check_problem
from tests.e2e.api.test_batches import BATCHES
from tests.e2e.api.test_failures import only, wait_for
from tests.e2e.api.test_progress import Held
from tests.e2e.api.test_server import port_of, process, wait_until_live
from tests.e2e.conftest import embedded_only
from tests.strangers import Received, Stranger, in_turn, status, stranger
from tests.unit.batches.conftest import put

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
DELIVERIES = "/api/v1/webhooks/deliveries"
FILES = {"file": ("photo.jpg", photo_bytes())}
PATIENCE = 30.0


@pytest.fixture
def shop() -> Iterator[Stranger]:
    with stranger(status(204)) as running:
        yield running


@pytest.fixture
def api(configure: Configure, shop: Stranger) -> Iterator[Api]:
    settings = configure(
        webhook_url=f"{shop.origin}/all?token=t",
        webhook_secret=SECRET,
        webhook_urls=f"hooks.example, {shop.origin}",
    )
    with served(settings) as running:
        yield running


def verified(got: Received) -> dict[str, Any]:
    message = Webhook(SECRET).verify(got.body, got.headers)
    assert message == json.loads(got.body)
    body: dict[str, Any] = message
    return body


def deliveries(api: Api, **query: Any) -> list[dict[str, Any]]:
    answer = api.http.get(DELIVERIES, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["deliveries"]
    return found


def figures(api: Api) -> dict[str, float]:
    found = re.findall(
        r"^pixellab_webhooks_(\w+?)(?:_total)? (\S+)$", api.http.get("/metrics").text, re.MULTILINE
    )
    return {name: float(value) for name, value in found}


def test_the_figures_tell_what_failed_and_what_was_given_up(api: Api, shop: Stranger) -> None:
    shop.answer = in_turn(status(500), status(410))
    api.uploaded(mode="OPTIMIZE")
    wait_for(lambda: figures(api)["failed"] == 1.0)
    wait_for(lambda: figures(api)["parked"] == 1.0)
    assert figures(api) == {"sent": 0.0, "failed": 2.0, "due": 0.0, "parked": 1.0}


def test_the_receiver_is_told_of_each_image(api: Api, shop: Stranger) -> None:
    uploaded = api.uploaded(mode="SHARPEN")
    (got,) = shop.wait_for(1)
    assert got.path == "/all?token=t"
    message = verified(got)
    assert message["type"] == "image.completed"
    told = message["data"]
    same = ("image_id", "sku_id", "enhancement_mode", "backend", "quality_after", "enhanced_url")
    assert {name: told[name] for name in same} == {name: uploaded[name] for name in same}
    assert (told["status"], told["processing_status"]) == ("COMPLETED", "completed")
    assert told["enhancement_sequence"] == 1
    image = f"{IMAGES}/{uploaded['image_id']}"
    assert api.http.post(f"{image}/enhance", json={"mode": "OPTIMIZE"}).status_code == 201
    again = verified(shop.wait_for(2)[1])
    assert (again["data"]["enhancement_sequence"], again["data"]["enhancement_mode"]) == (
        2,
        "OPTIMIZE",
    )
    wait_for(lambda: {each["state"] for each in deliveries(api)} == {"delivered"})
    wait_for(lambda: figures(api) == {"sent": 2.0, "failed": 0.0, "due": 0.0, "parked": 0.0})
    (second, first) = deliveries(api)
    assert (first["id"], first["event"]) == (got.headers["webhook-id"], "image.completed")
    assert first["about"] == second["about"] == uploaded["image_id"]
    assert (first["url"], first["attempts"], first["last_status"]) == (None, 1, 204)
    assert first["next_attempt_at"] is None


def test_a_request_names_a_receiver_of_its_own(api: Api, shop: Stranger) -> None:
    uploaded = api.uploaded(webhook_url=f"{shop.origin}/mine?token=secret")
    got = {each.path: verified(each) for each in shop.wait_for(2)}
    assert got.keys() == {"/all?token=t", "/mine?token=secret"}
    assert got["/all?token=t"] == got["/mine?token=secret"]
    wait_for(lambda: {each["state"] for each in deliveries(api)} == {"delivered"})
    assert {each["url"] for each in deliveries(api)} == {None, f"{shop.origin}/mine"}
    shown = api.http.get(f"{IMAGES}/{uploaded['image_id']}/enhancement-history").text
    assert "secret" not in shown


def test_what_is_done_later_is_told_then(api: Api, shop: Stranger) -> None:
    asked = {"webhook_url": f"{shop.origin}/mine"}
    headers = {"Prefer": "respond-async"}
    answer = api.http.post(UPLOAD, files=FILES, data=asked, headers=headers)
    assert answer.status_code == 202
    got = {each.path: verified(each) for each in shop.wait_for(2)}
    assert got.keys() == {"/all?token=t", "/mine"}
    assert got["/mine"]["data"]["image_id"] == answer.json()["image_id"]


def test_a_batch_is_told_of_once_it_is_over_and_again_after_a_retry(
    api: Api, shop: Stranger
) -> None:
    put(api.lab, "a.jpg")
    lines = [{"key": "incoming/a.jpg"}, {"key": "incoming/told-late.jpg"}]
    asked = {"items": lines, "mode": "OPTIMIZE", "webhook_url": f"{shop.origin}/mine"}
    answer = api.http.post(BATCHES, json=asked)
    assert answer.status_code == 202, answer.text
    # The lines are told to the receiver of the settings alone, their batch to both.
    wanted = ["/all?token=t batch.completed", "/all?token=t image.completed"]
    wanted.append("/mine batch.completed")
    got = {f"{each.path} {verified(each)['type']}": verified(each) for each in shop.wait_for(3)}
    assert sorted(got) == wanted
    ended = got["/mine batch.completed"]["data"]
    assert ended == api.http.get(answer.headers["location"]).json()
    assert (ended["batch_id"], ended["state"]) == (answer.json()["batch_id"], "done")
    assert (ended["counts"]["done"], ended["counts"]["failed"]) == (1, 1)
    put(api.lab, "told-late.jpg")
    assert api.http.post(f"{answer.headers['location']}/retry").json()["retried"] == 1
    again = [verified(each) for each in shop.wait_for(6) if each.path == "/mine"]
    assert [each["data"]["counts"]["done"] for each in again] == [1, 2]
    wait_for(lambda: {each["state"] for each in deliveries(api)} == {"delivered"})
    told = [each for each in deliveries(api) if each["event"] == "batch.completed"]
    assert {each["about"] for each in told} == {ended["batch_id"]}
    assert len(told) == 4


def test_a_receiver_of_a_batch_that_is_not_allowed(api: Api) -> None:
    asked = {"items": [{"key": "incoming/a.jpg"}], "webhook_url": "https://other.example/hook"}
    body = check_problem(api.http.post(BATCHES, json=asked), 400, "webhook_url")
    assert "not allowed here" in body["detail"]
    assert api.lab.batches.batches.unfinished(10) == ()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://127.0.0.1/hook", "not allowed here"),
        ("https://other.example/hook", "not allowed here"),
        ("http://hooks.example/hook", "must begin with https://"),
        ("https://user:pass@hooks.example/", "a user or a password"),
    ],
)
def test_a_receiver_that_is_not_allowed(api: Api, url: str, told: str) -> None:
    before = api.everything()
    body = check_problem(api.upload(webhook_url=url), 400, "webhook_url")
    assert told in body["detail"]
    assert api.everything() == before


def test_a_longer_address_than_is_kept_is_refused(api: Api, shop: Stranger) -> None:
    check_problem(api.upload(webhook_url=f"{shop.origin}/{'a' * 1100}"), 400, "webhook_url")


@embedded_only
def test_no_receiver_is_taken_unless_it_is_allowed(configure: Configure, shop: Stranger) -> None:
    with served(configure()) as closed:
        body = check_problem(closed.upload(webhook_url=f"{shop.origin}/"), 400, "webhook_url")
        assert body["detail"] == "webhook_url is not taken here; leave it out."
        assert closed.uploaded()
        assert deliveries(closed) == []


@embedded_only
def test_a_failure_is_told_and_then_its_success(configure: Configure, shop: Stranger) -> None:
    held = Held()
    held.fails = True
    held.go_on.set()
    settings = configure(webhook_url=shop.origin, webhook_secret=SECRET)
    with served(settings, enhancers=only(held, configure)) as api:
        headers = {"Idempotency-Key": "once"}
        failed = api.http.post(UPLOAD, files=FILES, headers=headers)
        assert failed.status_code >= 500
        message = verified(shop.wait_for(1)[0])
        assert message["type"] == "image.failed"
        assert message["data"]["failure"] == failed.json()["detail"]
        assert (message["data"]["status"], message["data"]["enhanced_url"]) == ("FAILED", None)
        held.fails = False
        assert api.http.post(UPLOAD, files=FILES, headers=headers).status_code in (200, 201)
        assert verified(shop.wait_for(2)[1])["type"] == "image.completed"
        ids = {each.headers["webhook-id"] for each in shop.received}
        assert len(ids) == 2


def test_it_is_sent_again_when_asked_for_with_the_same_id(api: Api, shop: Stranger) -> None:
    shop.answer = in_turn(status(410), status(200))
    api.uploaded()
    shop.wait_for(1)
    wait_for(lambda: [each["state"] for each in deliveries(api)] == ["stopped"])
    (stopped,) = deliveries(api, state="stopped")
    assert stopped["last_error"] == "The receiver wants no more messages (410)."
    api.uploaded()
    assert [each["state"] for each in deliveries(api)] == ["stopped", "stopped"]
    answer = api.http.post(f"{DELIVERIES}/{stopped['id']}/resend")
    assert answer.status_code == 202, answer.text
    assert (answer.json()["state"], answer.json()["attempts"]) == ("waiting", 0)
    first, again = shop.wait_for(2)
    assert first.headers["webhook-id"] == again.headers["webhook-id"] == stopped["id"]
    assert first.body == again.body
    api.uploaded()
    shop.wait_for(3)
    wait_for(lambda: len(deliveries(api, state="delivered")) == 2)


def test_pages_of_messages(api: Api, shop: Stranger) -> None:
    for _ in range(3):
        api.uploaded()
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = api.http.get(DELIVERIES, params=query).json()
        seen += [each["id"] for each in page["deliveries"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len({*seen}) == 3


def test_bad_questions(api: Api) -> None:
    for query, field in (
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"state": "lost"}, "state"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"page": 2}, "page"),
    ):
        check_problem(api.http.get(DELIVERIES, params=query), 400, field)
    told = check_problem(api.http.get(DELIVERIES, params={"state": "lost"}), 400)["detail"]
    assert "waiting, delivered, failed, stopped" in told
    for name in ("nonsense", "00000000-0000-4000-8000-000000000000"):
        unknown = check_problem(api.http.post(f"{DELIVERIES}/{name}/resend"), 404)
        assert unknown["type"].endswith("unknown-delivery")


def test_a_server_that_was_killed_before_it_could_tell_tells_after_its_restart(
    configure: Configure,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as kept:
        port = kept.getsockname()[1]
    settings = configure()
    told = {"PIXELLAB_WEBHOOK_URL": f"http://127.0.0.1:{port}/hook"}
    told["PIXELLAB_WEBHOOK_SECRET"] = SECRET
    with process(settings, **told) as running:
        address = f"http://127.0.0.1:{port_of(running)}"
        wait_until_live(int(address.rsplit(":", 1)[-1]))
        uploaded = httpx.post(f"{address}{UPLOAD}", files=FILES, timeout=60)
        assert uploaded.status_code == 201, uploaded.text
        running.send_signal(signal.SIGKILL)
        assert running.wait(60) == -signal.SIGKILL
    own = settings.model_copy(
        update={
            "webhook_url": SecretStr(told["PIXELLAB_WEBHOOK_URL"]),
            "webhook_secret": SecretStr(SECRET),
        }
    )
    with stranger(status(200), port=port) as shop, served(own) as api:
        message = verified(shop.wait_for(1)[0])
        assert message["data"]["image_id"] == uploaded.json()["image_id"]
        wait_for(lambda: [each["state"] for each in deliveries(api)] == ["delivered"])
        time.sleep(0.5)
        assert {each.headers["webhook-id"] for each in shop.received} == {
            each.id for each in api.lab.deliveries.page(DeliveryQuery()).deliveries
        }
