"""Photos with gain maps, one of each kind, as phones and editors write them."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

from tests.adapters.imaging.decode.files import saved

Pixels = NDArray[np.uint8]

XMP, MPF, ISO = b"http://ns.adobe.com/xap/1.0/\0", b"MPF\0", b"urn:iso:std:iso:ts:21496:-1\0"
ALPHA = b"urn:mpeg:hevc:2015:auxid:1"
APPLE_MAP = b"urn:com:apple:photo:2020:aux:hdrgainmap"


def ultra_hdr(pixels: Pixels) -> bytes:
    """Android's: a map behind the photo, both with XMP (Ultra HDR Image Format 1.1)."""
    gain_map = _map_jpeg(
        _xmp(
            'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
            ' hdrgm:GainMapMin="0" hdrgm:GainMapMax="2.3" hdrgm:Gamma="1"'
            ' hdrgm:OffsetSDR="0.015625" hdrgm:OffsetHDR="0.015625"'
            ' hdrgm:HDRCapacityMin="0" hdrgm:HDRCapacityMax="2.3"'
            ' hdrgm:BaseRenditionIsHDR="False"'
        )
    )
    items = "".join(
        f'<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="{semantic}"'
        f' Item:Mime="image/jpeg"{length}/></rdf:li>'
        for semantic, length in (("Primary", ""), ("GainMap", f' Item:Length="{len(gain_map)}"'))
    )
    directory = (
        'xmlns:Container="http://ns.google.com/photos/1.0/container/"'
        ' xmlns:Item="http://ns.google.com/photos/1.0/container/item/"'
        ' xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
    )
    inside = f"<Container:Directory><rdf:Seq>{items}</rdf:Seq></Container:Directory>"
    return _with_map(pixels, _xmp(directory, inside), gain_map)


def iso_jpeg(pixels: Pixels) -> bytes:
    """ISO 21496-1's: binary metadata in place of XMP (annex C.4)."""
    numbers = [0, 1, 2, 1, 0, 1, 2, 1, 1, 1, 1, 64, 1, 64]
    fractions = struct.pack(f">{len(numbers)}I", *numbers)
    gain_map = _map_jpeg(_segment(0xE2, ISO + struct.pack(">HHB", 0, 0, 0) + fractions))
    return _with_map(pixels, _segment(0xE2, ISO + struct.pack(">HH", 0, 0)), gain_map)


def apple_jpeg(pixels: Pixels) -> bytes:
    """An iPhone's JPEG: what the map is, its own XMP says."""
    about = (
        'xmlns:apdi="http://ns.apple.com/pixeldatainfo/1.0/"'
        ' xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/"'
        f' apdi:AuxiliaryImageType="{APPLE_MAP.decode()}" HDRGainMap:HDRGainMapVersion="65536"'
    )
    return _with_map(pixels, b"", _map_jpeg(_xmp(about)))


def apple_heic(pixels: Pixels) -> bytes:
    """An iPhone's HEIC: the map is an auxiliary picture."""
    rgba = np.dstack([pixels, _map_of(pixels)])
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(rgba)).save(out, quality=95)
    return _with_longer_name(out.getvalue())


def iso_avif(pixels: Pixels) -> bytes:
    """ISO 21496-1's in AVIF: an item that is derived from the photo and the map."""
    exif = Image.Exif()
    exif[0x8298] = "The shop"
    data = saved(Image.fromarray(pixels), "AVIF", quality=95, exif=exif.tobytes())
    return data.replace(b"ExifExif\0", b"tmapExif\0", 1)


KINDS: list[Callable[[Pixels], bytes]] = [ultra_hdr, iso_jpeg, apple_jpeg, apple_heic, iso_avif]


def _with_longer_name(heic: bytes) -> bytes:
    """With Apple's name in place of alpha's, which is 13 bytes shorter."""
    more = len(APPLE_MAP) - len(ALPHA)
    data = bytearray(heic.replace(ALPHA, APPLE_MAP, 1))
    for box in (b"meta", b"iprp", b"ipco", b"auxC"):
        place = data.index(box) - 4
        data[place : place + 4] = struct.pack(">I", int.from_bytes(data[place : place + 4]) + more)
    items = data.index(b"iloc") + 12
    for place in (items + 4, items + 22):
        data[place : place + 4] = struct.pack(">I", int.from_bytes(data[place : place + 4]) + more)
    return bytes(data)


def _map_of(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def _map_jpeg(about: bytes) -> bytes:
    data = saved(Image.new("L", (24, 12), 90), "JPEG")
    return data[:2] + about + data[2:]


def _with_map(pixels: Pixels, about: bytes, gain_map: bytes) -> bytes:
    """The two in one file, as the Multi-Picture Format has it (CIPA DC-007)."""
    photo = saved(Image.fromarray(pixels), "JPEG", quality=95)
    head = photo[:2] + about
    # Places count from the index's own byte order mark on, behind marker, length and name.
    base, index_size = len(head) + 8, 8 + 82
    size = len(head) + index_size + len(photo) - 2
    entries = struct.pack("<IIIHH", 0x030000, size, 0, 0, 0)
    entries += struct.pack("<IIIHH", 0, len(gain_map), size - base, 0, 0)
    index = b"II*\0" + struct.pack("<IH", 8, 3)
    index += struct.pack("<HHI4s", 0xB000, 7, 4, b"0100")
    index += struct.pack("<HHII", 0xB001, 4, 1, 2)
    index += struct.pack("<HHII", 0xB002, 7, 32, 50) + struct.pack("<I", 0) + entries
    return head + _segment(0xE2, MPF + index) + photo[2:] + gain_map


def _xmp(attributes: str, inside: str = "") -> bytes:
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {attributes}>{inside}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    )
    return _segment(0xE1, XMP + packet.encode())


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body
