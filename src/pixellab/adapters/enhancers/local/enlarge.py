"""Enlarges by network where that ends in good time, classically beyond."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.enhancers.local.networks import Networks
from pixellab.adapters.enhancers.local.upscale import upscale

Pixels = NDArray[np.uint8]

CLEAN, REAL = "upscale_x2", "upscale_real_x2"
"""The networks: for pictures without damage, and for those with noise and JPEG's artefacts."""
REAL_SIGMA, REAL_QUALITY = 17.0, 50
"""The strongest noise and the lowest JPEG quality that the latter was trained on."""
LEARNED_PIXELS = 24_000_000
"""Pixels that a network is given for one picture: about 40 seconds on two cores, for ours."""
MOST_PIXELS = 120_000_000
"""Pixels of what a network makes before it is averaged down: 360 MB."""
STEP = "upscale"


class Way(StrEnum):
    """How a picture was enlarged, in words a seller understands."""

    OURS = "by a network that was taught on photos not to invent anything"
    YOURS = "by the network that PIXELLAB_UPSCALE_MODEL names"
    INTERPOLATION = "by interpolation, as it is too large for a network in good time"


def by_network(height: int, width: int, scale: int) -> bool:
    """Whether a picture of that size is enlarged by network."""
    return height * width * (1 if scale == 2 else 5) <= LEARNED_PIXELS


def enlarge(
    pixels: Pixels, scale: int, networks: Networks, first: str = CLEAN
) -> tuple[Pixels, Way]:
    """uint8 (H, W, 3) RGB to (H * scale, W * scale, 3), ``scale`` 2, 3 or 4, and how.

    By the user's network where there is one; else it is doubled by the one named ``first``, and for
    3 and 4 doubled again. What is then too large is averaged down. Raises what ``Networks.ours``
    and ``Network.run`` raise.
    """
    height, width = pixels.shape[:2]
    if not by_network(height, width, scale):
        return upscale(pixels, scale), Way.INTERPOLATION
    own = networks.upscaler()
    factor = own.scale if own else 2
    times = 1 if factor >= scale else 2
    if height * width * factor ** (2 * times) > MOST_PIXELS:
        return upscale(pixels, scale), Way.INTERPOLATION
    large = pixels
    for name in (first, CLEAN)[:times]:
        network = networks.noted(own, STEP) if own else networks.ours(name, STEP)
        large = network.run(large)
    size = (width * scale, height * scale)
    if large.shape[1::-1] != size:
        # Pillow's bicubic filter widens as it reduces, so that nothing aliases; OpenCV's does not.
        large = np.asarray(Image.fromarray(large).resize(size, Image.Resampling.BICUBIC))
    return large, Way.YOURS if own else Way.OURS
