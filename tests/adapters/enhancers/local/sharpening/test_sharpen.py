"""Sharpening undoes a measured blur, without halos, louder noise or new colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixellab.adapters.enhancers.local.pixels.tiles import map_tiles
from pixellab.adapters.enhancers.local.sharpening.sharpen import OVERSHOOT, sharpen
from tests.adapters.enhancers.local.scenes import blurred, noisy, product_scene, psnr

SCENE = product_scene()


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0])
def test_brings_a_blurred_scene_nearer(sigma: float) -> None:
    soft = blurred(SCENE, sigma)
    assert psnr(sharpen(soft, sigma, 0.3), SCENE) > psnr(soft, SCENE) + 0.8


def test_a_crisp_picture_is_returned_as_it_is() -> None:
    assert sharpen(SCENE, 0.4, 0.3) is SCENE


@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_overshoot_is_bounded(sigma: float) -> None:
    step = np.full((64, 64, 3), 80, np.uint8)
    step[:, 32:] = 180
    result = sharpen(blurred(step, sigma), sigma, 0).astype(int)
    slack = OVERSHOOT * 100 + 1
    assert result.min() >= 80 - slack
    assert result.max() <= 180 + slack


def test_flat_noise_does_not_get_louder() -> None:
    plain = noisy(np.full((128, 128, 3), 120, np.uint8), 4)
    result = sharpen(plain, 1.2, 0.669 * 4)
    assert result.std() < 1.15 * plain.std()


def test_colours_stay() -> None:
    soft = blurred(SCENE, 1.5)
    before, after = (
        cv2.cvtColor(each.astype(np.float32), cv2.COLOR_RGB2YCrCb)[..., 1:]
        for each in (soft, sharpen(soft, 1.5, 0.3))
    )
    assert np.percentile(np.abs(before - after), 99) < 3


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    level=st.integers(0, 255),
    sigma=st.floats(0, 4),
)
def test_flat_stays_flat_at_every_size(height: int, width: int, level: int, sigma: float) -> None:
    flat = np.full((height, width, 3), level, np.uint8)
    assert np.array_equal(sharpen(flat, sigma, 1.0), flat)


@pytest.mark.parametrize("tile", [64, 130, 1024])
def test_tiles_leave_no_seam(tile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    soft = blurred(noisy(SCENE, 3), 1.2)
    whole = sharpen(soft, 1.2, 0.5)
    assert map_tiles.__kwdefaults__ is not None
    monkeypatch.setitem(map_tiles.__kwdefaults__, "tile", tile)
    assert np.abs(sharpen(soft, 1.2, 0.5).astype(int) - whole).max() <= 1
