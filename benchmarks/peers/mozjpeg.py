"""mozjpeg through pyvips, as sharp sets it."""

from __future__ import annotations

import pyvips

from benchmarks.peers.sharp_peer import QUANTIZATION_TABLE


def mozjpeg(image: pyvips.Image, quality: int, **options: str) -> bytes:
    """The file of ``image`` at a quality of 1 to 100; ``options`` are those of ``jpegsave``."""
    data: bytes = image.jpegsave_buffer(
        Q=quality,
        optimize_coding=True,
        interlace=True,
        trellis_quant=True,
        overshoot_deringing=True,
        optimize_scans=True,
        quant_table=QUANTIZATION_TABLE,
        **options,
    )
    return data
