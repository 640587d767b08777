"""Noise goes down by what was measured; edges and colours stay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixellab.adapters.enhancers.local.cleaning.deblock import deblock
from pixellab.adapters.enhancers.local.cleaning.denoise import denoise
from pixellab.adapters.enhancers.local.cleaning.jpeg_traces import quality_by_traces
from pixellab.adapters.enhancers.local.cleaning.measure_noise import Noise, measure_noise
from pixellab.adapters.enhancers.local.pixels.tiles import map_tiles
from tests.adapters.enhancers.local.scenes import (
    levels,
    noisy,
    product_scene,
    psnr,
)

SCENE = product_scene()
WHITE_LUMA = 0.669
"""Sigma of luma where R, G and B have noise of sigma 1 each (BT.601)."""
SOME_NOISE = Noise(luma=(6.0,) * 4, chroma_fine=5.0, chroma=(3.0,) * 3)


@pytest.mark.parametrize("sigma", [4, 8, 16])
def test_measures_the_noise_that_was_added(sigma: int) -> None:
    measured = measure_noise(noisy(SCENE, sigma))
    assert measured.luma[0] == pytest.approx(WHITE_LUMA * sigma, rel=0.2)


@pytest.mark.parametrize("sigma", [5, 15, 30])
def test_knows_how_noisy_red_green_and_blue_are(sigma: int) -> None:
    assert measure_noise(noisy(SCENE, sigma)).sigma == pytest.approx(sigma, rel=0.15)


def test_noise_of_luma_alone_counts_as_it_is() -> None:
    grain = np.random.default_rng(1).normal(0, 10, SCENE.shape[:2])
    measured = measure_noise(levels(SCENE + grain[..., None]))
    assert measured.sigma == pytest.approx(10, rel=0.15)


def test_a_clean_scene_has_no_visible_noise() -> None:
    assert not measure_noise(SCENE).visible
    assert denoise(SCENE, measure_noise(SCENE)) is SCENE


@pytest.mark.parametrize("sigma", [5, 10, 25])
def test_noise_goes_down(sigma: int) -> None:
    damaged = noisy(SCENE, sigma)
    cleaned = denoise(damaged, measure_noise(damaged))
    assert psnr(cleaned, SCENE) > psnr(damaged, SCENE) + 4


def test_edges_keep_their_height() -> None:
    step = np.full((96, 96, 3), 60, np.uint8)
    step[:, 48:] = 200
    damaged = noisy(step, 10)
    cleaned = denoise(damaged, measure_noise(damaged))
    assert float(cleaned[:, 50:54].mean() - cleaned[:, 42:46].mean()) > 135


@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 70), width=st.integers(1, 70), level=st.integers(0, 255))
def test_flat_stays_flat_at_every_size(height: int, width: int, level: int) -> None:
    flat = np.full((height, width, 3), level, np.uint8)
    for result in (denoise(flat, SOME_NOISE), deblock(flat, 20)):
        assert result.shape == flat.shape
        assert result.dtype == np.uint8
        assert np.abs(result.astype(int) - level).max() <= 1


@settings(max_examples=15, deadline=None)
@given(height=st.integers(1, 60), width=st.integers(1, 60), seed=st.integers(0, 99))
def test_any_size_is_measured(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    noise = measure_noise(pixels)
    assert all(np.isfinite(noise.luma))
    assert all(np.isfinite(noise.chroma))
    assert quality_by_traces(pixels) is None


@pytest.mark.parametrize("tile", [64, 192, 1024])
def test_tiles_leave_no_seam(tile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert map_tiles.__kwdefaults__ is not None
    damaged = noisy(SCENE, 8)
    whole = denoise(damaged, SOME_NOISE), deblock(damaged, 15)
    monkeypatch.setitem(map_tiles.__kwdefaults__, "tile", tile)
    tiled = denoise(damaged, SOME_NOISE), deblock(damaged, 15)
    for a, b in zip(whole, tiled, strict=True):
        assert np.abs(a.astype(int) - b).max() <= 1


def test_the_same_input_gives_the_same_pixels() -> None:
    damaged = noisy(SCENE, 8)
    first, second = (denoise(damaged, SOME_NOISE) for _ in range(2))
    assert np.array_equal(first, second)
