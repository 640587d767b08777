"""Which part of a photo with a busy background is the product: saliency first, then GrabCut.

Saliency is the minimum barrier distance from the frame (Zhang, Sclaroff, Lin, Shen, Price and Mech,
"Minimum Barrier Salient Object Detection at 80 FPS", ICCV 2015): how much a way from the frame to a
pixel has to climb in colour, whichever way it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.pixels.resize import resized
from pixellab.adapters.enhancers.local.segmentation.classical.grabcut import grabcut

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats, Mask
BARRIER_SIDE, OUTLINE_SIDE = 120, 240
"""Longest side in pixels of the copies in which each is found."""
PASSES = 3
CENTRE_WEIGHT = 0.5


def salient_product(rgb: Bytes) -> tuple[Mask, float]:
    """(mask of the product, agreement of both methods 0 to 1) of ``rgb`` (height, width, 3)."""
    height, width = rgb.shape[:2]
    saliency = saliency_map(rgb)
    small = _reduced(rgb, OUTLINE_SIDE)
    saliency = cv2.resize(saliency, small.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    level, _ = cv2.threshold((saliency * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    expected = saliency > level / 255
    if not expected.any() or expected.all():
        return np.zeros((height, width), np.bool_), 0.0
    certain_level = np.percentile(saliency[expected], 60)
    certain = (saliency >= certain_level) | (saliency < 0.1)
    product = grabcut(small, expected, certain)
    agreement = (product & expected).sum() / max((product | expected).sum(), 1)
    mask = cv2.resize(
        product.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(mask > 127), float(agreement)


def saliency_map(rgb: Bytes) -> Floats:
    """How much each pixel stands out, float32 0 to 1, at a size of its own."""
    small = _reduced(rgb, BARRIER_SIDE).astype(np.float32) / 255
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 1), cv2.COLOR_RGB2LAB)
    barrier = np.sum([_barrier_distance(lab[..., channel]) for channel in range(3)], axis=0)
    unlike = _unlike_frame(lab)
    total = _scaled(barrier) + _scaled(unlike)
    height, width = total.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    centred = np.exp(-(x**2 + y**2) / (2 * CENTRE_WEIGHT**2)) ** 0.5
    return _scaled(total * centred)


def _reduced(rgb: Bytes, side: int) -> Bytes:
    height, width = rgb.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = max(2, round(width * scale)), max(2, round(height * scale))
    return resized(rgb, size)


def _scaled(values: Floats) -> Floats:
    return np.asarray(values / max(float(np.percentile(values, 99)), 1e-6), np.float32).clip(0, 1)


def _barrier_distance(channel: Floats) -> Floats:
    """Highest minus lowest value on the best way from the frame, by sweeps over lines."""
    distance = np.full_like(channel, np.inf)
    distance[[0, -1], :] = 0
    distance[:, [0, -1]] = 0
    high, low = channel.copy(), channel.copy()
    for _ in range(PASSES):
        for turn in (np.s_[:, :], np.s_[::-1, :]):
            _sweep(channel[turn], distance[turn], high[turn], low[turn])
            _sweep(channel.T[turn], distance.T[turn], high.T[turn], low.T[turn])
    return distance


def _sweep(channel: Floats, distance: Floats, high: Floats, low: Floats) -> None:
    """Carry ways from each line to the next, in place."""
    for line in range(1, len(channel)):
        above = np.maximum(high[line - 1], channel[line])
        below = np.minimum(low[line - 1], channel[line])
        better = above - below < distance[line]
        high[line] = np.where(better, above, high[line])
        low[line] = np.where(better, below, low[line])
        distance[line] = np.where(better, above - below, distance[line])


def _unlike_frame(lab: Floats) -> Floats:
    """Mahalanobis distance from the colours of each side of the frame, the best side left out.

    The paper's cue on the picture's boundary: the product may cover one side.
    """
    band = max(1, round(0.08 * min(lab.shape[:2])))
    sides = (lab[:band], lab[-band:], lab[:, :band], lab[:, -band:])
    distances = []
    for side in sides:
        colours = side.reshape(-1, 3)
        covariance = np.cov(colours.T) + 4 * np.eye(3)
        offset = lab - colours.mean(axis=0)
        squared = np.einsum("ijk,kl,ijl->ij", offset, np.linalg.inv(covariance), offset)
        distances.append(_scaled(np.sqrt(np.maximum(squared, 0))))
    return np.asarray(np.sum(distances, axis=0) - np.max(distances, axis=0), np.float32)
