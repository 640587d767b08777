"""The marketplaces' profiles are whole, and agree with their own rules."""

from __future__ import annotations

import re

from pixellab.adapters.marketplaces.profiles import find_profile, profile_names
from pixellab.adapters.marketplaces.requirements import MEASURES


def test_profiles_are_complete() -> None:
    assert profile_names()[0] == "generic"
    for name in profile_names():
        profile = find_profile(name)
        assert profile.name
        assert 0 < profile.smallest <= profile.canvas
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
