"""A photo and what was made of it laid on each other, and where both show the product."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pixellab.adapters.imaging.compositing import on_white
from pixellab.adapters.imaging.likeness.empty_canvas import cut_away, joined_to, rim_of
from pixellab.adapters.imaging.likeness.placement import fitted, placed
from pixellab.adapters.imaging.quality.noise import noise_sigma

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

SIDE = 1024
"""Longest side, in pixels, at which two pictures are compared: as a product page shows them."""
OPAQUE = 128
"""Alpha from which on a pixel is shown."""
ALONG = 0.7
"""Share of the border that is of one colour where the ground is plain."""
SAME = 12.0
"""CIELAB distance from the ground's colour up to which a pixel is ground, and twice that for
lightness, which falls off across a ground."""
FINE, COARSE, ROUGH = 1.5, 8.0, 4.0
"""Sigmas, in pixels, between which a plain ground shows nothing, and standard deviation, in 8-bit
levels, that is something: weave, which a garment fills the frame with."""
LEAST_PRODUCT = 0.03
"""Share of the frame."""
OUTLINE = 5
"""Pixels along the outline, which a ground shines through, that are left out."""


@frozen(eq=False)
class ShownProduct:
    """Both at the size at which they are compared."""

    before: Pixels
    after: Pixels
    """uint8 (height, width, 3), RGB."""
    product: Mask
    """Where the photo shows the product: what is not a plain ground, or everything."""
    shown: Mask
    """Where the result shows anything but an empty ground."""
    cut: Mask
    """Where it is transparent, or shows an empty ground where the photo has another colour."""
    is_found: bool
    """Whether the photo has a plain ground, so that ``product`` is more than a guess."""
    ground: tuple[NDArray[Any], NDArray[Any]] | None
    """R, G and B of the plain ground before and after, where both show it."""
    noise: float
    """Sigma of the photo's luma noise, in 8-bit levels."""
    is_moved: bool
    """Whether the product had to be looked for in the result."""

    @property
    def seen(self) -> Mask:
        """Where both show the product, without its outline."""
        both = self.product & self.shown
        kernel = np.ones((OUTLINE, OUTLINE), np.uint8)
        inside = cv2.erode(np.pad(both.astype(np.uint8), 1, mode="edge"), kernel)[1:-1, 1:-1] > 0
        return np.asarray(inside if inside.any() else both)


def lay(before: Pixels, after: Pixels) -> ShownProduct | None:
    """uint8 (height, width, 3 or 4) each, RGB and straight alpha, of any two sizes.

    None where nothing of the photo is found again in the result.
    """
    small = _at_most(before, SIDE)
    laid = placed(small, after)
    if laid is None:
        return None
    alphas = _alpha(small), _alpha(laid.pixels)
    rgb, other = (
        on_white(each[..., :3], alpha)
        for each, alpha in zip((small, laid.pixels), alphas, strict=True)
    )
    opaque, still_opaque = (alpha >= OPAQUE for alpha in alphas)
    ground = plain_ground(rgb, opaque)
    product = opaque if ground is None else opaque & ~ground
    canvas, cut = cut_away(rgb, other, laid.reached, still_opaque)
    shown = laid.reached & ~canvas
    both = None
    if ground is not None and (kept := ground & opaque & laid.reached & still_opaque).any():
        both = tuple(np.median(each[kept], axis=0) for each in (rgb, other))
    return ShownProduct(
        before=rgb,
        after=other,
        product=product,
        shown=shown,
        cut=cut,
        is_found=ground is not None or not opaque.all(),
        ground=both,
        noise=noise_sigma(rgb),
        is_moved=laid.is_moved,
    )


def plain_ground(rgb: Pixels, opaque: Mask) -> Mask | None:
    """What is joined to the border and of its one colour; None where it has several."""
    lab = cv2.cvtColor(
        cv2.GaussianBlur(rgb, (0, 0), 1.0).astype(np.float32) / 255, cv2.COLOR_RGB2LAB
    )
    rim = rim_of(rgb.shape)
    if (opaque & rim).sum() < 0.5 * rim.sum():
        return None
    near = _near(lab, np.median(lab[rim & opaque], axis=0), SAME)
    if near[rim & opaque].mean() < ALONG or _is_rough(rgb, near & rim & opaque):
        return None
    ground = joined_to(near, rim)
    return None if (opaque & ~ground).mean() < LEAST_PRODUCT else ground


def _is_rough(rgb: Pixels, where: Mask) -> bool:
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine, coarse = (cv2.GaussianBlur(luma, (0, 0), sigma) for sigma in (FINE, COARSE))
    return float((fine - coarse)[where].std()) > ROUGH


def _near(lab: NDArray[Any], colour: NDArray[Any], within: float) -> Mask:
    apart = np.hypot(lab[..., 1] - colour[1], lab[..., 2] - colour[2])
    return np.asarray(
        (apart <= within)
        & (np.abs(lab[..., 0] - colour[0]) <= 2 * within)
        & (np.hypot(apart, (lab[..., 0] - colour[0]) / 2) <= within)
    )


def _alpha(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4:
        return np.ascontiguousarray(pixels[..., 3])
    return np.full(pixels.shape[:2], 255, np.uint8)


def _at_most(pixels: Pixels, side: int) -> Pixels:
    scale = side / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    height, width = (max(1, round(each * scale)) for each in pixels.shape[:2])
    return fitted(pixels, (width, height))
