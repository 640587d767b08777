"""The shadow that a product casts on a plain background, as a layer of black behind it.

Laid on white, the layer shows what the photo shows, divided by the background's colour; laid on
anything else, the product stands there in the same light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.cutout.matting import Layers
from pixellab.adapters.enhancers.local.pixels.resize import resized
from pixellab.adapters.enhancers.local.segmentation.classical.cast_shadow import (
    cast_shadow,
    dilated,
)

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
    from pixellab.adapters.enhancers.local.segmentation.ground.plain_background import (
        PlainBackground,
    )
FAINTEST = 0.02
"""Opacity that is not seen, and taken for uneven light."""
NOISE_WIDTHS, LIGHTNESS = 3.0, 100.0
"""Opacity below so many standard deviations of the background's noise is noise, too."""
BESIDE = 6
"""Pixels of the working copy from the product to where its shadow begins, at most."""
SMOOTH = 1.0
"""Standard deviation, in pixels of the working copy, of the blur that averages noise."""
FAINT = 16
"""Alpha below which a pixel tells of the ground."""


def shadow_of(rgb: Bytes, alpha: Bytes, plain: PlainBackground) -> Bytes:
    """The opacity of the black layer, uint8 of the shape of ``alpha``, uint8 (height, width).

    ``rgb`` is uint8 (height, width, 3), the picture from which ``alpha`` was cut; ``plain`` is its
    background.
    """
    height, width = plain.mask.shape
    small = resized(rgb, (width, height))
    product = dilated(resized(alpha, (width, height)) > FAINT, 1)
    ground = (plain.mask | plain.shade | cast_shadow(small, plain)) & ~product
    opacity = _opacity(small, plain, ground)
    opacity *= _beside(opacity > 0, product)
    whole = np.rint(_carried_on(opacity, ground) * 255).astype(np.uint8)
    return np.asarray(cv2.resize(whole, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR))


def with_shadow(layers: Layers, opacity: Bytes) -> Layers:
    """``layers`` on top of black of that ``opacity``, uint8 (height, width), as one layer."""
    behind = cv2.multiply(opacity, cv2.bitwise_not(layers.alpha), scale=1 / 255)
    alpha = cv2.add(layers.alpha, behind)
    foreground, shown = layers.foreground.copy(), behind > 0
    share = layers.alpha[shown] / alpha[shown].astype(np.float32)
    foreground[shown] = np.rint(foreground[shown] * share[:, None])
    return Layers(alpha=alpha, foreground=foreground)


def _opacity(small: Bytes, plain: PlainBackground, ground: Mask) -> Floats:
    """What the ``ground`` lacks of the background's light, 0 to 1, float32; elsewhere 0."""
    lit = cv2.cvtColor(cv2.cvtColor(plain.surface, cv2.COLOR_LAB2RGB), cv2.COLOR_RGB2GRAY)
    seen = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    lacking = (1 - seen / np.maximum(lit, 1e-3)).clip(0, 1) * ground
    lacking = _averaged(lacking, ground)
    least = FAINTEST + NOISE_WIDTHS * plain.noise / LIGHTNESS
    rise = (lacking / least - 1).clip(0, 1)
    return np.asarray(lacking * rise * ground)


def _beside(shadow: Mask, product: Mask) -> Mask:
    """The connected parts of ``shadow`` that begin at the product."""
    _, labels = cv2.connectedComponents(shadow.astype(np.uint8))
    own = np.unique(labels[dilated(product, BESIDE)])
    return np.isin(labels, own[own > 0])


def _carried_on(opacity: Floats, ground: Mask) -> Floats:
    """``opacity``, off the ``ground`` as it is at the nearest place on it."""
    off = (~ground).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(
        off, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(nearest.max() + 1, np.float32)
    of_label[nearest[ground]] = opacity[ground]
    return np.where(ground, opacity, cv2.GaussianBlur(of_label[nearest], (0, 0), SMOOTH))


def _averaged(values: Floats, ground: Mask) -> Floats:
    """Means of ``values``, which are 0 off the ``ground``, over the ground around each pixel."""
    share = cv2.GaussianBlur(ground.astype(np.float32), (0, 0), SMOOTH)
    return np.asarray(cv2.GaussianBlur(values, (0, 0), SMOOTH) / np.maximum(share, 1e-3))
