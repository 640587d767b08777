"""Small files that cost a decoder much: each container's scans, strips, chunks, frames, metadata.

They are well-formed enough to be begun; none is a picture that a camera or an editor would write.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from PIL import Image

LARGE = (7700, 7700)
"""59 megapixels, just within what is allowed."""
SOI, EOI = b"\xff\xd8", b"\xff\xd9"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def bombs() -> Iterator[tuple[str, bytes]]:
    """Names, with the format's extension, and contents."""
    yield from _of_jpeg()
    yield from _of_png()
    yield from _of_tiff()
    yield from _of_metadata()
    yield from _of_others()


def _of_jpeg() -> Iterator[tuple[str, bytes]]:
    for scans in (50, 99, 500, 2000, 3900):
        for kind, ends in (("dc", (0, 0, 0)), ("ac", (1, 63, 0)), ("refine", (0, 0, 0x10))):
            yield f"scans_{kind}_{scans}.jpg", jpeg_scans(LARGE, scans, *ends)
    yield "scans_small_3900.jpg", jpeg_scans((64, 64), 3900, 0, 0, 0)
    yield "segments_3000000.jpg", photo("JPEG")[:2] + b"\xff\xe5\0\2" * 3_000_000
    yield "fill_bytes_40mb.jpg", SOI + b"\xff" * 40_000_000 + photo("JPEG")[2:]


def _of_png() -> Iterator[tuple[str, bytes]]:
    for chunks in (1_000, 100_000, 3_000_000):
        yield f"chunks_{chunks}.png", png([(b"prVt", b"")] * chunks)
    for each in (1, 100):
        yield f"idat_of_{each}.png", png([], idat=each, size=(3000, 3000))
    for texts in (10, 70, 400):
        bomb = b"a\0\0" + zlib.compress(bytes(1_000_000), 9)
        yield f"ztxt_{texts}.png", png([(b"zTXt", bomb)] * texts)
    yield "profile.png", png([(b"iCCP", b"a\0\0" + zlib.compress(bytes(300_000_000), 9))])
    yield "idat_behind_the_end.png", png([], size=(16, 16), rest=300_000_000)
    for width, height in (LARGE, (1, 59_000_000), (59_000_000, 1)):
        for interlaced in (0, 1):
            name = f"{width}x{height}" + ("_interlaced" if interlaced else "")
            yield f"{name}.png", png([], size=(width, height), interlaced=interlaced)


def _of_tiff() -> Iterator[tuple[str, bytes]]:
    for strips in (1_000, 60_000, 1_000_000):
        yield f"strips_{strips}.tif", tiff_strips(10, strips, strips)
    for pages in (100, 10_000, 1_000_000):
        yield f"pages_{pages}.tif", tiff_pages(pages)
    yield "tags_60000.tif", tiff_strips(10, 10, 10, tags=60_000)


def _of_metadata() -> Iterator[tuple[str, bytes]]:
    for megabytes in (1, 10, 20, 40):
        size = megabytes * 1_000_000
        yield f"exif_{megabytes}mb.jpg", jpeg_segments(0xE1, b"Exif\0\0", megabytes)
        yield f"icc_{megabytes}mb.jpg", jpeg_segments(0xE2, b"ICC_PROFILE\0\1\1", megabytes)
        yield f"comment_{megabytes}mb.jpg", jpeg_segments(0xFE, b"", megabytes)
        yield f"xmp_{megabytes}mb.png", png(png_texts(megabytes))
        yield f"exif_{megabytes}mb.png", png([(b"eXIf", b"MM\0*" + bytes(size))])
        yield f"exif_{megabytes}mb.webp", webp_exif(size)
        yield f"comment_{megabytes}mb.gif", gif_comments(size)
        yield f"data_{megabytes}mb.tif", tiff_strips(300, 300, 300, extra=size)


def _of_others() -> Iterator[tuple[str, bytes]]:
    for frames in (100, 10_000, 500_000):
        yield f"frames_{frames}.gif", gif_frames(frames)
    yield "large.gif", photo("GIF", LARGE)
    yield "runs.bmp", bmp_runs(7000)
    head = struct.pack("<2sIIIIiiHHIIiiII", b"BM", 54, 0, 54, 40, *LARGE, 1, 24, *[0] * 6)
    yield "header_only.bmp", head
    for kind in ("WEBP", "AVIF"):
        yield f"large.{kind.lower()}", photo(kind, LARGE)
    yield "lossless.webp", photo("WEBP", LARGE, lossless=True)


def photo(kind: str, size: tuple[int, int] = (300, 300), **options: Any) -> bytes:
    """A plain picture of Pillow's."""
    file = io.BytesIO()
    Image.new("RGB", size, (200, 120, 40)).save(file, kind, **options)
    return file.getvalue()


def jpeg_scans(
    size: tuple[int, int], scans: int, first: int, last: int, bits: int, padding: int = 400_000
) -> bytes:
    """A progressive grey JPEG (ITU-T T.81, B.2) of ``scans`` passes over these coefficients."""
    width, height = size
    frame = struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0)
    tables = _segment(0xDB, bytes([0, *[1] * 64]))
    tables += _segment(0xC4, bytes([0x00, 1, *[0] * 15, 0]))
    tables += _segment(0xC4, bytes([0x10, 1, *[0] * 15, 0]))
    begin = _segment(0xDA, bytes([1, 1, 0, 0, 0, 1 if bits else 0]))
    scan = _segment(0xDA, bytes([1, 1, 0, first, last, bits]))
    # So many bytes as the picture could be coded in.
    data = bytes(padding // 2)
    return SOI + tables + _segment(0xC2, frame) + begin + data + scan * scans + data + EOI


def jpeg_segments(marker: int, head: bytes, megabytes: int) -> bytes:
    content = photo("JPEG")
    block = _segment(marker, head + bytes(60_000))
    return content[:2] + block * (megabytes * 1_000_000 // len(block)) + content[2:]


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def png(
    extra: list[tuple[bytes, bytes]],
    *,
    size: tuple[int, int] = (300, 300),
    interlaced: int = 0,
    idat: int = 65_536,
    rest: int = 0,
) -> bytes:
    """A black grey PNG with ``extra`` chunks, its data in pieces of ``idat`` bytes."""
    width, height = size
    raw = height * (width + 1) + (7 * (width + height) if interlaced else 0) + rest
    packer = zlib.compressobj(9)
    whole, left = divmod(raw, 1_000_000)
    data = b"".join(packer.compress(bytes(1_000_000)) for _ in range(whole))
    data += packer.compress(bytes(left)) + packer.flush()
    pieces = [(b"IDAT", data[at : at + idat]) for at in range(0, len(data), idat)]
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, interlaced)
    parts = [(b"IHDR", header), *extra, *pieces, (b"IEND", b"")]
    return PNG_SIGNATURE + b"".join(_chunk(name, body) for name, body in parts)


def png_texts(megabytes: int) -> list[tuple[bytes, bytes]]:
    return [(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b" " * 900_000)] * (megabytes * 10 // 9)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def webp_exif(size: int) -> bytes:
    return photo("WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0" + bytes(size))


def gif_comments(size: int) -> bytes:
    comment = b"\x21\xfe" + (b"\xff" + b"a" * 255) * 4 + b"\0"
    content = photo("GIF")
    head = 13 + 3 * (2 << (content[10] & 7)) * (content[10] >> 7)
    return content[:head] + comment * (size // len(comment)) + content[head:]


def gif_frames(frames: int) -> bytes:
    content = photo("GIF", (8, 8))
    begins = content.index(b",", 13 + 3 * (2 << (content[10] & 7)) * (content[10] >> 7))
    return content[:begins] + content[begins:-1] * frames + content[-1:]


def tiff_strips(width: int, height: int, strips: int, *, extra: int = 0, tags: int = 0) -> bytes:
    """A grey TIFF of one byte a sample, with ``extra`` bytes in a private tag."""
    rows = -(-height // strips)
    data = 8
    offsets = data + width * height
    counts = offsets + 4 * strips
    private = counts + 4 * strips
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, strips, offsets if strips > 1 else data),
        (277, 3, 1, 1),
        (278, 4, 1, rows),
        (279, 4, strips, counts if strips > 1 else width * height),
        *([(50_000, 7, extra, private)] if extra else []),
        *((1000 + each % 64_000, 3, 1, 0) for each in range(tags)),
    ]
    body = bytes(width * height)
    body += b"".join(struct.pack("<I", data + width * rows * n) for n in range(strips))
    body += struct.pack("<I", width * rows) * strips + bytes(extra)
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *each) for each in entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(body)) + body + directory


def tiff_pages(pages: int) -> bytes:
    """Directories that only name the next one, behind a picture's."""
    content = bytearray(tiff_strips(10, 10, 1))
    content[-4:] = struct.pack("<I", len(content))
    for number in range(pages):
        follows = len(content) + 6 if number + 1 < pages else 0
        content += struct.pack("<HI", 0, follows)
    return bytes(content)


def bmp_runs(side: int) -> bytes:
    """A BMP in runs of a single pixel each (BI_RLE8)."""
    row = b"\1\0" * side + b"\0\0"
    data = row * min(side, 49_000_000 // len(row)) + b"\0\1"
    begins = 54 + 4 * 256
    head = struct.pack("<2sIII", b"BM", begins + len(data), 0, begins)
    info = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(data), 0, 0, 256, 0)
    return head + info + bytes(4 * 256) + data


def avif_tiles(across: int, side: int = 64) -> bytes:
    """An AVIF of ``across`` x ``across`` tiles, all of the same data (ISO/IEC 23008-12)."""
    single = photo("AVIF", (side, side))
    coded = single[single.index(b"mdat") + 4 :]
    begins = single.index(b"av1C") - 4
    config = single[begins : begins + int.from_bytes(single[begins : begins + 4], "big")]
    tiles, whole = across * across, across * side
    grid = struct.pack(">BBBBHH", 0, 0, across - 1, across - 1, whole, whole)
    ids = range(2, tiles + 2)
    infos = _box(b"infe", struct.pack(">IHH4sB", 2 << 24, 1, 0, b"grid", 0))
    infos += b"".join(
        _box(b"infe", struct.pack(">IHH4sB", 2 << 24, each, 0, b"av01", 0)) for each in ids
    )
    made_of = _box(b"dimg", struct.pack(f">HH{tiles}H", 1, tiles, *ids))
    shapes = [struct.pack(">III", 0, wide, wide) for wide in (whole, side)]
    pixels = _box(b"pixi", struct.pack(">IBBBB", 0, 3, 8, 8, 8))
    properties = b"".join(_box(b"ispe", each) for each in shapes) + config + pixels
    uses = struct.pack(">IIHBBB", 0, tiles + 1, 1, 2, 1, 4)
    uses += b"".join(struct.pack(">HBBBB", each, 3, 2, 0x83, 4) for each in ids)

    def meta(offset: int) -> bytes:
        places = struct.pack(">IBBH", 0, 0x44, 0, tiles + 1)
        places += struct.pack(">HHHII", 1, 0, 1, offset, len(grid))
        places += b"".join(
            struct.pack(">HHHII", each, 0, 1, offset + len(grid), len(coded)) for each in ids
        )
        return _box(
            b"meta",
            bytes(4)
            + _box(b"hdlr", struct.pack(">II4s12sB", 0, 0, b"pict", b"", 0))
            + _box(b"pitm", struct.pack(">IH", 0, 1))
            + _box(b"iloc", places)
            + _box(b"iinf", struct.pack(">IH", 0, tiles + 1) + infos)
            + _box(b"iref", bytes(4) + made_of)
            + _box(b"iprp", _box(b"ipco", properties) + _box(b"ipma", uses)),
        )

    head = _box(b"ftyp", b"avif\0\0\0\0avifmif1miaf")
    offset = len(head) + len(meta(0)) + 8
    return head + meta(offset) + _box(b"mdat", grid + coded)


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body
