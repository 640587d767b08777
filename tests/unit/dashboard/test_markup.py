"""The dashboard's own HTML: whatever the data say, they stay text."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pixellab.domain.requests import Mode
from pixellab.entrypoints.dashboard.parts.markup import (
    day_bars,
    gallery_card,
    quality_parts,
    steps_taken,
)
from pixellab.entrypoints.dashboard.parts.mode_examples import mode_example
from pixellab.entrypoints.dashboard.parts.result_figures import checklist

TEXT = st.text(max_size=40) | st.sampled_from(['"><script>x</script>', "' onerror=x", "&lt;b>"])


class Seen(HTMLParser):
    """The elements, their attributes and the text of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def image(**fields: Any) -> dict[str, Any]:
    return {
        "original_filename": "photo.jpg",
        "thumbnail_url": "http://localhost:8000/files/t.webp",
        "image_url": "http://localhost:8000/files/o.jpg",
        "enhanced_image_url": "http://localhost:8000/files/e.jpg",
        "created_at": "2026-01-02T03:04:05Z",
        "enhancement_mode": "AUTO",
        "status": "COMPLETED",
        "quality_before": 50.0,
        "quality_after": 80.0,
        "size_reduction_percent": 20.0,
        **fields,
    }


PLAIN_CARD = Seen(gallery_card(image()))


@given(TEXT, TEXT, TEXT)
def test_a_card_holds_no_more_elements_whatever_the_names(name: str, url: str, mode: str) -> None:
    card = Seen(
        gallery_card(
            image(
                original_filename=name,
                image_url=url or "x",
                thumbnail_url=url or "x",
                enhancement_mode=mode,
            )
        )
    )
    assert card.tags == PLAIN_CARD.tags
    assert [key for key, _ in card.attributes] == [key for key, _ in PLAIN_CARD.attributes]
    assert ("alt", name) in [(key, value or "") for key, value in card.attributes]


@given(st.lists(st.tuples(TEXT, st.booleans(), TEXT), max_size=4))
def test_steps_are_text(steps: list[tuple[str, bool, str]]) -> None:
    seen = Seen(
        steps_taken({"name": name, "applied": done, "why": why} for name, done, why in steps)
    )
    assert set(seen.tags) <= {"ul", "li", "span", "strong", "br"}
    assert seen.tags.count("li") == len(steps)


def test_a_card_tells_what_became_of_the_photo() -> None:
    assert "Quality +30.0" in PLAIN_CARD.text
    assert "20% smaller" in PLAIN_CARD.text
    assert "02 Jan 2026, 03:04 UTC" in PLAIN_CARD.text
    assert "Failed" in Seen(gallery_card(image(status="FAILED"))).text
    assert "In work" in Seen(gallery_card(image(status="PENDING"))).text
    without = Seen(gallery_card(image(thumbnail_url=None, enhanced_image_url=None)))
    assert "No preview" in without.text
    assert without.tags.count("a") == 1


def test_quality_bars_are_read_out() -> None:
    parts = {"original_blur": 40.0, "enhanced_blur": 90.0, "original_noise": 10.0}
    seen = Seen(quality_parts(parts))
    assert ("aria-label", "Sharpness: 40 before, 90 after, of 100") in seen.attributes
    assert "noise" not in seen.text


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 99)), min_size=1, max_size=9))
def test_no_day_is_higher_than_the_chart(counts: list[tuple[int, int]]) -> None:
    days = [
        {"date": f"2026-01-{day:02}", "images": done, "enhancements": done, "failures": failed}
        for day, (done, failed) in enumerate(counts, start=1)
    ]
    heights = [
        float((value or "").removeprefix("height:").removesuffix("%"))
        for key, value in Seen(day_bars(days)).attributes
        if key == "style"
    ]
    assert len(heights) == 2 * len(days)
    both = [sum(heights[at : at + 2]) for at in range(0, len(heights), 2)]
    assert all(0 <= each <= 100.2 for each in both)
    assert max(both) > 99 or not any(map(sum, counts))


def test_every_mode_has_its_example() -> None:
    for mode in Mode:
        seen = Seen(mode_example(mode))
        assert seen.tags == ["figure", "img", "figcaption"]
        assert seen.text


def test_a_rule_that_is_not_met_stands_out_and_advice_does_not() -> None:
    rule = {"required": "at least 85%", "measured": "70%", "pass": False}
    fill, advice = ({**rule, "name": name} for name in ("fill", "aspect_advised"))
    unmet, advised = (steps_taken(checklist([each])) for each in (fill, advice))
    assert 'aria-label="not met"' in unmet
    assert 'aria-label="no"' in advised
    met = steps_taken(checklist([{**fill, "pass": True}]))
    assert 'aria-label="yes"' in met
