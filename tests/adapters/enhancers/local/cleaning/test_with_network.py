"""The learned cleaning goes by what was measured, and steps aside where it isn't the best way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from pixellab.adapters.enhancers.local.cleaning.deblock import deblock
from pixellab.adapters.enhancers.local.cleaning.denoise import denoise
from pixellab.adapters.enhancers.local.cleaning.jpeg_traces import quality_by_traces
from pixellab.adapters.enhancers.local.cleaning.measure_noise import measure_noise
from pixellab.adapters.enhancers.local.cleaning.with_network import (
    COARSE,
    LEAST_SIGMA,
    Care,
    deblocked,
    denoised,
)
from pixellab.adapters.enhancers.local.networks import shipped as module
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.domain.results import Step
from tests.adapters.enhancers.local.scenes import compressed, noisy, product_scene, psnr

SCENE = product_scene()


@pytest.mark.parametrize("sigma", [30, 50])
def test_strong_noise_is_taken_out_better_than_classically(sigma: int) -> None:
    damaged = noisy(SCENE, sigma)
    noise = measure_noise(damaged)
    learned, classical = denoised(damaged, noise, Networks()), denoise(damaged, noise)
    assert psnr(learned, SCENE) > psnr(classical, SCENE) + 0.5


def test_slight_noise_is_left_to_the_classical_step() -> None:
    damaged = noisy(SCENE, LEAST_SIGMA / 2)
    noise = measure_noise(damaged)
    assert np.array_equal(denoised(damaged, noise, Networks()), denoise(damaged, noise))


@pytest.mark.parametrize("quality", [10, 20, 40])
def test_smooths_compression_blocks_better_than_classically(quality: int) -> None:
    damaged = compressed(SCENE, quality)
    assert quality_by_traces(damaged) == pytest.approx(quality, abs=2)
    learned, classical = deblocked(damaged, quality, Networks()), deblock(damaged, quality)
    assert psnr(learned, SCENE) > psnr(classical, SCENE) + 0.3


def test_what_is_clean_is_the_same_array() -> None:
    assert denoised(SCENE, measure_noise(SCENE), Networks()) is SCENE


def test_an_edge_keeps_its_height() -> None:
    step = np.full((96, 96, 3), 60, np.uint8)
    step[:, 48:] = 200
    damaged = noisy(step, 10)
    cleaned = denoised(damaged, measure_noise(damaged), Networks())
    assert float(cleaned[:, 50:54].mean() - cleaned[:, 42:46].mean()) > 135


def test_too_large_a_picture_is_cleaned_classically() -> None:
    damaged = noisy(SCENE, 2 * LEAST_SIGMA)
    noise = measure_noise(damaged)
    pixels = damaged.shape[0] * damaged.shape[1]
    assert np.array_equal(
        denoised(damaged, noise, Networks(), Care(pixels - 1, 0.5)), denoise(damaged, noise)
    )
    assert np.array_equal(
        deblocked(damaged, 30, Networks(), Care(pixels - 1, 0.5)), deblock(damaged, 30)
    )
    assert not np.array_equal(
        denoised(damaged, noise, Networks(), Care(pixels, 0.5)), denoise(damaged, noise)
    )


@pytest.mark.parametrize("amplitude", [30, 60, 127])
@pytest.mark.parametrize("side", [40, 160], ids=["a part", "all"])
def test_a_pattern_that_no_photo_has_keeps_its_brightness(amplitude: int, side: int) -> None:
    damaged = noisy(np.full((160, 160, 3), 128, np.uint8), 10)
    rows, columns = np.mgrid[:side, :side]
    pattern = 127 + amplitude * (2 * ((rows + columns) % 2) - 1)
    damaged[:side, :side] = pattern[..., None].astype(np.uint8)
    cleaned = denoised(damaged, measure_noise(damaged), Networks())
    inner = cleaned[4 : side - 4, 4 : side - 4].astype(float)
    assert inner.mean() == pytest.approx(127, abs=12)
    assert np.ptp(inner.mean(axis=(0, 1))) <= 2


def test_noise_that_is_clipped_leaves_no_block_as_it_was() -> None:
    # As of a colour chart: the noise of bright and of pure colours is cut off at 255 and 0.
    chart = np.zeros((160, 160, 3), np.uint8)
    chart[:80], chart[80:, :80], chart[80:, 80:] = (235, 205, 10), (250, 250, 250), (200, 10, 12)
    damaged = noisy(chart, 40)
    cleaned = denoised(damaged, measure_noise(damaged), Networks())
    for part in (cleaned[8:72, 8:152], cleaned[88:152, 8:72], cleaned[88:152, 88:152]):
        blocks = part[:, : part.shape[1] // 16 * 16].reshape(4, 16, -1, 16, 3)
        assert blocks.std(axis=(1, 3)).max() < 4


def test_coarse_noise_is_left_to_the_step_that_looks_at_coarse_levels() -> None:
    damaged = noisy(SCENE, 2 * LEAST_SIGMA)
    noise = measure_noise(damaged)
    coarse = evolve(noise, luma=(noise.luma[0], 1.01 * COARSE * noise.luma[0], *noise.luma[2:]))
    assert np.array_equal(denoised(damaged, coarse, Networks()), denoise(damaged, coarse))


def test_without_its_network_it_cleans_classically_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WEIGHTS", tmp_path)
    damaged = noisy(SCENE, 2 * LEAST_SIGMA)
    noise, networks = measure_noise(damaged), Networks()
    assert np.array_equal(denoised(damaged, noise, networks), denoise(damaged, noise))
    assert np.array_equal(deblocked(damaged, 30, networks), deblock(damaged, 30))
    for name, warning in zip(("denoise", "deblock"), networks.warnings, strict=True):
        assert f"{name} is not there or cannot be read. The classical method was used" in warning
    assert networks.used([Step(name="denoise", applied=True, why="-")]) == ()
