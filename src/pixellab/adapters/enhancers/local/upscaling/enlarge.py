"""Enlarges by network where that ends in good time, classically beyond."""

from __future__ import annotations

from enum import StrEnum
from math import prod

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.enhancers.local.networks.image_network import Network
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.pixels.kept_means import means_apart, replaced
from pixellab.adapters.enhancers.local.upscaling.back_projection import upscale
from pixellab.adapters.enhancers.local.upscaling.range_of_neighbours import hold, lit_by
from pixellab.domain.errors import BackendFailed

Pixels = NDArray[np.uint8]

CLEAN, REAL = "upscale_x2", "upscale_real_x2"
"""The networks: for pictures without damage, and for those with noise and JPEG's artefacts."""
REAL_SIGMA, REAL_QUALITY = 17.0, 50
"""The strongest noise and the lowest JPEG quality that the latter was trained on."""
REAL_SHARE = 0.5
"""Its share of the lightness of a picture that both enlarge."""
BLOCK, APART = 32, 8.0
"""Pixels a side of a block of the picture, and 8-bit levels by which the means of what both
networks make of it may differ."""
LEARNED_PIXELS = 12_500_000
"""Pixels that a network is given for one picture, so that it ends in good time on two cores."""
MOST_PIXELS = 120_000_000
"""Pixels of what a network makes before it is averaged down: 360 MB."""
STEP = "upscale"


class Way(StrEnum):
    """How a picture was enlarged, in words a seller understands."""

    OURS = "by a network that was taught on photos not to invent anything"
    YOURS = "by a network of your own"
    INTERPOLATION = "by interpolation, as it is too large for a network in good time"


def by_network(height: int, width: int, scale: int) -> bool:
    """Whether a picture of that size is enlarged by network."""
    return height * width * (1 if scale == 2 else 5) <= LEARNED_PIXELS


def enlarge(pixels: Pixels, scale: int, networks: Networks) -> tuple[Pixels, Way]:
    """uint8 (H, W, 3) RGB to (H * scale, W * scale, 3), ``scale`` 2, 3 or 4, and how.

    By the user's network where there is one that can; else it is doubled by CLEAN, and for
    3 and 4 doubled again. What is then too large is averaged down.
    Raises what ``Networks.ours`` and ``Network.run`` raise.
    """
    height, width = pixels.shape[:2]
    if not by_network(height, width, scale):
        return upscale(pixels, scale), Way.INTERPOLATION
    if own := networks.upscaler():
        try:
            times = 1 if own.scale >= scale else 2
            return _through([own] * times, pixels, scale, networks), Way.YOURS
        except BackendFailed as error:
            networks.warn(f"{error.message} PixelLab's own was used instead.")
    chain = [networks.ours(CLEAN)] * (1 if scale == 2 else 2)
    return hold(_through(chain, pixels, scale, networks), pixels, scale), Way.OURS


def enlarge_damaged(damaged: Pixels, ready: Pixels, scale: int, networks: Networks) -> Pixels:
    """Both uint8 (H, W, 3) RGB to (H * scale, W * scale, 3), ``scale`` 2, 3 or 4.

    The network for damaged pictures makes noise of texture, and the other one texture of noise, so
    their errors differ: lightness is a mean of both. The former, which sees ``damaged``, leaves
    colour noise behind, so colours are the latter's, which sees ``ready``, a picture that is freed
    of damage as far as that is sure. Where their means are apart, as of a pattern that no photo
    has, ``ready`` is interpolated. Raises what ``Networks.ours`` and ``Network.run`` raise.
    """
    real, clean = (
        hold(
            _through([networks.ours(each) for each in chain], pixels, scale, networks),
            pixels,
            scale,
        )
        for pixels, chain in (
            (damaged, [REAL] if scale == 2 else [REAL, CLEAN]),
            (ready, [CLEAN] if scale == 2 else [CLEAN, CLEAN]),
        )
    )
    off = means_apart(clean, real, block=BLOCK * scale, levels=APART)
    both = lit_by(clean, real, REAL_SHARE, damaged, scale)
    return replaced(both, off, upscale(ready, scale)) if off.any() else both


def _through(chain: list[Network], pixels: Pixels, scale: int, networks: Networks) -> Pixels:
    """Raises BackendFailed."""
    height, width = pixels.shape[:2]
    made = height * width * prod(network.scale for network in chain) ** 2
    if made > MOST_PIXELS:
        raise BackendFailed(
            f"The network {chain[0].name} would make {made / 1e6:.0f} megapixels of this picture; "
            f"allowed are {MOST_PIXELS / 1e6:.0f}."
        )
    large = pixels
    for network in chain:
        large = network.run(large)
    for network in chain:
        networks.note(network, STEP)
    size = (width * scale, height * scale)
    if large.shape[1::-1] == size:
        return large
    # Pillow's bicubic filter widens as it reduces, so that nothing aliases; OpenCV's does not.
    return np.asarray(Image.fromarray(large).resize(size, Image.Resampling.BICUBIC))
