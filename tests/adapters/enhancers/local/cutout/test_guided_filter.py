"""Windows of one colour, or of colours along one line, leave no division by zero."""

from __future__ import annotations

import numpy as np
import pytest

from pixellab.adapters.enhancers.local.cutout.guided_filter import LinearModels, values, weighted
from pixellab.adapters.enhancers.local.pixels.arrays import Floats

RAMP = np.outer(np.linspace(0, 1, 64), np.linspace(0, 1, 64)).astype(np.float32)
PLANE = np.random.default_rng(0).random((64, 64), dtype=np.float32)


@pytest.mark.parametrize("colour", [(0, 0, 0), (1, 1, 1), (0.9, 0.6, 0.3), (1, 1, 0)])
@pytest.mark.parametrize("shape", [RAMP, np.ones_like(RAMP)], ids=["ramp", "flat"])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_dependent_colours(colour: tuple[float, ...], shape: Floats) -> None:
    guide = shape[..., None] * np.array(colour, np.float32)
    guide = np.dstack([guide, np.ones_like(PLANE)])
    plane = values(LinearModels(guide).fit(PLANE), guide)
    assert np.isfinite(plane).all()
    assert PLANE.min() <= plane.min() <= plane.max() <= PLANE.max()


def test_a_linear_function_of_colour_is_found_again() -> None:
    guide = np.random.default_rng(1).random((64, 64, 4), dtype=np.float32)
    guide[..., 3] = 1
    plane = guide @ np.array([0.2, 0.3, 0.4, 0.05], np.float32)
    assert np.abs(values(LinearModels(guide).fit(plane), guide) - plane).max() < 1e-3


def test_each_channel_is_weighted() -> None:
    guide = np.random.default_rng(2).random((64, 64, 4), dtype=np.float32)
    assert np.array_equal(weighted(guide, PLANE), guide * PLANE[..., None])
