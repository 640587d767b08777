"""What a plain ground around the product tells of the light."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.pixels.resize import resized
from pixellab.adapters.enhancers.local.segmentation.ground.plain_background import (
    plain_background,
)
from pixellab.adapters.enhancers.local.segmentation.ground.smooth_noise import smooth_noise
from pixellab.adapters.imaging.srgb import LUMINANCE, to_linear

Pixels = NDArray[np.uint8]
Floats = NDArray[Any]
"""float32 or float64."""

SIDE = 160
"""Longest side, in pixels, of the copy in which the ground is looked for."""
LEAST_SIDE = 16
BORDER, ALONG_THE_BORDER = 3, 0.7
"""Width of the border in pixels of that copy, and the share of it that the ground covers."""
LEAST_PRODUCT = 20
"""Pixels of that copy that tell what a product looks like."""

LIGHT_GROUND = 60.0
"""CIELAB lightness from which on a ground is light."""
WHITE_GROUND, LIGHTEST = 246.0, 95.0
"""8-bit level of the lightest channel, at that percentile of the ground, from which on it was
exposed as white paper is: a tinted one is tinted by the light, while beige paper is darker."""
NEAR = 0.35
"""Distance from the ground's log-chromaticity, as a share of its own from neutral, within which a
colour is neutral but for the same tint."""
NEUTRAL = 0.35
"""The same, of its own distance from neutral, within which it is neutral as it is."""
OFF_NEUTRAL = 0.08
"""Distance of log-chromaticity from neutral within which a thing has no colour in any light."""
DARKEST, WHITE = 16, 254
"""8-bit levels of the darkest and of the lightest channel beyond which a colour is not known."""
AGREEING, DISAGREEING = 0.4, 0.1
"""Share of the product that has the ground's tint, and of that share the most that is neutral,
where both are in one light. Of beige grounds with products in white light at most 0.31 agreed."""
CONTRADICTING, FEWEST_KNOWN = 0.5, 0.1
"""Share of the product's known colours that are neutral, beside a tinted ground, where that is
painted; and the share of the product that is known then at least."""
LIGHTER, LIGHTER_AGREEING = 1.4, 0.3
"""Factor of the ground's light from which on things are lighter, and the share of the product that
is so and has the ground's tint where both are in one light. Of products on green, beige and dark
grounds in white light at most 0.18 were so."""
AS_LIGHT = 0.6
"""Share of the ground's light from which on things are about as light as it is."""
WHITE_LIGHTNESS = 116.0
"""What CIELAB lightness and 16 are of white; chroma of one chromaticity grows with their sum."""
HIGHLIGHT, FEWEST_HIGHLIGHTS, AGREEING_HIGHLIGHTS = 240, 0.02, 0.8
"""8-bit level of what is white in a product, its least share of it, and the share of this that has
the ground's tint where both are in one light."""


@frozen(eq=False)
class Ground:
    """A plain ground, and what stands before it."""

    rgb: Floats
    """Its median R, G and B where it lies in the light, 0 to 255."""
    white: float
    """Its lightest channel where it is lightest, 0 to 255."""
    product: Pixels
    """R, G and B, (n, 3), of what is not ground."""
    mask: NDArray[np.bool_]
    """Where the product is, its outline left out, in a copy of at most SIDE pixels a side."""

    @property
    def lightness(self) -> float:
        """CIELAB."""
        return float(_lab(self.rgb)[0, 0])

    @property
    def chroma(self) -> float:
        """CIELAB."""
        return float(_chroma(_lab(self.rgb))[0])

    @property
    def chroma_of_white(self) -> float:
        """CIELAB chroma that white paper would have in the light that tints the ground."""
        return self.chroma * WHITE_LIGHTNESS / (self.lightness + 16)

    @property
    def chroma_range(self) -> float:
        """From the least to the most CIELAB chroma of the product, one in twenty left out each."""
        least, most = np.percentile(_chroma(_lab(self.product)), (5, 95))
        return float(most - least)

    @property
    def as_light(self) -> float:
        """Share of the product that is about as light as the ground, or lighter."""
        light = to_linear(self.product) @ LUMINANCE
        return float((light >= AS_LIGHT * (to_linear(self.rgb) @ LUMINANCE)).mean())

    @property
    def is_painted(self) -> bool:
        """Whether its tint is its own: most of the product is neutral before it."""
        known = self._known()
        if known.mean() < FEWEST_KNOWN:
            return False
        return bool(self._neutral().sum() >= CONTRADICTING * known.sum())

    @property
    def tint_of_lighter_things(self) -> Floats | None:
        """The log-chromaticity that it shares with much that is lighter; None if with little."""
        light = to_linear(self.product).max(axis=1) >= LIGHTER * to_linear(self.rgb).max()
        shared = self._near() & light
        if shared.mean() < LIGHTER_AGREEING or self._neutral().mean() >= (
            DISAGREEING * shared.mean()
        ):
            return None
        return np.asarray(np.median(log_chromaticity(self.product[shared]), axis=0))

    @property
    def shows_the_light(self) -> bool:
        """Whether its tint is the light's: it is white paper, or the product has the tint too."""
        if self.is_painted or np.sort(self.rgb)[1] > WHITE:
            return False
        near, neutral = self._near(), self._neutral()
        bright = self.product.max(axis=1, initial=0) >= HIGHLIGHT
        bright &= self.product.mean(axis=1) > self.rgb.mean()
        if bright.mean() >= FEWEST_HIGHLIGHTS:
            return bool(near[bright].mean() >= AGREEING_HIGHLIGHTS)
        if self.white >= WHITE_GROUND:
            return True
        agreed = float(near.mean())
        return agreed >= AGREEING and float(neutral.mean()) < DISAGREEING * agreed

    def _near(self) -> NDArray[np.bool_]:
        tint = log_chromaticity(self.rgb)
        apart = np.linalg.norm(log_chromaticity(self.product) - tint, axis=1)
        return np.asarray(self._known() & (apart < NEAR * np.linalg.norm(tint)))

    def _neutral(self) -> NDArray[np.bool_]:
        size = np.linalg.norm(log_chromaticity(self.product), axis=1)
        tint = np.linalg.norm(log_chromaticity(self.rgb))
        return np.asarray(self._known() & (size < max(NEUTRAL * tint, OFF_NEUTRAL)))

    def _known(self) -> NDArray[np.bool_]:
        lightest = self.product.max(axis=1)
        return np.asarray((self.product.min(axis=1) > DARKEST) & (lightest <= WHITE))


def find_ground(view: Pixels) -> Ground | None:
    """The plain ground of uint8 (height, width, 3) RGB; None if there is none along the border."""
    height, width = view.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = (round(width * scale), round(height * scale))
    if min(size) < LEAST_SIDE:
        return None
    rgb, lab = smooth_noise(resized(view, size))
    plain = plain_background(lab)
    if plain is None or not plain.lit.any():
        return None
    border = np.ones_like(plain.mask)
    border[BORDER:-BORDER, BORDER:-BORDER] = False
    product = cv2.erode((~plain.mask).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if plain.mask[border].mean() < ALONG_THE_BORDER or product.sum() < LEAST_PRODUCT:
        return None
    lit = rgb[plain.lit]
    white = float(np.percentile(lit.max(axis=1), LIGHTEST))
    return Ground(np.median(lit, axis=0), white, rgb[product], product)


def log_chromaticity(rgb: Floats | Pixels) -> Floats:
    """(..., 3) logarithms of linear R, G and B of 8-bit levels, less their mean."""
    logs = np.log(np.maximum(to_linear(rgb), 1e-4))
    return np.asarray(logs - logs.mean(axis=-1, keepdims=True))


def _lab(rgb: Floats | Pixels) -> Floats:
    levels = np.asarray(rgb, np.float32).reshape(-1, 1, 3) / 255
    return np.asarray(cv2.cvtColor(levels, cv2.COLOR_RGB2LAB)[:, 0])


def _chroma(lab: Floats) -> Floats:
    return np.asarray(np.hypot(lab[:, 1], lab[:, 2]))
