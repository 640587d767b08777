"""Medians by sorting are numpy's."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pixellab.adapters.enhancers.local.pixels.arrays import Floats
from pixellab.adapters.enhancers.local.pixels.medians import medians

COLOURS = st.integers(1, 40).flatmap(
    lambda rows: arrays(np.float32, (rows, 3), elements=st.floats(-100, 100, width=32))
)


@given(COLOURS)
def test_medians_are_numpys(samples: Floats) -> None:
    assert np.array_equal(medians(samples), np.median(samples, axis=0))
