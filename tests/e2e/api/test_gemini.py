"""GEMINI behind the API: its folders, its record, its cost, and the fallback from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.adapters.enhancers.gemini.gemini_server import (
    KEY,
    MODEL,
    GeminiServer,
    Reply,
    as_json,
    brighter,
    drawing,
    failure,
    running_gemini,
)
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, Api, Configure, served

PAID = {"amount": "0.034", "currency": "USD"}
DIM = {"mode": "LIGHT_CORRECTION"}


@pytest.fixture(scope="module")
def gemini() -> Iterator[GeminiServer]:
    with running_gemini() as server:
        yield server


@pytest.fixture(scope="module")
def api(configure: Configure, gemini: GeminiServer) -> Iterator[Api]:
    settings = configure(
        gemini_api_key=KEY,
        gemini_base_url=gemini.url,
        routes="AUTO=gemini>local,SHARPEN=gemini,*=local",
        cloud_timeout=30,
    )
    with served(settings) as running:
        yield running


@pytest.fixture(autouse=True)
def _as_usual(gemini: GeminiServer) -> None:
    gemini.answer = drawing(brighter)
    gemini.asked.clear()


def history(api: Api, image_id: str) -> dict[str, Any]:
    answer = api.http.get(f"{IMAGES}/{image_id}/enhancement-history").json()
    [only] = answer["enhancements"]
    row: dict[str, Any] = only
    return row


def test_an_upload_is_drawn_kept_in_its_folders_and_recorded_with_its_cost(
    api: Api, gemini: GeminiServer
) -> None:
    body = api.uploaded(mode="LIGHT_CORRECTION", backend="GEMINI")
    digits = body["image_id"][:8]
    assert body["backend"] == "GEMINI"
    assert body["cost"] == PAID
    keys = {f"originals/{digits}_photo.jpg", f"enhanced/{digits}_photo.jpg"}
    assert keys <= set(api.lab.store.keys())
    assert body["original_url"].endswith(f"/originals/{digits}_photo.jpg")
    assert body["enhanced_url"].endswith(f"/enhanced/{digits}_photo.jpg")
    with api.lab.store.open(f"enhanced/{digits}_photo.jpg") as content:
        enhanced = content.read()
    assert b"trainedAlgorithmicMedia" in enhanced
    assert api.http.get(body["enhanced_url"]).content == enhanced
    row = history(api, body["image_id"])
    assert (row["backend"], row["processing_status"]) == ("GEMINI", "completed")
    assert (row["model_version"], row["response_id"]) == (f"{MODEL}-001", "response-1")
    assert row["cost"] == PAID
    [call] = row["backend_calls"]
    assert (call["outcome"], call["usage"]["output_tokens"]) == ("served", 1200)
    assert len(gemini.asked) == 1


def test_a_route_falls_back_and_the_record_says_why(api: Api, gemini: GeminiServer) -> None:
    gemini.answer = lambda _: failure(503, "UNAVAILABLE")
    noisy = _noisy_photo()
    body = api.upload(noisy, "noisy.jpg").json()
    assert body["backend"] == "LOCAL"
    digits = body["image_id"][:8]
    assert body["enhanced_url"].endswith(f"/uploads/enhanced/{digits}_noisy.jpg")
    assert any(each.startswith("Gemini is overloaded") for each in body["warnings"])
    first, second = history(api, body["image_id"])["backend_calls"]
    assert (first["backend"], first["outcome"]) == ("GEMINI", "unavailable")
    assert first["why"] == "Gemini is overloaded just now."
    assert (first["usage"], first["model_version"]) == (None, MODEL)
    assert (second["backend"], second["outcome"]) == ("LOCAL", "served")


def blocked(_: Any) -> Reply:
    return as_json(
        {"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": "m-2", "responseId": "r-2"}
    )


def garbage(_: Any) -> Reply:
    return Reply(body=b"<html>")


@pytest.mark.parametrize(
    ("answer", "status", "outcome", "ids", "cost"),
    [
        (blocked, 422, "refused", ("m-2", "r-2"), "unknown"),
        (garbage, 502, "failed", (MODEL, None), "unknown"),
        (lambda _: failure(504, "DEADLINE_EXCEEDED"), 504, "timed_out", (MODEL, None), "unknown"),
        (lambda _: failure(429, "RESOURCE_EXHAUSTED"), 503, "unavailable", (MODEL, None), None),
        (lambda _: failure(403, "PERMISSION_DENIED"), 503, "unavailable", (MODEL, None), None),
    ],
)
def test_a_failure_without_a_fallback_is_recorded_with_what_it_may_have_cost(
    api: Api,
    gemini: GeminiServer,
    answer: Callable[[Any], Reply],
    status: int,
    outcome: str,
    ids: tuple[str, str | None],
    cost: str | None,
) -> None:
    gemini.answer = answer
    problem = api.upload(mode="SHARPEN")
    assert problem.status_code == status, problem.text
    assert "vendor's words" not in problem.text
    row = history(api, problem.json()["image_id"])
    assert row["processing_status"] == "failed"
    [call] = row["backend_calls"]
    assert call["outcome"] == outcome
    assert (call["model_version"], call["response_id"]) == ids
    assert (row["cost"] or {}).get("amount") == cost


def _noisy_photo() -> bytes:
    import io

    from PIL import Image

    with Image.open(io.BytesIO(photo_bytes(240, 180))) as clean:
        noise = np.random.default_rng(0).normal(0, 15, (180, 240, 3))
        noisy = np.clip(np.asarray(clean.convert("RGB")) + noise, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(noisy).save(out, "JPEG", quality=95)
    return out.getvalue()
