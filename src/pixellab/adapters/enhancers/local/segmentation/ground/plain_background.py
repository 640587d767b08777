"""Where a plain background is: paper, sweep or wall, evenly or unevenly lit, with soft shadows.

The frame of the picture gives the colour of the background as a low-order surface in CIELAB; from
the frame the background is then followed inwards, as far as it changes slowly and only gets
darker, as a soft shadow does. Enclosed spots of the same colour (rings, handles) are opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from attrs import frozen

from pixellab.adapters.enhancers.local.segmentation.ground.background_surface import (
    ANNEALING,
    COARSEST,
    colour_difference,
    fit_robustly,
    refit,
)

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Floats, Mask
# Distances are CIE76 colour differences in CIELAB: about 2.3 is just noticeable.
FINEST = 1.5
"""Least difference that is still called background, whatever the noise; COARSEST is the largest."""
NOISE_WIDTHS = 4.0
"""Differences up to this many standard deviations of the background's own noise are noise."""
MIN_FRAME_SHARE = 0.5
"""A background is plain if this share of the frame follows its surface."""
MAX_ROUGHNESS = 0.8
"""... and differs from it by less than this (standard deviation), noise taken away."""
SHADOW_DEPTH, SHADOW_TINT = 45.0, 7.0
"""How much darker than the surface a soft shadow may be, and how much it may be tinted."""
EDGE_BLUR = 2.0
"""Standard deviation, in pixels of the working size, of the blur that edges stand out against.

A step of 5 stands out by 1.5 or more, a shadow of depth 30 that fades over 15 pixels by 0.5.
"""
FAINTEST_EDGE, BOLDEST_EDGE = 0.4, 3.0
LIT_NECK, SHADED_NECK = 3, 7
"""Ways narrower than this many pixels are taken for gaps in the product's outline."""
MAX_SHADOW_REACH = 0.025
"""A shadow's mean distance from lit background is at most this share of the longest side."""
MIN_PART_WEIGHT = 0.02
"""A part of the product has at least this share of the main part's area times contrast."""
MIN_HOLE_SHARE = 0.02
"""Enclosed spots smaller than this share of the product are taken for print on it."""
NEAR_WHITE_LIGHTNESS, NEAR_WHITE_CHROMA = 88.0, 6.0
"""CIELAB, least and most: nearly white paper or wall, seen in even light."""
NEAR_WHITE_SHARE = 0.9


@frozen(kw_only=True, eq=False)
class PlainBackground:
    """A plain background and where it is. Arrays have the working size (height, width)."""

    mask: Mask
    lit: Mask
    """The part of ``mask`` that is not in shadow."""
    shade: Mask
    """Pixels that, by their colour alone, could be background in shadow."""
    surface: Floats
    """(height, width, 3), CIELAB: the background as it would be without product and shadow."""
    tolerance: float
    """Colour difference up to which a pixel is background."""
    noise: float
    """Its standard deviation per CIELAB channel, at the size of the masks."""


def plain_background(lab: Floats) -> PlainBackground | None:
    """The plain background of ``lab`` (height, width, 3), float32 CIELAB; None if it is not plain.

    None too where the picture is background throughout.
    """
    frame = _frame(lab.shape[0], lab.shape[1])
    surface = fit_robustly(lab, frame)
    # What lies in the frame may bend the surface, and light falls off more than quadratically.
    surface = refit(lab, frame & (colour_difference(lab, surface) < COARSEST), surface)
    distance = colour_difference(lab, surface)
    near = frame & (distance < ANNEALING[-1])
    if near.sum() < MIN_FRAME_SHARE * frame.sum():
        return None
    roughness = _spread(distance[near])
    if roughness > MAX_ROUGHNESS:
        return None
    tolerance = float(np.clip(NOISE_WIDTHS * roughness, FINEST, COARSEST))
    surface = refit(lab, distance < tolerance, surface)
    shade = _shade(lab, surface, tolerance)
    smooth = _smooth(lab, frame)
    lit = smooth & (colour_difference(lab, surface) < tolerance)
    mask = _reach_from(_without_necks(lit, LIT_NECK), frame)
    mask = _with_shadows(mask, smooth & (lit | shade))
    mask = _open_holes(lab, surface, mask, tolerance)
    mask = _drop_specks(lab, surface, mask)
    return PlainBackground(
        mask=mask,
        lit=mask & (colour_difference(lab, surface) < tolerance),
        shade=shade,
        surface=surface,
        tolerance=tolerance,
        noise=roughness,
    )


def is_near_white(plain: PlainBackground) -> bool:
    """Whether the background is almost white nearly everywhere."""
    lightness = plain.surface[..., 0]
    chroma = np.hypot(plain.surface[..., 1], plain.surface[..., 2])
    near = (lightness > NEAR_WHITE_LIGHTNESS) & (chroma < NEAR_WHITE_CHROMA)
    return bool(near[plain.mask].mean() > NEAR_WHITE_SHARE)


def _frame(height: int, width: int) -> Mask:
    """The outermost 2% of the picture."""
    band = max(1, round(0.02 * min(height, width)))
    frame = np.ones((height, width), np.bool_)
    frame[band : height - band, band : width - band] = False
    return frame


def _spread(distance: Floats) -> float:
    """Standard deviation per channel from distances, by their median (3 degrees of freedom)."""
    return float(np.median(distance)) / 1.538


def _smooth(lab: Floats, frame: Mask) -> Mask:
    """Where there is no edge."""
    calm = cv2.GaussianBlur(lab, (0, 0), EDGE_BLUR / 2)
    edge = colour_difference(calm, cv2.GaussianBlur(lab, (0, 0), EDGE_BLUR))
    noise = NOISE_WIDTHS * _spread(edge[frame])
    return np.asarray(edge < np.clip(noise, FAINTEST_EDGE, BOLDEST_EDGE))


def _shade(lab: Floats, surface: Floats, tolerance: float) -> Mask:
    """Where the picture has the background's hue, as light or darker.

    Shade scales lightness and chroma alike.
    """
    depth = surface[..., 0] - lab[..., 0]
    shade = lab[..., 0] / np.maximum(surface[..., 0], 1)
    tint = colour_difference(lab[..., 1:], surface[..., 1:] * shade[..., None])
    deep_enough = (depth > -tolerance) & (depth < SHADOW_DEPTH)
    return np.asarray(deep_enough & (tint < max(SHADOW_TINT, tolerance)))


def _with_shadows(lit: Mask, passable: Mask) -> Mask:
    """The background with those adjoining parts of ``passable`` that are narrow, as shadows are.

    A wide one is more likely a product of almost the background's colour.
    """
    reached = _reach_from(lit | _without_necks(passable, SHADED_NECK), lit)
    reached |= _near(reached, SHADED_NECK) & passable
    shadows = reached & ~lit
    _, labels = cv2.connectedComponents(shadows.astype(np.uint8), connectivity=4)
    depth = cv2.distanceTransform((~lit).astype(np.uint8), cv2.DIST_L2, 3)
    area = np.maximum(np.bincount(labels.ravel()), 1)
    wide = np.bincount(labels.ravel(), depth.ravel()) / area > MAX_SHADOW_REACH * max(lit.shape)
    wide[0] = False
    return np.asarray(reached & ~wide[labels])


def _without_necks(passable: Mask, width: int) -> Mask:
    """``passable`` without its parts that are narrower than ``width`` pixels."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    dense = cv2.medianBlur(passable.astype(np.uint8), 3)
    return cv2.morphologyEx(dense, cv2.MORPH_OPEN, disc).astype(np.bool_)


def _near(mask: Mask, width: int) -> Mask:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return cv2.dilate(mask.astype(np.uint8), disc).astype(np.bool_)


def _reach_from(passable: Mask, start: Mask) -> Mask:
    """The connected parts of ``passable`` that meet ``start``."""
    _, labels = cv2.connectedComponents(passable.astype(np.uint8), connectivity=4)
    met = np.zeros(labels.max() + 1, np.bool_)
    met[labels[start]] = True
    met[0] = False
    return np.asarray(met[labels])


def _drop_specks(lab: Floats, surface: Floats, mask: Mask) -> Mask:
    """Count as background what is small or faint beside the main part of the product."""
    _, labels = cv2.connectedComponents((~mask).astype(np.uint8), connectivity=8)
    weight = np.bincount(labels.ravel(), colour_difference(lab, surface).ravel())
    weight[0] = 0
    specks = weight < MIN_PART_WEIGHT * weight.max(initial=0)
    specks[0] = True
    return np.asarray(specks[labels])


def _open_holes(lab: Floats, surface: Floats, mask: Mask, tolerance: float) -> Mask:
    """Add enclosed spots that look exactly like the background around the product."""
    product = ~mask
    alike = product & (colour_difference(lab, surface) < tolerance)
    spots = cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(spots, connectivity=4)
    least = MIN_HOLE_SHARE * product.sum()
    opened = mask.copy()
    for spot in range(1, count):
        if stats[spot, cv2.CC_STAT_AREA] >= least:
            opened |= labels == spot
    return opened
