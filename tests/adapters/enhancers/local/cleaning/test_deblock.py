"""Compression artefacts go down by the JPEG quality that the pixels show."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pixellab.adapters.enhancers.local.cleaning.deblock import deblock
from pixellab.adapters.enhancers.local.cleaning.jpeg_blocks import chroma_steps, luma_steps
from pixellab.adapters.enhancers.local.cleaning.jpeg_traces import quality_by_traces
from pixellab.adapters.imaging.quality.blockiness import blockiness
from tests.adapters.enhancers.local.scenes import (
    Pixels,
    compressed,
    levels,
    noisy,
    product_scene,
    psnr,
)

SCENE = product_scene()


@pytest.mark.parametrize("quality", [10, 20, 40])
def test_compression_artefacts_go_down(quality: int) -> None:
    folds = np.random.default_rng(3).normal(0, 1, (256, 320, 1))
    cloth = 150 + 800 * cv2.GaussianBlur(folds, (0, 0), 9)[..., None]
    clean = levels(np.repeat(cloth, 3, axis=2))
    damaged = compressed(clean, quality)
    cleaned = deblock(damaged, quality)
    assert blockiness(cleaned) < 0.3 * blockiness(damaged)
    assert psnr(cleaned, clean) > psnr(damaged, clean) + 0.3


@pytest.mark.parametrize("quality", [10, 25, 50])
def test_finds_the_quality_of_a_decoded_jpeg(quality: int) -> None:
    found = quality_by_traces(compressed(SCENE, quality))
    assert found is not None
    assert abs(found - quality) <= 2


@pytest.mark.parametrize("pixels", [SCENE, compressed(SCENE, 95), noisy(SCENE, 8)])
def test_finds_no_coarse_jpeg_where_there_was_none(pixels: Pixels) -> None:
    assert quality_by_traces(pixels) is None


def test_quantizer_tables_are_libjpegs() -> None:
    assert luma_steps(50)[0, 0] == 16
    assert luma_steps(100).max() == 1
    assert chroma_steps(25)[0, 0] == 34
