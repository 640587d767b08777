"""SSIMULACRA 2, against another implementation's figures and by its laws."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pixellab.adapters.imaging.likeness.ssimulacra2 import Likeness, ssimulacra2
from tests.conftest import scene

PHOTO = scene(320, 240)


def _noisy(sigma: float) -> NDArray[np.uint8]:
    noise = np.random.default_rng(7).normal(0, sigma, PHOTO.shape)
    return np.clip(PHOTO + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("other", "published"),
    [
        (_noisy(4), 74.6),
        (np.asarray(cv2.GaussianBlur(PHOTO, (0, 0), 1.0), np.uint8), 68.9),
        (PHOTO // 16 * 16 + 8, 73.7),
        ((PHOTO * np.array((1, 0.97, 1))).astype(np.uint8), 84.6),
    ],
    ids=["noise", "blur", "steps", "colour"],
)
def test_it_agrees_with_another_implementation(other: NDArray[np.uint8], published: float) -> None:
    """Figures of the Python package ssimulacra2 0.3.0, whose window is a true Gaussian and goes on
    beyond the frame, which accounts for about a point."""
    assert ssimulacra2(PHOTO, other) == pytest.approx(published, abs=1.5)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_the_same_pixels_give_100_at_any_size(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    assert ssimulacra2(pixels, pixels.copy()) == 100


def test_more_noise_is_less_alike() -> None:
    likeness = Likeness(PHOTO)
    figures = [likeness(_noisy(sigma)) for sigma in (1, 2, 4, 8, 16)]
    assert figures == sorted(figures, reverse=True)
    assert figures[0] > 85 > 60 > figures[-1]
