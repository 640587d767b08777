from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.adapters.imaging.colour_difference import ciede2000

Lab = tuple[float, float, float]
LAB = st.tuples(st.floats(0, 100), st.floats(-100, 100), st.floats(-100, 100))


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
        ((50, -1, 2), (50, 0, 0), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_published_pairs(first: Lab, second: Lab, difference: float) -> None:
    """Of Sharma, Wu and Dalal's supplementary data."""
    assert ciede2000(np.array(first), np.array(second)) == pytest.approx(difference, abs=5e-5)


@given(LAB, LAB)
def test_it_is_symmetric_and_none_for_the_same(first: Lab, second: Lab) -> None:
    one, other = np.array(first), np.array(second)
    assert ciede2000(one, other) == pytest.approx(ciede2000(other, one), abs=1e-6)
    assert ciede2000(one, one) == pytest.approx(0, abs=1e-6)
