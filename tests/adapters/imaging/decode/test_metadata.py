"""What is kept of the metadata in a file."""

from __future__ import annotations

import struct

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pixellab.domain.formats import Format
from tests.adapters.imaging.decode.files import WITH_EXIF, opened, saved
from tests.conftest import photo_bytes, scene

AI_URI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def exif_with_everything() -> Image.Exif:
    exif = Image.Exif()
    exif[0x8298] = "© 2026 Müller".encode()
    exif[0x013B] = "Ana Müller".encode()
    exif[0x010F] = "Camera maker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)
    return exif


@pytest.mark.parametrize("image_format", WITH_EXIF)
def test_copyright_and_author_come_from_exif(image_format: str) -> None:
    data = saved(Image.fromarray(scene()), image_format, exif=exif_with_everything())
    assert opened(data).metadata.copyright == "© 2026 Müller"
    assert opened(data).metadata.author == "Ana Müller"


XMP = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 Iptc4xmpExt:DigitalSourceType="{AI_URI}">
 <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">Shop &amp; Söhne</rdf:li></rdf:Alt></dc:rights>
 <dc:creator><rdf:Seq><rdf:li>Ana</rdf:li></rdf:Seq></dc:creator>
</rdf:Description></rdf:RDF></x:xmpmeta>""".encode()


@pytest.mark.parametrize("image_format", list(Format))
def test_xmp_gives_the_same_and_the_digital_source_type(image_format: str) -> None:
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    options = {"pnginfo": info} if image_format == "PNG" else {"xmp": XMP}
    metadata = opened(saved(Image.fromarray(scene()), image_format, **options)).metadata
    assert metadata.copyright == "Shop & Söhne"
    assert metadata.author == "Ana"
    assert metadata.digital_source_type == "trainedAlgorithmicMedia"


@pytest.mark.parametrize(
    "packet",
    [
        b"<dc:rights " * 100_000,
        b"<dc:rights>" + b"<rdf:li " * 100_000,
        b"<dc:rights/><dc:creator><rdf:li>Ana</rdf:li></dc:creator>",
        b"<dc:rights><rdf:li>&#" + b"9" * 9_000 + b";</rdf:li></dc:rights>",
    ],
    ids=["elements", "items", "empty", "digits"],
)
def test_an_xmp_packet_made_to_do_harm_has_no_copyright(packet: bytes) -> None:
    picture = opened(saved(Image.fromarray(scene()), "WEBP", xmp=packet))
    assert picture.metadata.copyright is None


def test_a_content_credential_gives_the_digital_source_type() -> None:
    data = photo_bytes()
    manifest = b"\x00jumb c2pa digitalSourceType\x78" + AI_URI.encode()
    segment = b"\xff\xeb" + struct.pack(">H", len(manifest) + 2) + manifest
    metadata = opened(data[:2] + segment + data[2:]).metadata
    assert metadata.digital_source_type == "trainedAlgorithmicMedia"


def test_iptc_gives_copyright_and_author() -> None:
    def record(number: int, text: bytes) -> bytes:
        return b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(text)) + text

    records = record(80, b"Ana") + record(116, b"Shop")
    resource = b"8BIM\x04\x04\x00\x00" + struct.pack(">I", len(records)) + records
    body = b"Photoshop 3.0\x00" + resource + b"\x00" * (len(records) % 2)
    segment = b"\xff\xed" + struct.pack(">H", len(body) + 2) + body
    data = photo_bytes()
    metadata = opened(data[:2] + segment + data[2:]).metadata
    assert (metadata.copyright, metadata.author) == ("Shop", "Ana")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_metadata_count_as_none() -> None:
    broken = b"Exif\x00\x00II*\x00\xff\xff\xff\xff"
    segment = b"\xff\xe1" + struct.pack(">H", len(broken) + 2) + broken
    data = photo_bytes()
    picture = opened(data[:2] + segment + data[2:])
    assert picture.metadata.copyright is None
    assert picture.width == 96


@pytest.mark.parametrize("quality", [10, 35, 50, 75, 85, 92, 100])
def test_jpeg_quality_is_read_from_its_tables(quality: int) -> None:
    data = saved(Image.fromarray(scene()), "JPEG", quality=quality)
    assert opened(data).source_quality == quality


def test_other_formats_have_no_source_quality() -> None:
    assert opened(photo_bytes(image_format="WEBP")).source_quality is None
