"""The form: what it offers goes together, and it starts from what was used before."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pixellab.entrypoints.dashboard.http_api import HttpApi
from tests.e2e.dashboard.test_page_logic import TIMEOUT, texts

SEPIA = {
    "name": "SEPIA",
    "available": True,
    "why_not": None,
    "modes": ["AUTO"],
    "sends_photos_away": True,
    "prices": {"AUTO": "0.02 USD"},
}


def form(able: dict[str, object], used: dict[str, object]) -> None:
    import streamlit as st

    from pixellab.entrypoints.dashboard.parts.request_form import request_form

    st.session_state["fields"] = request_form(able, "this", used)


def opened(able: dict[str, Any], **used: Any) -> AppTest:
    return AppTest.from_function(form, args=(able, used), default_timeout=TIMEOUT).run()


def fields(shown: AppTest) -> dict[str, Any]:
    assert not shown.exception
    found: dict[str, Any] = shown.session_state["fields"]
    return found


def offered(shown: AppTest, label: str) -> list[str]:
    return [option for each in shown.selectbox if each.label == label for option in each.options]


def choose(shown: AppTest, label: str, value: str | None) -> None:
    next(each for each in shown.selectbox if each.label == label).select(value).run()


@pytest.fixture(scope="module")
def able(http_api: HttpApi) -> dict[str, Any]:
    return http_api.capabilities()


def test_only_what_goes_together_is_offered(able: dict[str, Any]) -> None:
    shown = opened(able, mode="BACKGROUND_REMOVE")
    assert offered(shown, "Format") == ["PNG", "WEBP", "AVIF"]
    assert fields(shown)["background"] == "transparent"
    choose(shown, "Background", "white")
    assert "JPEG" in offered(shown, "Format")
    choose(shown, "What to do", "FULL")
    assert offered(shown, "Background")
    choose(shown, "Marketplace", "amazon")
    assert offered(shown, "Background") == []
    assert "Keep the shadow" not in [each.label for each in shown.checkbox]
    assert {"background", "keep_shadow"}.isdisjoint(fields(shown))
    assert offered(shown, "Format") == ["JPEG", "PNG"]


@pytest.mark.parametrize(
    "used",
    [
        {"mode": "STANDARDIZE", "profile": "amazon", "output_format": "PNG", "backend": None},
        {
            "mode": "BACKGROUND_REMOVE",
            "background": "#123456",
            "keep_shadow": "true",
            "output_format": "WEBP",
        },
        {"mode": "UPSCALE", "scale": 4, "target_size_kb": 700, "output_format": "AVIF"},
    ],
)
def test_it_starts_from_what_was_used(able: dict[str, Any], used: dict[str, Any]) -> None:
    assert fields(opened(able, **used)).items() >= used.items()


def test_every_backend_that_can_do_it_is_offered(able: dict[str, Any]) -> None:
    shown = opened(able)
    assert offered(shown, "Done by") == []
    more = able | {"backends": [*able["backends"], SEPIA]}
    shown = opened(more)
    assert [each.split(",")[0] for each in offered(shown, "Done by")] == [
        "As it is set up here",
        "LOCAL",
        "SEPIA",
    ]
    assert fields(shown)["backend"] is None
    choose(shown, "Done by", "SEPIA")
    assert fields(shown)["backend"] == "SEPIA"
    assert "About 0.02 USD for a photo of one megapixel." in texts(shown)
    choose(shown, "What to do", "SHARPEN")
    assert fields(shown)["backend"] is None


def test_gemini_says_what_it_costs_before_it_is_asked_for(able: dict[str, Any]) -> None:
    others = [each for each in able["backends"] if each["name"] != "GEMINI"]
    gemini = SEPIA | {"name": "GEMINI", "prices": {"AUTO": "0.04 USD"}}
    shown = opened(able | {"backends": [*others, gemini]})
    assert "About 0.04 USD for a photo of one megapixel." in texts(shown)
    assert fields(shown)["backend"] is None
    shown.checkbox[0].check().run()
    assert fields(shown)["backend"] == "GEMINI"
    choose(shown, "What to do", "SHARPEN")
    assert fields(shown)["backend"] is None
    assert "Not available: GEMINI does not do Sharpen." in texts(shown)


def test_a_backend_that_is_not_there_says_why(able: dict[str, Any]) -> None:
    [gemini] = opened(able).checkbox
    assert gemini.disabled
    assert "BEDROCK is not configured here" in gemini.help
