"""What a small copy of a picture tells of its product's alpha and colours.

Alpha is smoothed by a guided filter and stretched, a few times over: within each small window it
becomes a linear function of colour, which is the assumption of closed-form matting (Levin,
Lischinski and Weiss, "A Closed-Form Solution to Natural Image Matting", 2008), and each round lets
it follow the picture's edges more closely. The functions of the last round are then good for the
picture itself (He and Sun, "Fast Guided Filter", 2015). They are found for one part at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import frozen

from pixellab.adapters.enhancers.local.cutout.guided_filter import RADIUS as WINDOW_RADIUS
from pixellab.adapters.enhancers.local.cutout.guided_filter import (
    LinearModels,
    values,
    weighted,
    with_ones,
)
from pixellab.adapters.enhancers.local.pixels.regions import Region, Scale, grown, scaled, shared
from pixellab.adapters.enhancers.local.pixels.resize import resized

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats
SIDE = 400
"""Longest side in pixels of the small copy."""
ROUNDS = 3
STRETCH, LAST_STRETCH = 0.15, 0.05
"""Alpha within this of 0 or 1 becomes that, in each round and in the last."""
MARGIN = WINDOW_RADIUS * ROUNDS
"""Pixels around a part that are looked at for its functions; those beyond hardly count."""
NEARBY = np.ones((3, 3), np.uint8)
"""Pixels among whose values alpha stays at full resolution: dark threads of cloth are no holes."""
REACH = 4
"""Pixels by which the outline may be elsewhere than it first seems."""
RADIUS = 6
"""Pixels, of a copy half as large, over which each layer's colours are averaged."""
SURENESS = 5
"""How many times alpha is squared for a colour's weight: the purest count most."""
FAR_WEIGHT = 0.002
"""What colours from afar count where there are few samples nearby."""
SMALL, TWICE = 3, np.array([1, 2, 3, 2, 1]) / 9
"""Side of a box filter, in pixels, that is quicker as one filter that does what it does twice, and
what that counts."""
DETAIL = 5
"""Pixels over which a pattern changes, as cloth, wood and carpets do; light changes over more."""
PATTERN, PRODUCT_PATTERN, NOISE = 6.0, 2.0, 1e-6
"""How many times the pattern of the ground counts beside the distance of both layers' colours, how
many times as much that of the product does at most (alone it does not matter), and the least."""
OUTLINE, SMOOTH, STEEP = 0.6, 1.0, 2.5
"""Likelihood at which a product ends where colours don't tell, standard deviation in pixels of the
blur that smooths that outline, and how many times steeper than the likelihood it is."""


@frozen(kw_only=True, eq=False)
class CoarseMatte:
    """A small copy of a picture.

    ``guide`` is uint8 (height, width, 3), ``alpha`` float32, 0 to 1, and both layers' colours
    float32 (height, width, 4), 0 to 1, with ones, of half that size.
    """

    guide: Bytes
    alpha: Floats
    outline: Floats
    """As ``alpha``: what it is by the likelihood alone, as a smooth outline."""
    unsure: Bytes
    foreground: Floats
    background: Floats
    told: Floats
    """float32, of the size of the colours, 0 to 1: how far the layers' colours tell them apart.
    On patterned cloth they don't, and alpha that followed them would bristle."""
    scale: Scale

    def unsure_in(self, place: Region) -> Region | None:
        """The part of ``place`` of the picture in which alpha is unsure; None if there is none."""
        here = scaled(place, self.scale)
        left, top, width, height = cv2.boundingRect(self.unsure[here])
        if not width:
            return None
        top, left = top + here[0].start, left + here[1].start
        part = slice(top, top + height), slice(left, left + width)
        return shared(place, scaled(part, (1 / self.scale[0], 1 / self.scale[1])))

    def around(self, place: Region) -> tuple[Floats, Floats, tuple[int, int]]:
        """What makes alpha of the colours around ``place`` of the picture, and where it begins.

        The second are alpha's bounds, (height, width, 2): the least and largest nearby.
        """
        here = grown(scaled(place, self.scale), MARGIN)
        guide = with_ones(self.guide[here])
        models = LinearModels(guide)
        alpha = self.alpha[here]
        for _ in range(ROUNDS - 1):
            alpha = stretched(values(models.fit(alpha), guide), STRETCH)
        functions = models.fit(alpha)
        alpha = stretched(values(functions, guide), LAST_STRETCH)
        bounds = cv2.merge([cv2.erode(alpha, NEARBY), cv2.dilate(alpha, NEARBY)])
        return functions, np.asarray(bounds), (here[0].start, here[1].start)


def coarse_matte(rgb: Bytes, product: Floats) -> CoarseMatte:
    """Of ``rgb``, uint8 (height, width, 3); ``product`` is as in ``matting.split_layers``."""
    height, width = rgb.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    guide = resized(rgb, size)
    alpha = np.asarray(cv2.resize(product, size, interpolation=cv2.INTER_LINEAR))
    soft = ((alpha > LAST_STRETCH) & (alpha < 1 - LAST_STRETCH)).astype(np.uint8)
    half = max(1, size[0] // 2), max(1, size[1] // 2)
    colours = with_ones(resized(guide, half))
    share = np.asarray(cv2.resize(alpha, half, interpolation=cv2.INTER_AREA))
    foreground = average(colours, share, colours, RADIUS)
    background = average(colours, 1 - share, colours, RADIUS)
    smooth = cv2.GaussianBlur(alpha, (0, 0), SMOOTH)
    return CoarseMatte(
        guide=guide,
        alpha=alpha,
        outline=np.asarray(((smooth - OUTLINE) * STEEP + 0.5).clip(0, 1)),
        unsure=cv2.dilate(soft, np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)),
        foreground=foreground,
        background=background,
        told=_told(foreground - background, guide, share),
        scale=(size[1] / height, size[0] / width),
    )


def _told(apart: Floats, guide: Bytes, share: Floats) -> Floats:
    """``CoarseMatte.told``, where the layers' colours are ``apart``, (height, width, 4).

    ``share`` is alpha in that size.
    """
    ground, product = _around(_changes(guide, share.shape), 1 - share, share)
    pattern = PATTERN * (ground + np.minimum(product, PRODUCT_PATTERN * ground)) + NOISE
    distance = values(apart, apart)
    return np.asarray((distance / (distance + pattern)) ** 2)


def _changes(guide: Bytes, shape: tuple[int, ...]) -> Floats:
    """The variance of colours over ``DETAIL`` pixels of ``guide``, in ``shape``."""
    window = DETAIL, DETAIL
    mean = np.asarray(cv2.boxFilter(guide, cv2.CV_32F, window))
    squares = np.asarray(cv2.multiply(guide, guide, dtype=cv2.CV_32F))
    one = np.ones(3, np.float32)
    variance = (cv2.blur(squares @ one, window) - (mean * mean) @ one).clip(0)
    variance = cv2.resize(variance, shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(variance * np.float32(1 / 255**2))


def _around(changes: Floats, *shares: Floats) -> tuple[Floats, ...]:
    """The means of ``changes`` around each pixel in the two layers that have those ``shares``."""
    inside = [_purest(np.asarray(cv2.erode(each, NEARBY))) for each in shares]
    total = _around_twice(cv2.merge([*inside, *(changes * each for each in inside)]), RADIUS)
    return tuple(total[..., each + 2] / (total[..., each] + FAR_WEIGHT) for each in (0, 1))


def stretched(alpha: Floats, margin: float) -> Floats:
    """``alpha`` with what is within ``margin`` of 0 or 1 made that."""
    return np.asarray(((alpha - margin) * (1 / (1 - 2 * margin))).clip(0, 1))


def average(pixels: Floats, share: Floats, fallback: Floats, radius: int) -> Floats:
    """Mean of ``pixels`` around each by their ``share`` of a layer; ``fallback`` without any."""
    total = _around_twice(weighted(pixels, _purest(share)), radius)
    cv2.scaleAdd(fallback, FAR_WEIGHT, total, dst=total)
    return weighted(total, 1 / np.ascontiguousarray(total[..., 3]))


def _purest(share: Floats) -> Floats:
    """What each pixel counts for the colours of the layer that has that ``share``."""
    share = share * share
    for _ in range(SURENESS - 1):
        np.multiply(share, share, out=share)
    return share


def _around_twice(planes: Floats, radius: int) -> Floats:
    """Mean of ``planes`` around each pixel: a box filter that runs twice, nearly a Gaussian."""
    side = radius | 1
    if side == SMALL:
        return np.asarray(cv2.sepFilter2D(planes, -1, TWICE, TWICE))
    return np.asarray(cv2.blur(cv2.blur(planes, (side, side)), (side, side)))
