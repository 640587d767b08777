"""Finding images by filters and words, their thumbnails, and the sums of what was done."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, Api, Configure, served
from tests.e2e.api.test_bad_input import check_problem
from tests.e2e.api.test_upload import path_of

STATISTICS = "/api/v1/statistics"
UPLOADS = (
    ("MUG-1", "blue mug.jpg", "OPTIMIZE"),
    ("MUG-2", "red-mug.jpg", "SHARPEN"),
    ("WATCH-1", "watch.jpg", "OPTIMIZE"),
)


@pytest.fixture(scope="module")
def shelf(configure: Configure) -> Iterator[Api]:
    """A server with three images that no test changes."""
    with served(configure(max_upload_mb=2)) as api:
        for sku, name, mode in UPLOADS:
            answer = api.upload(photo_bytes(640, 480), name, sku_id=sku, mode=mode)
            assert answer.status_code == 201, answer.text
        yield api


def listed(api: Api, **query: Any) -> list[str]:
    body = api.http.get(IMAGES, params=query).json()
    assert body["total_is_exact"] is True
    assert body["total"] == len(body["images"])
    return [image["sku_id"] for image in body["images"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"mode": "OPTIMIZE"}, ["WATCH-1", "MUG-1"]),
        ({"mode": "OPTIMIZE", "q": "mug"}, ["MUG-1"]),
        ({"backend": "local"}, ["WATCH-1", "MUG-2", "MUG-1"]),
        ({"backend": "GEMINI"}, []),
        ({"status": "COMPLETED", "mode": "SHARPEN", "backend": "LOCAL"}, ["MUG-2"]),
        ({"q": "Mug"}, ["MUG-2", "MUG-1"]),
        ({"q": "mug-1"}, ["MUG-1"]),
        ({"q": "red_mug.jpg"}, ["MUG-2"]),
        ({"q": "ug"}, []),
        ({"from": "2020-01-01"}, ["WATCH-1", "MUG-2", "MUG-1"]),
        ({"to": "2020-01-01T00:00:00+02:00"}, []),
        ({"from": "2020-01-01", "to": "9999-12-31", "q": "watch"}, ["WATCH-1"]),
    ],
)
def test_filters_and_words(shelf: Api, query: dict[str, Any], found: list[str]) -> None:
    assert listed(shelf, **query) == found


def test_dates_hold_to_the_moment(shelf: Api) -> None:
    moments = [each["created_at"] for each in shelf.http.get(IMAGES).json()["images"]]
    assert listed(shelf, **{"from": moments[1]}) == ["WATCH-1", "MUG-2"]
    assert listed(shelf, to=moments[1]) == ["MUG-1"]


def test_cursors_lead_through_what_was_found(shelf: Api) -> None:
    query: dict[str, Any] = {"q": "mug", "limit": 1, "backend": "LOCAL"}
    first = shelf.http.get(IMAGES, params=query).json()
    last = shelf.http.get(IMAGES, params={**query, "cursor": first["next_cursor"]}).json()
    assert (first["total"], last["total"], last["next_cursor"]) == (2, 2, None)
    found = [*first["images"], *last["images"]]
    assert [each["sku_id"] for each in found] == ["MUG-2", "MUG-1"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"mode": "PRETTY"}, "mode"),
        ({"backend": "no backend"}, "backend"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": "2026-01-31T12:00:00"}, "from"),
        ({"to": "2026-01-31T25:00:00Z"}, "to"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "to"),
        ({"from": "0001-01-01T00:00:00+23:59"}, "from"),
        ({"q": ""}, "q"),
        ({"q": "--"}, "q"),
        ({"q": "x" * 101}, "q"),
    ],
)
def test_a_wrong_filter_names_its_field(shelf: Api, query: dict[str, str], field: str) -> None:
    answer = shelf.http.get(IMAGES, params=query)
    check_problem(answer, 400)
    assert [each["field"] for each in answer.json()["errors"]] == [field]


# Thumbnails


def test_every_answer_has_a_thumbnail_that_opens(api: Api) -> None:
    before = api.everything()
    upload = api.uploaded(content=photo_bytes(640, 400), name="photo.png", mode="OPTIMIZE")
    address = f"{IMAGES}/{upload['image_id']}"
    url = upload["thumbnail_url"]
    assert url.endswith(f"/uploads/thumbnails/{upload['image_id'][:8]}_photo.webp")
    opened = api.http.get(path_of(api, url))
    assert opened.headers["content-type"] == "image/webp"
    assert "immutable" in opened.headers.get("cache-control", "immutable")
    with Image.open(io.BytesIO(opened.content)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (320, 200))
    history = api.http.get(f"{address}/enhancement-history").json()
    assert api.http.get(address).json()["thumbnail_url"] == url
    assert api.http.get(IMAGES).json()["images"][0]["thumbnail_url"] == url
    assert [each["thumbnail_url"] for each in history["enhancements"]] == [url]
    again = api.http.post(f"{address}/enhance", json={"mode": "SHARPEN"}).json()
    assert again["thumbnail_url"].endswith("_2_photo.webp")
    assert api.http.get(address).json()["thumbnail_url"] == again["thumbnail_url"]
    assert api.http.get(path_of(api, url)).content == opened.content
    assert api.http.delete(address).status_code == 204
    assert api.everything() == before
    assert api.http.get(path_of(api, url)).status_code == 404


# Statistics


def test_statistics_sum_up_what_was_done(configure: Configure) -> None:
    with served(configure()) as api:
        nothing = api.http.get(STATISTICS).json()
        assert nothing["images"] == {"total": 0, "completed": 0, "pending": 0, "failed": 0}
        assert nothing["total"] == {
            "images": 0,
            "enhancements": 0,
            "failures": 0,
            "bytes_saved": 0,
            "mean_quality_gained": None,
            "cost": [],
        }
        uploads = [api.uploaded(mode="OPTIMIZE") for _ in range(2)]
        body = api.http.get(STATISTICS, params={"days": 2}).json()
        today = datetime.now(UTC).date()
        assert [each["date"] for each in body["days"]] in (
            [str(today - timedelta(days=1)), str(today)],
            [str(today), str(today + timedelta(days=1))],  # midnight came between
        )
        assert body["images"] == {"total": 2, "completed": 2, "pending": 0, "failed": 0}
        assert (body["total"]["images"], body["total"]["enhancements"]) == (2, 2)
        saved = sum(each["original_size_kb"] - each["enhanced_size_kb"] for each in uploads)
        assert body["total"]["bytes_saved"] == pytest.approx(saved * 1000, abs=201)
        assert sum(each["enhancements"] for each in body["days"]) == 2
        api.http.delete(f"{IMAGES}/{uploads[0]['image_id']}")
        later = api.http.get(STATISTICS).json()
        assert later["images"]["total"] == 1
        assert later["total"] == body["total"]
        assert len(later["days"]) == 30


@pytest.mark.parametrize("days", ["0", "367", "many"])
def test_statistics_of_too_many_days(api: Api, days: str) -> None:
    answer = api.http.get(STATISTICS, params={"days": days})
    check_problem(answer, 400)
    assert answer.json()["errors"][0]["field"] == "days"
