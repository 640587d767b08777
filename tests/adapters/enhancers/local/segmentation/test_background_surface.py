"""The surface of a background is found again, whatever stands before it."""

from __future__ import annotations

import numpy as np

from pixellab.adapters.enhancers.local.pixels.arrays import Floats
from pixellab.adapters.enhancers.local.segmentation.ground.background_surface import (
    fit_robustly,
    refit,
)

DOWN, ACROSS = np.mgrid[-1:1:90j, -1:1:120j]
HIGHEST_ERROR = 0.5
"""CIELAB units: the fit is held a little to flat surfaces."""


def surface(*, cubic: float) -> Floats:
    """CIELAB that falls off to the edges, with hardly any colour."""
    light = 80 - 9 * ACROSS**2 - 5 * DOWN + 3 * ACROSS * DOWN + cubic * ACROSS**2 * DOWN
    return np.dstack([light, 2 + ACROSS, -1 - DOWN**2]).astype(np.float32)


def test_a_cubic_surface_goes_on_behind_the_product() -> None:
    lab, ground = surface(cubic=4), np.hypot(ACROSS, DOWN) > 0.6
    seen = np.where(ground[..., None], lab, np.float32(30))
    found = refit(seen, ground, np.full_like(lab, 80))
    assert found.dtype == np.float32
    assert np.abs(found - lab).max() < HIGHEST_ERROR


def test_what_lies_in_the_frame_does_not_bend_the_surface() -> None:
    lab = surface(cubic=0)
    frame = np.maximum(np.abs(ACROSS), np.abs(DOWN)) > 0.95
    seen = np.where(((np.abs(ACROSS) < 0.3) & (DOWN > 0))[..., None], np.float32(30), lab)
    assert np.abs(fit_robustly(seen, frame) - lab).max() < HIGHEST_ERROR


def test_too_few_samples_leave_the_surface_as_it_was() -> None:
    before = surface(cubic=0)
    ground = np.zeros(DOWN.shape, np.bool_)
    ground[:5, :5] = True
    assert refit(surface(cubic=4), ground, before) is before
