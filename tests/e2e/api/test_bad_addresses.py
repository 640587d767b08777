"""Addresses and queries that lead nowhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, UPLOAD, Api
from tests.e2e.api.test_bad_input import UNKNOWN, check_problem
from tests.e2e.conftest import embedded_only

pytestmark = pytest.mark.usefixtures("nothing_is_stored")


def cursor(when: str, image_id: str) -> str:
    """A cursor as nobody was given it."""
    return base64.urlsafe_b64encode(json.dumps([when, image_id]).encode()).decode()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=abc", "limit"),
        ("limit=", "limit"),
        ("offset=-1", "offset"),
        ("offset=1.5", "offset"),
        ("offset=99999999999999999999999", "offset"),
        ("status=DONE", "status"),
        ("status=completed", "status"),
        ("cursor=", "cursor"),
        ("cursor=abc", "cursor"),
        ("cursor=%00%ff", "cursor"),
        ("cursor=WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwiYSJd", "cursor"),
        ("cursor=" + "a" * 5000, "cursor"),
        (f"cursor={cursor('0001-01-01T00:00:00+14:00', UNKNOWN)}", "cursor"),
        (f"cursor={cursor('9999-12-31T23:59:59-14:00', UNKNOWN)}", "cursor"),
        (f"cursor={cursor('2026-01-01T00:00:00+00:00', chr(0xD800))}", "cursor"),
    ],
)
def test_a_wrong_query(api: Api, query: str, field: str) -> None:
    check_problem(api.http.get(f"{IMAGES}?{query}"), 400, field)


@pytest.mark.parametrize(
    "image_id",
    [
        "00000000-0000-4000-8000-000000000000",
        "not-a-uuid",
        "%00",
        "%F0%9F%98%80",
        "1",
        "x" * 3000,
        "{00000000-0000-4000-8000-000000000000}",
    ],
)
def test_an_unknown_id(api: Api, image_id: str) -> None:
    for method, tail in (
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/enhancement-history"),
        ("POST", "/enhance"),
    ):
        check_problem(api.http.request(method, f"{IMAGES}/{image_id}{tail}"), 404)


@embedded_only
@pytest.mark.parametrize(
    ("ask", "field", "told"),
    [
        (
            lambda api: api.http.post(UPLOAD, json={"mode": "AUTO"}),
            "file",
            "file must be exactly one file, or left out where image_url names one.",
        ),
        (
            lambda api: api.http.get(f"{UPLOAD}/progress"),
            "idempotency_key",
            "idempotency_key must be 1 to 255 printable characters of ASCII.",
        ),
        (
            lambda api: api.http.post(
                UPLOAD,
                files={"file": ("a.jpg", photo_bytes())},
                headers={"Idempotency-Key": "\N{HIRAGANA LETTER KA}".encode()},
            ),
            "idempotency_key",
            "idempotency_key must be 1 to 255 printable characters of ASCII.",
        ),
        (
            lambda api: api.http.post("/api/v1/batches", json={"prefix": "incoming/none/"}),
            "prefix",
            "No object of the store has a key that begins so; there is nothing to do.",
        ),
    ],
)
def test_what_is_missing_or_nowhere_is_named(
    api: Api, ask: Callable[[Api], Any], field: str, told: str
) -> None:
    answer = ask(api)
    check_problem(answer, 400, field)
    assert answer.json()["detail"] == told


@embedded_only
def test_an_unknown_address(api: Api) -> None:
    for path in (
        "/nothing",
        "/api",
        "/api/v1",
        "/api/v2/images",
        "/schema/nothing",
        "/schema/x.json",
    ):
        check_problem(api.http.get(path), 404)


@embedded_only
def test_a_method_that_an_address_does_not_take(api: Api) -> None:
    for method, path, allowed in (
        ("PUT", IMAGES, "GET"),
        ("GET", UPLOAD, "POST"),
        ("PATCH", f"{IMAGES}/x", "DELETE"),
        ("DELETE", "/health/live", "GET"),
        ("POST", "/files/uploads/original/x.jpg", "HEAD"),
    ):
        answer = api.http.request(method, path)
        check_problem(answer, 405)
        assert allowed in answer.headers["allow"]


def test_an_id_that_is_none_of_the_records_in_any_letter_case(api: Api) -> None:
    check_problem(api.http.get(f"{IMAGES}/{'A' * 32}"), 404)
