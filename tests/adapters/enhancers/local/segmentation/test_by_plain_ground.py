"""Holes that a network closes, and parts that it loses, are known from a plain ground."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cutout.cut_out import cut_out
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmentation

Array = NDArray[Any]
SIDE = 500
BOXES = {
    "frame": ([(100, 80, 400, 420)], [(136, 116, 364, 384)]),
    "chair": (
        [(150, 60, 350, 80), (150, 250, 350, 275), (150, 60, 168, 430), (332, 60, 350, 430)],
        [],
    ),
    "rack": (
        [(80, 160, 420, 170), (80, 340, 420, 350)]
        + [(x, 160, x + 7, 350) for x in range(80, 420, 34)],
        [],
    ),
    "ring": ([(120, 120, 380, 380)], [(190, 190, 310, 310)]),
}
GROUNDS = {"grey": (226, 226, 224), "white": (255, 255, 255), "green": (88, 148, 84)}


def drawn(name: str) -> Array:
    """Where the thing called ``name`` is, bool (SIDE, SIDE)."""
    mask = np.zeros((SIDE, SIDE), np.bool_)
    parts, holes = BOXES[name]
    for left, top, right, bottom in parts:
        mask[top:bottom, left:right] = True
    for left, top, right, bottom in holes:
        mask[top:bottom, left:right] = False
    return mask


def photographed(mask: Array, ground: tuple[int, int, int]) -> Array:
    scene = np.where(mask[..., None], (112, 72, 38), ground).astype(np.float32)
    scene += np.random.default_rng(2).normal(0, 1.5, scene.shape)
    return np.asarray(cv2.GaussianBlur(scene, (0, 0), 0.8).clip(0, 255).astype(np.uint8))


def iou(ours: Array, true: Array) -> float:
    return float((ours & true).sum() / (ours | true).sum())


def closing(_: Array, mask: Array) -> Array:
    """What is seen where all openings are closed."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    seen = np.zeros(mask.shape, np.float32)
    seen[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = 1
    return seen


def losing(picture: Array, mask: Array) -> Array:
    """... and where the lower half is not seen at all."""
    seen = closing(picture, mask)
    seen[SIDE // 2 + 20 :] = 0
    return seen


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("name", BOXES)
@pytest.mark.parametrize("fault", [closing, losing])
def test_the_ground_tells_what_is_open_and_what_belongs(name: str, ground: str, fault: Any) -> None:
    true = drawn(name)
    picture = photographed(true, GROUNDS[ground])
    seen = fault(picture, true)
    assert iou(seen > 0, true) < 0.9
    cutout = cut_out(picture, lambda _: Segmentation(model="wrong", saliency=seen))
    assert iou(cutout.alpha > 127, true) > 0.95
    assert cutout.model is None
    assert "did not fit" in cutout.why


def test_a_right_answer_stays_the_network_s() -> None:
    true = drawn("ring")
    picture = photographed(true, GROUNDS["grey"])
    seen = true.astype(np.float32)
    cutout = cut_out(picture, lambda _: Segmentation(model="right", saliency=seen))
    assert cutout.model == "right"
    assert iou(cutout.alpha > 127, true) > 0.97


def test_a_sky_along_half_of_the_border_decides_nothing() -> None:
    """Below an even sky is a meadow with a product on it, which the network saw rightly."""
    rng = np.random.default_rng(6)
    true = np.zeros((SIDE, SIDE), np.bool_)
    true[180:420, 180:320] = True
    picture = photographed(true, (196, 214, 236))
    meadow = cv2.resize(rng.integers(20, 150, (60, 60, 3), np.uint8), (SIDE, SIDE))
    lower = np.arange(SIDE)[:, None] > 240
    picture = np.where((lower & ~true)[..., None], meadow, picture)
    seen = true.astype(np.float32)
    cutout = cut_out(picture, lambda _: Segmentation(model="right", saliency=seen))
    assert cutout.model == "right"
    assert iou(cutout.alpha > 127, true) > 0.95


def test_what_is_white_on_white_is_not_given_up() -> None:
    """Most of it looks like the ground; the network saw it all the same."""
    true = np.zeros((SIDE, SIDE), np.bool_)
    true[120:400, 140:360] = True
    inside = cv2.distanceTransform(true.astype(np.uint8), cv2.DIST_L2, 5)
    shade = np.where(true, 9 * np.exp(-inside / 6), 0)[..., None]
    picture = np.rint(np.full((SIDE, SIDE, 3), 252) - shade).astype(np.uint8)
    seen = true.astype(np.float32)
    cutout = cut_out(picture, lambda _: Segmentation(model="right", saliency=seen))
    assert iou(cutout.alpha > 127, true) > 0.95
