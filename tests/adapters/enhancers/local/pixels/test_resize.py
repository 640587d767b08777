"""Small copies are the same by way of averaged blocks, which several of them are made of."""

from __future__ import annotations

import numpy as np
import pytest

from pixellab.adapters.enhancers.local.pixels.resize import in_blocks, resized

PICTURE = np.random.default_rng(0).integers(0, 256, (964, 1203, 3), np.uint8)


@pytest.mark.parametrize("size", [(1203, 964), (900, 721), (480, 385), (240, 192)])
def test_a_copy_of_blocks_is_that_of_the_picture(size: tuple[int, int]) -> None:
    near = in_blocks(PICTURE, size)
    assert near.shape[1] >= size[0]
    assert near.shape[0] >= size[1]
    assert np.array_equal(resized(near, size), resized(PICTURE, size))


def test_a_still_smaller_copy_is_made_of_the_same_blocks() -> None:
    near = in_blocks(PICTURE, (240, 192))
    assert np.array_equal(resized(near, (160, 128)), resized(PICTURE, (160, 128)))
