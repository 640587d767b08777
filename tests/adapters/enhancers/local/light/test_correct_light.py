"""Light is put right where it is wrong, and left alone where it is meant."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixellab.adapters.enhancers.local.light.correct_light import (
    Light,
    correct_light,
    describe,
)
from pixellab.adapters.enhancers.local.light.judge_light import judge_light
from pixellab.adapters.enhancers.local.light.lift_shadows import lift_shadows
from pixellab.adapters.enhancers.local.light.measure_light import measure_light
from pixellab.domain.requests import Task
from tests.adapters.enhancers.local.scenes import (
    Pixels,
    dimmed,
    flattened,
    levels,
    product_scene,
    psnr,
    with_round_alpha,
)

SCENE = product_scene()
CLIPPED = 253


def _corrected(pixels: Pixels) -> Pixels:
    return correct_light(pixels, judge_light(pixels, Task()))


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(dimmed(SCENE, 0.4), id="1.3 stops dark"),
        pytest.param(dimmed(SCENE, 0.35), id="1.5 stops dark"),
        pytest.param(dimmed(SCENE, 1, 0.78, 0.5), id="warm"),
        pytest.param(dimmed(SCENE, 0.5, 0.78, 1), id="cool"),
        pytest.param(dimmed(SCENE, 0.65, 1, 0.65), id="green"),
    ],
)
def test_brings_the_scene_back(damaged: Pixels) -> None:
    assert psnr(_corrected(damaged), SCENE) > psnr(damaged, SCENE) + 6


def test_a_veil_is_taken_off_and_white_paper_is_white_again() -> None:
    veiled = flattened(SCENE, 0.55)
    result = _corrected(veiled)
    assert psnr(result, SCENE) > psnr(veiled, SCENE) + 8
    assert result.mean() < SCENE.mean()


def test_without_white_paper_no_veil_makes_a_photo_lighter() -> None:
    truth = SCENE[90:400, 90:310]
    veiled = flattened(truth, 0.55)
    result = _corrected(veiled)
    assert psnr(result, truth) > psnr(veiled, truth) + 1
    assert result.mean() < veiled.mean() + 1


def _plain(background: int, product: int) -> Pixels:
    pixels = np.full((200, 200, 3), background, np.uint8)
    cv2.circle(pixels, (100, 100), 60, (product, product, product), -1)
    return pixels


@pytest.mark.parametrize(
    "fine",
    [
        pytest.param(SCENE, id="a good photo"),
        pytest.param(_plain(255, 8), id="black on white"),
        pytest.param(_plain(255, 236), id="white on white"),
        pytest.param(_plain(245, 225), id="pale on pale"),
    ],
)
def test_leaves_alone_what_is_meant(fine: Pixels) -> None:
    light = judge_light(fine, Task())
    assert not light.corrects
    assert np.array_equal(correct_light(fine, light), fine)


@pytest.mark.parametrize("paint", [(214, 30, 60), (250, 200, 215), (20, 90, 200)])
def test_a_coloured_product_on_white_keeps_its_colour(paint: tuple[int, int, int]) -> None:
    pixels = np.full((200, 200, 3), 250, np.uint8)
    cv2.circle(pixels, (100, 100), 80, paint, -1)
    assert np.array_equal(_corrected(pixels), pixels)


def test_a_coloured_backdrop_behind_white_is_no_cast() -> None:
    pixels = np.full((200, 200, 3), (244, 206, 214), np.uint8)
    cv2.circle(pixels, (100, 100), 30, (252, 252, 252), -1)
    assert np.array_equal(_corrected(pixels), pixels)


def test_an_underexposed_white_product_on_white_stays_white_on_white() -> None:
    photo = _plain(250, 215)
    assert psnr(_corrected(dimmed(photo, 0.4)), photo) > 22


def test_brighter_does_not_clip() -> None:
    damaged = dimmed(SCENE, 0.35)
    result = _corrected(damaged)
    assert (result.max(axis=2) >= CLIPPED).mean() <= (SCENE.max(axis=2) >= CLIPPED).mean() + 0.005


def test_brighter_keeps_hues() -> None:
    damaged = dimmed(SCENE, 0.4)
    saturated = SCENE.max(axis=2).astype(int) - SCENE.min(axis=2) > 60

    def hue(pixels: Pixels) -> Pixels:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV_FULL)[..., 0][saturated])

    turned = np.abs(hue(_corrected(damaged)).astype(np.int8) - hue(SCENE).astype(np.int8))
    assert np.percentile(turned, 95) <= 4


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    channels=st.sampled_from([3, 4]),
    seed=st.integers(0, 99),
    top=st.integers(0, 256),
)
def test_any_picture_is_measured_and_corrected(
    height: int, width: int, channels: int, seed: int, top: int
) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, top + 1, (height, width, channels)).clip(0, 255).astype(np.uint8)
    colours = np.ascontiguousarray(pixels[..., :3])
    for light in (judge_light(colours, Task()), measure_light(pixels, Task())):
        result = correct_light(colours, light)
        assert result.shape == (height, width, 3)
        assert np.isfinite(light.exposure)


def test_curves_never_turn_an_order_around() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    light = Light(gains=(1.0, 1.2, 1.8), exposure=2.5, black=20.0, stretch=1.3)
    assert (np.diff(correct_light(ramp, light).astype(int), axis=1) >= 0).all()


@pytest.mark.parametrize("product", [(214, 190, 60), (190, 70, 20)])
def test_a_coloured_product_without_black_is_no_haze(product: tuple[int, int, int]) -> None:
    """Asked for, too: a coloured thing is dark in one of its channels, while haze is grey."""
    scene = np.full((200, 200, 3), 226, np.uint8)
    cv2.circle(scene, (100, 100), 80, product, -1)
    assert measure_light(scene, Task()).stretch == 1


def test_the_flatter_a_photo_the_more_is_stretched_for_who_asks() -> None:
    stretches = [
        measure_light(flattened(SCENE, each / 100), Task()).stretch for each in range(90, 50, -2)
    ]
    assert stretches[0] == 1
    assert stretches[-1] > 1.4
    assert (np.diff(stretches) >= -0.02).all()
    assert np.abs(np.diff(stretches)).max() < 0.2


def test_a_dark_ground_behind_a_light_product_is_not_lifted() -> None:
    for product, lifted in ((150, False), (24, True)):
        scene = np.full((200, 200, 3), 40, np.uint8)
        cv2.rectangle(scene, (50, 50), (150, 150), (product,) * 3, -1)
        cv2.rectangle(scene, (90, 90), (120, 110), (250, 250, 250), -1)
        assert (measure_light(scene, Task()).lift < 1) == lifted


def test_transparent_pixels_do_not_count() -> None:
    seen = with_round_alpha(dimmed(SCENE, 0.4))
    other = seen.copy()
    other[other[..., 3] == 0, :3] = 255
    assert measure_light(seen, Task()) == measure_light(other, Task())


def test_lifted_shadows_brighten_dark_places_and_not_light_ones() -> None:
    half = np.full((128, 128, 3), 235, np.uint8)
    half[:, :64] = (40, 24, 16)
    lifted = lift_shadows(half, 0.7).astype(int)
    assert (lifted >= half).all()
    assert lifted[:, :40].mean() > 1.3 * half[:, :40].mean()
    assert lifted[:, 90:].max() <= 250
    ratio = lifted[64, 20] / half[64, 20]
    assert np.ptp(ratio) < 0.1


def test_lifting_is_the_same_in_tiles() -> None:
    wide = levels(np.tile(SCENE.astype(float), (1, 3, 1)) * 0.3)
    assert wide.shape[1] > 1000
    lifted = lift_shadows(wide, 0.7)
    assert np.array_equal(lifted, lift_shadows(wide, 0.7))
    seams = np.abs(np.diff(lifted[300].astype(int), axis=0))
    before = np.abs(np.diff(wide[300].astype(int), axis=0))
    assert (seams <= 2.6 * before + 3).all()


def test_says_what_was_done() -> None:
    text = describe(judge_light(dimmed(SCENE, 0.4), Task()))
    assert "stops lighter" in text
    assert text[0].isupper()
    assert text.endswith(".")


def test_never_says_that_it_made_a_photo_0_stops_lighter() -> None:
    told = {describe(Light(exposure=1 + lighter / 1000)) for lighter in range(1, 100)}
    assert not any("0.0" in text for text in told)
    assert "The underexposed photo was made a little lighter." in told
    assert "The underexposed photo was made 0.1 stops lighter." in told
