"""JPEGs whose pixels are not all there."""

from __future__ import annotations

import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pixellab.domain.errors import UndecodableImage
from tests.adapters.imaging.decode.files import opened, saved
from tests.conftest import photo_bytes, scene

END = b"\xff\xd9"


@settings(max_examples=25)
@given(share=st.floats(0.3, 0.97), ended=st.booleans(), mode=st.sampled_from(["RGB", "L", "CMYK"]))
def test_a_picture_that_breaks_off_is_refused(share: float, ended: bool, mode: str) -> None:
    data = saved(Image.fromarray(scene(160, 120)).convert(mode), "JPEG", quality=90)
    with pytest.raises(UndecodableImage, match="damaged or incomplete"):
        opened(data[: int(len(data) * share)] + (END if ended else b""))


def test_how_much_is_missing_is_said() -> None:
    data = saved(Image.fromarray(scene(160, 160)), "JPEG", restart_marker_rows=1, subsampling=0)
    scan = data.index(b"\xff\xda")
    fifth = data.index(b"\xff\xd4", scan)
    with pytest.raises(UndecodableImage, match=r": about 7[0-9]% of the picture is missing"):
        opened(data[:fifth] + END)


@pytest.mark.parametrize("lost", [1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_picture_that_lacks_only_its_last_bytes_opens(lost: int, progressive: bool) -> None:
    data = saved(Image.fromarray(scene(160, 120)), "JPEG", progressive=progressive)
    picture = opened(data[:-lost])
    assert np.array_equal(picture.pixels, opened(data).pixels)
    assert not picture.may_be_handed_on


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_picture_that_is_grey_at_its_end_is_whole(mode: str) -> None:
    image = Image.new("RGB", (64, 64), (128, 128, 128)).convert(mode)
    assert opened(saved(image, "JPEG")).width == 64


def test_a_header_without_the_data_for_it_is_refused() -> None:
    data = bytearray(photo_bytes())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", 7000, 7000)
    with pytest.raises(UndecodableImage, match="7000 x 7000"):
        opened(bytes(data))


def test_a_pass_that_is_missing_is_a_warning() -> None:
    data = saved(Image.fromarray(scene(160, 120)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    tables = data.rindex(b"\xff\xc4", 0, last)
    picture = opened(data[:tables] + END)
    assert "last pass" in picture.warnings[0]
    assert opened(data).warnings == ()


def test_bytes_behind_the_picture_do_no_harm() -> None:
    data = photo_bytes()
    assert np.array_equal(opened(data + b"a trailer").pixels, opened(data).pixels)


def test_a_jpeg_of_endless_segments_is_refused() -> None:
    data = photo_bytes()
    with pytest.raises(UndecodableImage, match="4000 are allowed"):
        opened(data[:2] + b"\xff\xfe\0\2" * 5000 + data[2:])
    assert opened(data[:2] + b"\xff\xfe\0\2" * 3000 + data[2:]).width == 96


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_picture_that_breaks_off_within_a_pass_is_refused(mode: str) -> None:
    image = Image.fromarray(scene(160, 120)).convert(mode)
    data = saved(image, "JPEG", progressive=True)
    place = data.index(b"\xff\xda", len(data) // 2) - len(data) // 4
    passes = data.count(b"\xff\xda", 0, place)
    with pytest.raises(UndecodableImage, match=f"in its pass {passes}, so that detail"):
        opened(data[:place] + END)


def test_data_that_do_not_fit_are_a_warning() -> None:
    data = saved(Image.fromarray(scene(160, 120)), "JPEG", restart_marker_rows=1)
    restart = data.index(b"\xff\xd3")
    picture = opened(data[:restart] + b"\x17" * 9 + data[restart:])
    assert "may be wrong" in picture.warnings[0]
    assert not picture.may_be_handed_on


def test_bytes_between_segments_change_nothing() -> None:
    data = photo_bytes()
    tables = data.index(b"\xff\xdb")
    assert opened(data[:tables] + b"\x17" * 9 + data[tables:]).warnings == ()


@pytest.mark.parametrize("damage", ["cut", "cut and ended", "doubled restart"])
def test_decoders_print_nothing(damage: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = saved(Image.fromarray(scene(160, 120)), "JPEG", restart_marker_rows=1)
    restart = data.index(b"\xff\xd3")
    files = {
        "cut": data[:restart],
        "cut and ended": data[:restart] + END,
        "doubled restart": data[:restart] + data[restart : restart + 2] + data[restart:],
    }
    with suppress(UndecodableImage):
        opened(files[damage])
    assert capfd.readouterr() == ("", "")
