"""Removes noise and JPEG's artefacts, by network too where that ends in good time.

There is a network for each, which sees by itself how much there is. It and the classical step err
in different places (it smooths what is finer than the noise, the other leaves some noise), so the
mean of both is at least as near to the truth as either.
"""

from __future__ import annotations

import cv2
import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cleaning.deblock import deblock
from pixellab.adapters.enhancers.local.cleaning.denoise import denoise
from pixellab.adapters.enhancers.local.cleaning.measure_noise import Noise
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.pixels.kept_means import moved_off, replaced
from pixellab.domain.errors import BackendFailed, BackendUnavailable

Pixels = NDArray[np.uint8]

DENOISE, DEBLOCK = "denoise", "deblock"
"""The networks, which are called like the steps that use them."""
MOST_SIGMA = 55.0
"""The strongest noise, in 8-bit levels, that the network was trained on."""
LEAST_SIGMA, EVEN_SIGMA = 3.0, 3.0
"""Noise, in 8-bit levels, below which it is hardly seen and the classical step quick, and at which
both count alike; the stronger the noise, the more the network counts."""
PATTERN_TAKEN = 2.0
"""Times what the network takes from a picture: what the classical step takes beyond is pattern."""
COARSE = 1.5
"""Noise at the second level over that at the first from which on it is no noise of single pixels:
the classical step looks at coarse levels too."""

GRAIN_CHROMA, HEAVY_CHROMA, HEAVY_GRAIN = 0.1, 0.06, 9.0
"""Sensors are noisy in colour too: luma noise with less than this share of it in chroma is grain of
film, cloth or carpet. From the last on, in 8-bit levels, it is likelier noise of which JPEG took
the colour, and that leaves 0.07 of it."""


@frozen
class Care:
    """How far the network is trusted, and with how large a picture."""

    pixels: int
    """Largest picture that it works on."""
    deblocking: float
    """Its share of what is deblocked. More than 0.4 costs fine cloth some of its texture."""


ON_REQUEST, IN_PASSING = Care(16_000_000, 0.8), Care(4_000_000, 0.4)
"""For who asks to denoise, and for AUTO."""


def denoised(
    pixels: Pixels,
    noise: Noise,
    networks: Networks,
    care: Care = ON_REQUEST,
    *,
    luma_share: float = 1.0,
) -> Pixels:
    """uint8 (H, W, 3) RGB in and out; the same array if ``noise`` is not visible.

    ``luma_share`` (0 to 1) of luma's noise is removed, and all of chroma's as far as it is apart.
    """
    if not noise.visible:
        return pixels
    some = evolve(noise, luma=tuple(luma_share * sigma for sigma in noise.luma))
    classical = denoise(pixels, some)
    if (
        is_coarse(noise)
        or not LEAST_SIGMA <= noise.sigma <= MOST_SIGMA
        or pixels.shape[0] * pixels.shape[1] > care.pixels
    ):
        return classical
    learned = _learned(pixels, networks, DENOISE)
    if learned is None:
        return classical
    share = noise.sigma**2 / (noise.sigma**2 + EVEN_SIGMA**2)
    both = _mean(_mean(learned, pixels, luma_share), classical, share)
    takes_pattern = cv2.norm(pixels, classical) > PATTERN_TAKEN * cv2.norm(pixels, learned)
    return replaced(both, moved_off(pixels, learned), pixels if takes_pattern else classical)


def is_grain(noise: Noise) -> bool:
    """Whether it lacks the colour that noise of sensors has."""
    share = GRAIN_CHROMA if noise.luma[0] < HEAVY_GRAIN else HEAVY_CHROMA
    return noise.chroma[0] < share * noise.luma[0]


def is_coarse(noise: Noise, most: float = COARSE) -> bool:
    """Whether the second level has more than ``most`` times the noise of the first."""
    return noise.luma[1] > most * noise.luma[0]


def deblocked(pixels: Pixels, quality: int, networks: Networks, care: Care = ON_REQUEST) -> Pixels:
    """uint8 (H, W, 3) RGB in and out, from a JPEG of libjpeg quality 1 to 100."""
    classical = deblock(pixels, quality)
    if pixels.shape[0] * pixels.shape[1] > care.pixels:
        return classical
    learned = _learned(pixels, networks, DEBLOCK)
    return classical if learned is None else _mean(learned, classical, care.deblocking)


def _mean(learned: Pixels, classical: Pixels, share: float) -> Pixels:
    return np.asarray(cv2.addWeighted(learned, share, classical, 1 - share, 0), np.uint8)


def _learned(pixels: Pixels, networks: Networks, name: str) -> Pixels | None:
    try:
        network = networks.ours(name)
        cleaned = network.run(pixels)
    except (BackendUnavailable, BackendFailed) as error:
        networks.warn(f"{error.message} The classical method was used instead.")
        return None
    networks.note(network, name)
    return cleaned
