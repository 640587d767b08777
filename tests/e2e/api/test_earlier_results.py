"""Results made again to compare, and earlier ones made the current one."""

from __future__ import annotations

import io
from typing import Any

import pytest
from attrs import evolve

from pixellab.domain.errors import BackendFailed
from pixellab.domain.requests import Task
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.bootstrap import bootstrap
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, Api, Configure, served
from tests.e2e.api.test_costs import backends
from tests.unit.installation import PRICE


def replayed(api: Api, image_id: str, number: int = 1) -> dict[str, Any]:
    answer = api.http.post(f"{IMAGES}/{image_id}/enhancements/{number}/replay")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_record_names_the_files_and_versions_that_made_the_result(api: Api) -> None:
    image_id = api.uploaded(mode="UPSCALE", content=photo_bytes(90, 60))["image_id"]
    history = api.http.get(f"{IMAGES}/{image_id}/enhancement-history").json()
    [done] = history["enhancements"]
    assert [each["name"] for each in done["models"]] == done["model_version"].split(", ")
    assert all(len(each["sha256"]) == 64 for each in done["models"])
    assert {"pixellab-enhance", "numpy", "onnxruntime"} <= set(done["versions"])
    image = api.lab.get_image(image_id)
    assert history["original_sha256"] == image.original.sha256
    assert image.enhanced is not None
    assert done["enhanced_sha256"] == image.enhanced.sha256


@pytest.mark.parametrize("mode", ["AUTO", "BACKGROUND_REMOVE", "STANDARDIZE", "UPSCALE_DENOISE"])
def test_a_result_comes_out_the_same_and_nothing_changes(api: Api, mode: str) -> None:
    image_id = api.uploaded(mode=mode)["image_id"]
    before = api.everything(), api.lab.get_history(image_id)
    body = replayed(api, image_id)
    assert (body["same"], body["differences"], body["faithfulness"]) == (True, [], 100)
    assert body["replayed_sha256"] == body["enhanced_sha256"]
    assert (api.everything(), api.lab.get_history(image_id)) == before


def test_an_enlarged_result_may_be_larger_than_photos_may_be(api: Api) -> None:
    photo, fields = photo_bytes(600, 450), {"mode": "UPSCALE", "output_format": "webp"}
    uploaded = api.uploaded(content=photo, **fields)
    assert api.lab.settings.max_pixels < uploaded["enhanced_width"] * uploaded["enhanced_height"]
    assert replayed(api, uploaded["image_id"])["same"] is True


def test_a_result_of_another_version_says_what_is_not_as_it_was(configure: Configure) -> None:
    settings = configure()
    with bootstrap(settings) as lab:
        versions = {**lab.enhance.versions, "numpy": "1.0.0", "lost": "3"}
        del versions["pillow"]
        old = evolve(lab, enhance=evolve(lab.enhance, versions=versions))
        upload = Upload(content=io.BytesIO(photo_bytes()), filename="photo.jpg", task=Task())
        image_id = old.upload_and_enhance(upload).image.id
    with served(settings) as api:
        body = replayed(api, image_id)
    assert body["same"] is True
    told = " ".join(body["differences"])
    assert "numpy: its version was 1.0.0, and is now 2" in told
    assert "lost was used then, and is not now." in told
    assert "pillow was not used then, and is now." in told


def test_what_had_to_be_paid_is_not_made_again(configure: Configure) -> None:
    enhancers, _ = backends("GEMINI", "LOCAL")
    with served(configure(cost_cap_request=PRICE), enhancers=enhancers) as api:
        image_id = api.uploaded()["image_id"]
        answer = api.http.post(f"{IMAGES}/{image_id}/enhancements/1/replay")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("GEMINI has to be paid")


def test_an_earlier_result_becomes_the_current_one(api: Api) -> None:
    image_id = api.uploaded(mode="AUTO")["image_id"]
    first = api.http.get(f"{IMAGES}/{image_id}").json()
    api.http.post(f"{IMAGES}/{image_id}/enhance", json={"mode": "STANDARDIZE"})
    assert api.http.get(f"{IMAGES}/{image_id}").json()["enhancement_mode"] == "STANDARDIZE"
    answer = api.http.post(f"{IMAGES}/{image_id}/enhancements/1/revert")
    assert answer.status_code == 200, answer.text
    assert answer.json() | {"updated_at": None} == first | {"updated_at": None}
    assert api.http.get(f"{IMAGES}/{image_id}").json() == answer.json()
    history = api.http.get(f"{IMAGES}/{image_id}/enhancement-history").json()
    assert (history["enhanced_sequence"], len(history["enhancements"])) == (1, 2)


@pytest.mark.parametrize("what", ["replay", "revert"])
def test_an_enhancement_that_is_not_there_is_refused(api: Api, what: str) -> None:
    image_id = api.uploaded()["image_id"]
    for number in (0, 7):
        missing = api.http.post(f"{IMAGES}/{image_id}/enhancements/{number}/{what}")
        assert missing.status_code == 404
        assert missing.json()["detail"] == "The image has no enhancement of this number."


@pytest.mark.parametrize("what", ["replay", "revert"])
def test_an_enhancement_that_failed_has_no_result(configure: Configure, what: str) -> None:
    enhancers, painter = backends("GEMINI")
    with served(configure(cost_cap_request=PRICE), enhancers=enhancers) as api:
        image_id = api.uploaded()["image_id"]
        painter.error = BackendFailed("GEMINI failed on this picture.")
        assert api.http.post(f"{IMAGES}/{image_id}/enhance", json={}).status_code == 502
        answer = api.http.post(f"{IMAGES}/{image_id}/enhancements/2/{what}")
        assert (answer.status_code, answer.json()["type"]) == (
            409,
            "urn:pixellab:problem:no-result",
        )
        assert answer.json()["detail"] == "Enhancement 2 failed, so it has no result."


@pytest.mark.parametrize("what", ["replay", "revert"])
def test_an_enhancement_that_is_not_done_has_no_result_yet(configure: Configure, what: str) -> None:
    with served(configure(job_workers=0)) as api:
        image_id = api.uploaded()["image_id"]
        later = {"Prefer": "respond-async"}
        waiting = api.http.post(f"{IMAGES}/{image_id}/enhance", json={}, headers=later)
        assert waiting.status_code == 202
        answer = api.http.post(f"{IMAGES}/{image_id}/enhancements/2/{what}")
        assert (answer.status_code, answer.json()["type"]) == (
            409,
            "urn:pixellab:problem:in-progress",
        )
