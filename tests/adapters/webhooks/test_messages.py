"""One message: whom it is for, how it is signed, and what the receiver says to it."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta
from email.utils import format_datetime
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from pixellab.adapters.webhooks.signing import read_secret, signed_headers
from pixellab.domain.webhooks import (
    PAUSES,
    Announcer,
    DeliveryStatus,
    Reply,
    after,
    endpoint_of,
)
from pixellab.testing.records import NOON, make_completed, make_enhancement, make_failed, make_image
from tests.adapters.webhooks.messages import NEW, OLD, QUICK, delivery, now, receivers
from tests.strangers import Stranger, after_seconds, status


def test_the_settings_receiver_and_the_requests_own_are_told() -> None:
    announcer = Announcer(
        default="https://all.example/", describe=lambda *_: {"a": 1}, describe_batch=lambda _: {}
    )
    image = make_image(1)
    own = evolve(make_enhancement(image), webhook_url="https://mine.example/hook", attempts=1)
    told = announcer(image, make_completed(own))
    assert [(each.url, each.receiver) for each in told] == [
        (None, ""),
        ("https://mine.example/hook", "mine.example"),
    ]
    assert {each.event for each in told} == {"image.completed"}
    assert {each.endpoint for each in told} == {
        endpoint_of("https://all.example/"),
        endpoint_of("https://mine.example/hook"),
    }
    assert len({each.id for each in told}) == 2
    assert announcer(image, make_completed(own)) == told
    again = announcer(image, make_failed(evolve(own, attempts=2)))
    assert {each.event for each in again} == {"image.failed"}
    assert not {each.id for each in again} & {each.id for each in told}


def test_one_address_is_told_once_and_nobody_nothing() -> None:
    image = make_image(1)
    own = evolve(make_enhancement(image), webhook_url="https://all.example/")
    announcer = Announcer(
        default="https://all.example/", describe=lambda *_: {}, describe_batch=lambda _: {}
    )
    assert len(announcer(image, make_completed(own))) == 1
    none = Announcer(default=None, describe=lambda *_: {}, describe_batch=lambda _: {})
    assert none(image, make_completed(make_enhancement(image))) == ()
    assert len(none(image, make_completed(own))) == 1


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_the_receiver_verifies_it_with_either_secret(shop: Stranger, secret: str) -> None:
    message = delivery(1, f"{shop.origin}/hook?token=1")
    assert receivers(shop.origin).send(message) == Reply(status=204)
    (got,) = shop.received
    assert (got.method, got.path, got.body) == ("POST", "/hook?token=1", message.body.encode())
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"] == "PixelLab/1.2.3"
    assert got.headers["webhook-id"] == message.id
    verified = Webhook(secret).verify(got.body, got.headers)
    assert verified == json.loads(message.body)
    assert len(got.headers["webhook-signature"].split(" ")) == 2


def test_what_was_changed_on_its_way_is_found_out(shop: Stranger) -> None:
    receivers(default=shop.origin).send(delivery(1))
    (got,) = shop.received
    for body, headers in (
        (got.body + b" ", got.headers),
        (got.body, got.headers | {"webhook-id": delivery(2).id}),
        (got.body, got.headers | {"webhook-timestamp": str(int(time.time()) - 1000)}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(NEW).verify(body, headers)


@given(st.text(max_size=200), st.binary(min_size=24, max_size=64), st.uuids())
def test_the_peer_signs_alike(body: str, secret: bytes, name: UUID) -> None:
    text = "whsec_" + base64.b64encode(secret).decode()
    assert read_secret(text) == secret
    raw = body.encode("utf-8", "replace")
    headers = signed_headers(str(name), int(NOON.timestamp()), raw, [b"x" * 24, secret])
    (_, second) = headers["webhook-signature"].split(" ")
    assert second == Webhook(text).sign(str(name), NOON, raw.decode())


@pytest.mark.parametrize(
    "text",
    [
        *("", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", base64.b64encode(bytes(32)).decode()),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
    ],
)
def test_what_is_no_secret(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_secret(text)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (500, "answered with status 500; allowed are 200 to 299"),
        (404, "answered with status 404"),
        (410, "wants no more messages (410)"),
        (302, "redirects (302), which is not followed"),
    ],
)
def test_any_other_answer_is_one_sentence(shop: Stranger, code: int, told: str) -> None:
    shop.answer = status(code, Location=f"{shop.origin}/elsewhere")
    reply = receivers(default=f"{shop.origin}/hook").send(delivery(1))
    assert reply.status == code
    assert reply.error is not None
    assert told in reply.error
    assert len(shop.received) == 1


def test_a_receiver_that_is_slow_or_down(shop: Stranger) -> None:
    shop.answer = after_seconds(2, status(204))
    reply = receivers(default=shop.origin, limits=QUICK).send(delivery(1))
    assert reply.error is not None
    assert "in the time that is allowed" in reply.error
    down = receivers(default="http://127.0.0.1:1").send(delivery(1))
    assert down.error == "The receiver's address names a server that cannot be reached."
    nobody = receivers().send(delivery(1))
    assert nobody.error == "The receiver's address is not set any more."


def test_a_requests_receiver_is_checked_when_it_is_sent(shop: Stranger) -> None:
    for url in (f"{shop.origin}/hook", "https://localhost/hook", "https://10.0.0.1/hook"):
        reply = receivers("*").send(delivery(1, url))
        assert reply.status is None
        assert reply.error is not None
    assert "not public" in str(receivers("*").send(delivery(1, "https://localhost/hook")).error)
    assert shop.received == []


def test_the_receiver_says_when_to_try_again(shop: Stranger) -> None:
    shop.answer = status(429, Retry_After="3600")
    assert receivers(default=shop.origin).send(delivery(1)).retry_after == 3600
    shop.answer = status(503, Retry_After=format_datetime(now() + timedelta(hours=2)))
    assert receivers(default=shop.origin).send(delivery(1)).retry_after == pytest.approx(
        7200, abs=60
    )
    for odd in ("soon", "-1", "", "٣"):
        shop.answer = status(503, Retry_After=odd) if odd.isascii() else status(503)
        assert receivers(default=shop.origin).send(delivery(1)).retry_after == 0


# When it is sent again


@given(st.lists(st.sampled_from([None, 500, 302, 429]), min_size=20, max_size=20))
def test_it_is_tried_for_a_day_with_growing_pauses(answers: list[int | None]) -> None:
    message, moment = delivery(1, created_at=NOON, due_at=NOON), NOON
    pauses = []
    for each in answers:
        message = evolve(message, attempts=message.attempts + 1)
        message = after(message, Reply(status=each, error="Down."), moment)
        if message.status is not DeliveryStatus.WAITING:
            break
        pauses.append(message.due_at - moment)
        moment = message.due_at
    assert (message.status, message.finished_at) == (DeliveryStatus.FAILED, moment)
    assert message.attempts == len(PAUSES) + 1
    assert timedelta(hours=24) <= moment - NOON <= timedelta(hours=27)
    assert pauses[0] < timedelta(seconds=6)
    assert all(least <= pause for least, pause in zip(PAUSES, pauses, strict=True))


def test_a_wait_that_the_receiver_asks_for_is_kept() -> None:
    message = delivery(1, attempts=1)
    asked = Reply(status=429, error="Later.", retry_after=3600)
    assert after(message, asked, NOON).due_at == NOON + timedelta(hours=1)
    forever = Reply(status=429, error="Later.", retry_after=1e9)
    assert after(message, forever, NOON).due_at <= NOON + timedelta(days=1)
