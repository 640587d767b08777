"""Each format's record, held against what else knows of formats."""

from __future__ import annotations

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from pixellab.adapters.imaging.formats import ACCEPTED, FORMATS, format_of
from pixellab.domain.errors import UnsupportedImage
from pixellab.domain.formats import EXTENSIONS, FILE_TYPES, FORMAT_OF_EXTENSION, MEDIA_TYPES, Format
from tests.conftest import scene


def test_what_is_read_or_written_has_an_extension_and_a_media_type() -> None:
    assert list(FORMATS) == list(FILE_TYPES)


def test_what_can_be_asked_for_is_what_is_written() -> None:
    assert [name for name, each in FORMATS.items() if each.writing] == list(Format)


def test_only_png_is_lossless() -> None:
    written = {name: each.writing for name, each in FORMATS.items() if each.writing}
    assert [name for name, each in written.items() if each.qualities is None] == ["PNG"]


@pytest.mark.parametrize("name", Format)
def test_qualities_are_in_order(name: Format) -> None:
    writing = FORMATS[name].writing
    assert writing is not None
    if qualities := writing.qualities:
        lowest, highest = qualities.smallest
        assert 1 <= lowest < highest <= 100
        assert lowest <= qualities.faithful <= 100
        assert 1 <= qualities.floor < qualities.faithful


def test_no_extension_stands_for_two_formats() -> None:
    assert len(FORMAT_OF_EXTENSION) == sum(len(each.extensions) for each in FILE_TYPES.values())


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "HEIF"])
def test_pillow_knows_the_same_extensions_and_media_types(name: str) -> None:
    Image.init()
    assert Image.MIME[name] == MEDIA_TYPES[name]
    ours = {f".{extension}" for extension, of in FORMAT_OF_EXTENSION.items() if of == name}
    assert ours <= {extension for extension, of in Image.registered_extensions().items()}
    assert Image.registered_extensions()[f".{EXTENSIONS[name]}"] == name


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_told_by_its_first_bytes_as_one_format_alone(name: str) -> None:
    file = io.BytesIO()
    if name == "HEIF":
        pillow_heif.from_pillow(Image.fromarray(scene())).save(file)
    else:
        Image.fromarray(scene()).save(file, name)
    content = file.getvalue()
    assert [each.name for each in FORMATS.values() if each.begins(content[:64])] == [name]
    assert format_of(content).name == name


def test_a_refusal_names_every_format() -> None:
    with pytest.raises(UnsupportedImage) as refusal:
        format_of(np.zeros(64, np.uint8).tobytes())
    for each in FORMATS.values():
        assert each.title in refusal.value.message
    assert ACCEPTED.endswith("GIF and, with the heif extra, HEIC")
