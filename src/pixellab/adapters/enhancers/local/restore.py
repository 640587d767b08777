"""Takes noise and JPEG's artefacts away, by network too where that ends in good time.

The network is told how much of each there is. It and the classical step err in different places
(it smooths what is finer than the noise, the other leaves some noise), so the mean of both is
nearer to the truth than either.
"""

from __future__ import annotations

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.deblock import deblock
from pixellab.adapters.enhancers.local.denoise import denoise
from pixellab.adapters.enhancers.local.networks import Networks
from pixellab.adapters.enhancers.local.noise import Noise
from pixellab.domain.errors import BackendFailed, BackendUnavailable

Pixels = NDArray[np.uint8]

NETWORK = "denoise"
MOST_SIGMA = 55.0
"""The strongest noise, in 8-bit levels, that the network was trained on."""
LEAST_SIGMA, EVEN_SIGMA = 6.0, 9.0
"""Noise, in 8-bit levels, below which the classical step alone is as near, and at which both count
alike; the stronger the noise, the more the network counts."""
COARSE = 1.5
"""Noise at the second level over that at the first from which on it is no noise of single pixels,
as the network knows it: the classical step looks at coarse levels too."""


@frozen
class Care:
    """How far the network is trusted, and with how large a picture."""

    pixels: int
    """Largest picture that it works on: it takes about two thirds of a second per megapixel on two
    cores."""
    deblocking: float
    """Its share of what is deblocked. More than 0.2 costs fine cloth some of its texture."""


ON_REQUEST, IN_PASSING = Care(16_000_000, 0.5), Care(4_000_000, 0.2)
"""For who asks to denoise, and for AUTO."""


def denoised(pixels: Pixels, noise: Noise, networks: Networks, care: Care = ON_REQUEST) -> Pixels:
    """uint8 (H, W, 3) RGB in and out; the same array if ``noise`` is not visible."""
    if not noise.visible:
        return pixels
    classical = denoise(pixels, noise)
    coarse = noise.luma[1] > COARSE * noise.luma[0]
    if coarse or noise.sigma < LEAST_SIGMA or pixels.shape[0] * pixels.shape[1] > care.pixels:
        return classical
    learned = _learned(pixels, levels_for(noise.sigma, None), networks, "denoise")
    share = noise.sigma**2 / (noise.sigma**2 + EVEN_SIGMA**2)
    return classical if learned is None else _mean(learned, classical, share)


def deblocked(pixels: Pixels, quality: int, networks: Networks, care: Care = ON_REQUEST) -> Pixels:
    """uint8 (H, W, 3) RGB in and out, from a JPEG of libjpeg quality 1 to 100."""
    classical = deblock(pixels, quality)
    if pixels.shape[0] * pixels.shape[1] > care.pixels:
        return classical
    learned = _learned(pixels, levels_for(0.0, quality), networks, "deblock")
    return classical if learned is None else _mean(learned, classical, care.deblocking)


def _mean(learned: Pixels, classical: Pixels, share: float) -> Pixels:
    return np.asarray(cv2.addWeighted(learned, share, classical, 1 - share, 0), np.uint8)


def _learned(
    pixels: Pixels, levels: tuple[float, float], networks: Networks, step: str
) -> Pixels | None:
    try:
        network = networks.ours(NETWORK)
        cleaned = network.run(pixels, levels=levels)
    except (BackendUnavailable, BackendFailed) as error:
        networks.warn(f"{error.message} The classical method was used instead.")
        return None
    networks.note(network, step)
    return cleaned


def levels_for(sigma: float, quality: int | None) -> tuple[float, float]:
    """What the network is told: sigma, and what the quality lacks to 100, over 100."""
    return min(sigma, MOST_SIGMA) / 100, 0.0 if quality is None else (100 - quality) / 100
