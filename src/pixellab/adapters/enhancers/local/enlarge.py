"""Enlarges by network where that ends in good time, classically beyond."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.enhancers.local.networks import shipped
from pixellab.adapters.enhancers.local.upscale import upscale

Pixels = NDArray[np.uint8]

CLEAN, REAL = "upscale_x2", "upscale_real_x2"
"""The networks: for pictures without damage, and for those with noise and JPEG's artefacts."""
REAL_SIGMA, REAL_QUALITY = 17.0, 50
"""The strongest noise and the lowest JPEG quality that the latter was trained on."""
LEARNED_PIXELS = 24_000_000
"""Pixels that a network is given for one picture: about 40 seconds on two cores."""


def by_network(height: int, width: int, scale: int) -> bool:
    """Whether a picture of that size is enlarged by network."""
    return height * width * (1 if scale == 2 else 5) <= LEARNED_PIXELS


def enlarge(pixels: Pixels, scale: int, first: str = CLEAN) -> tuple[Pixels, bool]:
    """uint8 (H, W, 3) RGB to (H * scale, W * scale, 3), ``scale`` 2, 3 or 4, and if by network.

    By network it is doubled, with the one named ``first``, and for 3 and 4 doubled again; what is
    then too large is averaged down. Raises what ``networks.shipped`` and ``Network.run`` raise.
    """
    height, width = pixels.shape[:2]
    if not by_network(height, width, scale):
        return upscale(pixels, scale), False
    large = shipped(first).run(pixels)
    if scale > 2:
        large = shipped(CLEAN).run(large)
    if scale == 3:
        size = (width * 3, height * 3)
        # Pillow's bicubic filter widens as it reduces, so that nothing aliases; OpenCV's does not.
        large = np.asarray(Image.fromarray(large).resize(size, Image.Resampling.BICUBIC))
    return large, True
