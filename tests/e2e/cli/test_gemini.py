"""GEMINI on the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.adapters.enhancers.gemini.gemini_server import KEY, MODEL, GeminiServer, running_gemini
from tests.e2e.cli.conftest import Ran

Cli = Callable[..., Ran]


@pytest.fixture
def gemini(monkeypatch: pytest.MonkeyPatch) -> Iterator[GeminiServer]:
    with running_gemini() as server:
        monkeypatch.setenv("GEMINI_API_KEY", KEY)
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        yield server


def test_a_photo_is_enhanced_by_gemini(cli: Cli, photo: Path, gemini: GeminiServer) -> None:
    ran = cli("enhance", photo.name, "--backend", "gemini", "--mode", "upscale", "--json")
    assert ran.code == 0, ran.err
    assert (ran.answer["backend"], ran.answer["cost"]["amount"]) == ("GEMINI", "0.034")
    [call] = ran.answer["backend_calls"]
    assert call["model_version"] == f"{MODEL}-001"
    with Image.open("photo.enhanced.jpg") as made:
        assert made.size == (480, 360)
    assert gemini.only.size == "1K"
    assert KEY not in ran.out + ran.err


def test_doctor_tells_what_gemini_would_do_and_ask_for_it(cli: Cli, gemini: GeminiServer) -> None:
    ran = cli("doctor", "--json")
    assert f"has the model {MODEL}" in ran.out
    assert "1K 0.034 USD" in ran.out
    assert gemini.asked == []


def test_without_a_key_gemini_is_not_configured(cli: Cli, photo: Path) -> None:
    ran = cli("enhance", photo.name, "--backend", "gemini")
    assert ran.code == 7
    assert ran.err == (
        "pixellab: photo.jpg: GEMINI is not configured here; configured: LOCAL. To allow it, set "
        "GEMINI_API_KEY to a key of the Gemini API.\n"
    )
    other = cli("enhance", photo.name, "--backend", "bedrock")
    assert "set PIXELLAB_BEDROCK_REGION to us-east-1, us-east-2 or us-west-2." in other.err
