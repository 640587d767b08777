"""The mark of pictures that a model drew: written into every file, and read by others' means."""

from __future__ import annotations

import io
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from attrs import evolve
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.formats import Format
from pixellab.domain.pictures import EncodeSpec, Picture
from pixellab.domain.requests import Mode, Task
from tests.conftest import photo_bytes, scene

IMAGING = RasterImaging()
TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED, COMPOSITE = "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"
EXTENSION = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
"""IPTC Photo Metadata Standard 2025.1, Digital Source Type."""
XMP = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 Iptc4xmpExt:DigitalSourceType="{TERMS}{TRAINED}"/></rdf:RDF></x:xmpmeta>"""


def mark_in(data: bytes) -> str | None:
    """The Digital Source Type of a file, by an XML parser."""
    packet = re.search(rb"<x:xmpmeta.*</x:xmpmeta>", data, re.DOTALL)
    return packet and ElementTree.fromstring(packet[0]).findtext(f".//{EXTENSION}")


def opened(data: bytes) -> Picture:
    return IMAGING.open(io.BytesIO(data))


def marked(pixels: NDArray[np.uint8], term: str) -> Picture:
    picture = Picture(pixels=pixels, format="JPEG")
    return evolve(picture, metadata=evolve(picture.metadata, digital_source_type=term))


@pytest.mark.parametrize("mode", Mode)
def test_every_mode_of_local_keeps_the_mark_in_every_format(mode: Mode) -> None:
    enhanced = LocalEnhancer().enhance(marked(scene(), COMPOSITE), Task(mode=mode))
    for output in Format:
        for max_bytes in (None, 2_500):
            spec = EncodeSpec(format=output, max_bytes=max_bytes, effort=enhanced.effort)
            data = IMAGING.encode(enhanced.picture, spec).data
            assert mark_in(data) == TERMS + COMPOSITE
            assert opened(data).metadata.digital_source_type == COMPOSITE


@pytest.mark.parametrize("output", Format)
def test_what_has_to_be_given_up_for_a_size_is_not_the_mark(output: Format) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
    encoded = IMAGING.encode(marked(noise, TRAINED), EncodeSpec(format=output, max_bytes=6_000))
    assert encoded.target_met
    assert encoded.width < 400
    assert mark_in(encoded.data) == TERMS + TRAINED


def test_grey_and_few_colours_keep_the_mark_too() -> None:
    for pixels in (np.full((9, 9, 3), 128, np.uint8), np.full((9, 9, 3), (250, 0, 9), np.uint8)):
        encoded = IMAGING.encode(marked(pixels, TRAINED), EncodeSpec(format=Format.PNG))
        assert Image.open(io.BytesIO(encoded.data)).mode in {"L", "P"}
        assert mark_in(encoded.data) == TERMS + TRAINED


@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_the_mark_of_an_upload_is_kept(source: str) -> None:
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP, zip=True)
    ways: dict[str, dict[str, Any]] = {
        "PNG": {"pnginfo": info},
        "TIFF": {"tiffinfo": {700: XMP.encode()}},
    }
    options = ways.get(source, {"xmp": XMP.encode()})
    out = io.BytesIO()
    Image.fromarray(scene()).save(out, source, **options)
    picture = opened(out.getvalue())
    for output in Format:
        spec = EncodeSpec(format=output)
        assert mark_in(IMAGING.encode(picture, spec).data) == TERMS + TRAINED


def test_a_png_in_which_xmp_is_a_raw_profile_is_read() -> None:
    lines = "".join(f"{XMP.encode().hex()[at : at + 72]}\n" for at in range(0, 2 * len(XMP), 72))
    info = PngInfo()
    info.add_text("Raw profile type xmp", f"\nxmp\n{len(XMP):8}\n{lines}", zip=True)
    out = io.BytesIO()
    Image.fromarray(scene()).save(out, "PNG", pnginfo=info)
    assert opened(out.getvalue()).metadata.digital_source_type == TRAINED


@pytest.mark.parametrize("text", ["", "\nxmp\n  3\nnot hex", "xmp", "\nxmp\n 1\n3"])
def test_a_raw_profile_that_is_none_is_no_mark(text: str) -> None:
    info = PngInfo()
    info.add_text("Raw profile type xmp", text)
    out = io.BytesIO()
    Image.fromarray(scene()).save(out, "PNG", pnginfo=info)
    assert opened(out.getvalue()).metadata.digital_source_type is None


@pytest.mark.parametrize(
    ("terms", "kept"),
    [
        (("digitalCapture",), "digitalCapture"),
        (("digitalCapture", TRAINED), TRAINED),
        ((COMPOSITE, "digitalCapture"), COMPOSITE),
        ((TRAINED, "digitalCapture", COMPOSITE), COMPOSITE),
    ],
)
def test_among_the_terms_of_ingredients_a_drawn_one_counts(
    terms: tuple[str, ...], kept: str
) -> None:
    uris = [(TERMS + each).encode() for each in terms]
    # As CBOR has it: a text's length, the text, and the next key, whose length is a letter, too.
    manifest = b"".join(b"\x78" + bytes([len(uri)]) + uri + b"kdescription" for uri in uris)
    segment = b"\xff\xeb" + (len(manifest) + 2).to_bytes(2, "big") + manifest
    data = photo_bytes()
    assert opened(data[:2] + segment + data[2:]).metadata.digital_source_type == kept
