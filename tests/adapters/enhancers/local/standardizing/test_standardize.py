"""STANDARDIZE: laws that every result keeps, and the marketplaces' rules as data."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmentation, Segmenter
from pixellab.adapters.enhancers.local.standardizing.standardize import Standardized, standardize
from pixellab.adapters.marketplaces.profiles import find_profile, profile_names
from pixellab.domain.errors import InvalidRequest
from pixellab.domain.formats import Format
from pixellab.domain.pictures import EncodedImage, Picture

Array = NDArray[Any]
PROFILES = profile_names()
SAMPLES = Path(__file__).parents[5] / "samples"
RED = (178, 42, 51)


@cache
def photo(
    width: int = 1600,
    height: int = 1200,
    *,
    box: tuple[int, int, int, int] = (300, 200, 900, 800),
    background: tuple[int, int, int] = (205, 204, 202),
    product: tuple[int, int, int] = RED,
    noise: float = 1.0,
) -> Array:
    """A box with a soft shadow on paper; ``box`` is left, top, right, bottom."""
    left, top, right, bottom = box
    alpha = np.zeros((height, width), np.float32)
    alpha[top:bottom, left:right] = 1
    reach = max(2, max(width, height) // 100)
    shadow = (
        0.3
        * cv2.blur(
            cv2.blur(np.roll(alpha, reach, (0, 1)), (2 * reach, 2 * reach)), (2 * reach, 2 * reach)
        )[..., None]
    )
    a = alpha[..., None]
    scene = a * np.array(product) + (1 - a) * np.array(background) * (1 - shadow)
    grain = np.random.default_rng(1).normal(0, noise, (256, 256, 3))
    scene += np.tile(grain, (height // 256 + 1, width // 256 + 1, 1))[:height, :width]
    return np.asarray(np.rint(scene).clip(0, 255), np.uint8)


def run(pixels: Array, profile: str = "generic") -> Standardized:
    return standardize(Picture(pixels=pixels, format="JPEG"), profile)


def red_box(pixels: Array) -> tuple[int, int, int, int]:
    """Where the result shows the red product."""
    red = (pixels[..., 0] > 120) & (pixels[..., 1] < 110)
    columns, rows = np.flatnonzero(red.any(axis=0)), np.flatnonzero(red.any(axis=1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def passed(result: Standardized) -> dict[str, bool]:
    return {rule.name: rule.passed for rule in result.rules}


def white_edges(pixels: Array) -> bool:
    return all((edge == 255).all() for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))


GREY, NEARLY_WHITE, GREEN = (205, 204, 202), (252, 252, 252), (60, 120, 95)


@pytest.mark.parametrize(
    ("profile", "background"),
    [*((each, GREY) for each in PROFILES), ("generic", NEARLY_WHITE), ("generic", GREEN)],
)
def test_product_is_centred_on_white(profile: str, background: tuple[int, int, int]) -> None:
    pixels = photo(2600, 2200, box=(250, 200, 2250, 1900), background=background)
    result = run(pixels, profile)
    wanted = find_profile(profile)
    assert result.pixels.shape == (wanted.canvas, wanted.canvas, 3)
    assert result.pixels.dtype == np.uint8
    left, top, right, bottom = red_box(result.pixels)
    assert abs(left + right - wanted.canvas) <= 4
    assert abs(top + bottom - wanted.canvas) <= 4
    assert (right - left) / wanted.canvas == pytest.approx(wanted.fill, abs=0.015)
    assert (bottom - top) / (right - left) == pytest.approx(1700 / 2000, abs=0.01)
    assert white_edges(result.pixels)
    assert all(passed(result).values())
    assert not result.warnings
    assert [step.name for step in result.steps] == ["find_product", "background", "canvas"]
    assert all(step.applied for step in result.steps)


@settings(max_examples=8, deadline=None)
@given(
    left=st.integers(10, 500),
    top=st.integers(10, 300),
    width=st.integers(150, 500),
    height=st.integers(150, 400),
    profile=st.sampled_from(PROFILES),
)
@example(left=257, top=28, width=463, height=150, profile="generic")
def test_wherever_the_product_was(
    left: int, top: int, width: int, height: int, profile: str
) -> None:
    box = (left, top, left + width, top + height)
    result = run(photo(1040, 780, box=box), profile)
    side = result.pixels.shape[0]
    wanted = find_profile(profile)
    assert wanted.least <= side <= wanted.canvas
    found = red_box(result.pixels)
    # Some of the darkest shadow may count as product, which moves the middle by 2% at most.
    assert abs(found[0] + found[2] - side) / 2 <= 0.02 * side
    assert abs(found[1] + found[3] - side) / 2 <= 0.02 * side
    assert white_edges(result.pixels)
    scale = (found[2] - found[0]) / width
    assert scale <= 2.03
    assert any("enlarged" in warning for warning in result.warnings)


def test_small_product_shrinks_the_canvas_rather_than_growing() -> None:
    result = run(photo(1600, 1200, box=(400, 300, 1000, 800)), "google")
    assert result.pixels.shape[0] == pytest.approx(600 / 0.85, abs=8)
    assert passed(result)["not_scaled_up"]
    assert not passed(result)["longest_side_advised"]
    assert any("nothing was enlarged" in warning for warning in result.warnings)


def test_enlarging_for_google_is_told() -> None:
    result = run(photo(500, 400, box=(100, 80, 340, 300)), "google")
    assert result.pixels.shape[0] == 500
    assert not passed(result)["not_scaled_up"]
    assert any("enlarged 1.7" in warning for warning in result.warnings)


def test_enlargement_ends_at_twice_the_size() -> None:
    result = run(photo(400, 300, box=(100, 80, 220, 200)), "amazon")
    left, _, right, _ = red_box(result.pixels)
    assert right - left == pytest.approx(240, abs=6)
    assert not passed(result)["fill"]


def test_the_canvas_shrinks_rather_than_show_a_small_product_in_much_white() -> None:
    result = run(photo(400, 320, box=(75, 60, 325, 240)), "amazon")
    assert result.pixels.shape[0] == pytest.approx(2 * 250 / 0.9, abs=12)
    assert passed(result)["fill"]
    assert passed(result)["longest_side"]
    assert not passed(result)["zoom_advised"]


def test_a_small_product_is_enlarged_by_network_and_that_is_said() -> None:
    small = Picture(pixels=photo(400, 320, box=(75, 60, 325, 240)), format="JPEG")
    networks = Networks()
    result = standardize(small, "amazon", networks=networks)
    plain = standardize(small, "amazon")
    assert "upscale" not in {step.name for step in plain.steps}
    [step] = [step for step in result.steps if step.name == "upscale"]
    assert "by a network" in step.why
    assert [each.name for each in networks.used(result.steps)] == ["upscale_x2"]
    assert result.pixels.shape == plain.pixels.shape
    assert np.abs(result.pixels.astype(int) - plain.pixels).mean() < 3
    large = standardize(Picture(pixels=photo(2600, 2200), format="JPEG"), networks=networks)
    assert "upscale" not in {step.name for step in large.steps}


def test_the_dark_line_below_a_product_that_is_enlarged_is_not_torn(u2netp: Path) -> None:
    with Image.open(SAMPLES / "yellow-box.jpg") as sample:
        small = Picture(pixels=np.asarray(sample.convert("RGB")), format="JPEG")
    segment = Segmenter("u2netp", lambda: u2netp)
    result = standardize(small, "amazon", segment, Networks())
    assert "upscale" in {step.name for step in result.steps}
    luma = cv2.cvtColor(result.pixels, cv2.COLOR_RGB2GRAY)[:, 230:630]  # the front of the box
    lowest = len(luma) - 1 - np.argmax(luma[::-1] < 200, axis=0)
    above = lowest + np.arange(-5, 1)[:, None]
    assert (np.take_along_axis(luma, above, axis=0).min(axis=0) < 110).mean() > 0.95


def test_what_fills_the_photo_to_its_edges_is_not_called_a_product_on_white() -> None:
    saliency = np.zeros((300, 400), np.float32)
    saliency[:, 20:] = 1
    pixels = photo(800, 600, box=(200, 150, 600, 450), background=(120, 90, 60))
    blotches = np.random.default_rng(0).integers(0, 90, (12, 16, 3), np.uint8)
    pixels += cv2.resize(blotches, (800, 600))

    def nearly_all(_: Array) -> Segmentation:
        return Segmentation(saliency=saliency, model="greedy")

    result = standardize(Picture(pixels=pixels, format="JPEG"), "amazon", nearly_all)
    measured = {rule.name: rule.measured for rule in result.rules}
    assert measured["background"] == measured["fill"] == "unknown"
    assert not passed(result)["background"]
    assert not passed(result)["fill"]
    assert any("background" in warning for warning in result.warnings)


@pytest.mark.parametrize("profile", ["generic", "amazon", "google"])
def test_no_shadow_stays_where_pure_white_is_asked_for(profile: str) -> None:
    result = run(photo(background=(240, 239, 236)), profile)
    assert passed(result)["background"]
    left, _, right, bottom = red_box(result.pixels)
    below = result.pixels[bottom + 30 :, (left + right) // 2]
    assert (below == 255).all()


def test_near_white_background_becomes_white_and_keeps_its_shadow_where_that_may_be() -> None:
    result = run(photo(background=(240, 239, 236)), "ebay")
    assert "nearly white" in result.steps[1].why
    assert white_edges(result.pixels)
    left, _, right, bottom = red_box(result.pixels)
    below = result.pixels[bottom + 5 :, (left + right) // 2, 0].astype(int)
    assert below[:40].min() < 240, "the shadow below the product stays"
    assert np.abs(np.diff(below)).max() < 9, "it fades without a step"


def test_white_product_on_white_keeps_its_shading() -> None:
    pixels = photo(background=(251, 251, 251), product=(246, 246, 247), noise=0.5).copy()
    pixels[350:650, 500:700] = (200, 30, 40)
    result = run(pixels, "amazon")
    white = (result.pixels == 255).all(axis=2)
    assert white_edges(result.pixels)
    left, top, right, bottom = red_box(result.pixels)
    around = white[top - 60 : bottom + 60, left - 60 : right + 60]
    assert around.mean() < 0.25, "the pale part around the print is not burnt out"


def test_unsure_product_keeps_the_whole_photo_and_says_so() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), np.uint8)
    result = run(noise, "amazon")
    side = result.pixels.shape[0]
    assert side == 1000
    shown = np.asarray((result.pixels < 250).any(axis=2))
    assert shown.any(axis=1).sum() == pytest.approx(750, abs=4)
    assert shown.any(axis=0).sum() == pytest.approx(1000, abs=4)
    assert not passed(result)["fill"]
    assert not passed(result)["background"]
    assert not result.steps[0].applied
    assert any("whole photo" in warning for warning in result.warnings)


def test_cut_off_product_is_told() -> None:
    result = run(photo(box=(0, 200, 700, 800)), "amazon")
    assert any("edge of the photo" in warning for warning in result.warnings)
    [whole] = [rule for rule in result.rules if rule.name == "whole"]
    assert (whole.passed, whole.measured) == (False, "1 of the photo's edges reached")
    assert whole.required == "0 of the photo's edges reached"


def test_what_touches_an_edge_with_a_corner_is_whole() -> None:
    pixels = photo(box=(780, 580, 820, 620)).copy()
    cv2.fillPoly(pixels, [np.array([(800, 0), (1300, 500), (800, 1000), (300, 500)])], RED)
    assert passed(run(pixels, "amazon"))["whole"]


@pytest.mark.parametrize(("margin", "known"), [(40, True), (0, False)])
def test_whether_a_cut_out_without_a_margin_is_whole_is_unknown(margin: int, known: bool) -> None:
    alpha = np.zeros((1200, 1600), np.uint8)
    alpha[margin : 1200 - margin, margin : 1600 - margin] = 255
    alpha[:200, :200] = 0
    result = run(np.dstack([photo(), alpha]), "amazon")
    [whole] = [rule for rule in result.rules if rule.name == "whole"]
    assert (whole.passed, whole.measured == "unknown") == (known, not known)


def test_what_a_network_was_in_doubt_of_far_from_the_product_is_not_shown() -> None:
    saliency = np.zeros((300, 400), np.float32)
    saliency[75:225, 100:300] = 1
    saliency[100:180, 20:100] = 0.3
    pixels = photo(800, 600, box=(200, 150, 600, 450), background=(120, 90, 60))

    def doubting(_: Array) -> Segmentation:
        return Segmentation(saliency=saliency, model="doubting")

    result = standardize(Picture(pixels=pixels, format="JPEG"), "amazon", doubting)
    left, *_ = red_box(result.pixels)
    assert (result.pixels[:, : left - 20] == 255).all()


def test_transparent_picture_is_laid_on_white() -> None:
    alpha = np.zeros((1200, 1600), np.uint8)
    alpha[200:800, 300:900] = 255
    result = run(np.dstack([photo(), alpha]), "ebay")
    side = result.pixels.shape[0]
    left, top, right, bottom = red_box(result.pixels)
    assert (right - left) / side == pytest.approx(0.85, abs=0.01)
    outside = result.pixels.copy()
    outside[top - 2 : bottom + 2, left - 2 : right + 2] = 255
    assert (outside == 255).all()
    assert abs(left + right - side) <= 2
    assert abs(top + bottom - side) <= 2


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 1, 4), (1, 500, 3), (700, 1, 4), (17, 16, 3)])
@pytest.mark.parametrize("level", [0, 255])
def test_odd_pictures_get_a_white_square(shape: tuple[int, int, int], level: int) -> None:
    result = run(np.full(shape, level, np.uint8), "google")
    height, width = result.pixels.shape[:2]
    assert height == width >= 500
    assert not all(passed(result).values())
    assert result.warnings


def test_wholly_transparent_picture_is_told() -> None:
    result = run(np.zeros((300, 300, 4), np.uint8))
    assert (result.pixels == 255).all()
    assert any("transparent throughout" in warning for warning in result.warnings)


def test_same_photo_gives_the_same_bytes_and_is_left_alone() -> None:
    pixels = photo()
    before = pixels.copy()
    first, second = run(pixels, "etsy"), run(pixels, "etsy")
    assert first.pixels.tobytes() == second.pixels.tobytes()
    assert first.rules == second.rules
    np.testing.assert_array_equal(pixels, before)


def test_standardizing_twice_changes_little() -> None:
    once = run(photo(2400, 2000, box=(300, 200, 2000, 1800)))
    twice = run(once.pixels)
    assert twice.pixels.shape == once.pixels.shape
    assert all(passed(twice).values())
    moved = np.subtract(red_box(twice.pixels), red_box(once.pixels))
    assert np.abs(moved).max() <= 8


def test_file_rules_are_the_profile_s() -> None:
    result = run(photo(), "etsy")
    encoded = EncodedImage(data=bytes(1_000_001), format=Format.WEBP, width=2000, height=2000)
    size, kind = result.file_rules.check(encoded)
    assert not size.passed
    assert not size.official
    assert not kind.passed
    assert kind.official


@pytest.mark.parametrize("name", ["", "alibaba", "x" * 500])
def test_unknown_profile_names_the_field_and_what_is_allowed(name: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        run(photo(64, 64, box=(20, 20, 40, 40)), name)
    assert caught.value.field == "profile"
    for allowed in PROFILES:
        assert allowed in caught.value.message
    assert len(caught.value.message) < 200
