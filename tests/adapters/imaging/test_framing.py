"""Pictures cropped, made smaller and padded."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pixellab.adapters.imaging.framing import framed, framed_mask, resampled
from pixellab.adapters.imaging.srgb import to_linear
from pixellab.domain.pictures import Metadata, Picture
from pixellab.domain.requests.framing import Fit, Frame

OWNED = Metadata(copyright="Acme")


def drawn(width: int, height: int, *channels: int) -> Picture:
    pixels = np.full((height, width, len(channels)), channels, np.uint8)
    return Picture(pixels=pixels, format="JPEG", metadata=OWNED, source_quality=60)


@given(
    st.builds(
        Frame,
        width=st.none() | st.integers(16, 90),
        height=st.none() | st.integers(16, 90),
        fit=st.sampled_from(Fit),
        padding=st.none() | st.just("3") | st.just("10%"),
    ),
    st.tuples(st.integers(1, 80), st.integers(1, 80)),
    st.sampled_from([(9, 99, 199), (9, 99, 199, 255), (9, 99, 199, 128)]),
    st.none() | st.just((200, 100, 0)),
)
def test_a_plain_picture_stays_plain_whatever_its_frame(
    frame: Frame,
    size: tuple[int, int],
    colour: tuple[int, ...],
    behind: tuple[int, int, int] | None,
) -> None:
    picture, layout = drawn(*size, *colour), frame.layout(*size)
    done = framed(picture, layout, behind)
    assert (done.width, done.height) == layout.canvas
    assert done.metadata == OWNED
    assert done.pixels.flags.c_contiguous
    if layout.canvas == size and layout.size == size:
        assert done is picture
        return
    (x, y), (width, height) = layout.at, layout.size
    inner = done.pixels[y : y + height, x : x + width].astype(int)
    assert np.ptp(inner.reshape(-1, inner.shape[2]), axis=0).max() <= 1
    outer = np.ones(done.pixels.shape[:2], np.bool_)
    outer[y : y + height, x : x + width] = False
    if outer.any():
        assert (done.pixels[outer] == ((0, 0, 0, 0) if behind is None else behind)).all()


def test_stripes_too_fine_to_show_become_grey_and_no_pattern() -> None:
    stripes = np.zeros((90, 900, 3), np.uint8)
    stripes[:, ::2] = 255
    small = resampled(stripes, (271, 27)).astype(int)
    # Half of the light is level 188.
    assert np.abs(small[:, 4:-4] - 188).max() < 4


def test_hidden_colours_do_not_bleed() -> None:
    pixels = np.zeros((80, 80, 4), np.uint8)
    pixels[..., 0] = 255
    pixels[20:60, 20:60] = (0, 0, 200, 255)
    small = resampled(pixels, (33, 33))
    seen = small[small[..., 3] > 8]
    assert seen[:, 0].max() <= 8


def test_pure_white_stays_so_beside_a_dark_product() -> None:
    pixels = np.full((400, 400, 3), 255, np.uint8)
    pixels[100:300, 103:297] = 10
    small = resampled(pixels, (171, 171))
    outside = np.ones((171, 171), np.bool_)
    outside[42:129, 43:128] = False
    assert (small[outside] == 255).all()


@given(
    light=st.tuples(*[st.integers(0, 255)] * 3),
    dark=st.tuples(*[st.integers(0, 255)] * 3),
    every=st.integers(2, 4),
    size=st.integers(20, 60),
)
def test_a_weave_is_as_light_as_it_was(
    light: tuple[int, ...], dark: tuple[int, ...], every: int, size: int
) -> None:
    pixels = np.full((120, 240, 3), dark, np.uint8)
    pixels[:, ::every] = light
    small = resampled(pixels, (size * 2, size))
    before, after = (to_linear(each).mean(axis=(0, 1)) for each in (pixels, small))
    # What is held back where the kernel rings is no more than this.
    assert np.abs(before - after).max() < 0.03


@given(
    ground=st.integers(0, 255),
    line=st.integers(0, 255),
    thickness=st.integers(1, 40),
    size=st.integers(20, 119),
)
def test_nothing_rings_beside_a_line(ground: int, line: int, thickness: int, size: int) -> None:
    pixels = np.full((120, 120, 3), ground, np.uint8)
    pixels[:, 40 : 40 + thickness] = line
    small = resampled(pixels, (size, size))
    assert small.min() >= min(ground, line)
    assert small.max() <= max(ground, line)


def test_what_a_frame_makes_smaller_is_not_written_as_coarsely_as_it_came() -> None:
    smaller, padded = Frame(width=40), Frame(padding="4")
    assert framed(drawn(80, 60, 1, 2, 3), smaller.layout(80, 60), None).source_quality is None
    done = framed(drawn(80, 60, 1, 2, 3), padded.layout(80, 60), (1, 2, 3))
    assert done.source_quality == 60


def test_a_crop_that_is_padded_to_the_same_size_is_another_picture() -> None:
    picture = drawn(40, 40, 1, 2, 3)
    frame = Frame(width=40, height=40, fit=Fit.COVER, padding="5")
    assert framed(picture, frame.layout(40, 40), (9, 9, 9)).pixels[2, 2].tolist() == [9, 9, 9]


def test_a_mask_goes_where_its_picture_goes() -> None:
    mask = np.zeros((40, 80), np.bool_)
    mask[10:20, 30] = True
    layout = Frame(width=40, height=40, fit=Fit.PAD).layout(80, 40)
    seen = framed_mask(mask, layout)
    assert seen.shape == (40, 40)
    assert np.flatnonzero(seen.any(axis=0)).tolist() == [15]
    assert np.flatnonzero(seen.any(axis=1)).tolist() == [15, 16, 17, 18, 19]
