"""How much random noise a picture carries."""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.imaging.blocks import block_means
from pixellab.adapters.imaging.quality.view import (
    CLIPPED_HIGH,
    CLIPPED_LOW,
    Tile,
    View,
    full_size_tiles,
    halved,
    luma_of,
)

Plane = NDArray[np.uint8]
Floats = NDArray[np.float32]

BLOCK = 16
FLATTEST = 10.0
"""Percentile of the blocks' noise that speaks for the picture: the rest may be texture."""
MOSTLY_CLIPPED, ENOUGH_SMOOTH = 0.97, 0.15
"""Share of clipped pixels up to which a block shows its noise; and share of the blocks that are
smooth and show it, from which on there is no doubt that it is noise."""
FLATTEST_BIAS = 1.09
"""White noise's sigma over that of its own 10th percentile block (measured on simulated noise)."""
UNCLIPPED_SHARE, HALF_CLIPPED_SHARE = 0.05, 0.6
"""Clipping hides noise: blocks with at most the first share of clipped pixels are asked, and
where hardly any are, those with at most the second."""
ENOUGH_BLOCKS = 8
FINE = 4
STRUCTURED = 0.6
"""Deviation of a block's means of 4 x 4 pixels over its noise, from which on the block shows
texture as much as noise: white noise leaves 0.25, noise on a shaded ground up to 0.6, and fabric
that fills a cut-out 1 to 7 (measured on drawn scenes and on cut-outs of clothes)."""
IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
"""J. Immerkaer, Fast noise variance estimation, Computer Vision and Image Understanding 64(2),
1996: answers noise, and neither gradients nor straight edges along rows or columns."""
IMMERKAER_GAIN = 6.0
"""Root of the sum of the operator's squares: what it makes of white noise of sigma 1."""
CHROMA_WEIGHT = 0.5
"""How much chroma noise disturbs beside luma noise of the same sigma: the eye's sensitivity to
fine chroma patterns is about half (K. Mullen, Journal of Physiology 359, 1985)."""


def noise_sigma(pixels: NDArray[np.uint8]) -> float:
    """Sigma of the luma noise in 8-bit levels, at the pixel level.

    ``pixels`` is uint8, (H, W, 3 or 4), R, G, B (and A, where transparent pixels do not count).
    Immerkaer's operator on up to 64 tiles of 128 x 128 pixels; of their blocks of 16 x 16 the
    flattest speak for noise. White noise of sigma s in each of R, G and B independently is 0.67 s
    in luma. 0.0 where there is nothing to measure: everything clipped, or fewer than 16 pixels a
    side.
    """
    return luma_noise_of(full_size_tiles(pixels))


def chroma_noise_sigma(pixels: NDArray[np.uint8]) -> float:
    """Sigma of the noise in Cb and Cr (root mean square of both), in 8-bit levels.

    Measured on pixels averaged two by two, as chroma is mostly stored at half the resolution.
    """
    return chroma_noise_of(full_size_tiles(pixels))


def luma_noise_of(tiles: Iterable[Tile]) -> float:
    """``noise_sigma`` of tiles already taken."""
    return _sigma([luma_of(tile.rgb) for tile in tiles])


def chroma_noise_of(tiles: Iterable[Tile]) -> float:
    """``chroma_noise_sigma`` of tiles already taken."""
    red, blue = (_sigma(planes) for planes in _chroma(tiles))
    return hypot(red, blue) / sqrt(2)


def noise_sigma_viewed(view: View) -> float:
    """Sigma of the luma noise in 8-bit levels, in the picture reduced to one megapixel.

    The mean power of two octaves, the second averaged two by two and counted double, so that
    white noise gives its own sigma and coarse grain, which a reduced picture shows as well, more.
    """
    fine, coarse = _sigma([view.luma]), _sigma([halved(view.luma)])
    return hypot(fine, 2 * coarse) / sqrt(2) / view.rest


def sure_noise_viewed(view: View) -> float:
    """``noise_sigma_viewed`` as far as it can be told from texture.

    It counts by the square of ``STRUCTURED`` over the structure of the flattest blocks: a cut-out
    on white, all fabric and clipped ground, has none that tell of noise.
    """
    fine, coarse = _sure_sigma([view.luma]), _sure_sigma([halved(view.luma)])
    return hypot(fine, 2 * coarse) / sqrt(2) / view.rest


def sure_chroma_noise_of(tiles: Iterable[Tile]) -> float:
    """``chroma_noise_of`` as far as it can be told from texture, as in ``sure_noise_viewed``."""
    red, blue = (_sure_sigma(planes) for planes in _chroma(tiles))
    return hypot(red, blue) / sqrt(2)


def _chroma(tiles: Iterable[Tile]) -> list[list[Plane]]:
    """Cb and Cr of the tiles, averaged two by two."""
    halves = [cv2.cvtColor(halved(tile.rgb), cv2.COLOR_RGB2YCrCb) for tile in tiles]
    return [[np.ascontiguousarray(half[..., k]) for half in halves] for k in (1, 2)]


def _sigma(planes: list[Plane]) -> float:
    variance, _, clipped = _measured(planes)
    return _of_flattest(variance[_asked(clipped)])


def _of_flattest(variance: Floats) -> float:
    if not variance.size:
        return 0.0
    return FLATTEST_BIAS * sqrt(float(np.percentile(variance, FLATTEST)))


def _sure_sigma(planes: list[Plane]) -> float:
    """``_sigma``, times 1 where its blocks are smooth but for noise, and less where they are not.

    Noise on a ground that it is half clipped on is seen as well, so it vouches for the rest.
    """
    variance, structure, clipped = _measured(planes)
    asked = _asked(clipped)
    if not asked.any():
        return 0.0
    ratio = np.sqrt(structure / np.maximum(variance, 1e-6))
    flattest = asked & (variance <= np.percentile(variance[asked], FLATTEST))
    textured = float(np.median(ratio[flattest])) / STRUCTURED
    smooth = float(np.mean((clipped <= MOSTLY_CLIPPED) & (ratio <= STRUCTURED))) / ENOUGH_SMOOTH
    return _of_flattest(variance[asked]) * min(1.0, max(smooth, 1 / max(textured, 1e-6) ** 2))


def _measured(planes: list[Plane]) -> tuple[Floats, ...]:
    """``_blocks`` of them all."""
    measured = [_blocks(plane) for plane in planes if min(plane.shape) >= BLOCK]
    if not measured:
        return (np.zeros(0, np.float32),) * 3
    return tuple(np.concatenate(each) for each in zip(*measured, strict=True))


def _asked(clipped: Floats) -> NDArray[np.bool_]:
    """The blocks that clipping left alone."""
    asked = clipped <= UNCLIPPED_SHARE
    if np.count_nonzero(asked) < ENOUGH_BLOCKS:
        asked = clipped <= HALF_CLIPPED_SHARE
    return np.asarray(asked)


def _blocks(plane: Plane) -> tuple[Floats, ...]:
    """Of each block of 16 x 16: noise variance, variance of its means of 4 x 4 pixels, and share of
    clipped pixels."""
    response = np.asarray(cv2.filter2D(plane, cv2.CV_32F, IMMERKAER), dtype=np.float32)
    response /= IMMERKAER_GAIN
    clipped = cv2.inRange(plane, CLIPPED_LOW + 1, CLIPPED_HIGH - 1) == 0
    height, width = (side // BLOCK * BLOCK for side in plane.shape)
    means = block_means(plane[:height, :width].astype(np.float32), FINE)
    mean, power = (block_means(each, BLOCK // FINE) for each in (means, means * means))
    return (
        block_means(response * response, BLOCK).ravel(),
        np.maximum(power - mean * mean, 0).ravel(),
        block_means(clipped.astype(np.float32), BLOCK).ravel(),
    )
