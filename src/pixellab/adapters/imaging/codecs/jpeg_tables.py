"""JPEG quantization: the quality a file was made with, and tables that spend bytes better."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

MIN_QUALITY, MAX_QUALITY = 1, 100
MAX_STEP = 255
"""Baseline JPEG keeps a quantization step in 8 bits (ITU-T T.81, B.2.4.1)."""
RISE = 7.0
CHROMA_RISE, FULL_CHROMA_RISE = 4.0, 12.0
"""The step grows from 1 at the constant term to 1 + RISE at the highest frequency, with the
distance between them; found by trial on photos, for the fewest bytes at a SSIMULACRA 2 of 86, with
chroma at half and at full resolution."""


def quality_of_tables(quantization: Mapping[int, Sequence[int]]) -> int | None:
    """The libjpeg quality, 1 to 100, whose luma table is as coarse as the file's.

    That is how finely the file was saved last. What its pixels went through before, in whatever
    format, is another question, which LOCAL's cleaning asks of the pixels. ``quantization`` is
    Pillow's: table number to 64 steps. None where there is no table.
    """
    if not quantization:
        return None
    coarseness = sum(quantization[min(quantization)])
    differences = np.abs(_luma_sums() - coarseness)
    return int(MAX_QUALITY - np.argmin(differences[::-1]))


def tables(quality: int, *, full_chroma: bool) -> tuple[list[int], list[int]]:
    """For luma, in total as coarse as libjpeg's at ``quality``, and for chroma.

    libjpeg's tables (ITU-T T.81, Annex K) come from thresholds of vision for single frequencies at
    one viewing distance. A smoother rise, and chroma as fine as luma where eyes see it, keep the
    same likeness in fewer bytes: ``benchmarks/pictures/optimize_bytes.py`` shows it.
    """
    shape = _shape(RISE)
    finest = _luma_sums()[quality - 1] / shape.sum()
    chroma = _shape(FULL_CHROMA_RISE if full_chroma else CHROMA_RISE)
    return _steps(finest * shape), _steps(finest * chroma)


def _shape(rise: float) -> NDArray[np.float64]:
    axis = np.arange(8)
    return np.asarray(1 + rise * np.hypot(axis[:, None], axis[None]) / np.hypot(7, 7))


def _steps(table: NDArray[np.float64]) -> list[int]:
    return [int(step) for step in np.clip(np.round(table), 1, MAX_STEP).ravel()]


@cache
def _luma_sums() -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Sum of libjpeg's luma table at quality 1, 2, ..., 100, as the library itself writes it."""
    sums = []
    for quality in range(MIN_QUALITY, MAX_QUALITY + 1):
        data = io.BytesIO()
        Image.new("L", (1, 1)).save(data, "JPEG", quality=quality)
        data.seek(0)
        sums.append(sum(JpegImageFile(data).quantization[0]))
    return np.array(sums)
