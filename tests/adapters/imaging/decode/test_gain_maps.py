"""Photos with a gain map, which makes them HDR: it is dropped, and that is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pixellab.adapters.imaging.decode.declared_colours import GAIN_MAP
from tests.adapters.imaging.decode.files import CHART, opened, patch_colours, patches
from tests.gain_maps import KINDS, iso_jpeg, ultra_hdr


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_gain_map_is_said_to_be_dropped(kind: Callable[[NDArray[np.uint8]], bytes]) -> None:
    picture = opened(kind(patches(CHART)))
    assert np.abs(patch_colours(picture.pixels) - CHART).max() <= 8
    assert picture.pixels.shape == (48, 96, 3)
    assert picture.warnings == (GAIN_MAP,)
    assert not picture.may_be_handed_on


@pytest.mark.parametrize("kind", [ultra_hdr, iso_jpeg])
def test_a_gain_map_that_an_editor_took_away_is_not_spoken_of(kind: Any) -> None:
    data = kind(patches(CHART))
    assert opened(data[: data.rindex(b"\xff\xd8\xff")]).warnings == ()
