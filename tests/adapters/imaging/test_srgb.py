"""The curve of sRGB, and pictures with alpha laid on others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.adapters.imaging.compositing import on_white
from pixellab.adapters.imaging.srgb import from_linear, to_linear


def test_the_curve_is_undone() -> None:
    levels = np.arange(256.0)
    linear = to_linear(levels)
    assert (np.diff(linear) > 0).all()
    assert (linear[0], linear[-1]) == (0, pytest.approx(1))
    assert linear[188] == pytest.approx(0.5, abs=0.005)
    np.testing.assert_allclose(from_linear(linear), levels, atol=0.01)


@given(level=st.integers(0, 255), alpha=st.integers(0, 255), behind=st.integers(0, 255))
def test_alpha_mixes_both_pictures(level: int, alpha: int, behind: int) -> None:
    rgb, under = (np.full((2, 3, 3), each, np.uint8) for each in (level, behind))
    share = alpha / 255
    opacity = np.full((2, 3), alpha, np.uint8)
    on_other = on_white(rgb, opacity, under).astype(float)
    assert np.abs(on_other - (share * level + (1 - share) * behind)).max() <= 1
    assert np.abs(on_white(rgb, opacity) - (share * level + (1 - share) * 255)).max() <= 1
