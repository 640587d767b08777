"""The page without a browser: what it shows, asks the API for, and refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from streamlit.testing.v1 import AppTest

from pixellab.entrypoints.dashboard.http_api import HttpApi
from tests.conftest import photo_bytes
from tests.e2e.dashboard.conftest import upload_samples
from tests.e2e.dashboard.running import RunningApi, running_api

KEY = "a-key-of-16-or-more"
TIMEOUT = 60.0
"""Seconds that one run of the page may take, on a busy machine."""


def whole_page(address: str) -> None:
    from pixellab.entrypoints.dashboard.page import show

    show(address)


def only_gallery(address: str) -> None:
    from pixellab.entrypoints.dashboard.connection import connect
    from pixellab.entrypoints.dashboard.gallery.gallery_page import gallery_page

    gallery_page(*connect(address))


def page(script: Callable[[str], None], address: str) -> AppTest:
    return AppTest.from_function(script, args=(address,), default_timeout=TIMEOUT)


def until_done(shown: AppTest) -> AppTest:
    """Draw the page again until all photos have come to an end."""
    while not any(each.label == "Clear the list" for each in shown.button):
        shown.run()
    return shown.run()


def texts(shown: AppTest) -> str:
    blocks = [*shown.markdown, *shown.caption, *shown.error, *shown.info, *shown.warning]
    return "\n".join(str(each.value) for each in blocks)


def test_photos_are_uploaded_with_what_the_form_says(api: RunningApi, http_api: HttpApi) -> None:
    shown = page(whole_page, api.address).run()
    assert not shown.exception
    assert [each.label for each in shown.tabs] == ["📤 Upload", "📁 Folder"]
    shown.selectbox(key="new-mode").select("STANDARDIZE").run()
    shown.number_input(key="new-size").set_value(300).run()
    shown.selectbox(key="new-profile").select("amazon").run()
    shown.file_uploader[0].set_value(
        [("mug.jpg", photo_bytes(400, 300), "image/jpeg"), ("bad.jpg", b"no", "image/jpeg")]
    ).run()
    next(each for each in shown.button if each.label == "Enhance 2 photos").click().run()
    until_done(shown)
    assert not shown.exception
    kept = http_api.images(q="mug")["images"]
    assert [each["enhancement_mode"] for each in kept] == ["STANDARDIZE"]
    entry = http_api.history(kept[0]["id"])["enhancements"][0]
    assert entry["rules"]
    assert any("bad.jpg" in each.value.replace("\\", "") for each in shown.error)


def test_a_preset_takes_the_place_of_the_form(tmp_path: Path) -> None:
    (tmp_path / "presets.toml").write_text('[quick]\nmode = "OPTIMIZE"\n')
    with running_api(tmp_path, PIXELLAB_PRESETS=str(tmp_path / "presets.toml")) as api:
        http_api = HttpApi(api.address)
        fields = {"mode": "SHARPEN", "keep_shadow": True, "target_size_kb": 300}
        stored: dict[str, Any] = {**fields, "output_format": "WEBP"}
        url = f"{api.address}/api/v1/presets/shop-crisp"
        requests.put(url, json=stored, timeout=TIMEOUT).raise_for_status()
        shown = page(whole_page, api.address).run()
        assert not shown.exception
        [preset] = [each for each in shown.selectbox if each.label == "Preset"]
        assert preset.options == ["None: choose below", "quick", "shop-crisp"]
        assert [each for each in shown.selectbox if each.key == "new-mode"]
        preset.select("shop-crisp").run()
        assert not [each for each in shown.selectbox if each.key == "new-mode"]
        drawn = "".join(each.proto.body for each in shown.get("html"))
        for told in ("What to do: Sharpen", "Keep shadow: yes", "Largest file (KB): 300"):
            assert told in drawn
        photo = ("mug.jpg", photo_bytes(400, 300), "image/jpeg")
        shown.file_uploader[0].set_value([photo]).run()
        next(each for each in shown.button if each.label == "Enhance 1 photo").click().run()
        until_done(shown)
        assert not shown.exception
        [image] = http_api.images()["images"]
        [made] = http_api.history(image["id"])["enhancements"]
        assert made["request"].items() >= (stored | {"preset": "shop-crisp"}).items()


def test_gemini_is_greyed_with_the_reason_where_it_is_not_set_up(api: RunningApi) -> None:
    shown = page(whole_page, api.address).run()
    [box] = [each for each in shown.checkbox if each.label == "🤖 Gemini AI Enhancement"]
    assert box.disabled
    assert "Not available: GEMINI is not configured here" in texts(shown)


def test_the_gallery_asks_for_what_the_address_says(api: RunningApi, http_api: HttpApi) -> None:
    upload_samples(http_api, "soft-watch.jpg", mode="OPTIMIZE")
    upload_samples(http_api, "dark-mug.jpg", mode="SHARPEN")
    shown = page(only_gallery, api.address)
    shown.query_params["mode"] = "optimize"
    shown.run()
    assert not shown.exception
    assert shown.selectbox(key="mode").value == "OPTIMIZE"
    assert "1 photo" in texts(shown)
    shown.text_input(key="q").set_value("dark").run()
    assert "No photo fits these filters." in texts(shown)
    shown.selectbox(key="mode").set_value("SHARPEN").run()
    assert "1 photo" in texts(shown)
    assert shown.query_params == {"q": "dark", "mode": "SHARPEN"}
    shown.selectbox(key="mode").set_value(None).run()
    assert shown.query_params == {"q": "dark"}
    today = date.today()
    shown.date_input(key="to").set_value(today.replace(year=today.year - 1)).run()
    assert "No photo fits these filters." in texts(shown)


def test_pages_that_are_no_numbers_show_the_first(api: RunningApi) -> None:
    shown = page(only_gallery, api.address)
    shown.query_params["page"] = "last"
    shown.run()
    assert not shown.exception
    assert "photo" in texts(shown)


def test_a_page_beyond_the_last_leads_back_to_the_first(api: RunningApi) -> None:
    shown = page(only_gallery, api.address)
    shown.query_params["page"] = "900"
    shown.run()
    assert "There are fewer photos than that." in texts(shown)
    next(each for each in shown.button if each.label == "First page").click().run()
    assert not shown.exception
    assert "There are fewer photos than that." not in texts(shown)


@pytest.fixture(scope="module")
def locked_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    folder: Path = tmp_path_factory.mktemp("locked")
    with running_api(folder, PIXELLAB_API_KEYS=KEY) as running:
        yield running


def test_the_key_is_asked_for_once_and_stays_out_of_the_address(locked_api: RunningApi) -> None:
    shown = page(whole_page, locked_api.address).run()
    assert "asks for an API key" in texts(shown)
    shown.text_input[0].set_value("wrong-key-of-16-chars")
    shown.button[0].click().run()
    assert "does not know this key" in texts(shown)
    shown.text_input[0].set_value(KEY)
    shown.button[0].click().run()
    assert not shown.exception
    assert [each.value for each in shown.title] == ["Upload & Enhance"]
    shown.run()
    assert [each.value for each in shown.title] == ["Upload & Enhance"]
    assert KEY not in str(shown.query_params)


def test_an_api_that_is_not_there_is_said_to_be_away() -> None:
    shown = page(whole_page, "http://localhost:9").run()
    assert not shown.exception
    assert "PixelLab cannot be reached just now" in texts(shown)
    assert [each.label for each in shown.button] == ["Try again"]
