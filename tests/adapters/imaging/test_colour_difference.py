"""CIEDE2000 agrees with the published pairs and has the properties of a difference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.adapters.imaging.colour_difference import ciede2000, colour_change

levels = st.tuples(*(st.integers(0, 255),) * 3)


@pytest.mark.parametrize(
    ("one", "other", "published"),
    [
        # Sharma, Wu and Dalal 2005, table 1: pairs 1, 4, 7, 9, 16, 17, 18, 24, 31, 34.
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (61, -5, 29), 22.8977),
        ((50, 2.5, 0), (50, 3.2592, 0.335), 1.0000),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_agrees_with_the_published_pairs(
    one: tuple[float, ...], other: tuple[float, ...], published: float
) -> None:
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(published, abs=1e-4)


@given(levels, levels)
def test_is_the_same_both_ways_and_none_between_equals(
    one: tuple[int, ...], other: tuple[int, ...]
) -> None:
    a, b = (np.array([[each]], np.uint8) for each in (one, other))
    assert colour_change(a, a).item() == 0
    assert colour_change(a, b).item() == pytest.approx(colour_change(b, a).item(), abs=1e-3)
    assert (colour_change(a, b).item() > 0) == (one != other)
