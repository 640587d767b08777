"""The marketplaces' profiles are whole, and agree with their own rules."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pixellab.adapters.marketplaces.profiles import find_profile, profile_names
from pixellab.adapters.marketplaces.requirements import MEASURES, Result, measure


def test_profiles_are_complete() -> None:
    assert profile_names()[0] == "generic"
    for name in profile_names():
        profile = find_profile(name)
        assert profile.name
        assert 0 < profile.least <= profile.smallest <= profile.canvas
        assert 0.5 < profile.fill <= 1
        assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", profile.checked)
        assert profile.requirements
        assert len({rule.name for rule in profile.requirements}) == len(profile.requirements)
        for rule in profile.requirements:
            assert rule.measure in MEASURES
            assert rule.least is not None or rule.most is not None
            assert rule.source in profile.sources
            assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", rule.checked)
        assert profile.file_rules.max_bytes >= 1_000_000
        assert "JPEG" in profile.file_rules.formats


def test_a_source_of_the_rules_on_files_is_named_too() -> None:
    amazon = find_profile("amazon")
    on_pixels = {rule.source for rule in amazon.requirements}
    assert set(amazon.sources) - on_pixels == {"Sellers' guides to Amazon images"}


def test_profile_aims_at_its_own_rules() -> None:
    for name in profile_names():
        profile = find_profile(name)
        for rule in profile.requirements:
            if rule.measure == "longest_side":
                assert rule.check(profile.canvas).passed
            if rule.measure == "fill":
                assert rule.check(profile.fill).passed


def test_profile_names_in_any_case() -> None:
    assert find_profile(" Amazon ") is find_profile("amazon")


def test_the_background_is_measured_all_round_the_product() -> None:
    pixels = np.full((100, 100, 3), 255, np.uint8)
    around = np.ones((100, 100), np.bool_)
    around[30:70, 30:70] = False
    pixels[30:70, 30:70] = 90
    assert measure(_shows(pixels, around))["white_around"] == 1
    pixels[75:80, 40:60] = 254
    share = measure(_shows(pixels, around))["white_around"]
    assert share == pytest.approx(1 - 100 / (10_000 - 1_600))


def test_a_background_that_is_not_known_passes_no_rule() -> None:
    white = np.full((100, 100, 3), 255, np.uint8)
    [rule] = [
        each for each in find_profile("amazon").requirements if each.measure == "white_around"
    ]
    for around in (None, np.zeros((100, 100), np.bool_)):
        found = rule.check(measure(_shows(white, around))["white_around"])
        assert found.measured == "unknown"
        assert not found.passed


def _shows(pixels: np.ndarray, around: np.ndarray | None) -> Result:
    return Result(pixels=pixels, around=around, fill=None, enlargement=1, edges_reached=None)
