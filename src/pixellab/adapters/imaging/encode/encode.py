"""Pixels to bytes: at a quality chosen for the picture, or to fit a size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixellab.adapters.imaging.codecs.save import Settings
from pixellab.adapters.imaging.compositing import on_white
from pixellab.adapters.imaging.encode import target_size
from pixellab.adapters.imaging.encode.look_alike import chroma_loss, smallest_alike
from pixellab.adapters.imaging.encode.mosaic import telling_mosaic
from pixellab.adapters.imaging.formats import write, writing
from pixellab.adapters.imaging.scaling import scaled
from pixellab.domain.formats import Format
from pixellab.domain.pictures import Effort, EncodedImage, EncodeSpec, Picture

Pixels = NDArray[np.uint8]

FULL_CHROMA_LOSS = 2.0
"""RMS levels of colour that half-resolution chroma may lose in a FAITHFUL file."""
SAMPLE_TILE, SAMPLE_GRID = 128, 6
"""Of the mosaic that stands for a picture where its likeness is asked. SSIMULACRA 2 of it was up to
1.5 above that of the whole picture, 0.6 on average for phone photos; with five tiles a side up to
4.4, with twelve of half that side up to 2.5. Tiles are those in which blocks are looked for, so
that its seams are not taken for these."""


def encode(picture: Picture, spec: EncodeSpec) -> EncodedImage:
    """Make a file of ``picture``; the same arguments give the same bytes.

    sRGB and the kept metadata are written into it. JPEG has its alpha laid on white. A picture
    with a longer side than the format holds is scaled down, and ``reason`` says so.
    Without ``max_bytes`` the effort decides on quality: FAITHFUL is visually lossless but no finer
    than a JPEG source was, SMALLEST the fewest bytes that look the same. With ``max_bytes`` that
    file is the answer where it fits, and else where the search for the best one begins.
    """
    pixels = picture.pixels
    if picture.has_alpha and not spec.format.keeps_alpha:
        pixels = on_white(np.ascontiguousarray(pixels[..., :3]), pixels[..., 3])
    pixels, reason = _within_side(pixels, spec.format)
    settings, tries = _settings(picture, spec, pixels)
    if spec.max_bytes is None:
        data = write(pixels, settings)
        return _finished(data, pixels, settings, encodes=tries + 1, reason=reason)
    fitted = target_size.fit(pixels, settings, spec.max_bytes, spec.reserved_bytes)
    reasons = " ".join(each for each in (reason, fitted.reason) if each) or None
    height, width = fitted.shape
    return EncodedImage(
        data=fitted.data,
        format=spec.format,
        width=width,
        height=height,
        quality=fitted.settings.quality,
        target_met=len(fitted.data) + spec.reserved_bytes <= spec.max_bytes,
        reason=reasons,
        encodes=tries + fitted.encodes,
    )


def _settings(picture: Picture, spec: EncodeSpec, pixels: Pixels) -> tuple[Settings, int]:
    """How to write the picture where size does not matter, and how many trial encodes it took."""
    sample = telling_mosaic(pixels, tile=SAMPLE_TILE, grid=SAMPLE_GRID)
    settings = Settings(
        format=spec.format,
        quality=_faithful_quality(picture, spec.format),
        full_chroma=chroma_loss(sample) > FULL_CHROMA_LOSS,
        thorough=spec.effort is Effort.SMALLEST,
        libjpeg_table=picture.source_quality is not None and spec.effort is Effort.FAITHFUL,
        metadata=picture.metadata,
    )
    qualities = writing(spec.format).qualities
    if spec.effort is Effort.FAITHFUL or qualities is None:
        return settings, 0
    is_mosaic = sample is not pixels
    return smallest_alike(sample, settings, qualities, picture.source_quality, is_mosaic=is_mosaic)


def _faithful_quality(picture: Picture, output: Format) -> int | None:
    qualities = writing(output).qualities
    if qualities is None:
        return None
    if qualities.least_faithful is None or picture.source_quality is None:
        return qualities.faithful
    return max(qualities.least_faithful, min(qualities.faithful, picture.source_quality))


def _within_side(pixels: Pixels, output: Format) -> tuple[Pixels, str | None]:
    longest, allowed = max(pixels.shape[:2]), writing(output).max_side
    if longest <= allowed:
        return pixels, None
    smaller = scaled(pixels, allowed / longest)
    height, width = smaller.shape[:2]
    return smaller, f"Scaled down to {width} x {height}, since {output} holds {allowed} at most."


def _finished(
    data: bytes, pixels: Pixels, settings: Settings, *, encodes: int, reason: str | None
) -> EncodedImage:
    return EncodedImage(
        data=data,
        format=settings.format,
        width=int(pixels.shape[1]),
        height=int(pixels.shape[0]),
        quality=settings.quality,
        encodes=encodes,
        reason=reason,
    )
