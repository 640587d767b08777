"""Listing, showing, enhancing again and deleting what was uploaded."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, Api, Configure, served
from tests.e2e.api.test_upload import path_of


@pytest.fixture(scope="module")
def shelf(configure: Configure) -> Iterator[tuple[Api, list[dict[str, Any]]]]:
    """A server with seven images that no test changes, oldest first."""
    with served(configure()) as api:
        yield api, [api.uploaded(sku_id=f"sku-{number}") for number in range(7)]


Shelf = tuple[Api, list[dict[str, Any]]]


def test_the_list_is_newest_first_with_the_contracts_fields(shelf: Shelf) -> None:
    api, uploads = shelf
    body = api.http.get(IMAGES).json()
    assert (body["total"], body["limit"], body["offset"]) == (7, 50, 0)
    assert body["next_cursor"] is None
    newest, upload = body["images"][0], uploads[-1]
    assert [image["sku_id"] for image in body["images"]] == [f"sku-{n}" for n in range(6, -1, -1)]
    assert newest["id"] == upload["image_id"]
    assert newest["image_url"] == upload["original_url"]
    assert newest["enhanced_image_url"] == upload["enhanced_url"]
    assert newest["original_size_kb"] == upload["original_size_kb"]
    assert newest["enhanced_size_kb"] == upload["enhanced_size_kb"]
    assert newest["status"] == "COMPLETED"
    assert (newest["enhancement_mode"], newest["backend"]) == ("AUTO", "LOCAL")


def test_offset_and_limit_cut_a_page(shelf: Shelf) -> None:
    api, _ = shelf
    body = api.http.get(IMAGES, params={"limit": 2, "offset": 4}).json()
    assert (body["total"], body["limit"], body["offset"]) == (7, 2, 4)
    assert [image["sku_id"] for image in body["images"]] == ["sku-2", "sku-1"]


def test_cursors_lead_through_all_images_once(shelf: Shelf) -> None:
    api, _ = shelf
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    while True:
        body = api.http.get(IMAGES, params=query).json()
        seen += [image["sku_id"] for image in body["images"]]
        if body["next_cursor"] is None:
            break
        query["cursor"] = body["next_cursor"]
    assert seen == [f"sku-{number}" for number in range(6, -1, -1)]


def test_a_cursor_and_an_offset_exclude_each_other(shelf: Shelf) -> None:
    api, _ = shelf
    cursor = api.http.get(IMAGES, params={"limit": 1}).json()["next_cursor"]
    answer = api.http.get(IMAGES, params={"cursor": cursor, "offset": 1})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "offset"


@pytest.mark.parametrize(("status", "count"), [("COMPLETED", 7), ("PENDING", 0), ("FAILED", 0)])
def test_the_list_by_status(shelf: Shelf, status: str, count: int) -> None:
    api, _ = shelf
    body = api.http.get(IMAGES, params={"status": status}).json()
    assert (body["total"], len(body["images"])) == (count, count)


def test_one_image_is_shown_as_in_the_list(shelf: Shelf) -> None:
    api, uploads = shelf
    image_id = uploads[0]["image_id"]
    shown = api.http.get(f"{IMAGES}/{image_id}").json()
    assert shown == api.http.get(IMAGES).json()["images"][-1]
    assert api.http.get(f"{IMAGES}/{image_id.upper()}").json() == shown


def test_the_history_of_one_enhancement(shelf: Shelf) -> None:
    api, uploads = shelf
    upload = uploads[0]
    body = api.http.get(f"{IMAGES}/{upload['image_id']}/enhancement-history").json()
    assert body["image_id"] == upload["image_id"]
    assert body["filename"] == "photo.jpg"
    assert body["original_https_url"] == upload["original_url"]
    (done,) = body["enhancements"]
    assert (done["enhancement_sequence"], done["enhancement_mode"]) == (1, "AUTO")
    assert done["backend"] == "LOCAL"
    assert {"original_blur", "enhanced_blur", "improvement_percent"} <= set(
        done["quality_metadata"]
    )
    assert done["size_metadata"] == {
        "original_size_kb": upload["original_size_kb"],
        "enhanced_size_kb": upload["enhanced_size_kb"],
        "reduction_percent": upload["size_reduction_percent"],
    }
    assert done["enhanced_https_url"] == upload["enhanced_url"]
    assert done["processing_status"] == "completed"
    assert isinstance(done["processing_time_ms"], int)


@pytest.mark.parametrize("encoding", ["json", "data", "multipart"])
def test_enhancing_again_keeps_the_earlier_result(api: Api, encoding: str) -> None:
    upload = api.uploaded()
    before = api.http.get(path_of(api, upload["enhanced_url"])).content
    address = f"{IMAGES}/{upload['image_id']}/enhance"
    fields = {"mode": "sharpen", "output_format": "WEBP"}
    if encoding == "multipart":
        parts = {name: (None, value) for name, value in fields.items()}
        answer = api.http.post(address, files=parts)
    else:
        answer = api.http.post(address, **{encoding: fields})  # type: ignore[arg-type]
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert answer.headers["location"] == f"{IMAGES}/{upload['image_id']}/enhancement-history"
    assert (body["enhancement_sequence"], body["enhancement_mode"]) == (2, "SHARPEN")
    assert body["enhanced_url"].endswith(f"/{upload['image_id'][:8]}_2_photo.webp")
    assert api.http.get(path_of(api, upload["enhanced_url"])).content == before
    assert api.http.get(path_of(api, body["enhanced_url"])).status_code == 200
    shown = api.http.get(f"{IMAGES}/{upload['image_id']}").json()
    assert shown["enhanced_image_url"] == body["enhanced_url"]


def test_enhancing_again_without_a_body_takes_the_defaults(api: Api) -> None:
    upload = api.uploaded(mode="OPTIMIZE")
    answer = api.http.post(f"{IMAGES}/{upload['image_id']}/enhance")
    assert answer.status_code == 201
    assert answer.json()["enhancement_mode"] == "AUTO"


def test_enhancing_again_many_times_at_once_numbers_them_without_a_gap(api: Api) -> None:
    address = f"{IMAGES}/{api.uploaded()['image_id']}"

    def enhance(_: int) -> int:
        return api.http.post(f"{address}/enhance", json={"mode": "OPTIMIZE"}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(enhance, range(8))) == {201}
    history = api.http.get(f"{address}/enhancement-history").json()["enhancements"]
    assert [each["enhancement_sequence"] for each in history] == list(range(1, 10))
    assert len({each["enhanced_https_url"] for each in history}) == 9


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"json": {"mode": "PRETTY"}}, "mode"),
        ({"json": {"target_size_kb": "500"}}, "target_size_kb"),
        ({"json": {"target_size_kb": 49}}, "target_size_kb"),
        ({"json": {"scale": True}}, "scale"),
        ({"json": {"mode": None}}, "mode"),
        ({"json": []}, "request"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, "request"),
        ({"content": b"\xff", "headers": {"Content-Type": "application/json"}}, "request"),
        ({"content": b"x", "headers": {"Content-Type": "text/plain"}}, "request"),
        ({"content": b"x"}, "request"),
        ({"data": {"mode": "PRETTY", "scale": "x"}}, "scale"),
        ({"data": {"mode": ["AUTO", "FULL"]}}, "mode"),
        (
            {"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
            "request",
        ),
    ],
)
def test_a_wrong_body_of_enhancing_again(
    shelf: Shelf, request_: dict[str, Any], field: str
) -> None:
    api, uploads = shelf
    before = api.everything()
    answer = api.http.post(f"{IMAGES}/{uploads[0]['image_id']}/enhance", **request_)
    assert answer.status_code == 400, answer.text
    assert field in [each["field"] for each in answer.json()["errors"]]
    assert api.everything() == before


def test_a_huge_body_of_enhancing_again(shelf: Shelf) -> None:
    api, uploads = shelf
    answer = api.http.post(
        f"{IMAGES}/{uploads[0]['image_id']}/enhance", json={"mode": "A" * 100_000}
    )
    assert answer.status_code == 413


def test_deleting_removes_rows_and_objects(api: Api) -> None:
    before = api.everything()
    upload = api.uploaded()
    address = f"{IMAGES}/{upload['image_id']}"
    api.http.post(f"{address}/enhance", json={"mode": "OPTIMIZE"})
    answer = api.http.delete(address)
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.everything() == before
    assert api.http.get(address).status_code == 404
    assert api.http.delete(address).status_code == 404
    assert api.http.post(f"{address}/enhance").status_code == 404
    assert api.http.get(path_of(api, upload["original_url"])).status_code == 404


def test_a_deleted_images_sku_id_is_free_again(api: Api) -> None:
    api.http.delete(f"{IMAGES}/{api.uploaded(sku_id='again')['image_id']}")
    assert api.uploaded(sku_id="again")["sku_id"] == "again"


def test_many_uploads_at_once_each_keep_their_own_content(api: Api) -> None:
    photos = [photo_bytes(seed=seed) for seed in range(12)]

    def upload(photo: bytes) -> bool:
        body = api.upload(photo).json()
        return api.http.get(path_of(api, body["original_url"])).content == photo

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(upload, photos))
