"""Pictures of any shape can be written."""

from __future__ import annotations

import numpy as np
import pytest

from pixellab.adapters.imaging.encode.encode import encode
from pixellab.adapters.imaging.formats import writing
from pixellab.domain.formats import Format
from pixellab.domain.pictures import Effort, EncodeSpec
from tests.adapters.imaging.encode.pictures import encoded, picture_of, reopened

LONG = 100_000
"""Pixels of a row that is longer than most formats hold."""


@pytest.mark.parametrize("output", list(Format))
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (7, 5), (17, 31)])
def test_small_and_odd_shapes(output: Format, shape: tuple[int, int]) -> None:
    for effort in Effort:
        result = encoded(np.full((*shape, 3), 120, np.uint8), output, effort=effort)
        assert reopened(result).pixels.shape[:2] == shape


@pytest.mark.parametrize("output", [each for each in Format if writing(each).max_side < LONG])
@pytest.mark.parametrize("upright", [True, False])
def test_a_side_the_format_cannot_hold_is_scaled_with_the_reason(
    output: Format, upright: bool
) -> None:
    longest = writing(output).max_side
    row = np.full((LONG, 1, 3) if upright else (1, LONG, 3), 77, np.uint8)
    result = encoded(row, output)
    assert max(result.width, result.height) == longest
    assert min(result.width, result.height) == 1
    assert result.reason is not None
    assert str(longest) in result.reason
    assert reopened(result).width == result.width


def test_png_holds_a_long_row_as_it_is() -> None:
    result = encoded(np.full((1, LONG, 3), 77, np.uint8), Format.PNG)
    assert (result.width, result.height, result.reason) == (LONG, 1, None)


def test_noise_at_full_size_can_be_written() -> None:
    """The worst case for an encoder's output buffer."""
    noise = np.random.default_rng(0).integers(0, 256, (700, 900, 3), dtype=np.uint8)
    for output in Format:
        assert reopened(encoded(noise, output)).width == 900


@pytest.mark.parametrize("shape", [(1, 65500), (65500, 1), (2, 40000), (1000, 1000)])
@pytest.mark.parametrize("effort", list(Effort))
@pytest.mark.parametrize("source_quality", [None, 100])
def test_a_jpeg_of_noise_outgrows_no_buffer(
    shape: tuple[int, int], effort: Effort, source_quality: int | None
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    picture = picture_of(noise, source_quality=source_quality)
    result = encode(picture, EncodeSpec(format=Format.JPEG, effort=effort))
    assert reopened(result).pixels.shape == noise.shape
