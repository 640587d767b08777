"""Pictures with a palette: all their colours where 256 hold them, the nearest 256 where not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Codes = NDArray[np.uint32]
Points = NDArray[np.float32]

MAX_COLOURS = 256
SAMPLE = 512
"""Side in pixels, at most, of the sample from which a palette is chosen."""
FLAT_SHARE, MAX_FLAT = 1 / 500, 64
"""A colour that fills this share of the picture is kept as it is: a ground, a brand's colour."""
ROUNDS = 6
"""Of Lloyd's algorithm; later ones hardly move anything."""
CELL = 3
"""Bits that colours lose to be counted together."""
KEPT_BITS = np.uint8(0xFF >> CELL << CELL)
FIRM_ALPHA = 8
"""A mean mixes neighbouring alphas; those this near to none or all become so again."""
EXTREMES = np.array([[255, 255, 255, 255], [0, 0, 0, 255]], np.uint8)
"""From which dithering can mix what lies beyond all means."""
BANDS_SEEN = 2.0
"""RMS levels of error below which no bands are seen, so that dithering would only add noise."""
CHUNK = 1 << 16


def all_colours(pixels: Pixels) -> Image.Image | None:
    """Uint8 (height, width, 3 or 4) with a palette and nothing lost; None beyond 256 colours."""
    image = Image.fromarray(pixels)
    if not image.getcolors(MAX_COLOURS):
        return None
    codes = _codes(pixels)
    known = np.unique(codes)
    indices = np.searchsorted(known, codes).astype(np.uint8)
    return _indexed(indices, _colours(known), alpha=pixels.shape[2] == 4)


def nearest_colours(pixels: Pixels) -> Image.Image:
    """Uint8 (height, width, 3 or 4) in 256 colours: the flat ones exactly, the others by k-means.

    Lloyd's algorithm (1982), begun from an octree's colours. Where 256 are too few, bands
    are broken up by dithering (Floyd, Steinberg 1976), unless there is alpha.
    """
    step = -(-max(pixels.shape[:2]) // SAMPLE)
    sample = np.ascontiguousarray(pixels[::step, ::step])
    flat = _flat_colours(sample)
    room = MAX_COLOURS - len(flat) - len(EXTREMES)
    palette = np.concatenate([flat, EXTREMES, _means(sample, room)])
    alpha = pixels.shape[2] == 4
    if alpha or _error(sample[::3, ::3], palette) < BANDS_SEEN:
        indices = _nearest_of_all(pixels, palette)
    else:
        colours = _indexed(np.zeros((1, 1), np.uint8), palette, alpha=False)
        dithered = Image.fromarray(pixels).quantize(
            palette=colours, dither=Image.Dither.FLOYDSTEINBERG
        )
        indices = np.array(dithered)
    _set_exactly(indices, pixels, flat)
    return _indexed(indices, palette, alpha=alpha)


def _error(sample: Pixels, palette: Pixels) -> float:
    """RMS of the levels by which the sample's RGB misses its nearest colours."""
    chosen = palette[_nearest_of_all(sample, palette), :3]
    return float(np.sqrt(np.mean((chosen.astype(np.float32) - sample) ** 2)))


def _set_exactly(indices: Pixels, pixels: Pixels, flat: Pixels) -> None:
    """Give each pixel of a ``flat`` colour, which begin the palette, its own number, in place."""
    codes = _codes(pixels)
    for number, code in enumerate(_codes(flat)):
        indices[codes == code] = number


def _flat_colours(sample: Pixels) -> Pixels:
    known, counts = np.unique(_codes(sample), return_counts=True)
    often = counts >= FLAT_SHARE * counts.sum()
    order = np.argsort(-counts[often], kind="stable")[:MAX_FLAT]
    return _colours(known[often][order])


def _means(sample: Pixels, room: int) -> Pixels:
    """``room`` colours at most, RGBA, for the colours of the sample."""
    start = Image.fromarray(sample).quantize(room, Image.Quantize.FASTOCTREE)
    used = np.array(start.getpalette("RGBA"), np.uint8).reshape(-1, 4)[:room]
    points, weights = _counted(sample)
    centres = _premultiplied(used)
    for _ in range(ROUNDS):
        nearest = _nearest(points, centres)
        sums = np.stack(
            [np.bincount(nearest, weights * axis, len(centres)) for axis in points.T], axis=1
        )
        totals = np.bincount(nearest, weights, len(centres))[:, None]
        centres = np.where(totals > 0, sums / np.maximum(totals, 1), centres).astype(np.float32)
    return _straight(centres)


def _counted(sample: Pixels) -> tuple[Points, NDArray[np.int64]]:
    """The mean of every cell of colours, premultiplied RGBA, and how many pixels it has."""
    cells, counts = np.unique(_codes(sample & KEPT_BITS), return_counts=True)
    colours = _colours(cells)
    colours[:, :3] += 1 << (CELL - 1)
    colours[:, 3] |= colours[:, 3] >> (8 - CELL)
    return _premultiplied(colours), counts


def _nearest_of_all(pixels: Pixels, palette: Pixels) -> Pixels:
    codes = _codes(pixels)
    known, inverse = np.unique(codes, return_inverse=True)
    points, centres = _premultiplied(_colours(known)), _premultiplied(palette)
    numbers = np.concatenate(
        [_nearest(points[at : at + CHUNK], centres) for at in range(0, len(points), CHUNK)]
    )
    return np.asarray(numbers[inverse].reshape(codes.shape), np.uint8)


def _nearest(points: Points, centres: Points) -> NDArray[np.int64]:
    """By squared distance, without the points' own squares, which decide nothing."""
    distances = (centres**2).sum(axis=1) - 2 * points @ centres.T
    return np.asarray(distances.argmin(axis=1), np.int64)


def _premultiplied(colours: Pixels) -> Points:
    """What is hardly seen hardly counts."""
    points = colours.astype(np.float32)
    points[:, :3] *= points[:, 3:] / 255
    return points


def _straight(points: Points) -> Pixels:
    alpha = points[:, 3:].copy()
    alpha[alpha >= 255 - FIRM_ALPHA] = 255
    alpha[alpha <= FIRM_ALPHA] = 0
    colours = points[:, :3] * 255 / np.maximum(points[:, 3:], 1)
    return np.clip(np.round(np.concatenate([colours, alpha], axis=1)), 0, 255).astype(np.uint8)


def _codes(pixels: Pixels) -> Codes:
    """One number per colour; alpha, or 255 without, comes first, so that a palette begins with
    what is transparent."""
    wide = pixels.astype(np.uint32)
    alpha = wide[..., 3] if pixels.shape[-1] == 4 else np.uint32(255)
    return np.asarray(
        alpha << 24 | wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2], np.uint32
    )


def _colours(codes: Codes) -> Pixels:
    """(count, 4): R, G, B, A."""
    return np.stack([codes >> 16, codes >> 8, codes, codes >> 24], axis=-1).astype(np.uint8)


def _indexed(indices: Pixels, palette: Pixels, *, alpha: bool) -> Image.Image:
    image = Image.fromarray(indices, "L")
    if alpha:
        image.putpalette(palette.tobytes(), "RGBA")
    else:
        image.putpalette(palette[:, :3].tobytes())
    return image
