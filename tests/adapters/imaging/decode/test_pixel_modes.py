"""Grey, palettes, transparency and negatives, in every depth."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image, TiffImagePlugin

from pixellab.domain.errors import UnsupportedImage
from tests.adapters.imaging.decode.files import opened, png, saved

SHAPES = npst.array_shapes(min_dims=2, max_dims=2, max_side=9)
PHOTOMETRIC, BITS, SAMPLE_FORMAT = 262, 258, 339


@given(data=st.data(), depth=st.sampled_from([1, 2, 4, 8, 16]))
def test_grey_pngs_of_every_depth_have_their_transparent_level(
    data: st.DataObject, depth: int
) -> None:
    top = (1 << depth) - 1
    grey = data.draw(npst.arrays(np.uint16, SHAPES, elements=st.integers(0, top)))
    key = data.draw(st.sampled_from(grey.ravel().tolist()))
    picture = opened(png(grey, depth, 0, tRNS=struct.pack(">H", key)))
    assert np.array_equal(picture.pixels[..., 3] == 0, grey == key)
    expected = np.round(grey.astype(float) * 255 / top)
    assert np.abs(picture.pixels[..., 0] - expected).max() <= 0.5


@given(data=st.data(), depth=st.sampled_from([1, 2, 4, 8]))
def test_palettes_of_every_depth_have_their_colours_and_alphas(
    data: st.DataObject, depth: int
) -> None:
    count = 1 << depth
    indices = data.draw(npst.arrays(np.uint8, SHAPES, elements=st.integers(0, count - 1)))
    palette = data.draw(npst.arrays(np.uint8, (count, 3)))
    alphas = data.draw(npst.arrays(np.uint8, count))
    file = png(indices, depth, 3, PLTE=palette.tobytes(), tRNS=alphas.tobytes())
    pixels = opened(file).pixels
    assert np.array_equal(pixels[..., :3], palette[indices])
    if (alphas[indices] < 255).any():
        assert np.array_equal(pixels[..., 3], alphas[indices])


@given(data=st.data(), depth=st.sampled_from([8, 16]))
def test_colour_pngs_have_their_transparent_colour(data: st.DataObject, depth: int) -> None:
    scale = 257 if depth == 16 else 1
    shape = (*data.draw(SHAPES), 3)
    colours = data.draw(npst.arrays(np.uint8, shape)).astype(np.uint16) * scale
    key = colours[0, 0]
    picture = opened(png(colours, depth, 2, tRNS=struct.pack(">3H", *key.tolist())))
    assert np.array_equal(picture.pixels[..., :3] * np.uint16(scale), colours)
    assert np.array_equal(picture.pixels[..., 3] == 0, (colours == key).all(axis=-1))


@given(grey=npst.arrays(np.uint16, SHAPES))
def test_a_16_bit_negative_becomes_a_positive(grey: np.ndarray) -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[PHOTOMETRIC] = 0
    data = saved(Image.fromarray(grey), "TIFF", tiffinfo=tags)
    expected = np.round((65535 - grey.astype(float)) / 257)
    assert np.abs(opened(data).pixels[..., 0] - expected).max() <= 1


def test_a_floating_point_negative_becomes_a_positive() -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[PHOTOMETRIC] = 0
    light = np.array([[0.0, 0.25, 1.0]], np.float32)
    data = saved(Image.fromarray(light), "TIFF", tiffinfo=tags)
    assert opened(data).pixels[0, :, 0].tolist() == [255, 191, 0]


def tiff(
    bits: list[int],
    photometric: int,
    body: bytes,
    *,
    extra: int | None = None,
    sample_format: int | None = None,
    order: str = "<",
    deflated: bool = False,
) -> bytes:
    """A TIFF of 4 x 4 pixels; ``body`` is in the byte order that ``order`` names."""
    body = zlib.compress(body) if deflated else body
    tags = [
        (256, 3, [4]),
        (257, 3, [4]),
        (BITS, 3, bits),
        (259, 3, [8 if deflated else 1]),
        (PHOTOMETRIC, 3, [photometric]),
        (273, 4, [300]),
        (277, 3, [len(bits)]),
        (278, 3, [4]),
        (279, 4, [len(body)]),
        *([] if extra is None else [(338, 3, [extra])]),
        *([] if sample_format is None else [(SAMPLE_FORMAT, 3, [sample_format])]),
    ]
    entries, beyond, place = b"", b"", 8 + 2 + 12 * len(tags) + 4
    for tag, kind, values in tags:
        value = b"".join(struct.pack(order + ("H" if kind == 3 else "I"), each) for each in values)
        if len(value) > 4:
            value, beyond = struct.pack(f"{order}I", place + len(beyond)), beyond + value
        entries += struct.pack(f"{order}HHI", tag, kind, len(values)) + value.ljust(4, b"\0")
    head = b"II*\0" if order == "<" else b"MM\0*"
    file = head + struct.pack(f"{order}IH", 8, len(tags)) + entries + bytes(4) + beyond
    return file.ljust(300, b"\0") + body


@pytest.mark.parametrize(
    ("bits", "photometric"),
    [([8] * 5, 5), ([16, 16], 1), ([16] * 5, 5)],
    ids=["inks with alpha", "16 bits of grey with alpha", "16 bits of inks with alpha"],
)
def test_pixels_that_are_not_read_are_unsupported_and_not_damaged(
    bits: list[int], photometric: int
) -> None:
    data = tiff(bits, photometric, bytes(16 * sum(bits) // 8), extra=2)
    with pytest.raises(UnsupportedImage, match="not accepted"):
        opened(data)


def test_12_bits_of_grey_fill_the_range() -> None:
    levels = np.linspace(0, 4095, 16).round().astype(int)
    pairs = [(a >> 4, (a & 15) << 4 | b >> 8, b & 255) for a, b in levels.reshape(-1, 2)]
    data = tiff([12], 1, bytes(byte for triple in pairs for byte in triple))
    expected = np.round(levels.reshape(4, 4) / 4095 * 255)
    assert np.abs(opened(data).pixels[..., 0] - expected).max() <= 1


def test_levels_below_zero_are_unsupported() -> None:
    with pytest.raises(UnsupportedImage, match="negative"):
        opened(saved(Image.fromarray(np.array([[-5, 7]], np.int32)), "TIFF"))


@pytest.mark.parametrize(
    ("bits", "kind", "top"), [(8, np.int8, 127), (16, np.int16, 32767), (32, np.uint32, 2**32 - 1)]
)
def test_integers_of_every_kind_fill_the_range(bits: int, kind: Any, top: int) -> None:
    grey = np.linspace(0, top, 16).astype(kind)
    sample_format = 1 if kind is np.uint32 else 2
    data = tiff([bits], 1, grey.tobytes(), sample_format=sample_format)
    expected = np.linspace(0, 255, 16).reshape(4, 4)
    # 127 levels are two apart in 255.
    assert np.abs(opened(data).pixels[..., 0] - expected).max() <= 2


@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("kind", "top", "code"), [("f4", 1.0, 3), ("i2", 32767, 2), ("u2", 65535, 1)]
)
def test_levels_of_either_byte_order_are_read_compressed_or_not(
    kind: str, top: float, code: int, order: str, deflated: bool
) -> None:
    levels = np.linspace(0, top, 16).astype(order + kind)
    data = tiff(
        [levels.itemsize * 8],
        1,
        levels.tobytes(),
        sample_format=code,
        order=order,
        deflated=deflated,
    )
    expected = np.linspace(0, 255, 16).reshape(4, 4)
    assert np.abs(opened(data).pixels[..., 0] - expected).max() <= 1


@pytest.mark.parametrize("kind", [np.int8, np.int16])
def test_negative_levels_of_every_depth_are_unsupported(kind: Any) -> None:
    data = tiff([kind().itemsize * 8], 1, np.full(16, -3, kind).tobytes(), sample_format=2)
    with pytest.raises(UnsupportedImage, match="negative"):
        opened(data)
