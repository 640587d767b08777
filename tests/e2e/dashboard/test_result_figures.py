"""How a result is summed up, and what its file is called."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from pixellab.entrypoints.dashboard.http_api import HttpApi
from pixellab.entrypoints.dashboard.parts.downloads import download_of, usual_suffix, zip_of
from pixellab.entrypoints.dashboard.parts.result_figures import (
    checklist,
    figures,
    has_comparable_quality,
    notes,
    steps_told,
    verdict,
)
from tests.e2e.dashboard.conftest import upload_samples

MET = {"name": "aspect", "required": "1:1", "measured": "1:1", "pass": True}
UNMET = {"name": "zoom", "required": "1000 px", "measured": "800 px", "pass": False}
UNKNOWN = {"name": "fill", "required": "85%", "measured": "unknown", "pass": False}
ADVICE = {"name": "zoom_advised", "required": "1600 px", "measured": "800 px", "pass": False}


@pytest.mark.parametrize(
    ("rules", "words", "kind"),
    [
        ([MET, ADVICE], "All that is required is met", "good"),
        ([MET, UNMET, UNKNOWN], "1 rule not met", "bad"),
        ([MET, UNMET, UNMET], "2 rules not met", "bad"),
        ([MET, UNKNOWN], "1 rule for you to check", "warn"),
    ],
)
def test_for_a_marketplace_its_rules_count(
    rules: list[dict[str, Any]], words: str, kind: str
) -> None:
    answer = {"rules": rules, "steps": [], "quality_before": 20.0, "quality_after": 90.0}
    found = verdict(answer)
    assert (found.words, found.kind) == (words, kind)


@pytest.mark.parametrize(
    ("after", "words", "kind"),
    [
        (90.0, "Quality +10.0", "good"),
        (80.0, "Quality +0.0", "quiet"),
        (79.0, "Quality -1.0", "bad"),
    ],
)
def test_else_the_quality_counts(after: float, words: str, kind: str) -> None:
    found = verdict({"rules": [], "steps": [], "quality_before": 80.0, "quality_after": after})
    assert (found.words, found.kind) == (words, kind)


@pytest.mark.parametrize(
    ("applied", "words"), [(True, "Background removed"), (False, "Quality -5.0")]
)
def test_the_quality_of_a_cut_out_is_not_that_of_its_photo(applied: bool, words: str) -> None:
    step = {"name": "background", "applied": applied, "why": ""}
    answer = {"rules": [], "steps": [step], "quality_before": 20.0, "quality_after": 15.0}
    assert verdict(answer).words == words
    assert has_comparable_quality(answer) is not applied


@pytest.mark.parametrize(
    ("rules", "words"),
    [([], "Check the cut-out"), ([MET], "Check the cut-out"), ([UNMET], "1 rule")],
)
def test_a_cut_out_that_cannot_be_trusted_is_said_first(
    rules: list[dict[str, Any]], words: str
) -> None:
    doubt = {
        "name": "check_cutout",
        "applied": True,
        "why": "It cannot be trusted. A strap is gone.",
    }
    answer = {
        "rules": rules,
        "steps": [doubt],
        "warnings": ["The file is larger, as FULL made it.", "A strap is gone."],
        "quality_before": 20.0,
        "quality_after": 90.0,
    }
    assert verdict(answer).words.startswith(words)
    assert notes(answer) == ["A strap is gone.", 'The file is larger, as "Everything" made it.']
    assert [line["unknown"] for line in steps_told([doubt])] == [True]


def test_rules_that_need_a_look_come_first() -> None:
    lines = checklist([MET, ADVICE, UNKNOWN, UNMET])
    assert [line["name"] for line in lines] == ["zoom", "fill", "aspect", "zoom advised"]


def test_names_are_the_photos_own() -> None:
    url = "http://localhost/files/uploads/enhanced/3b055e3b_2_Blaue_Tasse.jpg?signature=a.b"
    assert download_of("Blaue Tasse.JPEG", url, "-amazon").name == "Blaue Tasse-amazon.jpg"
    assert download_of("Straße", url, "").name == "Straße.jpg"
    assert download_of("a.b.png", url, '-"?/..').name == "a.b-_...jpg"


def test_the_usual_suffix_is_the_marketplace() -> None:
    amazon, ebay, plain = {"profile": "amazon"}, {"profile": "ebay"}, {"mode": "AUTO"}
    assert usual_suffix([amazon, amazon]) == "-amazon"
    assert usual_suffix([amazon, ebay]) == usual_suffix([plain]) == "-enhanced"
    assert usual_suffix([amazon, plain]) == usual_suffix([]) == "-enhanced"
    assert usual_suffix([{"profile": "generic"}]) == "-enhanced"


def test_files_of_one_name_are_numbered_in_an_archive(http_api: HttpApi) -> None:
    [answer] = upload_samples(http_api, "soft-watch.jpg", mode="OPTIMIZE")
    assert figures(answer)[0][0] == "Quality"
    files = [download_of(name, answer["enhanced_url"], "") for name in ("a.png", "A.jpg", "a.webp")]
    with zipfile.ZipFile(io.BytesIO(zip_of(http_api, files))) as archive:
        assert archive.namelist() == ["a.jpg", "A-2.jpg", "a-3.jpg"]
        assert len({archive.read(name) for name in archive.namelist()}) == 1
