"""Pairs of a photo and a picture of its product, changed as an enhancer may or as it may not.

Every pair is made from a photo and a seed. To half of the photos a printed label, to half a button
is added first, in both pictures of the pair, so that it is known what is printed and what can be
taken off.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.pictures.cutout import KINDS, lay_on
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.imaging.srgb import from_linear, to_linear
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
TURN, STRETCH = 8.0, 0.03
"""Degrees of hue in CIELAB, and share of a side."""
LEAST_CHROMA = 8.0
"""Mean of a product below which a turned hue can hardly be seen: 1.1 units of CIELAB."""
LETTERS = "ABDEFGHKLMNPRSTUXYZ"
WORDS = (
    *("ORGANIC", "MILK", "COTTON", "LINEN", "FRESH", "NATURAL", "COFFEE", "VANILLA", "ALMOND"),
    *("Handmade", "Original", "Quality", "Limited", "Edition", "Premium", "Classic", "Summer"),
    *("500 ml", "250 g", "No. 47", "Size 38", "SPF 30", "100%", "Batch 9", "75 cl", "Est. 1968"),
)


@frozen
class Photo:
    """A product in a photo."""

    name: str
    pixels: Pixels
    product: Mask
    layers: tuple[Pixels, Pixels] | None = None
    """The product alone and its alpha, where both are known."""


@frozen
class Pair:
    """``drawn`` shows the same product as ``photo``, or one that was changed."""

    photo: Pixels
    drawn: Pixels


Make = Callable[[Photo, np.random.Generator], Pair | None]
"""None where the photo does not lend itself to it."""


def seeded(*names: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(" ".join(names).encode()))


# What an enhancer may do


def recompressed(photo: Photo, rng: np.random.Generator) -> Pair:
    furnished, _ = furnish(photo, rng)
    return Pair(furnished, jpeg(furnished, int(rng.integers(60, 91))))


def brightened(photo: Photo, rng: np.random.Generator) -> Pair:
    furnished, _ = furnish(photo, rng)
    return Pair(furnished, jpeg(_other_light(furnished, rng), 95))


def denoised(photo: Photo, rng: np.random.Generator) -> Pair:
    furnished, _ = furnish(photo, rng)
    noisy = rounded(furnished + rng.normal(0, rng.uniform(3, 14), furnished.shape))
    if rng.random() < 0.5:
        return Pair(noisy, _enhanced(noisy, Mode.DENOISE))
    strength = float(rng.uniform(4, 8))
    return Pair(noisy, np.asarray(cv2.fastNlMeansDenoisingColored(noisy, None, strength, strength)))


def redrawn(photo: Photo, rng: np.random.Generator) -> Pair:
    """All at once, at a size and in a frame that are not quite the photo's."""
    furnished, _ = furnish(photo, rng)
    noisy = rounded(furnished + rng.normal(0, rng.uniform(0, 6), furnished.shape))
    better = _other_light(_enhanced(noisy, Mode.DENOISE), rng)
    return Pair(noisy, jpeg(_reframed(better, rng), int(rng.integers(80, 96))))


def other_backdrop(photo: Photo, rng: np.random.Generator) -> Pair | None:
    """The product as it is, on a flat backdrop; only of products whose alpha is known."""
    if photo.layers is None:
        return None
    product, alpha = photo.layers
    kinds = [kind for kind in KINDS if kind != "white"]
    scene = lay_on(product, alpha, KINDS[kinds[int(rng.integers(len(kinds)))]], rng)
    opaque = alpha[..., None] / 255
    flat = rounded(scene * opaque + rng.uniform(180, 255) * (1 - opaque))
    return Pair(scene, jpeg(_other_light(flat, rng), 90))


# What it may not


def letter_changed(photo: Photo, rng: np.random.Generator) -> Pair | None:
    """One letter or digit of a label."""
    label = _label_for(photo, rng)
    if label is None:
        return None
    lines, place = label
    row = int(rng.integers(len(lines)))
    signs = [n for n, sign in enumerate(lines[row]) if sign.isalnum()]
    at = signs[int(rng.integers(len(signs)))]
    new = _another(lines[row][at], rng)
    changed = [*lines]
    changed[row] = lines[row][:at] + new + lines[row][at + 1 :]
    seed = int(rng.integers(2**31))
    before, _ = _print_label(photo.pixels, lines, place, seed)
    after, _ = _print_label(photo.pixels, changed, place, seed)
    return Pair(before, _as_served(after, rng))


def _another(sign: str, rng: np.random.Generator) -> str:
    """Another letter of the same case, or another digit."""
    signs = "0123456789" if sign.isdigit() else LETTERS if sign.isupper() else LETTERS.lower()
    others = [each for each in signs if each != sign]
    return others[int(rng.integers(len(others)))]


def word_redrawn(photo: Photo, rng: np.random.Generator) -> Pair | None:
    """One line of a label blurred until it cannot be read, and strokes drawn in its place."""
    label = _label_for(photo, rng)
    if label is None:
        return None
    lines, place = label
    before, boxes = _print_label(photo.pixels, lines, place, int(rng.integers(2**31)))
    box = boxes[int(rng.integers(len(boxes)))]
    return Pair(before, _as_served(_redraw(before, box, rng), rng))


def hue_turned(photo: Photo, rng: np.random.Generator) -> Pair | None:
    furnished, _ = furnish(photo, rng)
    lab = cv2.cvtColor(furnished.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    if np.hypot(lab[..., 1], lab[..., 2])[photo.product].mean() < LEAST_CHROMA:
        return None
    turn = np.deg2rad(TURN) * (1 if rng.random() < 0.5 else -1)
    a, b = lab[..., 1].copy(), lab[..., 2].copy()
    lab[..., 1] = a * np.cos(turn) - b * np.sin(turn)
    lab[..., 2] = a * np.sin(turn) + b * np.cos(turn)
    turned = rounded(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255)
    return Pair(furnished, _as_served(turned, rng))


def part_removed(photo: Photo, rng: np.random.Generator) -> Pair | None:
    """A button that was put on both, or what stands out most on the product, taken off."""
    if rng.random() < 0.5 and (spot := _prominent_spot(photo)) is not None:
        hole = np.zeros(photo.product.shape, np.uint8)
        cv2.circle(hole, spot[:2], round(1.5 * spot[2]), 255, -1)
        gone = cv2.inpaint(photo.pixels, hole, 3, cv2.INPAINT_TELEA)
        return Pair(photo.pixels, _as_served(np.asarray(gone), rng))
    buttoned = _with_button(photo, rng)
    if buttoned is None:
        return None
    return Pair(buttoned, _as_served(photo.pixels, rng))


def stretched(photo: Photo, rng: np.random.Generator) -> Pair:
    """The product by 3% wider or higher, in the frame as it was."""
    furnished, _ = furnish(photo, rng)
    height, width = photo.product.shape
    rows, columns = np.nonzero(photo.product)
    x, y = float(columns.mean()), float(rows.mean())
    wide, high = (1 + STRETCH, 1.0) if rng.random() < 0.5 else (1.0, 1 + STRETCH)
    matrix = np.array([[wide, 0, x * (1 - wide)], [0, high, y * (1 - high)]], np.float32)
    wider = cv2.warpAffine(
        furnished, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return Pair(furnished, _as_served(np.asarray(wider), rng))


def label_mirrored(photo: Photo, rng: np.random.Generator) -> Pair | None:
    label = _label_for(photo, rng)
    if label is None:
        return None
    lines, place = label
    seed = int(rng.integers(2**31))
    before, _ = _print_label(photo.pixels, lines, place, seed)
    after, _ = _print_label(photo.pixels, lines, place, seed, mirrored=True)
    return Pair(before, _as_served(after, rng))


ALLOWED: dict[str, Make] = {
    "recompressed": recompressed,
    "brightened": brightened,
    "denoised": denoised,
    "redrawn": redrawn,
    "other backdrop": other_backdrop,
}
FORBIDDEN: dict[str, Make] = {
    "letter changed": letter_changed,
    "word redrawn": word_redrawn,
    "hue turned": hue_turned,
    "part removed": part_removed,
    "stretched": stretched,
    "label mirrored": label_mirrored,
}


# Labels and buttons

Place = tuple[tuple[float, float], tuple[int, int], float]
"""Of a label: its centre, its width and height in pixels, its angle in degrees."""
Box = NDArray[np.float32]
"""Four corners, x and y."""


def furnish(photo: Photo, rng: np.random.Generator) -> tuple[Pixels, bool]:
    """The photo, with a label on every other one; and whether that was done."""
    label = _label_for(photo, rng) if rng.random() < 0.5 else None
    if label is None:
        return photo.pixels, False
    return _print_label(photo.pixels, *label, int(rng.integers(2**31)))[0], True


def _label_for(photo: Photo, rng: np.random.Generator) -> tuple[list[str], Place] | None:
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


def _print_label(
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


def _redraw(pixels: Pixels, box: Box, rng: np.random.Generator) -> Pixels:
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


def _with_button(photo: Photo, rng: np.random.Generator) -> Pixels | None:
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


def _prominent_spot(photo: Photo) -> tuple[int, int, float] | None:
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


# Light, compression, frames


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


def rounded(levels: NDArray[Any]) -> Pixels:
    return np.asarray(np.clip(np.rint(levels), 0, 255), np.uint8)


def _as_served(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """As a picture comes from a service: compressed, and every other one in other light."""
    lit = _other_light(pixels, rng) if rng.random() < 0.5 else pixels
    return jpeg(lit, int(rng.integers(85, 96)))


def _other_light(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Brighter or darker: by a gain in linear light, by gamma, or lighter in CIELAB."""
    way = int(rng.integers(3))
    if way == 0:
        return rounded(from_linear(np.clip(to_linear(pixels) * rng.uniform(0.75, 1.5), 0, 1)))
    if way == 1:
        return rounded(255 * (pixels / 255) ** rng.uniform(0.7, 1.25))
    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab[..., 0] = 100 * (lab[..., 0] / 100) ** rng.uniform(0.75, 1.2)
    return rounded(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255)


def _reframed(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Cropped by up to 2% at each side, and at another size whose ratio is up to 0.5% off."""
    height, width = pixels.shape[:2]
    top, bottom = (int(height * share) for share in rng.uniform(0, 0.02, 2))
    left, right = (int(width * share) for share in rng.uniform(0, 0.02, 2))
    crop = pixels[top : height - bottom, left : width - right]
    scale = rng.uniform(0.8, 1.3)
    wide = round(crop.shape[1] * scale * rng.uniform(0.995, 1.005))
    high = round(crop.shape[0] * scale)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(crop, (wide, high), interpolation=way), np.uint8)


_LOCAL = LocalEnhancer()


def _enhanced(pixels: Pixels, mode: Mode) -> Pixels:
    return _LOCAL.enhance(Picture(pixels=pixels, format="PNG"), Task(mode=mode)).picture.pixels
