"""Pairs of a photo and a picture of its product, changed as an enhancer may or as it may not.

Every pair is made from a photo and a seed. To half of the photos a printed label, to half a button
is added first, in both pictures of the pair, so that it is known what is printed and what can be
taken off.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import cv2
import numpy as np
from attrs import frozen
from PIL import Image

from benchmarks.pictures.cutout import KINDS, lay_on
from benchmarks.pictures.material.labels_and_buttons import (
    Photo,
    Pixels,
    furnish,
    label_for,
    print_label,
    prominent_spot,
    redraw_line,
    rounded,
    with_button,
)
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.imaging.srgb import from_linear, to_linear
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task

TURN, STRETCH = 8.0, 0.03
"""Degrees of hue in CIELAB, and share of a side."""
LEAST_CHROMA = 8.0
"""Mean of a product below which a turned hue can hardly be seen: 1.1 units of CIELAB."""
LETTERS = "ABDEFGHKLMNPRSTUXYZ"


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
    label = label_for(photo, rng)
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
    before, _ = print_label(photo.pixels, lines, place, seed)
    after, _ = print_label(photo.pixels, changed, place, seed)
    return Pair(before, _as_served(after, rng))


def _another(sign: str, rng: np.random.Generator) -> str:
    """Another letter of the same case, or another digit."""
    signs = "0123456789" if sign.isdigit() else LETTERS if sign.isupper() else LETTERS.lower()
    others = [each for each in signs if each != sign]
    return others[int(rng.integers(len(others)))]


def word_redrawn(photo: Photo, rng: np.random.Generator) -> Pair | None:
    """One line of a label blurred until it cannot be read, and strokes drawn in its place."""
    label = label_for(photo, rng)
    if label is None:
        return None
    lines, place = label
    before, boxes = print_label(photo.pixels, lines, place, int(rng.integers(2**31)))
    box = boxes[int(rng.integers(len(boxes)))]
    return Pair(before, _as_served(redraw_line(before, box, rng), rng))


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
    if rng.random() < 0.5 and (spot := prominent_spot(photo)) is not None:
        hole = np.zeros(photo.product.shape, np.uint8)
        cv2.circle(hole, spot[:2], round(1.5 * spot[2]), 255, -1)
        gone = cv2.inpaint(photo.pixels, hole, 3, cv2.INPAINT_TELEA)
        return Pair(photo.pixels, _as_served(np.asarray(gone), rng))
    buttoned = with_button(photo, rng)
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
    label = label_for(photo, rng)
    if label is None:
        return None
    lines, place = label
    seed = int(rng.integers(2**31))
    before, _ = print_label(photo.pixels, lines, place, seed)
    after, _ = print_label(photo.pixels, lines, place, seed, mirrored=True)
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


# Light, compression, frames


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


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
