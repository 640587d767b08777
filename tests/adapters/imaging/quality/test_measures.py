"""The single measures against defects of known size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pixellab.adapters.imaging.quality.blockiness import blockiness, blocks_seen
from pixellab.adapters.imaging.quality.blur import blur_sigma
from pixellab.adapters.imaging.quality.colour_cast import colour_cast
from pixellab.adapters.imaging.quality.noise import chroma_noise_sigma, noise_sigma
from pixellab.adapters.imaging.quality.tone import tone
from pixellab.adapters.imaging.quality.view import full_size_tiles
from tests.adapters.imaging.quality.scenes import (
    Pixels,
    as_pixels,
    blurred,
    compressed,
    dimmed,
    flattened,
    knitwear,
    noisy,
    printed_box,
    resized,
    tinted,
)

LUMA_SHARE = float(np.hypot(np.hypot(0.299, 0.587), 0.114))
"""Sigma of luma noise for white noise of sigma 1 in each of R, G and B."""


@pytest.mark.parametrize("sigma", [3.0, 6.0, 12.0, 24.0])
@pytest.mark.parametrize("scene", ["table", "white", "knit"])
def test_noise_sigma_is_the_sigma_that_was_added(scene: str, sigma: float) -> None:
    clean = {
        "table": printed_box(),
        "white": printed_box(background=255),
        "knit": blurred(knitwear(), 1.5),
    }[scene]
    measured = noise_sigma(noisy(clean, sigma))
    tolerance = 0.3 if scene == "white" else 0.15
    assert measured == pytest.approx(sigma * LUMA_SHARE, rel=tolerance)


def test_fine_texture_is_not_noise() -> None:
    assert noise_sigma(blurred(printed_box(), 0.6)) < 1
    assert noise_sigma(knitwear()) < 4


def test_noise_is_measured_at_the_pixel_level() -> None:
    scene = noisy(printed_box(2000), 10)
    assert noise_sigma(scene) == pytest.approx(10 * LUMA_SHARE, rel=0.15)
    assert noise_sigma(resized(scene, 500)) < noise_sigma(scene) / 2


def test_chroma_noise_needs_no_luma_noise() -> None:
    scene = printed_box(background=170)
    ycc = cv2.cvtColor(scene, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    coarse = np.random.default_rng(1).normal(0, 9, (ycc.shape[0] // 2, ycc.shape[1] // 2, 2))
    ycc[..., 1:] += np.kron(coarse, np.ones((2, 2, 1)))
    coloured = np.asarray(cv2.cvtColor(as_pixels(ycc), cv2.COLOR_YCrCb2RGB), np.uint8)
    assert chroma_noise_sigma(scene) < 1
    assert chroma_noise_sigma(coloured) == pytest.approx(9, rel=0.25)
    assert noise_sigma(coloured) < 2.5


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0, 5.0])
@pytest.mark.parametrize("width", [1000, 3600])
def test_blur_sigma_is_the_sigma_of_the_blur(width: int, sigma: float) -> None:
    assert blur_sigma(blurred(printed_box(width), sigma)) == pytest.approx(sigma, rel=0.25)


def test_a_sharp_picture_has_no_blur_whatever_its_size() -> None:
    for width in (400, 1000, 3600):
        assert blur_sigma(printed_box(width)) < 0.6


def test_noise_does_not_hide_blur() -> None:
    soft = blurred(printed_box(1200), 3)
    assert blur_sigma(noisy(soft, 12)) > 2


def test_a_smooth_product_on_white_is_not_blurred() -> None:
    scene = np.full((800, 800, 3), 255, np.uint8)
    cv2.circle(scene, (400, 400), 250, (190, 185, 180), -1, cv2.LINE_AA)
    assert blur_sigma(scene) < 0.7
    assert blur_sigma(blurred(scene, 3)) == pytest.approx(3, rel=0.25)


def test_a_soft_background_behind_a_sharp_product_is_not_blur() -> None:
    scene = printed_box(1000)
    mixed = blurred(knitwear(1000)[:800], 8)
    mixed[130:650, 250:750] = scene[130:650, 250:750]
    assert blur_sigma(mixed) < 0.8


def test_blockiness_rises_with_compression_and_is_near_zero_without() -> None:
    scene = printed_box()
    figures = [blockiness(scene), *(blockiness(compressed(scene, q)) for q in (75, 40, 20, 8))]
    assert figures[0] < 0.2
    assert figures == sorted(figures)
    assert figures[-1] > 0.5


@pytest.mark.parametrize("offset", [(0, 0), (3, 0), (0, 5), (7, 2)])
def test_blockiness_is_found_off_the_grid(offset: tuple[int, int]) -> None:
    picture = compressed(printed_box(), 15)
    top, left = offset
    cropped = np.ascontiguousarray(picture[top:, left:])
    assert blockiness(cropped) == pytest.approx(blockiness(picture), rel=0.15)


@pytest.mark.parametrize("period", [2, 4, 11])
def test_other_periods_than_eight_are_no_blocks(period: int) -> None:
    small = knitwear(1200 // period)
    tiled = np.repeat(np.repeat(small, period, axis=0), period, axis=1)
    assert blockiness(tiled) < 0.15


@pytest.mark.parametrize(
    ("level", "step", "grain", "seen"),
    [(120, 4, 0, True), (120, 1, 0, False), (8, 4, 0, False), (120, 4, 12, False)],
    ids=["plain", "faint", "in the dark", "in texture"],
)
def test_blocks_count_where_they_are_seen(level: int, step: int, grain: int, seen: bool) -> None:
    rows, columns = np.indices((512, 512)) // 8
    noise = cv2.GaussianBlur(np.random.default_rng(5).normal(0, 1, (512, 512)), (0, 0), 1.5)
    luma = level + step * ((rows + columns) % 2) + grain * noise / noise.std()
    picture = as_pixels(luma[..., None].repeat(3, axis=2))
    assert blockiness(picture) > 0.2
    counted = blockiness(picture) if seen else 0
    assert blocks_seen(full_size_tiles(picture)) == pytest.approx(counted, abs=0.1)


def test_a_trifle_of_a_grid_is_none_that_is_seen() -> None:
    picture = knitwear(800)
    assert blockiness(picture) > 0
    assert blocks_seen(full_size_tiles(picture)) == 0


def test_tone_of_a_known_histogram() -> None:
    scene = np.full((100, 100, 3), 100, np.uint8)
    scene[:10] = 255
    scene[10:30] = 0
    measured = tone(scene)
    assert measured.mean_luma == pytest.approx(0.7 * 100 + 0.1 * 255)
    assert measured.clipped_bright == pytest.approx(0.1)
    assert measured.clipped_dark == pytest.approx(0.2)
    assert measured.median == 100
    assert measured.white == 255
    assert measured.black == 0
    assert measured.contrast_range == 255


def test_half_the_light_is_half_the_key() -> None:
    scene = np.full((50, 50, 3), 118, np.uint8)
    assert tone(scene).key == pytest.approx(0.18, abs=0.01)
    assert tone(dimmed(scene, 1)).key == pytest.approx(0.09, abs=0.01)


@pytest.mark.parametrize("sigma", [0, 8])
def test_a_white_studio_background_is_not_blown_out(sigma: float) -> None:
    measured = tone(
        noisy(printed_box(background=255), sigma) if sigma else printed_box(background=255)
    )
    assert measured.white_background > 0.5
    assert measured.blown < 0.02


def test_clipped_highlights_in_the_product_are_blown_out() -> None:
    scene = printed_box(background=140)
    scene[200:400, 300:600] = 255
    measured = tone(scene)
    assert measured.white_background == 0
    assert measured.blown == pytest.approx(60_000 / (720 * 900), rel=0.05)


def test_a_black_studio_background_does_not_make_the_product_dark() -> None:
    scene = printed_box(background=0)
    assert tone(scene).black_background > 0.5
    assert tone(scene).key > 0.08


@pytest.mark.parametrize("strength", [0.1, 0.2, 0.3])
@pytest.mark.parametrize("background", [225, 150])
def test_the_cast_is_that_of_the_neutral_background(background: int, strength: float) -> None:
    scene = tinted(printed_box(background=background), strength)
    grey = tinted(np.full((1, 1, 3), background - 12, np.uint8), strength)
    lab = cv2.cvtColor((grey / np.float32(255)).astype(np.float32), cv2.COLOR_RGB2LAB)[0, 0]
    cast = colour_cast(scene)
    assert cast.confidence > 0.6
    assert cast.a == pytest.approx(lab[1], abs=2.5)
    assert cast.b == pytest.approx(lab[2], abs=2.5)
    assert cast.strength == pytest.approx(float(np.hypot(lab[1], lab[2])), abs=2.5)


@pytest.mark.parametrize("colour", [(190, 40, 40), (30, 60, 170), (40, 120, 60), (235, 180, 40)])
@pytest.mark.parametrize("background", [255, 240, None])
def test_a_coloured_product_is_no_cast(
    colour: tuple[int, int, int], background: int | None
) -> None:
    scene = coloured_product(colour, background)
    cast = colour_cast(scene)
    assert cast.confidence * cast.strength < 6


def test_a_flat_picture_has_the_contrast_that_is_left() -> None:
    scene = printed_box()
    share = tone(flattened(scene, 0.5)).contrast_range / tone(scene).contrast_range
    assert share == pytest.approx(0.5, abs=0.03)


def coloured_product(colour: tuple[int, int, int], background: int | None) -> Pixels:
    knit = knitwear(700, colour)
    if background is None:
        return knit
    scene = np.full((700, 700, 3), background, np.uint8)
    scene[100:600, 100:600] = knit[100:600, 100:600]
    return scene
