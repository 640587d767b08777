"""Figures as the dashboard says them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pixellab.domain.requests import Mode
from pixellab.entrypoints.dashboard.parts import wording


def test_every_mode_has_a_title() -> None:
    assert set(wording.MODES) == set(Mode)
    assert wording.mode_title("SHINE_UP") == "Shine up"


def test_sentences_of_the_api_call_modes_as_the_page_does() -> None:
    said = wording.with_titles("UPSCALE_DENOISE or LIGHT_CORRECTION does; AUTOMATIC is no mode.")
    assert said == '"Clean and enlarge" or "Light" does; AUTOMATIC is no mode.'


@pytest.mark.parametrize(
    ("kilobytes", "said"), [(None, "unknown"), (52.4, "52 KB"), (-28, "-28 KB"), (1500, "1.5 MB")]
)
def test_sizes(kilobytes: float | None, said: str) -> None:
    assert wording.size(kilobytes) == said


def test_changes_have_a_direction() -> None:
    assert wording.saved(20) == "20% smaller"
    assert wording.saved(-17.4) == "17% larger"
    assert wording.saved(None) == "unknown"
    assert wording.gained(50, 80.04) == "+30.0"
    assert wording.gained(80, 50) == "-30.0"
    assert wording.gained(None, 80) == "unknown"
    assert wording.faithful(97.5) == "the same product"
    assert wording.faithful(60) == "compare the two"
    assert wording.faithful(20) == "the product changed"


def test_moments_counts_and_times() -> None:
    assert wording.moment("2026-01-02T03:04:05Z") == "02 Jan 2026, 03:04 UTC"
    assert wording.moment(None) == "unknown"
    assert wording.photos(1) == "1 photo"
    assert wording.photos(1200) == "1,200 photos"
    assert wording.seconds(12.2) == "12 s"
    assert wording.seconds(125) == "2 min"


def test_money() -> None:
    assert wording.cost(None) is None
    assert wording.cost({"amount": "unknown", "currency": "USD"}) == "unknown"
    assert wording.cost({"amount": "0.04", "currency": "USD"}) == "0.04 USD"
    assert wording.price("0.04 USD") == "About 0.04 USD for a photo of one megapixel."
    assert "not known" in wording.price("unknown")
    assert "nothing" in wording.price(None)


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=1))
def test_markdown_shows_a_name_as_it_is(name: str) -> None:
    [inline] = [each for each in MarkdownIt().parse("x" + wording.plain(name)) if each.children]
    assert "".join(each.content for each in inline.children or []) == f"x{name}"
    assert {each.type for each in inline.children or []} <= {"text", "text_special"}


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (89, "89 s"),
        (90, "2 min"),
        (5399, "90 min"),
        (7200, "2 hours"),
        (864_000, "10 days"),
    ],
)
def test_long_times(seconds: float, told: str) -> None:
    assert wording.long_time(seconds) == told
