"""What Google's SDK sends for GEMINI, and what is read from answers."""

from __future__ import annotations

import io
import logging
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from PIL import Image

from pixellab.adapters.enhancers.gemini.gemini_enhancer import GeminiEnhancer
from pixellab.domain.pictures import Metadata, Picture
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Usage
from tests.adapters.enhancers.gemini.conftest import Make
from tests.adapters.enhancers.gemini.gemini_server import (
    KEY,
    MODEL,
    GeminiServer,
    as_json,
    brighter,
    drawing,
    picture_answer,
)
from tests.conftest import scene

LIGHT = Task(mode=Mode.LIGHT_CORRECTION)
METADATA = Metadata(copyright="(c) Acme", author="Somebody")


def photo(width: int = 320, height: int = 240) -> Picture:
    return Picture(pixels=scene(width, height), format="JPEG", metadata=METADATA)


def test_the_request_is_the_one_that_the_service_documents(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    gemini.enhance(photo(), LIGHT)
    asked = server.only
    assert (asked.method, asked.path) == ("POST", f"/v1/models/{MODEL}:generateContent")
    assert asked.headers["x-goog-api-key"] == KEY
    assert asked.headers["x-server-timeout"] == "30"
    assert asked.body["store"] is False
    assert asked.body["generationConfig"] == {
        "responseModalities": ["IMAGE"],
        "imageConfig": {"aspectRatio": "4:3", "imageSize": "1K"},
    }
    picture, prompt = asked.parts
    assert picture["inlineData"] | {"data": ""} == {"data": "", "mime_type": "image/jpeg"}
    assert asked.picture.shape == (240, 320, 3)
    assert "exposure" in prompt["text"]
    assert set(asked.body) == {"contents", "generationConfig", "store"}


@pytest.mark.parametrize("mode", sorted(set(Mode) - {Mode.STANDARDIZE, Mode.OPTIMIZE}))
def test_every_prompt_asks_to_keep_the_product(
    gemini: GeminiEnhancer, server: GeminiServer, mode: Mode
) -> None:
    noise = np.random.default_rng(0).normal(0, 15, (96, 128, 3))
    noisy = np.clip(scene(128, 96) + noise, 0, 255).astype(np.uint8)
    gemini.enhance(photo().with_pixels(noisy), Task(mode=mode))
    for word in ("Keep the product exactly", "letter", "colours", "proportions"):
        assert word in server.only.prompt


def test_no_metadata_leaves_the_machine(gemini: GeminiEnhancer, server: GeminiServer) -> None:
    done = gemini.enhance(photo(), LIGHT)
    assert b"Acme" not in server.only.file
    assert Image.open(io.BytesIO(server.only.file)).getexif() == {}
    assert done.picture.metadata == evolve(METADATA, digital_source_type="trainedAlgorithmicMedia")
    assert done.drawn is not None
    assert done.drawn.format == "JPEG"


def test_what_is_sent_is_no_larger_than_allowed(make: Make, server: GeminiServer) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    make(max_input_bytes=100_000).enhance(Picture(pixels=noise, format="PNG"), LIGHT)
    assert len(server.only.file) <= 100_000


def test_the_environment_of_the_sdk_decides_nothing(
    make: Make, server: GeminiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_GENAI_USE_ENTERPRISE", "true")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_API_KEY", "another-key")
    monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", "beta")
    monkeypatch.setenv("GOOGLE_GENAI_HTTP_CLIENT", "httpx")
    make().enhance(photo(), LIGHT)
    assert server.only.headers["x-goog-api-key"] == KEY
    assert server.only.path.startswith("/v1/")


def test_the_answer_tells_tokens_price_and_who_drew(gemini: GeminiEnhancer) -> None:
    done = gemini.enhance(photo(), LIGHT)
    assert (done.model_version, done.response_id) == (f"{MODEL}-001", "response-1")
    assert done.usage == Usage(
        requests=1,
        input_tokens=560,
        output_tokens=1200,
        images=1,
        amount=Decimal("0.034"),
        currency="USD",
        priced_on=date(2026, 11, 1),
    )


def test_a_price_that_is_not_listed_is_unknown_unless_the_user_was_quoted_one(
    make: Make, server: GeminiServer
) -> None:
    server.answer = drawing(lambda _: np.full((480, 640, 3), 200, np.uint8))
    task = Task(mode=Mode.UPSCALE, scale=4)  # 320 x 240, 4 times: 2K
    unknown = make().enhance(photo(), task).usage
    assert unknown
    assert (unknown.images, unknown.amount) == (1, None)
    own = {f"{MODEL} at 2K": Decimal("0.05")}
    known = make(prices=own).enhance(photo(), task).usage
    assert known
    assert (known.amount, known.priced_on) == (Decimal("0.05"), None)
    assert [asked.size for asked in server.asked] == ["2K", "2K"]


@pytest.mark.parametrize("missing", ["usageMetadata", "modelVersion", "responseId", "all"])
def test_every_field_beside_the_picture_may_be_missing(
    gemini: GeminiEnhancer, server: GeminiServer, missing: str
) -> None:
    def without(asked: Any) -> Any:
        whole = picture_answer(brighter(asked))
        gone = {"usageMetadata", "modelVersion", "responseId"} if missing == "all" else {missing}
        del whole["candidates"][0]["finishReason"]
        return as_json({name: value for name, value in whole.items() if name not in gone})

    server.answer = without
    done = gemini.enhance(photo(), LIGHT)
    assert done.model_version == (MODEL if missing in ("modelVersion", "all") else f"{MODEL}-001")
    assert done.usage
    assert done.usage.amount == Decimal("0.034")
    assert (done.usage.input_tokens is None) == (missing in ("usageMetadata", "all"))


def test_values_that_nobody_knows_yet_are_no_harm(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    def strange(asked: Any) -> Any:
        whole = picture_answer(brighter(asked))
        whole["candidates"][0]["finishReason"] = "FINISHED_BY_A_NEW_RULE"
        whole["candidates"][0]["safetyRatings"] = [{"category": "NEW", "probability": "ODD"}]
        whole["usageMetadata"]["trafficType"] = "BY_SHIP"
        whole["modelStatus"] = {"modelStage": "RETIRING"}
        return as_json(whole)

    server.answer = strange
    assert gemini.enhance(photo(), LIGHT).response_id == "response-1"


def test_ids_of_any_length_fit_the_records(gemini: GeminiEnhancer, server: GeminiServer) -> None:
    server.answer = drawing(brighter, responseId="r" * 1000, modelVersion="m" * 1000)
    done = gemini.enhance(photo(), LIGHT)
    assert len(done.response_id or "") <= 255
    assert len(done.model_version or "") <= 255


def test_the_key_is_shown_nowhere(
    make: Make, server: GeminiServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        enhancer = make()
        enhancer.enhance(photo(), LIGHT)
        found = enhancer.diagnose()
    assert KEY not in caplog.text
    assert KEY not in repr(enhancer._service.access)
    assert KEY not in repr(found)


def test_modes_that_are_local_by_nature_send_nothing(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    for mode in (Mode.STANDARDIZE, Mode.OPTIMIZE):
        assert gemini.estimate(320, 240, Task(mode=mode)) is None
        done = gemini.enhance(photo(), Task(mode=mode))
        assert done.backend == "GEMINI"
        assert done.usage is None
        assert done.picture.metadata.digital_source_type is None
        assert "Nothing was sent to Gemini" in done.steps[-1].why
    assert server.asked == []


def test_the_estimate_names_who_gets_what_at_which_price(make: Make, server: GeminiServer) -> None:
    estimate = make(base_url=None).estimate(4000, 3000, LIGHT)
    assert estimate
    assert estimate.service == "Google Gemini API, generativelanguage.googleapis.com"
    assert estimate.model == MODEL
    assert "4000 x 3000" in estimate.sends
    assert (estimate.usage.images, estimate.usage.amount) == (1, None)
    small = make().estimate(320, 240, Task(mode=Mode.AUTO))
    assert small
    assert small.sends.startswith("if it needs anything")
    assert small.usage.amount == Decimal("0.034")
    assert server.asked == []
