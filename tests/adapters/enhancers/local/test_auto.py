"""AUTO fixes what is measurably wrong, and nothing else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from pixellab.adapters.enhancers.local.auto import fix_measured
from pixellab.adapters.enhancers.local.cleaning.measure_noise import measure_noise
from pixellab.adapters.enhancers.local.cleaning.with_network import is_coarse
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.imaging.quality.assess import assess
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Task
from tests.adapters.enhancers.local.scenes import (
    Pixels,
    blurred,
    compressed,
    dimmed,
    flattened,
    levels,
    noisy,
    product_scene,
    psnr,
)

SCENE = product_scene()
ALL_STEPS = ("deblock", "light", "denoise", "sharpen")


def test_leaves_a_clean_photo_untouched() -> None:
    result, steps = fix_measured(SCENE, Networks())
    assert result is SCENE
    assert tuple(step.name for step in steps) == ALL_STEPS
    assert not any(step.applied for step in steps)
    assert all(step.why.endswith(".") for step in steps)


@pytest.mark.parametrize(
    ("damaged", "step"),
    [
        pytest.param(noisy(SCENE, 5), "denoise", id="a little noisy"),
        pytest.param(noisy(SCENE, 15), "denoise", id="noisy"),
        pytest.param(noisy(SCENE, 25), "denoise", id="very noisy"),
        pytest.param(dimmed(SCENE, 0.4), "light", id="dark"),
        pytest.param(dimmed(SCENE, 1, 0.78, 0.5), "light", id="warm"),
        pytest.param(dimmed(SCENE, 0.5, 0.78, 1), "light", id="cool"),
        pytest.param(flattened(SCENE, 0.55), "light", id="flat"),
        pytest.param(blurred(SCENE, 1.3), "sharpen", id="soft"),
        pytest.param(blurred(SCENE, 2.0), "sharpen", id="very soft"),
        pytest.param(compressed(SCENE, 12), "deblock", id="blocky"),
    ],
)
def test_brings_a_damaged_photo_nearer(damaged: Pixels, step: str) -> None:
    result, steps = fix_measured(damaged, Networks())
    assert step in [each.name for each in steps if each.applied]
    assert psnr(result, SCENE) > psnr(damaged, SCENE)


@pytest.mark.parametrize(
    "pixels", [SCENE, blurred(SCENE, 1.3), blurred(SCENE, 6), noisy(dimmed(SCENE, 0.35), 6)]
)
def test_a_report_changes_no_answer(pixels: Pixels) -> None:
    report = assess(Picture(pixels=pixels, format=""))
    result, steps = fix_measured(pixels, Networks(), report)
    without, same_steps = fix_measured(pixels, Networks())
    assert np.array_equal(result, without)
    assert steps == same_steps


def test_what_the_report_says_is_not_measured_again() -> None:
    dark = dimmed(SCENE, 0.4)
    measured = assess(Picture(pixels=dark, format=""))
    claimed = evolve(
        measured,
        blur=100.0,
        noise=100.0,
        exposure=100.0,
        contrast=100.0,
        colour_cast=100.0,
        blockiness=100.0,
    )
    result, steps = fix_measured(dark, Networks(), claimed)
    assert result is dark
    assert "left as it came" in next(each.why for each in steps if each.name == "light")
    by_others = evolve(claimed, measured_by="another method")
    assert fix_measured(dark, Networks(), by_others)[0] is not dark


def test_fixes_several_defects_at_once() -> None:
    damaged = noisy(dimmed(SCENE, 0.35), 6)
    result, steps = fix_measured(damaged, Networks())
    assert {"light", "denoise"} <= {each.name for each in steps if each.applied}
    assert psnr(result, SCENE) > psnr(damaged, SCENE) + 6


def test_noise_on_a_pale_product_before_white_is_taken_out() -> None:
    pale = np.full((240, 240, 3), 252, np.uint8)
    pale[60:180, 60:180] = 226
    result, _ = fix_measured(noisy(pale, 10), Networks())
    assert psnr(result, pale) > psnr(noisy(pale, 10), pale) + 4


def test_a_second_pass_finds_the_defect_gone() -> None:
    once, _ = fix_measured(dimmed(SCENE, 0.4), Networks())
    again, steps = fix_measured(once, Networks())
    assert not next(step for step in steps if step.name == "light").applied
    assert psnr(again, once) > 38


@pytest.mark.parametrize("heavy", [8, 14])
@pytest.mark.parametrize("dye", [(1, 1, 1), (1, 0.8, 0.6), (1, 0.25, 0.2)])
def test_grain_without_colour_of_its_own_is_kept(
    heavy: float, dye: tuple[float, float, float]
) -> None:
    grain = np.random.default_rng(5).normal(0, heavy, (*SCENE.shape[:2], 1))
    grainy = np.clip(np.rint((SCENE + grain) * dye), 0, 255).astype(np.uint8)
    result, steps = fix_measured(grainy, Networks(), task=Task(without=["light"]))
    denoise = next(step for step in steps if step.name == "denoise")
    assert not denoise.applied
    assert "grain" in denoise.why
    assert result is grainy


def test_coarse_noise_of_a_dark_jpeg_is_removed_where_lightening_shows_it() -> None:
    noise = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 1, SCENE.shape), (0, 0), 0.8)
    damaged = compressed(levels(dimmed(SCENE, 0.25) + 6 * noise / noise.std()), 70)
    result, steps = fix_measured(damaged, Networks())
    assert {"light", "denoise"} <= {each.name for each in steps if each.applied}
    noisier, _ = fix_measured(damaged, Networks(), task=Task(without=["denoise"]))
    assert psnr(result, SCENE) > psnr(noisier, SCENE)
    before, after = measure_noise(noisier), measure_noise(result)
    assert is_coarse(before)
    assert after.luma[1] < 0.8 * before.luma[1]


def test_hopeless_blur_is_left_and_said_so() -> None:
    result, steps = fix_measured(blurred(SCENE, 6), Networks())
    sharpen = next(step for step in steps if step.name == "sharpen")
    assert not sharpen.applied
    assert "Too soft" in sharpen.why
    assert psnr(result, blurred(SCENE, 6)) > 60


@pytest.mark.parametrize("without", ["", "deblock"])
def test_what_was_compressed_is_not_sharpened(without: str) -> None:
    soft = blurred(SCENE, 1.5)
    task = Task(without=without or None)
    _, steps = fix_measured(compressed(noisy(soft, 3), 72), Networks(), task=task)
    sharpen = next(step for step in steps if step.name == "sharpen")
    assert not sharpen.applied
    assert "compression" in sharpen.why
    _, steps = fix_measured(soft, Networks())
    assert next(step for step in steps if step.name == "sharpen").applied


def test_says_how_far_each_fix_went() -> None:
    _, steps = fix_measured(noisy(SCENE, 10), Networks())
    figures = next(step for step in steps if step.name == "denoise").figures
    assert figures["luma_noise_before"] == pytest.approx(6.69, rel=0.2)
    assert figures["luma_noise_after"] < 0.3 * figures["luma_noise_before"]


@pytest.mark.parametrize("level", [0, 1, 127, 254, 255])
def test_a_plain_picture_keeps_its_pixels(level: int) -> None:
    plain = np.full((120, 90, 3), level, np.uint8)
    result, _ = fix_measured(plain, Networks())
    if level in (0, 254, 255):
        assert np.array_equal(result, plain)
    assert np.ptp(result) == 0


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 64),
    width=st.integers(1, 64),
    seed=st.integers(0, 1000),
    low=st.integers(0, 255),
    span=st.integers(1, 256),
)
def test_survives_any_picture(height: int, width: int, seed: int, low: int, span: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(low, min(low + span, 256), (height, width, 3)).astype(np.uint8)
    before = pixels.copy()
    result, steps = fix_measured(pixels, Networks())
    again, _ = fix_measured(pixels, Networks())
    assert result.shape == pixels.shape
    assert result.dtype == np.uint8
    assert np.array_equal(result, again)
    assert np.array_equal(pixels, before)
    assert all(np.isfinite(v) for step in steps for v in step.figures.values())
