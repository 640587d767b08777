"""Presets: what they may hold, where they come from, and how they fill requests in."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from pixellab import open_pixellab
from pixellab.adapters.presets.presets_in_memory import InMemoryPresets
from pixellab.domain.errors import (
    InvalidFields,
    InvalidRequest,
    Misconfigured,
    PresetConfigured,
    UnknownPreset,
)
from pixellab.domain.requests import EnhanceRequest, Mode
from pixellab.domain.requests.presets import FIELDS, Preset, checked_preset
from pixellab.domain.use_cases import KnownPresets
from pixellab.domain.use_cases.keeping.known_presets import MAX_STORED, MAX_TOLD
from pixellab.entrypoints.api.http.request_models import ENHANCE, from_form, from_json
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import load_settings
from tests.conftest import photo_bytes
from tests.unit.test_request_fields import ASKED

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def known(**configured: Any) -> KnownPresets:
    """Presets of a file; nothing is stored."""
    stored = InMemoryPresets()
    return KnownPresets(
        configured={name: checked_preset(name, each, {}) for name, each in configured.items()},
        stored=lambda: stored,
        clock=lambda: NOON,
        available={},
    )


@given(ASKED.filter(bool), ASKED)
def test_what_the_request_leaves_out_is_filled_in_at_every_edge(
    preset: dict[str, Any], own: dict[str, Any]
) -> None:
    try:
        expected = EnhanceRequest(**{**preset, **own, "preset": "p"})
        presets = known(p=preset)
    except InvalidRequest:  # such as a padding that leaves no room
        return
    asked = own | {"preset": "p"}
    form = from_form(ENHANCE, {name: str(value) for name, value in asked.items()})
    body = from_json(ENHANCE, json.dumps(asked).encode())
    for sent in (form, body):
        assert sent.model_copy(update=presets.fill_in(sent.given)).request() == expected
    assert EnhanceRequest(**presets.fill_in(asked)) == expected


def test_json_takes_a_field_back_with_null() -> None:
    sent = from_json(ENHANCE, b'{"preset": "p", "width": null}')
    filled = known(p={"width": 800, "height": 600}).fill_in(sent.given)
    assert (filled["width"], filled["height"]) == (None, 600)


@given(ASKED.filter(bool))
def test_what_a_preset_holds_is_json_and_stays_the_same(fields: dict[str, Any]) -> None:
    try:
        preset = checked_preset("p", fields, {})
    except InvalidRequest:
        return
    assert checked_preset("p", json.loads(json.dumps(preset.fields)), {}) == preset
    assert EnhanceRequest(**preset.fields) == EnhanceRequest(**fields)


def test_each_wrong_field_is_named() -> None:
    wrong = {"mode": "PAINT", "scale": True, "width": "800", "keep_shadow": "yes", "sku_id": "A"}
    wrong |= {"preset": "other", "padding": 40, "backend": "?", "background": "ﬀﬀﬀ"}
    with pytest.raises(InvalidFields) as refused:
        checked_preset("p", wrong, {})
    assert {each.field for each in refused.value.errors} == wrong.keys()
    for each in refused.value.errors:
        allowed = FIELDS[each.field].allowed if each.field in FIELDS else ", ".join(FIELDS)
        assert allowed in each.message


@pytest.mark.parametrize("fields", [{}, {"width": None}])
def test_a_preset_without_a_field_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="at least one field; allowed are mode, output_format"):
        checked_preset("p", fields, {})


def test_values_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="leaves no room in 100 pixels"):
        checked_preset("p", {"width": 100, "padding": "60"}, {})


@pytest.mark.parametrize("name", ["", "A", "shop white", "a\n", "ä", "x" * 65, 5])
def test_a_name_that_is_none_is_refused(name: Any) -> None:
    with pytest.raises(InvalidRequest, match="1 to 64 characters: a-z, 0-9, - and _"):
        known().save(name, {"scale": 3})
    with pytest.raises(InvalidRequest, match=r"No preset is called .*; known are white"):
        known(white={"scale": 3}).fill_in({"preset": name})


def test_a_stored_preset_does_not_hide_one_of_the_file() -> None:
    presets = known(white={"scale": 3})
    with pytest.raises(PresetConfigured, match="white is a preset of the configuration's file"):
        presets.save("white", {"scale": 4})
    with pytest.raises(PresetConfigured):
        presets.remove("white")
    # Stored before the file had it.
    presets.stored().save(Preset(name="white", fields={"scale": 4}, updated_at=NOON))
    assert [each.fields for each in presets.all()] == [{"scale": 3}]
    assert presets.get("white").fields == {"scale": 3}
    assert presets.fill_in({"preset": "white"})["scale"] == 3


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownPreset, match=r"No preset is called 'x'; there is none yet\."):
        known().get("x")
    presets = known(**{f"p{number:02}": {"scale": 3} for number in range(MAX_TOLD + 2)})
    with pytest.raises(UnknownPreset, match=r"known are p00, p01, .* p49 and 2 more\."):
        presets.remove("x")


def test_no_more_are_stored_than_one_answer_lists() -> None:
    presets = known()
    for number in range(MAX_STORED):
        presets.stored().save(Preset(name=f"p{number}", fields={"scale": 3}, updated_at=NOON))
    with pytest.raises(InvalidRequest, match="1000 presets are stored, which is the most"):
        presets.save("one-more", {"scale": 3})
    assert presets.save("p7", {"scale": 4})[1] is False


def test_one_that_another_version_stored_is_not_half_used() -> None:
    presets = known()
    presets.stored().save(Preset(name="new", fields={"softness": 1}, updated_at=NOON))
    with pytest.raises(InvalidRequest, match=r"new cannot be used here; .*softness"):
        presets.fill_in({"preset": "new"})


WRONG_FILES = {
    'mode = "AUTO"': "'mode' outside of any preset",
    "[white": "not TOML: .*allowed are tables",
    "[White]\nscale = 3": "preset 'White' is wrong: name is 'White'",
    "[white]": "preset 'white' is wrong: A preset needs at least one field",
    "[white]\nscale = 9": "preset 'white' is wrong: scale must be a whole number from 2 to 4",
    '[white]\nscale = 3\nsofter = "x"': "preset 'white' is wrong: A preset takes no field 'softer'",
    '[white]\nprofile = "sears"': "profile is 'sears'; allowed are generic, amazon",
    '[white]\nbackend = "sparkle"': "backend is 'sparkle'; allowed are LOCAL",
    "[white]\nscale = 2026-01-31": "scale must be",
    "[white.mode]\nx = 1": "mode must be",
}


@pytest.mark.parametrize("text", WRONG_FILES)
def test_a_wrong_file_stops_the_start(text: str, tmp_path: Path) -> None:
    file = tmp_path / "presets.toml"
    file.write_text(text)
    settings = load_settings(presets=file, data_dir=tmp_path / "data")
    with (
        pytest.raises(Misconfigured, match=f"PIXELLAB_PRESETS names a file.*{WRONG_FILES[text]}"),
        bootstrap(settings),
    ):
        pass
    assert not (tmp_path / "data").exists()


def test_a_file_that_cannot_be_read_stops_a_program(tmp_path: Path) -> None:
    file = tmp_path / "presets.toml"
    file.write_bytes(b"\xff\xfe")
    for place, told in (
        (file, "names a file that is not text in UTF-8; allowed is a TOML file"),
        ("/proc/self/mem", "names a file that cannot be read; allowed is a TOML file that this"),
        (tmp_path, f"is '{tmp_path}', which is a folder; allowed is a TOML file"),
        (tmp_path / "none", f"is '{tmp_path}/none', where there is no file; allowed is a TOML"),
    ):
        with (
            pytest.raises(Misconfigured, match=f"^PIXELLAB_PRESETS {re.escape(told)}"),
            open_pixellab(data_dir=tmp_path / "data", presets=place),
        ):
            pass
    assert not (tmp_path / "data").exists()


def test_a_program_asks_with_presets(tmp_path: Path) -> None:
    file = tmp_path / "presets.toml"
    file.write_text('[small]\nmode = "optimize"\nwidth = 60\noutput_format = "PNG"\n')
    with open_pixellab(data_dir=tmp_path / "data", presets=file) as lab:
        stored = lab.save_preset("soft", mode="DENOISE", height=50)
        assert [each.name for each in lab.presets()] == ["small", "soft"]
        assert stored.fields == {"mode": "DENOISE", "height": 50}
        made = lab.enhance(photo_bytes(), preset="small", output_format="WEBP")
        assert (made.encoded.width, made.encoded.format) == (60, "WEBP")
        kept = lab.upload(photo_bytes(), preset="soft", width=None)
        assert (kept.image.mode, kept.image.enhanced_height) == (Mode.DENOISE, 50)
        again = lab.enhance_again(kept.image.id, preset="small")
        assert (again.enhancement.task.preset, again.enhancement.task.width) == ("small", 60)
        lab.remove_preset("soft")
        with pytest.raises(InvalidRequest, match=r"No preset is called 'soft'; known are small\."):
            lab.enhance(photo_bytes(), preset="soft")
        assert lab.history(kept.image.id)[0].task.height == 50
