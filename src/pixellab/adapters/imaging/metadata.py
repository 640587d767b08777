"""The few metadata that are kept: who made the picture, who owns it, and whether a machine did."""

from __future__ import annotations

import html
import re
from contextlib import suppress
from xml.sax.saxutils import escape

from PIL import Image, IptcImagePlugin
from PIL.ExifTags import Base
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngInfo

from pixellab.domain.pictures import Metadata

MAX_TEXT = 1000
MAX_PROPERTY = 65_536
"""Bytes, at most, of an XMP property that is read, its markup included."""
SOURCE_TYPE_URI = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""IPTC NewsCodes, vocabulary Digital Source Type."""
SOURCE_TYPE = re.compile(rb"cv\.iptc\.org/newscodes/digitalsourcetype/([A-Za-z]{3,60})")
SCHEME = b"http://"
TEXT_WITH_LENGTH = b"\x78"
"""In CBOR: a text follows, of as many bytes as the next byte says."""
DRAWN = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
"""The terms that say that a model drew the picture, or a part of it."""
RAW_PROFILE = "Raw profile type xmp"
"""PNG's text that GraphicsMagick and old ImageMagick keep XMP in: a name, a length, hex digits."""
IIM_BYLINE, IIM_COPYRIGHT = (2, 80), (2, 116)
"""Record and data set numbers of the IPTC Information Interchange Model 4.2."""


def read(image: ImageFile, content: bytes) -> Metadata:
    """What ``image`` says of itself in EXIF, then XMP, then IPTC; ``content`` is its whole file.

    Damaged metadata count as absent.
    """
    exif, xmp, iptc = _exif(image), _xmp(image), _iptc(image)
    return Metadata(
        copyright=exif.get(Base.Copyright)
        or _xmp_text(xmp, "dc:rights")
        or iptc.get(IIM_COPYRIGHT),
        author=exif.get(Base.Artist) or _xmp_text(xmp, "dc:creator") or iptc.get(IIM_BYLINE),
        digital_source_type=_source_type(xmp, content),
    )


def exif_bytes(metadata: Metadata) -> bytes:
    """An EXIF block with copyright and author (UTF-8); empty where there are none."""
    texts = {Base.Copyright: metadata.copyright, Base.Artist: metadata.author}
    exif = Image.Exif()
    for tag, text in texts.items():
        if text:
            exif[tag] = text.encode()
    return exif.tobytes() if len(exif) else b""


def xmp_bytes(metadata: Metadata) -> bytes:
    """An XMP packet (ISO 16684-1) with the same and DigitalSourceType; empty without any."""
    lines = []
    if metadata.copyright:
        text = escape(metadata.copyright)
        item = f'<rdf:li xml:lang="x-default">{text}</rdf:li>'
        lines.append(f"<dc:rights><rdf:Alt>{item}</rdf:Alt></dc:rights>")
    if metadata.author:
        text = escape(metadata.author)
        lines.append(f"<dc:creator><rdf:Seq><rdf:li>{text}</rdf:li></rdf:Seq></dc:creator>")
    if metadata.digital_source_type:
        uri = SOURCE_TYPE_URI + escape(metadata.digital_source_type)
        lines.append(f"<Iptc4xmpExt:DigitalSourceType>{uri}</Iptc4xmpExt:DigitalSourceType>")
    if not lines:
        return b""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
        f"{''.join(lines)}</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="r"?>'
    ).encode()


def png_xmp(packet: bytes) -> dict[str, object]:
    """Pillow's option for the text chunk that PNG keeps XMP in (XMP part 3, 1.1.5)."""
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet.decode())
    return {"pnginfo": info}


def _exif(image: ImageFile) -> dict[int, str]:
    found = {}
    with suppress(Exception):
        exif = image.getexif()
        for tag in (Base.Copyright, Base.Artist):
            if text := _clean(exif.get(tag)):
                found[int(tag)] = text
    return found


def _xmp(image: ImageFile) -> bytes:
    packet: object = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if isinstance(packet, str):
        return packet.encode("utf-8", "replace")
    return packet if isinstance(packet, bytes) else _raw_profile(image.info.get(RAW_PROFILE))


def _raw_profile(text: object) -> bytes:
    with suppress(AttributeError, ValueError):
        return bytes.fromhex("".join(str(text).split()[2:]))
    return b""


def _xmp_text(xmp: bytes, element: str) -> str | None:
    """The first item of an array property, by its usual prefix.

    Plain searches, in linear time, so that no packet can be made that keeps the process busy.
    """
    name = element.encode()
    _, _, rest = xmp.partition(b"<" + name)
    inside, closed, _ = rest[:MAX_PROPERTY].partition(b"</" + name)
    _, _, item = inside.partition(b"<rdf:li")
    _, _, opened = item.partition(b">")
    text, ended, _ = opened.partition(b"</rdf:li>")
    if not closed or not ended:
        return None
    with suppress(ValueError):  # A character reference may have more digits than int() takes.
        return _clean(html.unescape(text.decode("utf-8", "replace")))
    return None


def _iptc(image: ImageFile) -> dict[tuple[int, int], str]:
    found = {}
    with suppress(Exception):
        records = IptcImagePlugin.getiptcinfo(image) or {}
        for key in (IIM_BYLINE, IIM_COPYRIGHT):
            value = records.get(key)
            if text := _clean(value[0] if isinstance(value, list) else value):
                found[key] = text
    return found


def _source_type(xmp: bytes, content: bytes) -> str | None:
    """The IPTC term, in XMP or, as C2PA manifests have it, in a container of its own.

    Of several a drawn one counts, so that none is lost among those of the pictures that it was
    made of; of several such the last, since a file's own manifest is its last (C2PA 2.2, 11.1.4.2).
    """
    terms = _terms(xmp) or _terms(content)
    drawn = [term for term in terms if term in DRAWN]
    return drawn[-1] if drawn else next(iter(terms), None)


def _terms(data: bytes) -> list[str]:
    return [term for found in SOURCE_TYPE.finditer(data) if (term := _term(data, found))]


def _term(data: bytes, found: re.Match[bytes]) -> str:
    """Without the letters behind it that are the next item's, where it is text in CBOR.

    CBOR (RFC 8949, 3.1) has no end of a text: its length comes before it.
    """
    begins = found.start() - len(SCHEME)
    header, scheme = data[max(0, begins - 2) : begins], data[max(0, begins) : found.start()]
    ends = found.end()
    if scheme == SCHEME and header[:1] == TEXT_WITH_LENGTH:
        ends = min(ends, begins + header[1])
    return data[found.start(1) : ends].decode()


def _clean(value: object) -> str | None:
    """Printable text of bounded length, or None."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if not isinstance(value, str):
        return None
    with suppress(UnicodeError):
        # EXIF's and IPTC's text is ASCII by the standard and UTF-8 in practice.
        value = value.encode("latin-1").decode("utf-8")
    first = str(value).split("\0")[0]
    text = "".join(c if c.isprintable() else " " for c in first).strip()
    return text[:MAX_TEXT] or None
