"""Enlarging by network is nearer to the truth, rings no more than a little, and says what it is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.enhancers.local.upscaling import enlarge as module
from pixellab.adapters.enhancers.local.upscaling.back_projection import upscale
from pixellab.adapters.enhancers.local.upscaling.enlarge import Way, enlarge, enlarge_damaged
from pixellab.domain.requests import Mode, Task
from tests.adapters.enhancers.local.scenes import (
    Pixels,
    compressed,
    levels,
    noisy,
    picture,
    product_scene,
    psnr,
)

RING = 35
"""Levels by which a step of 140 may be passed once doubled; bicubic passes it by 10."""


def _reduced(pixels: Pixels, scale: int) -> Pixels:
    size = (pixels.shape[1] // scale, pixels.shape[0] // scale)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_is_nearer_to_the_truth_than_interpolation(scale: int) -> None:
    truth = product_scene(480, 384)
    small = _reduced(truth, scale)
    large, way = enlarge(small, scale, Networks())
    assert way is Way.OURS
    assert psnr(large, truth) > psnr(upscale(small, scale), truth) + 0.5


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_seen_small_again_it_is_the_input(scale: int) -> None:
    scene = product_scene(240, 200)
    assert psnr(_reduced(enlarge(scene, scale, Networks())[0], scale), scene) > 38


@pytest.mark.parametrize(("sigma", "quality"), [(5, 90), (10, 75), (15, 60)])
def test_damage_is_not_enlarged_with_the_rest(sigma: int, quality: int) -> None:
    truth = product_scene(480, 384)
    small = compressed(noisy(_reduced(truth, 2), sigma), quality)
    done = LocalEnhancer().enhance(picture(small), Task(mode=Mode.UPSCALE_DENOISE)).picture.pixels
    assert psnr(done, truth) > psnr(upscale(small, 2), truth) + 1
    assert psnr(done, truth) > psnr(enlarge(small, 2, Networks())[0], truth) + 1


@pytest.mark.parametrize("sigma", [6, 12])
def test_colour_noise_is_not_left_behind(sigma: int) -> None:
    truth = product_scene(480, 384)
    small = noisy(_reduced(truth, 2), sigma)
    done = LocalEnhancer().enhance(picture(small), Task(mode=Mode.UPSCALE_DENOISE)).picture.pixels
    off = (done.astype(int) - truth)[:60, :60]
    off -= off.mean(axis=2, keepdims=True).astype(int)
    assert off.std() < 0.2 * sigma


def test_a_weave_is_kept_where_nothing_says_that_it_is_noise() -> None:
    y, x = np.mgrid[:320, :320]
    weave = 22 * np.sin(x * 0.9) * np.sin(y * 0.8) + np.random.default_rng(2).normal(
        0, 4, (320, 320)
    )
    truth = levels(np.repeat((cv2.GaussianBlur(weave, (0, 0), 0.8) + 120)[..., None], 3, 2))
    small = _reduced(truth, 2)
    done = LocalEnhancer().enhance(picture(small), Task(mode=Mode.UPSCALE_DENOISE))
    assert "texture" in done.steps[0].why
    assert not done.steps[0].applied
    assert done.model_version == "upscale_real_x2, upscale_x2"


def test_a_strong_weave_without_colour_is_not_smoothed_away() -> None:
    threads = cv2.GaussianBlur(np.random.default_rng(3).normal(0, 90, (320, 320)), (0, 0), 1.2)
    truth = levels(np.repeat((threads + 120)[..., None], 3, 2))
    small = _reduced(truth, 2)
    done = LocalEnhancer().enhance(picture(small), Task(mode=Mode.UPSCALE_DENOISE))
    assert "keep_texture" in {step.name for step in done.steps}
    smoothed = LocalEnhancer().enhance(picture(small), Task(mode=Mode.DENOISE)).picture
    at_once = enlarge_damaged(small, smoothed.pixels, 2, Networks())
    assert psnr(done.picture.pixels, truth) > psnr(at_once, truth) + 1
    assert done.picture.pixels.std() > 0.8 * small.std()


@pytest.mark.parametrize("side", [1, 2])
@pytest.mark.parametrize("sigma", [0, 8])
def test_grey_stays_grey(side: int, sigma: int) -> None:
    checker = np.kron(np.indices((50, 50)).sum(axis=0) % 2 * 255, np.ones((side, side)))
    noise = np.random.default_rng(0).normal(0, sigma, checker.shape)
    grey = np.repeat(levels(checker + noise)[..., None], 3, axis=2)
    done = LocalEnhancer().enhance(picture(grey), Task(mode=Mode.UPSCALE_DENOISE)).picture.pixels
    assert np.ptp(done.astype(int), axis=2).max() <= 2
    assert abs(float(done.mean()) - float(grey.mean())) < 3


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_an_edge_hardly_rings(scale: int) -> None:
    step = np.full((32, 32, 3), 60, np.uint8)
    step[:, 16:] = 200
    result = enlarge(step, scale, Networks())[0].astype(int)
    assert result.min() >= 60 - RING
    assert result.max() <= 200 + RING
    assert (np.abs(result[:, : 10 * scale] - 60) <= 2).all()


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    scale=st.integers(2, 4),
    level=st.integers(0, 255),
)
def test_flat_stays_flat_at_every_size(height: int, width: int, scale: int, level: int) -> None:
    result, _ = enlarge(np.full((height, width, 3), level, np.uint8), scale, Networks())
    assert result.shape == (height * scale, width * scale, 3)
    assert (result == level).all()


def test_too_large_a_picture_is_interpolated_and_the_step_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = picture(product_scene(120, 100))
    task = Task(mode=Mode.UPSCALE, scale=2)
    by_network = LocalEnhancer().enhance(scene, task)
    assert "by a network" in by_network.steps[-1].why
    monkeypatch.setattr(module, "LEARNED_PIXELS", 120 * 100 - 1)
    by_interpolation = LocalEnhancer().enhance(scene, task)
    assert "by interpolation" in by_interpolation.steps[-1].why
    assert np.array_equal(by_interpolation.picture.pixels, upscale(scene.pixels, 2))


def test_damage_is_taken_out_where_no_network_enlarges(monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = picture(noisy(product_scene(240, 200), 10))
    monkeypatch.setattr(module, "LEARNED_PIXELS", 240 * 200 - 1)
    denoised = LocalEnhancer().enhance(damaged, Task(mode=Mode.DENOISE))
    result = LocalEnhancer().enhance(damaged, Task(mode=Mode.UPSCALE_DENOISE))
    assert result.steps[:-1] == denoised.steps
    assert "by interpolation" in result.steps[-1].why
    assert np.array_equal(result.picture.pixels, upscale(denoised.picture.pixels, 2))


def test_coarse_noise_is_taken_out_before_it_is_enlarged() -> None:
    truth = product_scene(480, 400)
    small = _reduced(truth, 2)
    grain = cv2.GaussianBlur(np.random.default_rng(4).normal(0, 60, small.shape), (0, 0), 1.5)
    damaged = levels(small + grain)
    result = LocalEnhancer().enhance(picture(damaged), Task(mode=Mode.UPSCALE_DENOISE))
    at_once = enlarge_damaged(damaged, damaged, 2, Networks())
    assert psnr(result.picture.pixels, truth) > psnr(at_once, truth) + 0.5


def test_a_heavy_weave_that_was_compressed_is_kept() -> None:
    weave = cv2.GaussianBlur(np.random.default_rng(4).normal(0, 100, (300, 300)), (0, 0), 1.4)
    truth = np.repeat(levels(128 + 1.6 * weave)[..., None], 3, axis=2)
    damaged = compressed(noisy(_reduced(truth, 2), 10), 60)
    result = LocalEnhancer().enhance(picture(damaged), Task(mode=Mode.UPSCALE_DENOISE))
    assert "keep_texture" in [step.name for step in result.steps if step.applied]
    cleaned = LocalEnhancer().enhance(picture(damaged), Task(mode=Mode.DENOISE)).picture.pixels
    at_once = enlarge_damaged(damaged, cleaned, 2, Networks())
    assert psnr(result.picture.pixels, truth) > psnr(at_once, truth) + 0.3
