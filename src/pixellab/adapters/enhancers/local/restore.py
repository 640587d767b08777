"""Takes noise and JPEG's artefacts away by network where that ends in good time, or classically.

The network is told how much of each there is, and takes away no more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.deblock import deblock
from pixellab.adapters.enhancers.local.denoise import denoise
from pixellab.adapters.enhancers.local.networks import Networks
from pixellab.adapters.enhancers.local.noise import Noise

Pixels = NDArray[np.uint8]

NETWORK = "denoise"
MOST_SIGMA = 55.0
"""The strongest noise, in 8-bit levels, that the network was trained on."""
ON_REQUEST, IN_PASSING = 16_000_000, 4_000_000
"""Pixels up to which the network works: for who asks to denoise, and for AUTO. It takes about two
thirds of a second per megapixel on two cores."""
LEAST_SIGMA = 12.0
"""Noise, in 8-bit levels, below which the classical step comes nearer to the truth."""
COARSE = 1.5
"""Noise at the second level over that at the first from which on it is no noise of single pixels,
as the network knows it: the classical step looks at coarse levels too."""


def denoised(pixels: Pixels, noise: Noise, networks: Networks, most: int = ON_REQUEST) -> Pixels:
    """uint8 (H, W, 3) RGB in and out; the same array if ``noise`` is not visible.

    Raises what ``Networks.ours`` and ``Network.run`` raise.
    """
    if not noise.visible:
        return pixels
    coarse = noise.luma[1] > COARSE * noise.luma[0]
    if coarse or noise.sigma < LEAST_SIGMA or pixels.shape[0] * pixels.shape[1] > most:
        return denoise(pixels, noise)
    return networks.ours(NETWORK, "denoise").run(pixels, levels=told(noise.sigma, None))


def deblocked(pixels: Pixels, quality: int, networks: Networks, most: int = ON_REQUEST) -> Pixels:
    """uint8 (H, W, 3) RGB in and out, from a JPEG of libjpeg quality 1 to 100.

    Raises what ``Networks.ours`` and ``Network.run`` raise.
    """
    if pixels.shape[0] * pixels.shape[1] > most:
        return deblock(pixels, quality)
    return networks.ours(NETWORK, "deblock").run(pixels, levels=told(0.0, quality))


def told(sigma: float, quality: int | None) -> tuple[float, float]:
    """What the network is told: sigma, and what the quality lacks to 100, over 100."""
    return min(sigma, MOST_SIGMA) / 100, 0.0 if quality is None else (100 - quality) / 100
