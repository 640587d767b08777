"""Takes JPEG's blocks and ringing away, knowing how coarsely the file was quantized.

Overlapping 8 x 8 DCTs at many shifts against the file's own grid; coefficients that the quantizer
would have rounded to nothing are set to zero and the shifted results averaged, the sparser ones
weighing more (A. Nosratinia, "Enhancement of JPEG-compressed images by re-application of JPEG",
Journal of VLSI Signal Processing 27, 2001; hard thresholds and sparsity weights in place of
re-quantization after A. Foi, V. Katkovnik, K. Egiazarian, "Pointwise shape-adaptive DCT", IEEE
Transactions on Image Processing 16(5), 2007).
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.tiles import map_tiles, sample

Plane = NDArray[Any]
"""float32, (H, W): the results of OpenCV are typed no closer."""

BLOCK = 8
LUMA_STRIDE, CHROMA_STRIDE = 2, 4
"""Pixels between shifts, per axis: 16 shifts of luma, 4 of chroma at half resolution."""
FIRST = 1
"""The first shift: on the file's own grid all was quantized already, and its blocks would stay."""
GENTLE, STRONG = 0.12, 0.25
"""Coefficients below this many quantizer steps are dropped, at FINE_QUALITY and COARSE_QUALITY; in
between in proportion. More smooths away texture that survived (SSIM falls), less leaves ringing."""
TEXTURE_KEPT = 0.6
"""Share of the input that stays where texture hides the artefacts: smoothing would cost texture."""
TEXTURE_WINDOW = 5
FINE_QUALITY, COARSE_QUALITY = 40, 10
ROUNDED = 0.5
"""What a quantizer of step q rounds to zero, in q."""
MARGIN = 32
"""A multiple of 16, so that tiles keep to one grid at half resolution too."""

QUALITIES = (*range(5, 30, 1), *range(30, 76, 3))


def deblock(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) RGB in and out, from a JPEG of libjpeg quality 1 to 100."""
    coarse = (FINE_QUALITY - quality) / (FINE_QUALITY - COARSE_QUALITY)
    share = GENTLE + (STRONG - GENTLE) * min(max(coarse, 0.0), 1.0)
    luma, chroma = share * luma_steps(quality), share * chroma_steps(quality)
    masking = float(luma_steps(quality)[0, 1]) / 2

    def clean(tile: NDArray[np.uint8], _: tuple[slice, slice]) -> NDArray[np.uint8]:
        planes: Plane = cv2.cvtColor(np.asarray(tile, np.float32), cv2.COLOR_RGB2YCrCb)
        height, width = planes.shape[:2]
        core = (slice(MARGIN, height - MARGIN), slice(MARGIN, width - MARGIN))
        half: Plane = cv2.resize(planes, _half_size(planes), interpolation=cv2.INTER_AREA)
        out = planes[core].copy()
        near = (slice(MARGIN - 8, height - MARGIN + 8), slice(MARGIN - 8, width - MARGIN + 8))
        smooth = _threshold(planes[near][..., 0], luma, LUMA_STRIDE)
        kept = _texture(smooth, masking)[8:-8, 8:-8]
        out[..., 0] += (1 - TEXTURE_KEPT * kept) * (smooth[8:-8, 8:-8] - out[..., 0])
        for channel in (1, 2):
            plane = half[..., channel]
            change = _threshold(plane, chroma, CHROMA_STRIDE) - plane
            grown: Plane = cv2.resize(change, (width, height), interpolation=cv2.INTER_LINEAR)
            out[..., channel] += grown[core]
        rgb = cv2.cvtColor(out, cv2.COLOR_YCrCb2RGB)
        return np.asarray(cv2.convertScaleAbs(np.maximum(rgb, 0, out=rgb)), np.uint8)

    return map_tiles(pixels, clean, margin=MARGIN)


def _half_size(plane: Plane) -> tuple[int, int]:
    return (plane.shape[1] + 1) // 2, (plane.shape[0] + 1) // 2


def _threshold(plane: Plane, limits: Plane, stride: int) -> Plane:
    """The mean over shifts of the plane with its small DCT coefficients gone; same shape."""
    height, width = plane.shape
    padded: Plane = cv2.copyMakeBorder(
        plane, BLOCK, 2 * BLOCK, BLOCK, 2 * BLOCK, cv2.BORDER_REFLECT_101
    )
    total, weights = np.zeros_like(padded), np.zeros_like(padded)
    limit = limits[None, :, None, :].astype(np.float32)
    rows = (padded.shape[0] - BLOCK) // BLOCK * BLOCK
    columns = (padded.shape[1] - BLOCK) // BLOCK * BLOCK
    for y in range(FIRST, BLOCK, stride):
        for x in range(FIRST, BLOCK, stride):
            here = (slice(y, y + rows), slice(x, x + columns))
            coefficients = dct_blocks(padded[here])
            kept = np.abs(coefficients) >= limit
            kept[:, 0, :, 0] = True
            coefficients *= kept
            count = kept.view(np.uint8).sum(axis=1, dtype=np.uint8).sum(axis=2, dtype=np.uint8)
            weight = 1 / count.astype(np.float32)
            coefficients *= weight[:, None, :, None]
            total[here] += _undo_dct(coefficients)
            weights[here] += np.repeat(np.repeat(weight, BLOCK, 0), BLOCK, 1)
    total /= np.maximum(weights, 1e-9)
    return total[BLOCK : BLOCK + height, BLOCK : BLOCK + width]


def _texture(plane: Plane, masking: float) -> Plane:
    """0 in smooth places, towards 1 where the deviation all around is well above ``masking``.

    The least of the deviations nearby counts: beside a lone edge ringing is seen on smooth ground.
    """
    window = (TEXTURE_WINDOW, TEXTURE_WINDOW)
    mean = cv2.blur(plane, window)
    variance = np.maximum(cv2.blur(plane * plane, window) - mean * mean, 0)
    variance = cv2.erode(variance, np.ones((BLOCK, BLOCK), np.uint8))
    return np.asarray(variance / (variance + masking**2))


_FREQUENCY, _POSITION = np.mgrid[:BLOCK, :BLOCK]
_DCT = (
    np.sqrt(np.where(_FREQUENCY == 0, 1, 2) / BLOCK)
    * np.cos((2 * _POSITION + 1) * _FREQUENCY * np.pi / (2 * BLOCK))
).astype(np.float32)
"""The orthonormal DCT-II of JPEG (ITU-T T.81 A.3.3)."""


def dct_blocks(plane: Plane) -> Plane:
    """(8r, 8c) to (r, 8, c, 8): block row, vertical frequency, block column, horizontal."""
    rows, columns = plane.shape[0] // BLOCK, plane.shape[1] // BLOCK
    strips = np.matmul(_DCT, plane.reshape(rows, BLOCK, columns * BLOCK))
    across = np.matmul(strips.reshape(rows * BLOCK, columns, BLOCK), _DCT.T)
    return np.asarray(across.reshape(rows, BLOCK, columns, BLOCK))


def _undo_dct(coefficients: Plane) -> Plane:
    rows, _, columns, _ = coefficients.shape
    across = np.matmul(coefficients.reshape(rows * BLOCK, columns, BLOCK), _DCT)
    strips = np.matmul(_DCT.T, across.reshape(rows, BLOCK, columns * BLOCK))
    return np.asarray(strips.reshape(rows * BLOCK, columns * BLOCK))


# ITU-T T.81, annex K.1 and K.2: the tables that libjpeg scales by quality.
_LUMA = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
_CHROMA = np.full((BLOCK, BLOCK), 99)
_CHROMA[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]


def luma_steps(quality: int) -> Plane:
    """The quantizer's steps for luma at this quality: (8, 8), vertical frequency first."""
    return _scaled(_LUMA, quality)


def chroma_steps(quality: int) -> Plane:
    """The same for Cb and Cr."""
    return _scaled(_CHROMA, quality)


def _scaled(table: NDArray[np.int_], quality: int) -> Plane:
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((table * percent + 50) // 100, 1, 255).astype(np.float32)


SAMPLE_SIDE, SAMPLES_PER_AXIS = 256, 4
PERIODIC = 0.6
"""Mean cosine of the coefficients' phases against the step from which they count as quantized."""
AS_GOOD = 0.95
"""Share of the best fit from which on another one is as good."""
MIN_COEFFICIENTS = 200


def measure_quality(pixels: NDArray[np.uint8]) -> int | None:
    """The libjpeg quality of the JPEG that uint8 (H, W, 3) RGB was decoded from, below 75.

    None if its DCT coefficients are not multiples of such a quantizer's steps: it never was a
    JPEG, was a better one, or was scaled, cropped off its grid or worked on since. The test of
    Z. Fan and R. de Queiroz, "Identification of bitmap compression history", IEEE Transactions on
    Image Processing 12(2), 2003, with a periodicity in place of their likelihood.
    """
    coefficients = [
        dct_blocks(cv2.cvtColor(crop, cv2.COLOR_RGB2YCrCb)[..., 0].astype(np.float32) - 128)
        for crop in _aligned_crops(pixels)
    ]
    if not coefficients:
        return None
    values = np.concatenate(
        [c.transpose(0, 2, 1, 3).reshape(-1, BLOCK, BLOCK) for c in coefficients]
    )
    fits: dict[int, float] = {
        quality: _periodicity(values, luma_steps(quality)) for quality in QUALITIES
    }
    best = max(fits.values())
    if best < PERIODIC:
        return None
    # Half a step fits as well as the step: of what fits, the coarsest is meant.
    return min(int(quality) for quality, fit in fits.items() if fit >= AS_GOOD * best)


def _periodicity(values: Plane, steps: Plane) -> float:
    low = [(0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0), (2, 2)]
    phases = []
    for v, u in low:
        column = values[:, v, u]
        told = column[np.abs(column) > ROUNDED * steps[v, u]]
        phases.append(np.cos(2 * np.pi / steps[v, u] * told))
    cosines = np.concatenate(phases)
    return float(cosines.mean()) if cosines.size >= MIN_COEFFICIENTS else 0.0


def _aligned_crops(pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    whole = pixels[: pixels.shape[0] // BLOCK * BLOCK, : pixels.shape[1] // BLOCK * BLOCK]
    if not whole.size:
        return []
    return sample(whole, side=SAMPLE_SIDE, per_axis=SAMPLES_PER_AXIS, grid=BLOCK)
