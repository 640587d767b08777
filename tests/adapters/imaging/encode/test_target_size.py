"""Files of at most so many bytes."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from pixellab.adapters.imaging.codecs.save import Settings
from pixellab.adapters.imaging.encode.encode import encode
from pixellab.adapters.imaging.encode.trials import Trials
from pixellab.domain.formats import Format
from pixellab.domain.pictures import Effort, EncodeSpec
from tests.adapters.imaging.encode.pictures import encoded, photo, picture_of, reopened


@pytest.mark.parametrize("output", list(Format))
@pytest.mark.parametrize("max_bytes", [8_000, 20_000, 60_000])
def test_a_target_is_met_closely_in_few_encodes(output: Format, max_bytes: int) -> None:
    pixels = photo(900, 700)
    free = encoded(pixels, output).size_bytes
    result = encoded(pixels, output, max_bytes=max_bytes)
    assert result.target_met is True
    assert result.size_bytes <= max_bytes
    assert result.size_bytes > 0.85 * min(free, max_bytes) or result.quality is not None
    assert result.size_bytes > 0.6 * min(free, max_bytes)
    assert result.encodes <= 8


@pytest.mark.parametrize("output", list(Format))
def test_more_bytes_give_a_better_picture(output: Format) -> None:
    pixels = photo(640, 480)
    likeness = []
    for max_bytes in (6_000, 15_000, 40_000):
        again = reopened(encoded(pixels, output, max_bytes=max_bytes)).pixels
        full = cv2.resize(again, (640, 480), interpolation=cv2.INTER_CUBIC)
        likeness.append(cv2.PSNR(full, pixels))
    assert likeness == sorted(likeness)


def test_a_generous_target_gives_nothing_up() -> None:
    for output in Format:
        result = encoded(photo(), output, max_bytes=2_000_000)
        assert result.target_met is True
        assert result.reason is None
        assert (result.width, result.height) == (480, 360)
        assert result.encodes <= 2


@pytest.mark.parametrize("effort", list(Effort))
@pytest.mark.parametrize("output", list(Format))
def test_a_target_that_does_not_bind_changes_nothing(output: Format, effort: Effort) -> None:
    """The larger picture is one whose size is first estimated from a sample."""
    for pixels in (photo(240, 180), photo(1000, 900)):
        picture = picture_of(pixels, source_quality=85)
        free = encode(picture, EncodeSpec(format=output, effort=effort))
        spec = EncodeSpec(format=output, effort=effort, max_bytes=free.size_bytes)
        assert encode(picture, spec).data == free.data


@pytest.mark.parametrize("max_bytes", [25_000, 50_000, 80_000])
def test_what_a_grainy_photo_is_allowed_is_used(max_bytes: int) -> None:
    """Grain goes when a picture is scaled, and with it most of the bytes."""
    grain = np.random.default_rng(2).normal(0, 14, (800, 600, 3))
    pixels = np.clip(photo(600, 800) + grain, 0, 255).astype(np.uint8)
    result = encode(
        picture_of(pixels, source_quality=80), EncodeSpec(format=Format.JPEG, max_bytes=max_bytes)
    )
    assert result.target_met
    assert result.size_bytes > 0.84 * max_bytes or (result.width, result.height) == (600, 800)
    assert result.encodes <= 12


def test_no_file_is_made_twice() -> None:
    trials = Trials(photo(), 20_000)
    settings = Settings(format=Format.JPEG, quality=80)
    assert trials.make(0.5, settings) is trials.make(0.5, settings)
    assert trials.make(0.5, settings.at(81)) is not trials.make(0.5, settings)
    assert trials.encodes == 2


def test_what_was_given_up_is_said() -> None:
    scaled = encoded(photo(), Format.JPEG, max_bytes=5_000)
    assert scaled.reason is not None
    assert re.fullmatch(r"To stay within 5 KB: scaled down to \d+ x \d+\.", scaled.reason)
    assert f"{scaled.width} x {scaled.height}" in scaled.reason
    lossless = encoded(photo(), Format.PNG).size_bytes
    palette = encoded(photo(), Format.PNG, max_bytes=lossless // 2)
    assert palette.reason is not None
    assert "256 colours" in palette.reason


def test_white_stays_white_in_a_palette() -> None:
    pixels = photo()
    pixels[:, :120] = 255
    result = encoded(pixels, Format.PNG, max_bytes=60_000)
    assert "256 colours" in (result.reason or "")
    margin = reopened(result).pixels[:, : result.width // 5]
    assert margin.min() == 255


@pytest.mark.parametrize("output", list(Format))
def test_a_target_that_cannot_be_met_is_said(output: Format) -> None:
    result = encoded(photo(), output, max_bytes=300)
    assert result.target_met is False
    assert result.size_bytes > 300
    assert result.reason is not None
    assert "0.3 KB" in result.reason
    assert max(result.width, result.height) <= 64
    assert result.encodes <= 12


def test_large_pictures_are_judged_by_a_sample() -> None:
    pixels = cv2.resize(photo(), (2400, 1800), interpolation=cv2.INTER_CUBIC)
    noisy = np.clip(pixels + np.random.default_rng(1).normal(0, 4, pixels.shape), 0, 255)
    for output, encodes in ((Format.JPEG, 8), (Format.WEBP, 8)):
        result = encoded(noisy.astype(np.uint8), output, max_bytes=150_000)
        assert result.target_met is True
        assert result.size_bytes > 0.8 * 150_000
        assert result.encodes <= encodes


@settings(max_examples=60)
@given(
    max_bytes=st.integers(50, 40_000),
    output=st.sampled_from(list(Format)),
    effort=st.sampled_from(list(Effort)),
    size=st.tuples(st.integers(1, 200), st.integers(1, 200)),
    alpha=st.booleans(),
    seed=st.integers(0, 5),
)
def test_never_silently_larger(
    max_bytes: int,
    output: Format,
    effort: Effort,
    size: tuple[int, int],
    alpha: bool,
    seed: int,
) -> None:
    pixels = photo(*size, seed=seed)
    if alpha:
        pixels = np.dstack([pixels, photo(*size, seed=seed + 1)[..., 0]])
    picture = picture_of(pixels)
    result = encode(picture, EncodeSpec(format=output, max_bytes=max_bytes, effort=effort))
    assert result.target_met is (result.size_bytes <= max_bytes)
    assert result.target_met or result.reason
    assert (reopened(result).width, reopened(result).height) == (result.width, result.height)
    free = encode(evolve(picture), EncodeSpec(format=output, effort=effort))
    if free.size_bytes <= max_bytes:
        assert result.data == free.data
