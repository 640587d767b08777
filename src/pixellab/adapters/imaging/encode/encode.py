"""Pixels to bytes: at a quality chosen for the picture, or to fit a size."""

from __future__ import annotations

import io

import numpy as np
from attrs import evolve
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.imaging.codecs.format_record import Qualities
from pixellab.adapters.imaging.codecs.save import Settings
from pixellab.adapters.imaging.compositing import on_white
from pixellab.adapters.imaging.encode import similarity, target_size
from pixellab.adapters.imaging.encode.mosaic import mosaic
from pixellab.adapters.imaging.encode.scaling import scaled
from pixellab.adapters.imaging.formats import write, writing
from pixellab.domain.formats import Format
from pixellab.domain.pictures import Effort, EncodedImage, EncodeSpec, Picture

Pixels = NDArray[np.uint8]

FULL_CHROMA_LOSS = {Effort.FAITHFUL: 2.0, Effort.SMALLEST: 5.0}
"""RMS levels of colour that half-resolution chroma may lose."""
ALIKE = 0.975
"""Mean SSIM of luma from which two pictures look the same."""
BLOCKS_SEEN = 0.6
"""Blockiness that a file may add; found by eye, on walls and studio backgrounds at full size."""
BLOCKY_STEP = 6
"""How far, in steps of quality, the search goes on from a file that has too many blocks."""
QUALITY_TOLERANCE, MAX_TRIES = 2, 5


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
    settings, tries = _settings(picture, spec, mosaic(pixels, tile=64, grid=8))
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


def _settings(picture: Picture, spec: EncodeSpec, sample: Pixels) -> tuple[Settings, int]:
    """How to write the picture where size does not matter, and how many trial encodes it took."""
    settings = Settings(
        format=spec.format,
        quality=_faithful_quality(picture, spec.format),
        full_chroma=similarity.chroma_loss(sample) > FULL_CHROMA_LOSS[spec.effort],
        thorough=spec.effort is Effort.SMALLEST,
        libjpeg_table=picture.source_quality is not None and spec.effort is Effort.FAITHFUL,
        metadata=picture.metadata,
    )
    qualities = writing(spec.format).qualities
    if spec.effort is Effort.FAITHFUL or qualities is None:
        return settings, 0
    smallest, tries = _smallest_alike(sample, settings, qualities)
    if qualities.least_faithful is None or not picture.source_quality:
        return smallest, tries
    # Written as it was, a JPEG loses almost nothing, however low its quality is.
    as_source = evolve(smallest, quality=picture.source_quality, libjpeg_table=True)
    smaller = min(smallest, as_source, key=lambda each: len(write(sample, each)))
    return smaller, tries + 2


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


def _smallest_alike(
    sample: Pixels, settings: Settings, qualities: Qualities
) -> tuple[Settings, int]:
    """The lowest quality at which the sample still looks the same, within QUALITY_TOLERANCE.

    Never above the quality that ``settings`` came with. SSIM's distance from 1 falls about
    exponentially with quality, which tells how far the next guess should go.
    """
    assert settings.quality is not None
    lowest, highest = qualities.smallest
    high = min(highest, settings.quality)
    low, tries = min(lowest, high), 0
    original = np.ascontiguousarray(sample[..., :3])
    guess = (low + high) // 2
    while high - low > QUALITY_TOLERANCE and tries < MAX_TRIES:
        tries += 1
        data = write(original, evolve(settings, quality=guess, thorough=False))
        after = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        distance = np.log((1 - similarity.ssim(original, after) + 1e-9) / (1 - ALIKE))
        # In smooth areas SSIM overlooks the edges of JPEG's blocks, which the eye does not.
        if distance <= 0 and similarity.blocks_added(original, after) > BLOCKS_SEEN:
            distance = BLOCKY_STEP * qualities.distance_slope
        low, high = (low, guess) if distance <= 0 else (guess, high)
        nearer = round(guess + distance / qualities.distance_slope)
        guess = min(max(nearer, low + 1), high - 1)
    return settings.at(high), tries
