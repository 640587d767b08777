"""How much noise a picture has at each wavelet level, as ``denoise`` needs to know it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cleaning.haar import split
from pixellab.adapters.enhancers.local.pixels.tiles import sample
from pixellab.adapters.imaging.blocks import block_means

Plane = NDArray[Any]
"""float32, (H, W): the results of OpenCV are typed no closer."""
Blocks = tuple[Plane, Plane]
"""Of each block: the variance of white noise that would explain its bands, and how far its mean
luma is from black and from white."""

LEVELS, CHROMA_LEVELS = 4, 3
VISIBLE_SIGMA = 0.4
"""Noise below this many 8-bit levels is that of rounding, and nobody sees it."""

SAMPLE_SIDE, SAMPLES_PER_AXIS = 128, 6
BLOCKS = (8, 12, 20)
"""Sides, in pixels, of the blocks at each level: coarse bands scatter more in small ones. The level
beyond has the last one's noise, as too little of it is seen in a sample."""
QUIETEST = 5.0
"""Percentile of the blocks' energies that is taken for noise alone: the rest may be texture."""
QUIET_BIAS = 1.16
"""White noise's sigma over that of its own quietest blocks (measured on simulated noise)."""
MIN_BLOCKS = 8
TINY = 1e-6
WHITE, CLIPPED = 255.0, 4.0
"""Blocks whose mean luma is so near to black or white are clipped, and so is their noise."""
UNCLIPPED_SIGMAS = 2.5
"""So are those nearer than this many times the noise."""
GRAINY = 1.25
"""Coarse noise up to this times the next finer is what texture adds to white noise's own."""
COARSEST = 2.0
"""Coarse noise beyond this times the finest is texture for certain."""
COLOUR_SHARE = 1.35
"""Variance in R, G and B that a unit of variance in Cb and Cr stands for, beside that of luma."""
COLOURED_NOISE, LUMA_PER_FINE = 0.4, 1.3
"""Fine chroma noise, as a share of luma's, from which on noise is told from texture by its colour,
and the most luma noise at any level that it speaks for: white noise in R, G and B has 1.22."""
CHROMA_FINE = 0.87
"""Share of white noise's sigma that averaging two by two takes away: the root of 3/4."""
APART = 1.12
"""White noise's sigma in chroma over that of its part that is independent of luma (measured on
simulated noise)."""
LOUD = 1.0
"""Luma noise, in 8-bit levels, from which on what chroma owes to it is worth finding out."""


@frozen
class Noise:
    """Standard deviations in 8-bit levels, one per wavelet level, finest first.

    Expressed as the sigma of white noise that would show that much at that level, so white noise
    has the same figure everywhere.
    """

    luma: tuple[float, ...]
    chroma_fine: float
    """Of the chroma detail that half resolution cannot hold."""
    chroma: tuple[float, ...]
    """Of chroma (Cb and Cr together) at half resolution. What goes along with luma, as the texture
    of a dyed cloth does, is no noise of sensors, and not in either figure of chroma."""

    @property
    def sigma(self) -> float:
        """The standard deviation in R, G and B."""
        colour = self.chroma[0] ** 2 + self.chroma_fine**2
        return float(np.sqrt(self.luma[0] ** 2 + COLOUR_SHARE * colour))

    @property
    def visible(self) -> bool:
        return max(self.luma[0], self.chroma[0]) >= VISIBLE_SIGMA


def is_coloured(noise: Noise) -> bool:
    """Whether it has the fine colour that noise of sensors has, and texture has not."""
    return noise.chroma_fine >= COLOURED_NOISE * noise.luma[0]


def measure_noise(pixels: NDArray[np.uint8]) -> Noise:
    """Noise of uint8 (H, W, 3) RGB, from its least textured places (a sample of large pictures)."""
    full: list[Plane] = [
        cv2.cvtColor(crop.astype(np.float32), cv2.COLOR_RGB2YCrCb)
        for crop in sample(pixels, side=SAMPLE_SIDE, per_axis=SAMPLES_PER_AXIS)
    ]
    half = [cv2.resize(crop, _half_size(crop), interpolation=cv2.INTER_AREA) for crop in full]
    sigmas = _by_level([_blocks(crop, 0, BLOCKS) for crop in full], LEVELS)
    apart = sigmas[0] >= LOUD
    fine, chroma = (
        [_blocks(crop, channel, sides, apart=apart) for crop in crops for channel in (1, 2)]
        for crops, sides in ((full, BLOCKS[:1]), (half, BLOCKS))
    )
    coloured = CHROMA_FINE * _quiet_sigma(fine, 0)
    if coloured >= COLOURED_NOISE * sigmas[0]:
        # A weave is in all channels alike, and sensor noise is not: the rest of luma is texture.
        sigmas = tuple(min(sigma, LUMA_PER_FINE * coloured) for sigma in sigmas)
    return Noise(luma=sigmas, chroma_fine=coloured, chroma=_by_level(chroma, CHROMA_LEVELS))


def _half_size(crop: Plane) -> tuple[int, int]:
    return max(1, crop.shape[1] // 2), max(1, crop.shape[0] // 2)


def _blocks(
    crop: Plane, channel: int, sides: tuple[int, ...], *, apart: bool = False
) -> list[Blocks]:
    """Of a channel of YCrCb, or of what it has ``apart`` from luma.

    One entry per level that the crop is large enough for.
    """
    found: list[Blocks] = []
    low, luma = (np.ascontiguousarray(crop[..., each]) for each in (channel, 0))
    beside = luma
    for level, side in enumerate(sides):
        step = 1 << level
        if min(low.shape) < step + side:
            break
        low, *bands = split(low, step)
        energy = _products(bands, bands, side)
        if apart:
            beside, *of_luma = split(beside, step)
            along = _products(bands, of_luma, side)
            energy -= along**2 / np.maximum(_products(of_luma, of_luma, side), TINY)
            energy = APART**2 * np.maximum(energy, 0)
        mean = energy / (3 * 4.0 ** (level + 1))
        height, width = low.shape
        brightness = block_means(luma[:height, :width], side)
        found.append((mean.ravel(), np.minimum(brightness, WHITE - brightness).ravel()))
    return found


def _products(bands: list[Plane], others: list[Plane], side: int) -> Plane:
    """The mean over each block of the sum of products of bands."""
    vertical, horizontal, diagonal = map(np.multiply, bands, others)
    vertical += horizontal
    vertical += diagonal
    return block_means(vertical, side)


def _by_level(crops: list[list[Blocks]], levels: int) -> tuple[float, ...]:
    """Sigmas, finest first, with what is likely texture taken off the coarse ones."""
    finest = _quiet_sigma(crops, 0)
    sigmas, coarseness = [finest], COARSEST
    for level in range(1, min(levels, len(BLOCKS))):
        ratio = _quiet_sigma(crops, level) / max(finest, TINY) / GRAINY
        coarseness = min(max(ratio, 1.0), coarseness)
        sigmas.append(finest * coarseness)
        coarseness = min(coarseness * GRAINY, COARSEST)
    return (*sigmas, *sigmas[-1:] * (levels - len(sigmas)))


def _quiet_sigma(crops: list[list[Blocks]], level: int) -> float:
    """Of the blocks that noise does not clip, the quietest ones' sigma; 0 if there are none."""
    found = [crop[level] for crop in crops if len(crop) > level]
    if not found:
        return 0.0
    energies, room = (np.concatenate(parts) for parts in zip(*found, strict=True))
    sigma = 0.0
    # Once the noise is known, more blocks turn out to be clipped by it.
    for _ in range(2):
        unclipped = energies[room > max(CLIPPED, UNCLIPPED_SIGMAS * sigma)]
        if unclipped.size >= MIN_BLOCKS:
            sigma = QUIET_BIAS * float(np.sqrt(np.percentile(unclipped, QUIETEST)))
    return sigma
