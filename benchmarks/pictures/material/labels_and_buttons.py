"""Printed labels and buttons, added to products, so that it is known what is there."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
WORDS = (
    *("ORGANIC", "MILK", "COTTON", "LINEN", "FRESH", "NATURAL", "COFFEE", "VANILLA", "ALMOND"),
    *("Handmade", "Original", "Quality", "Limited", "Edition", "Premium", "Classic", "Summer"),
    *("500 ml", "250 g", "No. 47", "Size 38", "SPF 30", "100%", "Batch 9", "75 cl", "Est. 1968"),
)
Place = tuple[tuple[float, float], tuple[int, int], float]
"""Of a label: its centre, its width and height in pixels, its angle in degrees."""
Box = NDArray[np.float32]
"""Four corners, x and y."""


@frozen
class Photo:
    """A product in a photo."""

    name: str
    pixels: Pixels
    product: Mask
    layers: tuple[Pixels, Pixels] | None = None
    """The product alone and its alpha, where both are known."""


def furnish(photo: Photo, rng: np.random.Generator) -> tuple[Pixels, bool]:
    """The photo, with a label on every other one; and whether that was done."""
    label = label_for(photo, rng) if rng.random() < 0.5 else None
    if label is None:
        return photo.pixels, False
    return print_label(photo.pixels, *label, int(rng.integers(2**31)))[0], True


def label_for(photo: Photo, rng: np.random.Generator) -> tuple[list[str], Place] | None:
    """Words, and the place within the product that has most room for them."""
    inside = _depth(photo.product)
    _, radius, _, spot = cv2.minMaxLoc(inside)
    width, height = round(1.55 * radius), round(0.85 * radius)
    rows = int(rng.integers(1, 4))
    if height / rows < 22:  # pixels, below which print would be too small to read
        rows = max(1, height // 22)
        if height < 22:
            return None
    words = list(rng.permutation(WORDS)[:rows])
    return [str(word) for word in words], (spot, (width, height), float(rng.uniform(-7, 7)))


def _depth(product: Mask) -> NDArray[np.float32]:
    """Distance of each pixel of the product from what is beside it; the frame counts as that."""
    inside = cv2.distanceTransform(np.pad(product, 1).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(inside[1:-1, 1:-1])


def print_label(
    pixels: Pixels, lines: list[str], place: Place, seed: int, *, mirrored: bool = False
) -> tuple[Pixels, list[Box]]:
    """With a label that takes the photo's light; and where its lines are."""
    rng = np.random.default_rng(seed)
    (x, y), (width, height), angle = place
    paper, ink = (
        ((244, 242, 236), (30, 30, 34))
        if rng.random() < 0.6
        else (
            tuple(int(each) for each in rng.integers(20, 110, 3)),
            (240, 240, 235),
        )
    )
    larger = 4
    label = Image.new("RGB", (width * larger, height * larger), paper)
    draw = ImageDraw.Draw(label)
    step, boxes = height * larger / len(lines), []
    for row, line in enumerate(lines):
        size = 0.62 * step
        font = ImageFont.load_default(size)
        size *= min(1.0, 0.9 * width * larger / font.getlength(line))
        font = ImageFont.load_default(size)
        middle = (width * larger / 2, step * (row + 0.5))
        draw.text(middle, line, fill=ink, font=font, anchor="mm")
        left, top, right, bottom = draw.textbbox(middle, line, font=font, anchor="mm")
        boxes.append(
            np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) / larger
        )
    drawn = np.asarray(label.resize((width, height), Image.Resampling.BOX))
    drawn = drawn[:, ::-1] if mirrored else drawn
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    turn[:, 2] += (x - width / 2, y - height / 2)
    size_of_all = pixels.shape[1], pixels.shape[0]
    laid = cv2.warpAffine(np.ascontiguousarray(drawn), turn, size_of_all, flags=cv2.INTER_CUBIC)
    cover = cv2.warpAffine(np.ones((height, width), np.float32), turn, size_of_all)
    cover = np.clip(cv2.GaussianBlur(cover, (0, 0), 0.7), 0, 1)[..., None]
    luma = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 9)
    there = cover[..., 0] > 0.5
    shade = np.clip(luma / max(float(luma[there].mean()), 1), 0.6, 1.3)[..., None]
    laid = cv2.GaussianBlur(laid.astype(np.float32), (0, 0), 0.6) * shade
    laid += rng.normal(0, 1.5, laid.shape)
    out = rounded(pixels * (1 - cover) + laid * cover)
    moved = [np.asarray(box @ turn[:, :2].T + turn[:, 2], np.float32) for box in boxes]
    return out, moved


def redraw_line(pixels: Pixels, box: Box, rng: np.random.Generator) -> Pixels:
    """The place of ``box`` blurred, with strokes that look like writing and say nothing."""
    height = float(np.hypot(*(box[3] - box[0])))
    cover = np.zeros(pixels.shape[:2], np.float32)
    middle, grown = box.mean(axis=0), 1.06
    cv2.fillConvexPoly(cover, np.rint((box - middle) * grown + middle).astype(np.int32), 1.0)
    cover = cv2.GaussianBlur(cover, (0, 0), max(0.6, height / 20))[..., None]
    blurred = cv2.GaussianBlur(pixels, (0, 0), height / 3).astype(np.float32)
    ink = pixels[cover[..., 0] > 0.9]
    luma = ink.mean(axis=1)
    dark, light = np.percentile(luma, (4, 96))
    colour = np.median(
        ink[luma <= dark]
        if abs(luma.mean() - light) < abs(luma.mean() - dark)
        else ink[luma >= light],
        axis=0,
    )
    strokes = np.zeros(pixels.shape[:2], np.float32)
    letters = max(2, round(float(np.hypot(*(box[1] - box[0]))) / (0.7 * height)))
    for n in range(letters):
        points = []
        for _ in range(int(rng.integers(3, 6))):
            u, v = (n + rng.uniform(0.1, 0.9)) / letters, rng.uniform(0.05, 0.95)
            points.append(box[0] + u * (box[1] - box[0]) + v * (box[3] - box[0]))
        thick = max(1, round(height / 9))
        cv2.polylines(
            strokes,
            [np.rint(np.array(points) * 8).astype(np.int32)],
            False,
            1.0,
            thick,
            cv2.LINE_AA,
            3,
        )
    strokes = np.clip(cv2.GaussianBlur(strokes, (0, 0), 0.6), 0, 1)[..., None]
    new = blurred * (1 - strokes) + colour * strokes
    return rounded(pixels * (1 - cover) + new * cover)


def with_button(photo: Photo, rng: np.random.Generator) -> Pixels | None:
    """A button of 2.5 to 5% of the product's longer side, somewhere well within the product."""
    rows, columns = np.nonzero(photo.product)
    side = max(np.ptp(rows), np.ptp(columns))
    radius = max(4.0, side * rng.uniform(0.0125, 0.025))
    inside = _depth(photo.product)
    rows, columns = np.nonzero(inside > 3 * radius)
    if not len(rows):
        return None
    at = int(rng.integers(len(rows)))
    x, y = float(columns[at]), float(rows[at])
    under = photo.pixels[max(0, int(y) - 5) : int(y) + 5, max(0, int(x) - 5) : int(x) + 5]
    ground = under.reshape(-1, 3).mean(axis=0)
    away = rng.uniform(40, 90) * (-1 if ground.mean() > 128 else 1)
    larger, span = 8, round(radius) + 4
    tile = np.zeros((2 * span * larger,) * 2, np.float32)
    middle = (span * larger, span * larger)
    cv2.circle(tile, middle, round(radius * larger), 1.0, -1)
    for u, v in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        hole = (
            round(middle[0] + u * radius * larger * 0.28),
            round(middle[1] + v * radius * larger * 0.28),
        )
        cv2.circle(tile, hole, max(1, round(radius * larger * 0.13)), 0.45, -1)
    small = cv2.resize(tile, (2 * span, 2 * span), interpolation=cv2.INTER_AREA)
    cover = np.zeros(photo.product.shape, np.float32)
    top, left = int(y) - span, int(x) - span
    if top < 0 or left < 0 or top + 2 * span > cover.shape[0] or left + 2 * span > cover.shape[1]:
        return None
    cover[top : top + 2 * span, left : left + 2 * span] = small
    return rounded(photo.pixels * (1 - cover[..., None]) + (ground + away) * cover[..., None])


def prominent_spot(photo: Photo) -> tuple[int, int, float] | None:
    """x, y and radius of the small part that stands out most; None where none does."""
    rows, columns = np.nonzero(photo.product)
    radius = max(4.0, 0.018 * max(np.ptp(rows), np.ptp(columns)))
    luma = cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    blob = np.abs(
        cv2.GaussianBlur(luma, (0, 0), radius / 1.6) - cv2.GaussianBlur(luma, (0, 0), radius * 1.3)
    )
    blob[_depth(photo.product) < 3 * radius] = 0
    _, strength, _, spot = cv2.minMaxLoc(blob)
    return (*spot, radius) if strength > 10 else None


def rounded(levels: NDArray[Any]) -> Pixels:
    return np.asarray(np.clip(np.rint(levels), 0, 255), np.uint8)
