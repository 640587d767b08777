"""Presets over HTTP: kept, listed, and filled in wherever a request has fields."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, Api, Configure, served
from tests.e2e.api.test_batches import BATCHES, wait_until_over
from tests.e2e.api.test_direct_uploads import complete, invited, sent
from tests.e2e.conftest import servers_only
from tests.unit.batches.conftest import put

PRESETS = "/api/v1/presets"
WHITE = {"mode": "OPTIMIZE", "background": "white", "width": 60}


@pytest.fixture
def shop(configure: Configure, tmp_path: Path) -> Iterator[Api]:
    """A server with one preset in its file, and nothing stored."""
    file = tmp_path / "presets.toml"
    file.write_text('[small]\nmode = "OPTIMIZE"\nheight = 50\n')
    with served(configure(presets=file)) as api:
        yield api


def saved(api: Api, name: str = "white", **fields: Any) -> dict[str, Any]:
    answer = api.http.put(f"{PRESETS}/{name}", json=fields or WHITE)
    assert answer.is_success, answer.text
    body: dict[str, Any] = answer.json()
    return body


def request_of(api: Api, image_id: str) -> dict[str, Any]:
    """What is on record of the image's latest enhancement."""
    history = api.http.get(f"{IMAGES}/{image_id}/enhancement-history").json()
    asked: dict[str, Any] = history["enhancements"][-1]["request"]
    return asked


def test_a_preset_from_storing_to_removing(shop: Api) -> None:
    http, address = shop.http, f"{PRESETS}/white"
    made = http.put(address, json=WHITE)
    assert (made.status_code, made.json()["source"]) == (201, "stored")
    assert made.json()["fields"] == WHITE
    assert http.get(address).json() == made.json()
    replaced = http.put(address, data={"scale": "4", "mode": "upscale"})
    assert (replaced.status_code, replaced.json()["fields"]) == (
        200,
        {"mode": "UPSCALE", "scale": 4},
    )
    listed = http.get(PRESETS).json()["presets"]
    assert [(each["name"], each["source"]) for each in listed] == [
        ("small", "file"),
        ("white", "stored"),
    ]
    assert listed[0]["updated_at"] is None
    assert http.delete(address).status_code == 204
    for gone in (http.get(address), http.delete(address)):
        assert (gone.status_code, gone.json()["type"]) == (
            404,
            "urn:pixellab:problem:unknown-preset",
        )
        assert gone.json()["detail"] == "No preset is called 'white'; known are small."
    allowed = http.options(address).headers["allow"]
    assert allowed == "DELETE, GET, OPTIONS, PUT"


def test_an_upload_is_filled_in_and_its_own_fields_win(shop: Api) -> None:
    saved(shop)
    done = shop.uploaded(preset="white", width="80")
    assert request_of(shop, done["image_id"]) == {
        "mode": "OPTIMIZE",
        "background": "white",
        "width": 80,
        "preset": "white",
    }
    assert done["enhancement_mode"] == "OPTIMIZE"
    # What was done stays on record, whatever becomes of the preset.
    shop.http.delete(f"{PRESETS}/white")
    assert request_of(shop, done["image_id"])["background"] == "white"


def test_enhancing_again_is_filled_in(shop: Api) -> None:
    image_id = shop.uploaded()["image_id"]
    address = f"{IMAGES}/{image_id}/enhance"
    asked = {"preset": "small", "output_format": "PNG", "height": None, "width": 40}
    assert shop.http.post(address, json=asked).status_code == 201
    assert request_of(shop, image_id) == {
        "mode": "OPTIMIZE",
        "output_format": "PNG",
        "width": 40,
        "preset": "small",
    }
    dry = shop.http.post(address, json={"preset": "small", "scale": 4, "dry_run": True})
    assert "OPTIMIZE does not use it" in dry.json()["warnings"][0]


@servers_only
def test_a_photo_that_went_straight_to_the_store_is_filled_in(shop: Api) -> None:
    invitation = invited(shop)
    assert sent(invitation, photo_bytes()).is_success
    done = complete(shop, invitation["id"], preset="small")
    assert done.status_code == 201, done.text
    assert request_of(shop, done.json()["image_id"])["height"] == 50


def test_all_photos_of_a_batch_are_filled_in(shop: Api) -> None:
    put(shop.lab, "a.jpg")
    sent_as = {"json": {"preset": "small", "items": [{"key": "incoming/a.jpg"}]}}
    manifest = {"files": {"manifest": ("a.csv", "key\nincoming/a.jpg\n")}}
    for body in (sent_as, manifest | {"data": {"preset": "small"}}):
        answer = shop.http.post(BATCHES, **body)
        assert answer.status_code == 202, answer.text
        assert wait_until_over(shop, answer.headers["location"])["counts"]["done"] == 1
        items = shop.http.get(answer.headers["location"] + "/items").json()["items"]
        assert request_of(shop, items[0]["image_id"]) == {
            "mode": "OPTIMIZE",
            "height": 50,
            "preset": "small",
        }
    unknown = shop.http.post(BATCHES, json=sent_as["json"] | {"preset": "grey"})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (400, "preset")


def test_a_preset_of_nobody_is_refused_before_anything_is_kept(shop: Api) -> None:
    before = shop.everything()
    for name in ("grey", "Small"):
        refused = shop.upload(preset=name)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["field"] == "preset"
    assert "1 to 64 characters" in refused.json()["detail"]
    assert shop.upload(preset="grey").json()["detail"].endswith("known are small.")
    assert shop.everything() == before


def test_what_does_not_go_together_is_refused_with_the_preset(shop: Api) -> None:
    saved(shop, "framed", padding="40")
    refused = shop.upload(preset="framed", width="60")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "padding")


def test_wrong_presets_are_refused_each_field_named(shop: Api) -> None:
    def fields_at_fault(name: str, **fields: Any) -> set[str]:
        answer = shop.http.put(f"{PRESETS}/{name}", json=fields)
        assert answer.status_code == 400, answer.text
        return {each["field"] for each in answer.json()["errors"]}

    assert fields_at_fault("p", scale=9, mode="PAINT") == {"scale", "mode"}
    assert fields_at_fault("p", profile="sears", backend="SPARKLE") == {"profile", "backend"}
    for name in ("preset", "sku_id", "dry_run"):
        assert fields_at_fault("p", **{name: "x"}) == {name}
    assert fields_at_fault("p") == {"fields"}
    assert fields_at_fault("P", scale=3) == {"name"}
    assert [each["name"] for each in shop.http.get(PRESETS).json()["presets"]] == ["small"]


def test_the_files_presets_are_not_changed_here(shop: Api) -> None:
    for answer in (
        shop.http.put(f"{PRESETS}/small", json=WHITE),
        shop.http.delete(f"{PRESETS}/small"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (
            409,
            "urn:pixellab:problem:preset-configured",
        )


def test_a_repeated_upload_is_the_same_with_the_preset_or_its_fields(shop: Api) -> None:
    saved(shop)
    key = {"Idempotency-Key": "once"}
    files = {"file": ("mug.jpg", photo_bytes())}
    address = "/api/v1/enhance/upload"
    first = shop.http.post(address, files=files, data={"preset": "white"}, headers=key)
    again = shop.http.post(address, files=files, data=WHITE, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    saved(shop, mode="SHARPEN")
    changed = shop.http.post(address, files=files, data={"preset": "white"}, headers=key)
    assert changed.status_code == 409
