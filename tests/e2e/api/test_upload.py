"""Uploading a photo: what the answer says, and that all of it is true."""

from __future__ import annotations

import hashlib
import io
import uuid
from typing import Any

import httpx
import pytest
from PIL import Image

from pixellab.adapters.imaging.decode.declared_colours import GAIN_MAP
from pixellab.adapters.imaging.formats import FORMATS
from pixellab.domain.formats import MEDIA_TYPES, Format
from pixellab.domain.requests import Mode
from tests.conftest import noise_bytes, photo_bytes, scene
from tests.e2e.api.conftest import IMAGES, Api
from tests.e2e.api.test_bad_input import check_problem
from tests.gain_maps import ultra_hdr

ALWAYS_READ = [name for name, kind in FORMATS.items() if kind.extra is None]


def path_of(api: Api, url: str) -> str:
    """The part of a URL in an answer that this server serves."""
    base = api.lab.settings.base_url
    return url.removeprefix(base)


def test_an_upload_answers_with_everything_the_contract_names(api: Api) -> None:
    photo = photo_bytes()
    answer = api.upload(photo, "photo.jpg")
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["success"] is True
    assert body["image_id"] == body["database_id"] == str(uuid.UUID(body["image_id"]))
    digits = body["image_id"][:8]
    assert body["original_url"].endswith(f"/uploads/original/{digits}_photo.jpg")
    assert body["enhanced_url"].endswith(f"/uploads/enhanced/{digits}_photo.jpg")
    assert body["original_size_kb"] == round(len(photo) / 1000, 1)
    assert 0 <= body["quality_before"] <= 100
    assert 0 <= body["quality_after"] <= 100
    assert isinstance(body["processing_time_ms"], int)
    assert (body["enhancement_mode"], body["backend"]) == ("AUTO", "LOCAL")
    assert body["sku_id"] == f"upload_{digits}"
    assert answer.headers["location"] == f"{IMAGES}/{body['image_id']}"


def test_the_sizes_in_the_answer_are_those_of_the_files_behind_the_urls(api: Api) -> None:
    photo = photo_bytes(seed=1)
    body = api.upload(photo).json()
    original = api.http.get(path_of(api, body["original_url"]))
    enhanced = api.http.get(path_of(api, body["enhanced_url"]))
    assert original.content == photo
    assert body["enhanced_size_kb"] == round(len(enhanced.content) / 1000, 1)
    reduction = (len(photo) - len(enhanced.content)) / len(photo) * 100
    assert body["size_reduction_percent"] == round(reduction, 1)
    with Image.open(io.BytesIO(enhanced.content)) as image:
        assert image.format == "JPEG"
        assert image.size == (body["enhanced_width"], body["enhanced_height"])


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_in_any_letter_case(api: Api, mode: str) -> None:
    body = api.uploaded(mode=mode.title())
    assert body["enhancement_mode"] == mode


def test_a_result_comes_at_the_size_asked_for(api: Api) -> None:
    asked = {"width": "60", "height": "60", "fit": "Pad", "padding": "5%", "background": "#ff0000"}
    body = api.uploaded(mode="OPTIMIZE", output_format="PNG", **asked)
    assert (body["enhanced_width"], body["enhanced_height"]) == (60, 60)
    assert not body["warnings"]
    enhanced = api.http.get(path_of(api, body["enhanced_url"]))
    with Image.open(io.BytesIO(enhanced.content)) as image:
        assert image.size == (60, 60)
        assert image.convert("RGB").getpixel((1, 1)) == (255, 0, 0)


def test_several_modes_are_done_told_and_found_as_one(api: Api) -> None:
    body = api.uploaded(mode="denoise, upscale", without="deblock")
    assert body["enhancement_mode"] == "DENOISE,UPSCALE"
    assert [step["name"] for step in body["steps"]] == ["deblock", "denoise", "upscale"]
    assert body["enhanced_width"] == 2 * body["original_width"]
    for mode, found in (("DENOISE,UPSCALE", True), ("UPSCALE", False)):
        listed = api.http.get("/api/v1/images", params={"mode": mode}).json()["images"]
        assert (body["image_id"] in [each["id"] for each in listed]) == found


@pytest.mark.parametrize("output", [*Format, "jpg", "webp"])
def test_every_output_format(api: Api, output: str) -> None:
    body = api.uploaded(output_format=output, mode="OPTIMIZE")
    enhanced = api.http.get(path_of(api, body["enhanced_url"]))
    name = Format.parse(output)
    assert enhanced.headers["content-type"] == MEDIA_TYPES[name]
    with Image.open(io.BytesIO(enhanced.content)) as image:
        assert image.format == name


@pytest.mark.parametrize("image_format", ALWAYS_READ)
def test_every_input_format_is_kept_as_it_came(api: Api, image_format: str) -> None:
    photo = photo_bytes(image_format=image_format)
    body = api.upload(photo, "photo.jpg").json()
    original = api.http.get(path_of(api, body["original_url"]))
    assert original.headers["content-type"] == MEDIA_TYPES[image_format]
    assert hashlib.sha256(original.content).digest() == hashlib.sha256(photo).digest()


def test_scale_and_target_size_are_obeyed(api: Api) -> None:
    body = api.uploaded(mode="UPSCALE", scale="3", target_size_kb="50")
    assert (body["enhanced_width"], body["enhanced_height"]) == (288, 216)
    assert body["target_met"] is True
    assert body["enhanced_size_kb"] <= 50


def test_the_background_and_the_shadow_asked_for(api: Api) -> None:
    cut: dict[str, Any] = {"mode": "BACKGROUND_REMOVE", "output_format": "PNG"}
    plain, coloured = (
        api.uploaded(**cut, background=background, keep_shadow="True")
        for background in ("transparent", "#0A64F0")
    )
    assert _corner(api, plain)[3] == 0
    assert _corner(api, coloured) == (10, 100, 240, 255)


def _corner(api: Api, body: dict[str, Any]) -> tuple[int, ...]:
    """R, G, B and A of the enhanced picture's first pixel."""
    file = api.http.get(path_of(api, body["enhanced_url"]))
    with Image.open(io.BytesIO(file.content)) as image:
        return tuple(image.convert("RGBA").tobytes()[:4])


def test_standardize_lists_the_rules_of_the_profile(api: Api) -> None:
    body = api.uploaded(mode="STANDARDIZE", profile="amazon")
    assert body["rules"]
    assert {"name", "required", "measured", "pass", "official"} <= set(body["rules"][0])


@pytest.mark.parametrize(
    ("given", "stem"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\shoe.jpg", "shoe"),
        ("é ñ 靴.jpg", "e_n"),
        ("靴.jpg", "image"),
        ("a\x00b\x1bc\nd.jpg", "a_b_c_d"),
        ("x" * 300 + ".jpg", "x" * 100),
        (".jpg", "image"),
        ("", "image"),
    ],
    ids=["parent", "windows", "accents", "script", "control", "long", "dot", "empty"],
)
def test_any_file_name_is_made_harmless(api: Api, given: str, stem: str) -> None:
    answer = _upload_named(api, given)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["original_url"].endswith(f"/uploads/original/{body['image_id'][:8]}_{stem}.jpg")
    assert api.http.get(path_of(api, body["original_url"])).status_code == 200


def _upload_named(api: Api, name: str) -> httpx.Response:
    """An upload whose file name goes over the wire exactly as given."""
    escaped = name.replace("\n", "%0A").replace('"', "%22").encode()
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + escaped + b'"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" + photo_bytes() + b"\r\n--b--\r\n"
    )
    return api.http.post(
        "/api/v1/enhance/upload",
        content=body,
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )


def test_a_file_part_without_a_file_name_is_a_file(api: Api) -> None:
    answer = api.http.post("/api/v1/enhance/upload", files={"file": (None, photo_bytes())})
    assert answer.status_code == 201


def test_a_field_that_the_mode_does_not_use_is_told(api: Api) -> None:
    body = api.uploaded(mode="SHARPEN", profile="amazon", scale=3)
    told = body["warnings"]
    assert told == [
        f"{name} was ignored, since SHARPEN does not use it: it is for {modes}."
        for name, modes in (
            ("scale", "UPSCALE, UPSCALE_DENOISE, FULL"),
            ("profile", "STANDARDIZE, FULL"),
        )
    ]
    image = f"/api/v1/images/{body['image_id']}"
    history = api.http.get(f"{image}/enhancement-history").json()
    assert history["enhancements"][0]["warnings"] == told
    again = {"mode": "DENOISE", "background": "white", "dry_run": True}
    rehearsed = api.http.post(f"{image}/enhance", json=again).json()
    assert rehearsed["warnings"] == [
        "background was ignored, since DENOISE does not use it: it is for BACKGROUND_REMOVE, FULL."
    ]


def test_a_field_that_enhancing_again_does_not_take(api: Api) -> None:
    again = f"/api/v1/images/{api.uploaded()['image_id']}/enhance"
    forms: list[dict[str, Any]] = [
        {"json": {"sku_id": "MUG-1"}},
        {"data": {"sku_id": "MUG-1"}},
        {"files": {"sku_id": (None, b"MUG-1")}},
    ]
    for form in forms:
        body = check_problem(api.http.post(again, **form), 400, "sku_id")
        assert body["detail"].startswith(
            "The request takes no field 'sku_id'; allowed are preset, dry_run"
        )


def test_the_same_idempotency_key_gives_the_first_answer_again(api: Api) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    photo = {"file": ("photo.jpg", photo_bytes(seed=2))}
    first = api.http.post("/api/v1/enhance/upload", files=photo, headers=key)
    before = api.everything()
    again = api.http.post("/api/v1/enhance/upload", files=photo, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert api.everything() == before


def test_the_same_idempotency_key_with_another_file_or_field_is_a_conflict(api: Api) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    photo = {"file": ("photo.jpg", photo_bytes(seed=3))}
    api.http.post("/api/v1/enhance/upload", files=photo, headers=key)
    before = api.everything()
    other_file = api.http.post(
        "/api/v1/enhance/upload", files={"file": photo_bytes(seed=4)}, headers=key
    )
    other_field = api.http.post(
        "/api/v1/enhance/upload", files=photo, data={"mode": "SHARPEN"}, headers=key
    )
    for answer in (other_file, other_field):
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:pixellab:problem:idempotency-conflict"
    assert api.everything() == before


def test_a_sku_id_is_kept_and_taken_once(api: Api) -> None:
    assert api.uploaded(sku_id="shoe-42")["sku_id"] == "shoe-42"
    before = api.everything()
    answer = api.upload(sku_id="shoe-42")
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:pixellab:problem:sku-taken"
    assert api.everything() == before


@pytest.mark.parametrize("size", [(1, 1), (100_000, 1)])
def test_the_smallest_photo_and_the_thinnest(api: Api, size: tuple[int, int]) -> None:
    answer = api.upload(noise_bytes(*size), "odd.png", output_format="PNG")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["original_width"], body["original_height"]) == size
    with Image.open(io.BytesIO(api.http.get(path_of(api, body["enhanced_url"])).content)) as made:
        assert (made.format, made.size) == ("PNG", size)


def test_a_gain_map_that_was_dropped_is_told(api: Api) -> None:
    body = api.upload(ultra_hdr(scene(240, 180)), "phone.jpg").json()
    assert GAIN_MAP in body["warnings"]
    image = f"{IMAGES}/{body['image_id']}"
    history = api.http.get(f"{image}/enhancement-history").json()
    assert GAIN_MAP in history["enhancements"][0]["warnings"]
