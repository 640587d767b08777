"""Enlarging adds pixels and nothing else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixellab.adapters.enhancers.local.upscaling import back_projection as module
from pixellab.adapters.enhancers.local.upscaling.back_projection import upscale
from tests.adapters.enhancers.local.scenes import Pixels, product_scene, psnr

SCENE = product_scene(240, 200)


def _reduced(pixels: Pixels, scale: int) -> Pixels:
    size = (pixels.shape[1] // scale, pixels.shape[0] // scale)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_seen_small_again_it_is_the_input(scale: int) -> None:
    assert psnr(_reduced(upscale(SCENE, scale), scale), SCENE) > 42


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_is_nearer_to_the_truth_than_bicubic(scale: int) -> None:
    truth = product_scene(480, 384)
    small = _reduced(truth, scale)
    bicubic = cv2.resize(small, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    peer = psnr(np.asarray(bicubic, np.uint8), truth)
    assert psnr(upscale(small, scale), truth) > peer + 0.4


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_an_edge_does_not_ring(scale: int) -> None:
    step = np.full((32, 32, 3), 60, np.uint8)
    step[:, 16:] = 200
    result = upscale(step, scale).astype(int)
    allowed = module.SLACK * 140 + 1
    assert result.min() >= 60 - allowed
    assert result.max() <= 200 + allowed
    assert (np.abs(result[:, : 12 * scale] - 60) <= 1).all()


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    scale=st.integers(2, 4),
    level=st.integers(0, 255),
)
def test_flat_stays_flat_at_every_size(height: int, width: int, scale: int, level: int) -> None:
    result = upscale(np.full((height, width, 3), level, np.uint8), scale)
    assert result.shape == (height * scale, width * scale, 3)
    assert result.dtype == np.uint8
    assert np.abs(result.astype(int) - level).max() <= 1


def test_tiles_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = upscale(SCENE, 2)
    monkeypatch.setattr(module, "TILE", 64)
    assert np.abs(upscale(SCENE, 2).astype(int) - whole).max() <= 1
