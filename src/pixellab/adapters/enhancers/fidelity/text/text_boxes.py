"""Lines of text: their corners out of a detection network's map, and their pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats
LIKELY, SURE = 0.3, 0.5
"""Share above which a pixel is text, and the least mean of a line: PP-OCR's own."""
GROW = 1.6
"""The network marks the middle of a line; its outline is so many times area / perimeter away."""
LEAST_SIDE = 3
"""Pixels of the map."""
MOST_LINES = 60
"""The largest are kept, which bounds the time that reading takes."""
UPRIGHT = 1.5
"""A box that is so many times higher than wide is read from the top down."""


def text_boxes(likely: Floats) -> Floats:
    """Corners, float32 (n, 4, 2), x and y, of lines in a map, float32 (height, width), 0 to 1."""
    mask = cv2.dilate((likely > LIKELY).astype(np.uint8), np.ones((2, 2), np.uint8))
    outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    rectangles = [cv2.minAreaRect(outline) for outline in outlines]
    lines = [
        _grown(rectangle)
        for rectangle in rectangles
        if min(rectangle[1]) >= LEAST_SIDE and _mean_within(likely, rectangle) >= SURE
    ]
    lines.sort(key=lambda line: -line[1][0] * line[1][1])
    boxes = [_in_reading_order(cv2.boxPoints(line)) for line in lines[:MOST_LINES]]
    return np.array(boxes, np.float32).reshape(-1, 4, 2)


def cut_out_line(rgb: Bytes, box: Floats) -> Bytes:
    """The pixels within ``box``, (4, 2) in the order that ``text_boxes`` gives, made upright."""
    width = max(1, round(float(max(np.hypot(*(box[1] - box[0])), np.hypot(*(box[2] - box[3]))))))
    height = max(1, round(float(max(np.hypot(*(box[3] - box[0])), np.hypot(*(box[2] - box[1]))))))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    straight = cv2.getPerspectiveTransform(np.asarray(box, np.float32), corners)
    line = cv2.warpPerspective(
        rgb, straight, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(np.rot90(line) if height >= UPRIGHT * width else line)


Rectangle = tuple[Sequence[float], Sequence[float], float]
"""OpenCV's: centre, (width, height), angle in degrees."""


def _mean_within(likely: Floats, rectangle: Rectangle) -> float:
    corners = cv2.boxPoints(rectangle)
    first = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    last = np.ceil(corners.max(axis=0)).astype(int) + 1
    part = likely[first[1] : last[1], first[0] : last[0]]
    inside = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(inside, [np.rint(corners - first).astype(np.int32)], 1)
    return float(cv2.mean(part, inside)[0])


def _grown(rectangle: Rectangle) -> Rectangle:
    centre, (width, height), angle = rectangle
    distance = width * height / (2 * (width + height)) * GROW
    return centre, (width + 2 * distance, height + 2 * distance), angle


def _in_reading_order(corners: Floats) -> Floats:
    """Top left, top right, bottom right, bottom left."""
    left, right = np.split(corners[np.argsort(corners[:, 0], kind="stable")], 2)
    top_left, bottom_left = left[np.argsort(left[:, 1], kind="stable")]
    top_right, bottom_right = right[np.argsort(right[:, 1], kind="stable")]
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)
